package association

import (
	"net/netip"
	"strings"
	"time"
)

// Actor is the signed-in account, as the session tells it: never as a request's
// body does. The zero Actor is nobody.
type Actor struct {
	// Account is the account's ID.
	Account string

	// Session names the session. Sudo and verification tokens work in the
	// session that asked for them and in no other, so an Actor without one may
	// read but not change anything. It is kept in clear in records and events: it
	// is a name, never the secret that the session is known by.
	Session string

	// HostSession says that Session is one of the host's own, which ligature can
	// neither check nor end. False means a session that SignIn or SignUp made.
	HostSession bool

	// Anonymous says that the account has no way to sign in yet, and this session
	// alone: it can do nothing but sign up. Identify and Resume say so.
	Anonymous bool

	// AuthenticatedAt is when the person last proved who they are by signing in.
	AuthenticatedAt time.Time
}

// signedIn reports whether somebody is there, in some session.
func (a Actor) signedIn() bool { return a.Account != "" && a.Session != "" }

// sessionKey tells the sessions of ligature and the host apart.
func (a Actor) sessionKey() string {
	if a.HostSession {
		return "host:" + a.Session
	}
	return ownSession(a.Session)
}

// ownSession is the key of a session that ligature keeps.
func ownSession(id string) string { return "own:" + id }

// Caller is what is known about a call: who makes it and from where. None of it
// comes from a request's body.
type Caller struct {
	Actor Actor

	// IP is the client's address. Calls without one share a budget.
	IP netip.Addr

	// Device is the client's own name for itself. A code that was asked for
	// signed out works on the device that asked, where it has a name.
	Device string

	// UserAgent and Locale are the headers User-Agent and Accept-Language, or one BCP 47
	// tag. They are shown and passed on, never trusted.
	UserAgent, Locale string

	// RequestID is the client's name for this request, the same when it repeats
	// the request because the answer was lost. A repeat within a minute gets the
	// same answer and has no second effect. Empty means no repeat is recognised;
	// nor is that of a Send by somebody signed out whose device has no name, since
	// nothing tells one such caller from another.
	RequestID string

	known *known // what Identify or Resume has read
	shown Token  // what Identify was shown, live or dead
}

// clip bounds what a client may make us keep.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 256)], "") }
