package association

import (
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// notice is the record of what a change owes: a message to an address, or a call of
// the host. It is written in the commit that it tells of and settled by Deliver, which
// leases it first:
//
//	owed ──lease──▶ under way ──settled──▶ done with
//	  ▲                 │
//	  └──lease is over──┘
type notice struct {
	V          int        `json:"v"`
	Kind       noticeKind `json:"kind"`                 // what it tells
	Identifier string     `json:"identifier,omitempty"` // the kind of the address
	Target     []byte     `json:"target,omitempty"`     // the address; gone when it is sent
	Locale     string     `json:"locale,omitempty"`
	Account    string     `json:"account,omitempty"` // masked
	Session    string     `json:"session,omitempty"` // what the host's call is about
	At         int64      `json:"at"`                // when what it tells of happened
	Attempts   int        `json:"attempts"`
}

// noticeV is the version of the record's shape.
const noticeV = 1

type noticeKind string

const (
	// To an address, by the template of what it is told.
	noticeAdded                = noticeKind(sender.AddressAdded)
	noticeReplaced             = noticeKind(sender.AddressReplaced)
	noticeRemoved              = noticeKind(sender.AddressRemoved)
	noticeOtherRemoved         = noticeKind(sender.OtherAddressRemoved)
	noticeTransferred          = noticeKind(sender.AddressTransferred)
	noticeRebound              = noticeKind(sender.AddressRebound)
	noticeDeleted              = noticeKind(sender.AccountDeleted)
	noticePasswordSet          = noticeKind(sender.PasswordSet)
	noticePasswordRemoved      = noticeKind(sender.PasswordRemoved)
	noticeAuthenticatorAdded   = noticeKind(sender.AuthenticatorAdded)
	noticeAuthenticatorRemoved = noticeKind(sender.AuthenticatorRemoved)
	noticeUsernameSet          = noticeKind(sender.UsernameSet)
	noticeUsernameRemoved      = noticeKind(sender.UsernameRemoved)

	// The host's own.
	noticeRevocation noticeKind = "revoke_sessions"
	noticeDeletion   noticeKind = "delete_account"
	noticeIdle       noticeKind = "anonymous_idle"
)

// noticed are the changes that every address of the account is told of (R65): what they
// change is no address itself.
var noticed = map[EventKind]noticeKind{
	EventSetPassword:          noticePasswordSet,
	EventResetPassword:        noticePasswordSet,
	EventRemovePassword:       noticePasswordRemoved,
	EventConfirmAuthenticator: noticeAuthenticatorAdded,
	EventRemoveAuthenticator:  noticeAuthenticatorRemoved,
	EventSetUsername:          noticeUsernameSet,
}

const (
	noticeLife   = 72 * time.Hour
	leaseMargin  = time.Minute // for what is not the sender's doing, clocks among it
	longestLease = time.Hour
	refusedPause = 24*time.Hour - leaseMargin // so that three more tries are due in time
)

// owed returns the notice to an address that the account has, or had until now.
func (s *Service) owed(kind noticeKind, to store.Association, a *store.Account, c Caller, now int64) store.Notice {
	return owedNotice(a.ID, now, now, notice{
		Kind: kind, Identifier: to.Kind, Target: to.Value, Locale: locale(a, c), Account: s.masked(a), At: now,
	})
}

// repeats reports whether a notice tells of a change that costs nothing to repeat.
func (k noticeKind) repeats() bool {
	switch k {
	case noticePasswordSet, noticePasswordRemoved, noticeAuthenticatorAdded, noticeAuthenticatorRemoved,
		noticeUsernameSet, noticeUsernameRemoved:
		return true
	}
	return false
}

// owedOf returns the notices that a change of this sort owes, by itself.
func (s *Service) owedOf(happened EventKind, a *store.Account, c Caller, now int64) []store.Notice {
	kind, ok := noticed[happened]
	if !ok {
		return nil
	}
	return s.owedAll(kind, a, "", c, now)
}

// owedAll returns the notice to each address of the account but the one with the ID
// except.
func (s *Service) owedAll(kind noticeKind, a *store.Account, except string, c Caller, now int64) []store.Notice {
	var all []store.Notice
	for _, as := range a.Associations {
		if as.ID != except && s.reachable(as) {
			all = append(all, s.owed(kind, as, a, c, now))
		}
	}
	return all
}

func owedNotice(account string, due, now int64, v notice) store.Notice {
	v.V = noticeV
	return store.Notice{
		ID: newID(), Account: account, Due: due, Expires: max(due, now) + noticeLife.Microseconds(), Data: encode(v),
	}
}

// reachable reports whether messages reach the association.
func (s *Service) reachable(as store.Association) bool {
	k, ok := s.kinds[as.Kind]
	return ok && k.Channel() != ""
}

// lease is for how long the notice belongs to whoever makes this attempt, and so
// the pause before the next: it doubles with each.
func (v notice) lease(sendTimeout time.Duration) time.Duration {
	d := sendTimeout + leaseMargin
	for i := 1; i < v.Attempts && d < longestLease; i++ {
		d *= 2
	}
	return min(d, longestLease)
}

// sent is the notice without what was needed to send it.
func (v notice) sent() notice {
	v.Target = nil
	return v
}

// afresh is the notice that is to be looked at again, as if for the first time.
func (v notice) afresh() notice {
	v.Attempts = 0
	return v
}
