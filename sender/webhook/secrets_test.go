package webhook_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/webhook"
)

func TestR47_TheAddressArrivesByteForByteOrNotAtAll(t *testing.T) {
	s := newServer(t, taken)
	send := newSender(t, options(s.URL))
	for _, test := range []struct {
		channel sender.Channel
		to      string
	}{
		{sender.SMS, ""},
		{sender.SMS, "+8613800000000,+8613800000001"},
		{sender.WhatsApp, "whatsapp:+8613800000000"},
		{sender.Voice, "+86 138 0000 0000"},
		{sender.SMS, `+86138","to":"+8613`},
		{sender.Email, ""},
		{sender.Email, "a@example.com\r\nBcc: b@example.com"},
		{sender.Email, "a@example.com\n"},
		{sender.Email, "a@example.com\x00"},
		{sender.Email, "\xff@example.com"},
		{sender.Email, "a@example.com,b@example.com"},
		{sender.Email, "a@example.com;b@example.com"},
		{sender.Email, `"a,b"@example.com`},
		{sender.Email, "A <a@example.com>"},
		{sender.Email, "a@example.com>"},
		{sender.Email, "a@example.com b@example.com"},
		{sender.Email, " a@example.com"},
		{sender.Email, "a@example.com\u00a0"},
		{sender.Email, "a@example.com\u2028b@example.com"},
		{sender.Email, "a@example.com\u2029b@example.com"},
		{sender.Email, `"a\"<b>&c"@example.com`},
		{sender.Email, strings.Repeat("a", 2000) + "@example.com"},
		{"pager", "47\u008511"},
		{"pager", "47\u202811"},
		{"pager", "47\u202911"},
	} {
		m := message()
		m.Channel, m.To = test.channel, test.to
		if _, err := send.Send(t.Context(), m); !errors.Is(err, sender.ErrRecipient) || sender.Uncertain(err) {
			t.Errorf("%s to %.60q: %v", test.channel, test.to, err)
		}
	}
	if s.asked() != 0 {
		t.Error("and the endpoint was asked")
	}
	for _, test := range []struct {
		channel sender.Channel
		to      string
	}{
		{sender.SMS, "+8613800000000"},
		{sender.Email, `"a\"b&c"@example.com`},
		{sender.Email, "ü@example.com"},
		{"pager", `4711","channel":"sms`},
		{"pager", "47 11, <front door>"},
	} {
		m := message()
		m.Channel, m.To = test.channel, test.to
		if _, err := send.Send(t.Context(), m); err != nil {
			t.Errorf("%s to %q: %v", test.channel, test.to, err)
		} else if got := s.last().Data; got.To != test.to || got.Channel != string(test.channel) {
			t.Errorf("%s to %q arrives as %s to %q", test.channel, test.to, got.Channel, got.To)
		}
	}
}

func TestR67_TheSecretsDoNotPrint(t *testing.T) {
	o := options("https://hooks.example.com")
	o.PreviousSecret = sender.NewSecret(oldSecret)
	send := newSender(t, o)
	for _, v := range []any{o, &o, send, *send, struct{ s webhook.Sender }{*send}, struct{ o webhook.Options }{o}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out := fmt.Sprintf(verb, v)
			for _, secret := range []string{strings.TrimPrefix(secret, "whsec_"), "0123456789abcdefghijklmn", oldSecret, strings.Repeat("K", 64)} {
				for _, form := range []string{secret, fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]")} {
					if strings.Contains(out, form) {
						t.Errorf("%s of a %T shows a secret: %s", verb, v, out)
					}
				}
			}
		}
	}
}

// Whatever the endpoint repeats, neither error nor receipt does.
func TestR67_NothingIsRepeated(t *testing.T) {
	m := message()
	for name, answer := range map[string]http.HandlerFunc{
		"refused": saying(400, `{"error":"`+m.To+`"}`),
		"no JSON": saying(400, m.To+m.Text),
		"gateway": saying(502, m.To+m.Text),
		"taken":   saying(200, `{"message_id":"`+m.Code.Reveal()+`","price":"`+m.To[1:]+`","currency":"USD"}`),
		"moved": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			http.Redirect(w, r, "/"+m.Code.Reveal(), http.StatusFound)
		},
		"broken off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		s := newServer(t, answer)
		receipt, err := newSender(t, options(s.URL)).Send(t.Context(), m)
		outs := []string{fmt.Sprintf("%+v", receipt)}
		for ; err != nil; err = errors.Unwrap(err) {
			outs = append(outs, fmt.Sprintf("%v %+v %#v", err, err, err))
		}
		for _, out := range outs {
			for _, part := range []string{m.To, m.To[1:], m.Code.Reveal(), m.Text, secret, s.URL, "127.0.0.1", "/hook"} {
				if strings.Contains(out, part) {
					t.Errorf("%s: %q is repeated: %s", name, part, out)
				}
			}
		}
	}
}
