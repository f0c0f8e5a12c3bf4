package association

import (
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

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
	m.Text = fmt.Sprintf("%s: %s is your code %s. It is good for %s. Never share it.",
		s.name, m.Code.Reveal(), what, lifetime(ttl))
	return m
}

// lifetime says a duration for people, never longer than it is.
func lifetime(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%d seconds", int(d.Seconds()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}

// replacedMessage renders the notice to an address that has been replaced.
func (s *Service) replacedMessage(m sender.Message, when time.Time) sender.Message {
	m.Subject = s.name + ": this address was replaced"
	account := "your account"
	if m.Account != "" {
		account += " " + m.Account
	}
	m.Text = fmt.Sprintf("%s: since %s this address no longer signs in to %s; another has taken its place. "+
		"If this was not you, contact us.", s.name, when.Format("2006-01-02 15:04 MST"), account)
	return m
}
