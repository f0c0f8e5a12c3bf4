package association

import (
	"context"
	"errors"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// Delivery is a message that was handed to the Sender, without its address and its
// words.
type Delivery struct {
	ID       string // sender.Message.ID: the same for each try of a notice
	Channel  sender.Channel
	Purpose  sender.Purpose
	Template sender.Template
	Language string // a BCP 47 tag
	Took     time.Duration

	// Receipt is what the Sender answered.
	Receipt sender.Receipt

	// Err is nil where the message was handed over; else it says why not, without naming
	// the address. See sender.Uncertain.
	Err error
}

// errTargetLimit: the vendor sends no more to this address for now.
var errTargetLimit = errors.New("the vendor's limit for this address is reached")

// post hands the message to the sender, for as long as the policy allows and
// whether or not the caller still waits: what is committed is sent.
//
// errTargetLimit, ErrUndeliverable, ErrUnavailable.
func (s *Service) post(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	began := s.clock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	receipt, err := s.sender.Send(ctx, m)
	err = scrub(err, m.Code.Reveal(), m.To)
	s.observeDelivery(ctx, Delivery{
		ID: m.ID, Channel: m.Channel, Purpose: m.Purpose, Template: m.Template, Language: m.Language,
		Took: s.clock().Sub(began), Receipt: receipt, Err: err,
	})
	if err != nil {
		s.log.ErrorContext(ctx, "a message was not delivered",
			"message", m, "to", s.pseudonym(m.To), "cause", err, "uncertain", sender.Uncertain(err))
		return sender.Receipt{}, undelivered(err)
	}
	s.log.InfoContext(ctx, "a message was delivered",
		"message", m, "to", s.pseudonym(m.To), "vendor", receipt.Vendor, "vendorID", receipt.MessageID)
	return receipt, nil
}

// longestRetryAfter bounds what a vendor's word is taken for.
const longestRetryAfter = time.Hour

// undelivered is what the caller is told of a sender's error.
func undelivered(err error) error {
	if errors.Is(err, sender.ErrRecipient) {
		return refuse(ErrUndeliverable, "")
	}
	refused := refuse(ErrUnavailable, "the message could not be sent")
	var e *sender.Error
	if errors.As(err, &e) {
		if e.RecipientLimit && errors.Is(err, sender.ErrQuota) {
			return errTargetLimit
		}
		refused.RetryAfter = min(max(e.RetryAfter, 0), longestRetryAfter)
	}
	return refused
}
