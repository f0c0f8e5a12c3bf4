package httpadapter

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// Host knows the signed-in account by asking the host, which keeps its own
// sessions and its own way of signing in; the endpoints for that are not served.
// Pages of other origins are refused.
//
// who returns the zero Actor for nobody. Its Session must name the host's session,
// so that no two share a name; it is kept in clear in records and events, so it is
// never the cookie's value itself: HostSessionName makes a name of that. Its
// AuthenticatedAt says when the person signed in. HostActor makes an Actor of what a
// host commonly has. It may refuse with association.ErrUnauthenticated or ErrBlocked; any other
// error is answered as unavailable, and logged nowhere else.
//
// What ends other sessions (a replaced address, a new password) ends ligature's;
// the host's are for the host to end, by association.SessionRevoker.
func Host(who func(*http.Request) (association.Actor, error)) Sessions { return host{who} }

type host struct {
	who func(*http.Request) (association.Actor, error)
}

func (m host) identify(_ *association.Service, r *http.Request, c association.Caller) (association.Caller, error) {
	actor, err := m.who(r)
	if err != nil && onWire(err) != nil {
		return c, err
	}
	if err != nil {
		return c, fmt.Errorf("httpadapter: %w: who is signed in cannot be told", association.ErrUnavailable)
	}
	if actor == (association.Actor{}) {
		return c, nil
	}
	if actor.Account == "" || actor.Session == "" {
		return c, fmt.Errorf("httpadapter: %w: the host named no account or no session", association.ErrUnauthenticated)
	}
	c.Actor = actor
	c.Actor.HostSession = true
	return c, nil
}

func (host) opened(*handler, *exchange, association.Session) (any, error) {
	return nil, fmt.Errorf("httpadapter: %w", association.ErrUnsupported) // not routed
}

func (host) closed(*handler, *exchange) error {
	return fmt.Errorf("httpadapter: %w", association.ErrUnsupported) // not routed
}

func (host) admits(*http.Request) error         { return nil }
func (host) elevated(*handler, *exchange) error { return nil }
func (host) offers() offer                      { return knowing }
func (host) crossOrigin() bool                  { return false }

// HostSessionName names a session of the host's by its token or cookie value, for
// Actor.Session: the same value has the same name, and nobody finds the value by the
// name.
func HostSessionName(token string) string {
	sum := sha256.Sum256([]byte("ligature/session/v1" + token))
	return hex.EncodeToString(sum[:])
}

// HostActor is the Actor of a user of the host's, by their ID, by the token or cookie
// value of their session, which HostSessionName makes a name of, and by when they signed
// in. An ID that is a number is the Actor's in decimal; the zero ID is nobody.
func HostActor[ID ~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64 | ~string](user ID, token string, at time.Time) association.Actor {
	var nobody ID
	if user == nobody {
		return association.Actor{}
	}
	a := association.Actor{Account: fmt.Sprint(user), AuthenticatedAt: at}
	if token != "" { // else there is no session, and Host refuses
		a.Session = HostSessionName(token)
	}
	return a
}
