package tencent_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/tencent"
)

func TestR47_OnlyANumberIsSentTo(t *testing.T) {
	s := newServer(t, nil)
	send := newSender(t, options(s.URL))
	for _, to := range []string{
		"", "+", "+1234567", "+1234567890123456", "8613800000000", "008613800000000", "+0123456789",
		"+8613800000000,+8613800000001", "+8613800000000\n+8613800000001", "+8613800000000 ", " +8613800000000",
		"+86 138 0000 0000", "+86-13800000000", "+8613800000000\x00", "+861380000000a", "+８６１３８００００００００",
		`+86138000000","+861380`, "++8613800000000", "whatsapp:+8613800000000", "someone@example.com",
		"+86138000000\u200b00",
	} {
		m := message()
		m.To = to
		if _, err := send.Send(t.Context(), m); !errors.Is(err, sender.ErrRecipient) || sender.Uncertain(err) {
			t.Errorf("to %q: %v", to, err)
		}
	}
	if s.asked() != 0 {
		t.Error("and Tencent was asked")
	}
	for _, to := range []string{"+12345678", "+123456789012345", "+8613800000000"} {
		m := message()
		m.To = to
		if _, err := send.Send(t.Context(), m); err != nil {
			t.Errorf("to %q: %v", to, err)
		} else if got := s.last().PhoneNumberSet; len(got) != 1 || got[0] != to {
			t.Errorf("to %q it went to %q", to, got)
		}
	}
}

func TestR67_TheSecretDoesNotPrint(t *testing.T) {
	o := options("https://sms.tencentcloudapi.com")
	send := newSender(t, o)
	for _, v := range []any{o, &o, send, *send, struct{ s tencent.Sender }{*send}, struct{ s *tencent.Sender }{send}, struct{ o tencent.Options }{o}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out := fmt.Sprintf(verb, v)
			for _, form := range []string{secretKey, fmt.Sprintf("%x", secretKey), strings.Trim(fmt.Sprint([]byte(secretKey)), "[]")} {
				if strings.Contains(out, form) {
					t.Errorf("%s of a %T shows the key: %s", verb, v, out)
				}
			}
		}
	}
}

// Whatever Tencent answers, and it repeats the number and the text in its words, the
// error has no more than its code, and the receipt no more than its serial number.
func TestR67_ErrorsRepeatNothing(t *testing.T) {
	m := message()
	answers := map[string]http.HandlerFunc{
		"of the request": func(w http.ResponseWriter, _ *http.Request) { refuse(w, "InvalidParameter") },
		"of the number":  func(w http.ResponseWriter, _ *http.Request) { fail(w, "InvalidParameter") },
		"as the code":    func(w http.ResponseWriter, _ *http.Request) { fail(w, m.To) },
		"without a plus": func(w http.ResponseWriter, _ *http.Request) { fail(w, "Limit."+m.To[1:]) },
		"of all":         func(w http.ResponseWriter, _ *http.Request) { refuse(w, m.Code.Reveal()) },
		"sent": func(w http.ResponseWriter, _ *http.Request) {
			write(w, map[string]any{"SendStatusSet": []any{map[string]any{"Code": "Ok", "SerialNo": m.To[1:] + ":1", "Fee": 1}}})
		},
		"sent, with the code": func(w http.ResponseWriter, _ *http.Request) {
			write(w, map[string]any{"SendStatusSet": []any{map[string]any{"Code": "Ok", "SerialNo": "1:" + m.Code.Reveal(), "Fee": 1}}})
		},
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(m.To + m.Text)) },
		"gateway": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(m.To + m.Text))
		},
		"broken off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, answer := range answers {
		s := newServer(t, answer)
		receipt, err := newSender(t, options(s.URL)).Send(t.Context(), m)
		if sent := strings.HasPrefix(name, "sent"); sent != (err == nil) || sent != (receipt == sender.Receipt{Vendor: "tencent", Segments: 1}) {
			t.Errorf("%s: %+v, %v", name, receipt, err)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			out := fmt.Sprintf("%v %+v %#v", err, err, err)
			for _, part := range []string{m.To, m.To[1:], m.Code.Reveal(), m.Text, secretKey, secretID, s.URL, "127.0.0.1"} {
				if strings.Contains(out, part) {
					t.Errorf("%s: the error holds %q: %s", name, part, out)
				}
			}
		}
	}
}
