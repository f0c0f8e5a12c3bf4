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

// keepVendorCode writes into the slot what the vendor calls the code that it has sent. An
// error is in the log.
func (s *Service) keepVendorCode(ctx context.Context, slot string, sent verification, receipt sender.Receipt) (err error) {
	defer func() {
		if err != nil {
			s.log.ErrorContext(ctx, "a code that a vendor sent cannot be used", "cause", err)
		}
	}()
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

// vendorMessage is what is known of the message that brought the code.
func (s *Service) vendorMessage(v verification) (m sender.Message, ok bool) {
	k, ok := s.kinds[v.Kind]
	if !ok {
		return m, false
	}
	return sender.Message{
		ID: encoding.EncodeToString(v.Nonce), Channel: k.Channel(), To: string(v.Target),
		Purpose: v.Purpose, Template: sender.Template(v.Purpose), Locale: v.Vendor.Locale,
	}, true
}

// vendorChecks reports whether the sender is still one whose vendor made this code.
func (s *Service) vendorChecks(v verification) bool {
	m, ok := s.vendorMessage(v)
	return ok && s.checker != nil && s.checker.MakesCode(m)
}

// askVendor settles a guess by what its vendor says of it, unless err has kept it from
// being charged. What the vendor said it may not say again: it is written whether or not
// the caller still waits, and where that fails, once more.
func (g *guess) askVendor(ctx context.Context, err error) error {
	charged := *g.asks
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*g.s.policy.SendTimeout)
	defer cancel()
	failed := func() bool { return err != nil && !errors.As(err, new(*Error)) }
	if err == nil {
		var right bool
		if right, err = g.s.vendorSays(ctx, charged, g.code); err == nil {
			g.said = &right
			if err = g.s.attempt(ctx, g.step(ctx)); failed() {
				err = g.s.attempt(ctx, g.step(ctx))
			}
		}
	}
	if failed() && (g.said != nil || !errors.Is(err, ErrBusy)) { // or it was never under way
		g.forget(ctx)
	}
	return err
}

// forget forgets that the request is under way, so that it can be made again. If even
// that fails, it can be in a minute.
func (g *guess) forget(ctx context.Context) {
	err := g.s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, v, err := g.s.readVerification(ctx, g.slot)
		if err != nil || p == nil || !v.Answer.Pending || !g.s.keys.repeats(v.Answer, g.req, g.now) {
			return store.Change{}, err
		}
		v.Answer = answer{}
		return store.Change{Proofs: []store.Proof{with(*p, v.expires(), v)}}, nil
	})
	if err != nil {
		g.s.log.ErrorContext(ctx, "a request that failed is taken to be under way", "cause", err)
	}
}

// vendorSays asks the vendor about a guess that has been charged. Of a code that did
// not go out nothing is right.
func (s *Service) vendorSays(ctx context.Context, v verification, typed string) (right bool, err error) {
	m, ok := s.vendorMessage(v)
	if !ok || v.Vendor.MessageID == "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.SendTimeout)
	defer cancel()
	right, err = s.checker.CheckCode(ctx, sender.CodeCheck{
		Message: m, MessageID: v.Vendor.MessageID, Typed: sender.NewCode(typed),
	})
	if err == nil {
		return right, nil
	}
	err = scrub(err, typed, string(v.Target))
	if v.Purpose == sender.SignIn && !s.policy.AllowSignUp {
		s.log.ErrorContext(ctx, "a vendor did not say whether a code is right", "to", s.pseudonym(m.To), "cause", err)
		return false, nil // like that of an unknown address, of which no vendor is asked
	}
	return false, err
}
