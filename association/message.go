package association

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// makeCode returns n decimal digits, each code as likely as any other (R11).
func makeCode(n int) string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	code, err := rand.Int(rand.Reader, most)
	if err != nil {
		panic("association: no randomness: " + err.Error()) // rand.Reader never fails
	}
	return fmt.Sprintf("%0*d", n, code)
}

// parseCode returns the digits of a typed code: ASCII digits of a length that
// some purpose has, with spaces around them and one hyphen allowed (R18).
func (s *Service) parseCode(typed string) (string, bool) {
	code := strings.Replace(strings.Trim(typed, " "), "-", "", 1)
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	for _, n := range s.policy.CodeDigits {
		if len(code) == n {
			return code, true
		}
	}
	return "", false
}

// what a code is for, as its message says it.
var purposes = map[sender.Purpose]string{
	sender.Bind:   "to add this address to your account",
	sender.Sudo:   "to confirm a change to your account",
	sender.SignIn: "to sign in",
}

// codeMessage renders the message that carries a code. It holds no link and no
// text of the asker's (R66).
func (s *Service) codeMessage(m sender.Message, ttl time.Duration) sender.Message {
	what := purposes[m.Purpose]
	if m.Account != "" {
		what += " " + m.Account
	}
	m.Subject = fmt.Sprintf("%s: your code %s", s.name, purposes[m.Purpose])
	m.Text = fmt.Sprintf("%s: %s is your code %s. It is good for %d minutes. Never share it.",
		s.name, m.Code.Reveal(), what, int(ttl.Minutes()))
	return m
}

// replacedMessage renders the notice to an address that has been replaced.
func (s *Service) replacedMessage(m sender.Message, when time.Time) sender.Message {
	m.Subject = s.name + ": this address was replaced"
	m.Text = fmt.Sprintf("%s: since %s this address no longer signs in to account %s; another has taken its place. "+
		"If this was not you, contact us.", s.name, when.Format("2006-01-02 15:04 MST"), m.Account)
	return m
}

// deliver hands the message to the sender, for as long as the policy allows and
// whether or not the caller still waits: what is committed is sent.
func (s *Service) deliver(ctx context.Context, m sender.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	receipt, err := s.sender.Send(ctx, m)
	if err != nil {
		s.log.ErrorContext(ctx, "a message was not delivered",
			"message", m, "to", s.pseudonym(m.To), "cause", scrub(err.Error(), m))
		return refuse(ErrUnavailable, "the message could not be sent")
	}
	s.log.InfoContext(ctx, "a message was delivered",
		"message", m, "to", s.pseudonym(m.To), "vendor", receipt.Vendor, "vendorID", receipt.MessageID)
	return nil
}

// scrub takes out of a sender's error what vendors like to repeat.
func scrub(msg string, m sender.Message) string {
	for _, secret := range []string{m.Code.Reveal(), m.To, url.QueryEscape(m.To), strings.TrimPrefix(m.To, "+")} {
		if secret != "" {
			msg = strings.ReplaceAll(msg, secret, "[redacted]")
		}
	}
	return msg
}
