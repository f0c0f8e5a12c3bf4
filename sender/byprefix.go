package sender

import "context"

// ByPrefix is a Sender that hands each message to the sender of the longest key that
// its address begins with, and returns what that one returns. The keys of phone numbers
// are those of countries, "+86"; where countries share one, of the longer beginnings
// that are theirs alone: "+1" is North America and "+1876" Jamaica. The key "" is for all
// others. A message without a sender, or with a nil one, is ErrRecipient: nothing is sent
// to that country.
//
// A ByPrefix is read by every Send: do not change it while it is in use.
type ByPrefix map[string]Sender

func (x ByPrefix) of(to string) Sender {
	for n := len(to); n >= 0; n-- {
		if s, ok := x[to[:n]]; ok {
			return s
		}
	}
	return nil
}

// Send sends m by the sender of m.To.
func (x ByPrefix) Send(ctx context.Context, m Message) (Receipt, error) {
	if s := x.of(m.To); s != nil {
		return s.Send(ctx, m)
	}
	return Receipt{}, &Error{Err: ErrRecipient, Detail: "no sender for this beginning of an address"}
}

// MakesCode is that of the sender of m.To.
func (x ByPrefix) MakesCode(m Message) bool { return makesCode(x.of(m.To), m) }

// CheckCode is that of the sender of the message's address.
func (x ByPrefix) CheckCode(ctx context.Context, c CodeCheck) (bool, error) {
	return checkCode(ctx, x.of(c.Message.To), c)
}
