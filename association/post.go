package association

import (
	"context"

	"github.com/ligature-auth/ligature/sender"
)

// post hands the message to the sender, for as long as the policy allows and
// whether or not the caller still waits: what is committed is sent.
func (s *Service) post(ctx context.Context, m sender.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	receipt, err := s.sender.Send(ctx, m)
	if err != nil {
		s.log.ErrorContext(ctx, "a message was not delivered",
			"message", m, "to", s.pseudonym(m.To), "cause", scrub(err, m.Code.Reveal(), m.To))
		return refuse(ErrUnavailable, "the message could not be sent")
	}
	s.log.InfoContext(ctx, "a message was delivered",
		"message", m, "to", s.pseudonym(m.To), "vendor", receipt.Vendor, "vendorID", receipt.MessageID)
	return nil
}
