package association

import (
	"context"
	"errors"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// errMovedOn is a write's own: the slot holds another code by now.
var errMovedOn = errors.New("the slot holds another code")

const maxVendorID = 256 // bytes

// keepVendorCode writes into the slot what the vendor calls the code that it has sent.
func (s *Service) keepVendorCode(ctx context.Context, slot string, sent verification, receipt sender.Receipt) error {
	if receipt.MessageID == "" || len(receipt.MessageID) > maxVendorID {
		return errors.New("the sender makes codes, and named none in its receipt, or too long")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	return s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, v, err := s.readVerification(ctx, slot)
		if err != nil {
			return store.Change{}, err
		}
		if p == nil || string(v.Nonce) != string(sent.Nonce) || v.Vendor == nil {
			return store.Change{}, errMovedOn
		}
		known := *v.Vendor
		known.MessageID = receipt.MessageID
		v.Vendor = &known
		return store.Change{Proofs: []store.Proof{with(*p, v.expires(), v)}}, nil
	})
}

// vendorSays asks the vendor about a guess that has been charged. Of a code that did
// not go out nothing is right.
func (s *Service) vendorSays(ctx context.Context, v verification, typed string) (right bool, err error) {
	if s.checker == nil {
		return false, errors.New("a vendor made this code, and Config.Sender is no sender.CodeChecker")
	}
	if v.Vendor.MessageID == "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	right, err = s.checker.CheckCode(ctx, sender.CodeCheck{
		Message: sender.Message{
			ID: encoding.EncodeToString(v.Nonce), Channel: s.kinds[v.Kind].Channel(), To: string(v.Target),
			Purpose: v.Purpose, Template: sender.Template(v.Purpose), Locale: v.Vendor.Locale,
		},
		MessageID: v.Vendor.MessageID,
		Typed:     sender.NewCode(typed),
	})
	return right && err == nil, scrub(err, typed, string(v.Target))
}
