package smtp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

// Servers may write what they offer in capitals or not.
func TestKeywordsAreOfEitherCase(t *testing.T) {
	for _, startTLS := range []string{"STARTTLS", "StartTLS", "starttls"} {
		for _, auth := range []string{"AUTH PLAIN", "Auth Plain", "auth plain"} {
			ehlo := "250-localhost\r\n250-8bitmime\r\n250-" + startTLS + "\r\n250 " + auth
			s := (&script{
				tls:     ca(t, 0).serving(t),
				replies: map[string]string{"EHLO": ehlo, "STARTTLS": "220 2.0.0 go on", "AUTH": "235 2.7.0 welcome"},
			}).start(t)
			o := s.options()
			o.TLS, o.TLSConfig = smtp.StartTLS, ca(t, 0).trust()
			o.Username, o.Password = user, sender.NewSecret(password)
			to := newSender(t, o)
			for range 2 {
				if _, err := to.Send(t.Context(), message()); err != nil {
					t.Errorf("offered %s and %s: %v", startTLS, auth, err)
				}
			}
			said, ends := s.heard()
			if count(said, "STARTTLS") != 1 || count(said, "AUTH PLAIN ") != 1 || ends != 2 {
				t.Errorf("offered %s and %s, it says %q", startTLS, auth, said)
			}
		}
	}
}

// What a server calls itself, and what it says behind a keyword, is no offer.
func TestWhatIsNoOffer(t *testing.T) {
	for _, ehlo := range []string{
		"250 starttls", "250-starttls\r\n250 8BITMIME", "250-localhost\r\n250 XSTARTTLS", "250-localhost\r\n250-STARTTLSX\r\n250 X starttls",
	} {
		s := (&script{replies: map[string]string{"EHLO": ehlo}}).start(t)
		o := s.options()
		o.TLS, o.TLSConfig = smtp.StartTLS, ca(t, 0).trust()
		_, err := newSender(t, o).Send(t.Context(), message())
		checkFailure(t, ehlo, err, sender.ErrTemporary, false)
		if err == nil || !strings.HasSuffix(err.Error(), "TLS: the server offers no STARTTLS") {
			t.Errorf("EHLO answered with %q: %v", ehlo, err)
		}
		if said, _ := s.heard(); count(said, "STARTTLS") != 0 {
			t.Errorf("EHLO answered with %q, it says %q", ehlo, said)
		}
	}
}

// Where it fails, nothing is known of what the server offers.
func TestTheSecondHelloFails(t *testing.T) {
	for reply, detail := range map[string]string{
		"":                "EHLO: the server hung up",
		"what":            "EHLO: the server does not speak SMTP",
		"421 4.3.2 later": "EHLO: 421 4.3.2",
		"250-and no end":  "EHLO: timeout",
	} {
		s := (&script{instead: func(name string, before int) (string, bool) {
			return reply, name == "EHLO" && before == 1
		}}).start(t)
		o := s.options()
		o.TLS, o.TLSConfig = smtp.StartTLS, ca(t, 0).trust()
		o.Timeout = 200 * time.Millisecond // for the answer that has no end
		_, err := newSender(t, o).Send(t.Context(), message())
		checkFailure(t, fmt.Sprintf("%q", reply), err, sender.ErrTemporary, false)
		if err == nil || !strings.HasSuffix(err.Error(), detail) {
			t.Errorf("the second EHLO is answered with %q: %v, want %q", reply, err, detail)
		}
	}
}
