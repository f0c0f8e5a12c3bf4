package smtp_test

import (
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
)

func TestSenderIsASender(t *testing.T) {
	for _, mode := range []struct {
		name string
		setup
	}{
		{"STARTTLS", setup{}},
		{"implicit TLS", setup{implicit: true}},
		{"plaintext", setup{plaintext: true}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			var newest *server
			sendertest.Run(t, func(t *testing.T) sender.Sender {
				newest = mode.start(t)
				return newest.sender(t)
			}, sendertest.Options{
				Delivered: func() []sendertest.Delivery { return deliveries(t, newest) },
				Refusing: func(t *testing.T) sender.Sender {
					refusal := &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
					refusing := mode.setup
					refusing.refuse = map[string]*gosmtp.SMTPError{"RCPT": refusal}
					return refusing.start(t).sender(t)
				},
				Stalling: func(t *testing.T) sender.Sender {
					stalling := mode.setup
					stalling.stall = true
					return stalling.start(t).sender(t)
				},
			})
		})
	}
}

// deliveries returns what the server got, decoded.
func deliveries(t *testing.T, s *server) []sendertest.Delivery {
	var all []sendertest.Delivery
	for _, m := range s.received() {
		p := parseMail(t, m.data)
		for _, to := range m.to {
			all = append(all, sendertest.Delivery{To: to, Content: strings.Join([]string{p.subject, p.text, p.html}, "\n")})
		}
	}
	return all
}
