package twilio_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/twilio"
)

var hostileNumbers = []string{
	"", "+", "+1234567", "+1234567890123456", "8613800000000", "+0123456789",
	"+8613800000000,+8613800000001", "+8613800000000\n+8613800000001", "+8613800000000 ", " +8613800000000",
	"+86 138 0000 0000", "+8613800000000&To=+8613800000001", "+8613800000000%26Body=x", "+8613800000000\x00",
	"+861380000000a", "+８６１３８００００００００", "++8613800000000", "whatsapp:+8613800000000", "client:somebody",
	"someone@example.com", "+86138000000\u200b00", "tel:+8613800000000", "sip:+8613800000000@example.com",
}

func TestR47_OnlyANumberIsSentTo(t *testing.T) {
	s := newServer(t, accept)
	send := newSender(t, options(s.URL))
	for _, channel := range []sender.Channel{sender.SMS, sender.WhatsApp} {
		for _, to := range hostileNumbers {
			m := message()
			m.Channel, m.To = channel, to
			if _, err := send.Send(t.Context(), m); !errors.Is(err, sender.ErrRecipient) || sender.Uncertain(err) {
				t.Errorf("%s to %q: %v", channel, to, err)
			}
		}
	}
	if s.asked() != 0 {
		t.Error("and Twilio was asked")
	}
	for _, to := range []string{"+12345678", "+123456789012345", "+8613800000000"} {
		m := message()
		m.To = to
		if _, err := send.Send(t.Context(), m); err != nil {
			t.Errorf("to %q: %v", to, err)
		} else if got := s.last().Get("To"); got != to {
			t.Errorf("to %q it went to %q", to, got)
		}
	}
}

func TestR67_TheSecretsDoNotPrint(t *testing.T) {
	o, vo := options("https://api.twilio.com"), verifyOptions("https://verify.twilio.com")
	keyed := o
	keyed.Account = twilio.Account{SID: accountSID, APIKey: "SK" + hex32, APISecret: sender.NewSecret(authToken)}
	send, v := newSender(t, o), newVerify(t, vo)
	for _, value := range []any{
		o, &o, vo, &vo, keyed, send, *send, v, *v, newSender(t, keyed),
		struct{ s twilio.Sender }{*send}, struct{ v twilio.Verify }{*v}, struct{ o twilio.Options }{o},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out := fmt.Sprintf(verb, value)
			for _, form := range []string{authToken, fmt.Sprintf("%x", authToken), strings.Trim(fmt.Sprint([]byte(authToken)), "[]")} {
				if strings.Contains(out, form) {
					t.Errorf("%s of a %T shows the secret: %s", verb, value, out)
				}
			}
		}
	}
}

// Whatever Twilio answers, and it repeats the number in its words, the error has no
// more than its code.
func TestR67_ErrorsRepeatNothing(t *testing.T) {
	m := message()
	for name, answer := range map[string]func(w http.ResponseWriter, form url.Values){
		"refused": func(w http.ResponseWriter, form url.Values) {
			refuse(w, 400, 21211, "The 'To' number "+form.Get("To")+" is not valid: "+form.Get("Body"))
		},
		"the code as its code":   func(w http.ResponseWriter, _ url.Values) { refuse(w, 400, 826104, "") },
		"the number as its code": func(w http.ResponseWriter, _ url.Values) { refuse(w, 500, 8613800000000, "") },
		"the code as why it gave up": func(w http.ResponseWriter, _ url.Values) {
			write(w, http.StatusCreated, map[string]any{"sid": messageSID, "status": "failed", "error_code": 826104})
		},
		"no JSON": func(w http.ResponseWriter, form url.Values) { _, _ = w.Write([]byte(form.Encode())) },
		"gateway": func(w http.ResponseWriter, form url.Values) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(form.Encode()))
		},
		"broken off": func(http.ResponseWriter, url.Values) { panic(http.ErrAbortHandler) },
	} {
		s := newServer(t, answer)
		_, err := newSender(t, options(s.URL)).Send(t.Context(), m)
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			out := fmt.Sprintf("%v %+v %#v", err, err, err)
			for _, part := range []string{m.To, m.To[1:], m.Code.Reveal(), m.Text, authToken, accountSID, s.URL, "127.0.0.1"} {
				if strings.Contains(out, part) {
					t.Errorf("%s: the error holds %q: %s", name, part, out)
				}
			}
		}
	}
}
