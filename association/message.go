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

// what a notice tells, with a place for the time and for whose account.
var notices = map[noticeKind]struct{ subject, text string }{
	noticeReplaced: {"this address was replaced",
		"since %s this address no longer signs in to %s; another has taken its place."},
	noticeRemoved: {"this address was removed",
		"since %s this address no longer signs in to %s."},
	noticeTransferred: {"an address was removed",
		"on %s an address of %s was moved to another account."},
	noticeRebound: {"an address of yours has a new owner",
		"on %s an address that was removed from %s was added to another account."},
	noticeDeleted: {"your account was deleted",
		"on %s the deletion of %s was asked for, and done."},
	noticePasswordSet: {"your password was set",
		"on %s a new password was set for %s."},
	noticePasswordRemoved: {"your password was removed",
		"on %s the password of %s was removed."},
	noticeAuthenticatorAdded: {"an authenticator app was added",
		"on %s an authenticator app was added to %s."},
	noticeUsernameSet: {"a username was set",
		"on %s another username was set for %s."},
	noticeUsernameRemoved: {"your username was removed",
		"on %s the username of %s was removed."},
	noticeAuthenticatorRemoved: {"an authenticator app was removed",
		"on %s the authenticator app of %s was removed."},
}

// noticeText renders a notice.
func (s *Service) noticeText(m sender.Message, kind noticeKind, when time.Time) sender.Message {
	account := "your account"
	if m.Account != "" {
		account += " " + m.Account
	}
	m.Subject = s.name + ": " + notices[kind].subject
	m.Text = fmt.Sprintf("%s: "+notices[kind].text+" If this was not you, contact us.",
		s.name, when.Format("2006-01-02 15:04 MST"), account)
	return m
}
