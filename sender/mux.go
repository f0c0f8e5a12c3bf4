package sender

import (
	"context"
	"fmt"
)

// Mux is a Sender that hands each message to the sender of its channel, and
// returns what that one returns. A message of a channel without a sender, or
// with a nil one, is ErrPermanent.
//
// A Mux is read by every Send: do not change it while it is in use.
type Mux map[Channel]Sender

// Send sends m by the sender of m.Channel.
func (x Mux) Send(ctx context.Context, m Message) (Receipt, error) {
	if s := x[m.Channel]; s != nil {
		return s.Send(ctx, m)
	}
	return Receipt{}, &Error{Err: ErrPermanent, Detail: fmt.Sprintf("no sender for channel %q", m.Channel)}
}

// MakesCode is that of the sender of m.Channel.
func (x Mux) MakesCode(m Message) bool { return makesCode(x[m.Channel], m) }

// CheckCode is that of the sender of the message's channel.
func (x Mux) CheckCode(ctx context.Context, c CodeCheck) (bool, error) {
	return checkCode(ctx, x[c.Message.Channel], c)
}
