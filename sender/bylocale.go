package sender

import (
	"context"

	"github.com/ligature-auth/ligature/internal/langtag"
)

// ByLocale is a Sender that hands each message to the sender of its Locale, and returns
// what that one returns. The keys are BCP 47 tags; a tag that is none of them is
// shortened from its end until it is ("zh-Hant-TW", "zh-Hant", "zh": RFC 4647, section
// 3.4), in any case of letters. The key "" is for all others. A message without a sender,
// or with a nil one, is ErrPermanent.
//
// A ByLocale is read by every Send: do not change it while it is in use.
type ByLocale map[string]Sender

func (x ByLocale) of(locale string) Sender {
	for key := range langtag.Lookup(locale) {
		for tag, s := range x {
			if langtag.Key(tag) == key {
				return s
			}
		}
	}
	return nil
}

// Send sends m by the sender of m.Locale.
func (x ByLocale) Send(ctx context.Context, m Message) (Receipt, error) {
	if s := x.of(m.Locale); s != nil {
		return s.Send(ctx, m)
	}
	return Receipt{}, &Error{Err: ErrPermanent, Detail: "no sender for this locale"}
}

// MakesCode is that of the sender of m.Locale.
func (x ByLocale) MakesCode(m Message) bool { return makesCode(x.of(m.Locale), m) }

// CheckCode is that of the sender of the message's locale.
func (x ByLocale) CheckCode(ctx context.Context, c CodeCheck) (bool, error) {
	return checkCode(ctx, x.of(c.Message.Locale), c)
}
