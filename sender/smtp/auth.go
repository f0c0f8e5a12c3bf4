package smtp

import (
	"slices"
	"strings"

	client "github.com/wneessen/go-mail/smtp"
)

// mechanisms are what Auth can be, strongest first: those that bind the proof to the TLS
// connection, those that do not show the password, and those that do.
var mechanisms = []Mechanism{SCRAMSHA256Plus, SCRAMSHA256, SCRAMSHA1Plus, SCRAMSHA1, CRAMMD5, Plain, Login}

// authenticate logs in. The connection is encrypted: validate has seen to that, and this
// looks again.
func (s *Sender) authenticate(smtp *client.Client) *failure {
	state, err := smtp.GetTLSConnectionState()
	if err != nil {
		return &failure{at: authenticating, err: err}
	}
	_, offered := smtp.Extension("AUTH")
	chosen := choose(s.o.Auth, strings.Fields(strings.ToUpper(offered)))
	user, password := s.o.Username, s.o.Password.Reveal()
	var auth client.Auth
	switch chosen {
	case SCRAMSHA256Plus:
		auth = client.ScramSHA256PlusAuth(user, password, state)
	case SCRAMSHA256:
		auth = client.ScramSHA256Auth(user, password)
	case SCRAMSHA1Plus:
		auth = client.ScramSHA1PlusAuth(user, password, state)
	case SCRAMSHA1:
		auth = client.ScramSHA1Auth(user, password)
	case CRAMMD5:
		auth = client.CRAMMD5Auth(user, password)
	case Plain:
		auth = client.PlainAuth("", user, password, s.o.Host, false)
	case Login:
		auth = client.LoginAuth(user, password, s.o.Host, false)
	default:
		return &failure{at: authenticating, err: errNoMechanism}
	}
	if err := smtp.Auth(auth); err != nil {
		return &failure{at: authenticating, err: err}
	}
	return nil
}

// choose returns the mechanism to use, or none.
func choose(wanted Mechanism, offered []string) Mechanism {
	for _, m := range mechanisms {
		if slices.Contains(offered, string(m)) && (wanted == Strongest || wanted == m) {
			return m
		}
	}
	return ""
}
