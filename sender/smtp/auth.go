package smtp

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	client "github.com/wneessen/go-mail/smtp"
)

// mostIterations is how often a server may have SCRAM hash the password: a good deal more
// than servers ask for, and less than a second of work, which no context ends.
const mostIterations = 1_000_000

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
	offered, _, err := s.offered(smtp, "AUTH")
	if err != nil {
		return &failure{at: hello, err: err}
	}
	chosen := choose(s.o.Auth, strings.Fields(strings.ToUpper(offered)))
	user, password := s.o.Username, s.o.Password.Reveal()
	var auth client.Auth
	switch chosen {
	case SCRAMSHA256Plus:
		auth = bounded{client.ScramSHA256PlusAuth(user, password, state)}
	case SCRAMSHA256:
		auth = bounded{client.ScramSHA256Auth(user, password)}
	case SCRAMSHA1Plus:
		auth = bounded{client.ScramSHA1PlusAuth(user, password, state)}
	case SCRAMSHA1:
		auth = bounded{client.ScramSHA1Auth(user, password)}
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

// bounded is SCRAM that does not work for a server without end.
type bounded struct{ client.Auth }

// Next answers the server, unless it wants more than mostIterations.
func (b bounded) Next(fromServer []byte, more bool) ([]byte, error) {
	for attribute := range bytes.SplitSeq(fromServer, []byte(",")) {
		count, ok := bytes.CutPrefix(attribute, []byte("i="))
		if n, err := strconv.Atoi(string(count)); ok && err == nil && n > mostIterations {
			return nil, errTooManyIterations
		}
	}
	return b.Auth.Next(fromServer, more)
}
