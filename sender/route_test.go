package sender_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// maker is a CodeChecker that knows one code.
type maker struct{ name string }

func (s maker) Send(context.Context, sender.Message) (sender.Receipt, error) {
	return sender.Receipt{Vendor: s.name}, nil
}

func (s maker) MakesCode(m sender.Message) bool { return m.Purpose != sender.Notice }

func (s maker) CheckCode(_ context.Context, c sender.CodeCheck) (bool, error) {
	return c.Typed.Reveal() == s.name, nil
}

// plain is a Sender and nothing else.
func plain(name string) sender.Sender {
	return senderFunc(func(context.Context, sender.Message) (sender.Receipt, error) {
		return sender.Receipt{Vendor: name}, nil
	})
}

// routes are the senders that choose among others, with what each is to choose.
var routes = []struct {
	name   string
	sender sender.CodeChecker
	m      sender.Message
	want   string // the name of a maker, which begins with m, or of a plain one; else the refusal
	err    error
}{
	{"prefix", prefixes, sender.Message{To: "+8613800000000"}, "m-china", nil},
	{"prefix", prefixes, sender.Message{To: "+12025550100"}, "america", nil},
	{"prefix", prefixes, sender.Message{To: "+18765550100"}, "m-jamaica", nil},
	{"prefix", prefixes, sender.Message{To: "+1876"}, "m-jamaica", nil},
	{"prefix", prefixes, sender.Message{To: "+187"}, "america", nil},
	{"prefix", prefixes, sender.Message{To: "+491700000000"}, "", sender.ErrRecipient},
	{"prefix", prefixes, sender.Message{To: ""}, "", sender.ErrRecipient},
	{"prefix", prefixes, sender.Message{To: "+442079460000"}, "", sender.ErrRecipient}, // nil: nothing goes there
	{"prefix with all others", sender.ByPrefix{"": plain("rest")}, sender.Message{To: "+49"}, "rest", nil},

	{"locale", locales, sender.Message{Locale: "zh-Hant-TW"}, "m-taiwan", nil},
	{"locale", locales, sender.Message{Locale: "zh-hant-tw"}, "m-taiwan", nil},
	{"locale", locales, sender.Message{Locale: "zh-Hant-HK"}, "chinese", nil},
	{"locale", locales, sender.Message{Locale: "zh-Hans-CN-u-co-pinyin"}, "chinese", nil},
	{"locale", locales, sender.Message{Locale: "zh-x-private"}, "chinese", nil},
	{"locale", locales, sender.Message{Locale: "zhx"}, "rest", nil},
	{"locale", locales, sender.Message{Locale: "fr"}, "rest", nil},
	{"locale", locales, sender.Message{Locale: "-"}, "rest", nil},
	{"locale", locales, sender.Message{}, "rest", nil},
	{"locale without others", sender.ByLocale{"en": plain("english")}, sender.Message{Locale: "fr"}, "", sender.ErrPermanent},

	{"channel", sender.Mux{sender.SMS: maker{"m-sms"}, sender.Email: plain("mail")}, sender.Message{Channel: sender.SMS}, "m-sms", nil},
	{"channel", sender.Mux{sender.SMS: maker{"m-sms"}, sender.Email: plain("mail")}, sender.Message{Channel: sender.Email}, "mail", nil},
	{"channel", sender.Mux{}, sender.Message{Channel: sender.Email}, "", sender.ErrPermanent},

	{"one in another", sender.Mux{sender.SMS: prefixes}, sender.Message{Channel: sender.SMS, To: "+8613800000000"}, "m-china", nil},
	{"within a time", sender.Timeout(prefixes, 1e9).(sender.CodeChecker), sender.Message{To: "+8613800000000"}, "m-china", nil},
	{"again", sender.Retry(prefixes, sender.RetryOptions{}).(sender.CodeChecker), sender.Message{To: "+12025550100"}, "america", nil},
}

var (
	prefixes = sender.ByPrefix{"+86": maker{"m-china"}, "+1": plain("america"), "+1876": maker{"m-jamaica"}, "+44": nil}
	locales  = sender.ByLocale{"zh": plain("chinese"), "zh-Hant-TW": maker{"m-taiwan"}, "": plain("rest")}
)

// TestRoutes: the one that sends is the one whose vendor makes the code, and the one
// that is asked about it.
func TestRoutes(t *testing.T) {
	for _, test := range routes {
		m := test.m
		m.Purpose = sender.SignIn
		receipt, err := test.sender.Send(t.Context(), m)
		if receipt.Vendor != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q %q %q is sent by %q, %v; want %q, %v", test.name, m.Channel, m.To, m.Locale, receipt.Vendor, err, test.want, test.err)
		}
		makes := len(test.want) > 1 && test.want[:2] == "m-"
		if got := test.sender.MakesCode(m); got != makes {
			t.Errorf("%s: %q: MakesCode is %t, want %t", test.name, m.To+m.Locale, got, makes)
		}
		right, err := test.sender.CheckCode(t.Context(), sender.CodeCheck{Message: m, Typed: sender.NewCode(test.want)})
		if right != makes || errors.Is(err, sender.ErrPermanent) == makes {
			t.Errorf("%s: %q: CheckCode is %t, %v", test.name, m.To+m.Locale, right, err)
		}
		m.Purpose = sender.Notice
		if test.sender.MakesCode(m) {
			t.Errorf("%s: a notice has a code", test.name)
		}
	}
}
