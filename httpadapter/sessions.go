package httpadapter

import (
	"net/http"

	"github.com/ligature-auth/ligature/association"
)

// Sessions is a way to know who is signed in. There are three: Bearer, Cookie
// and Host.
type Sessions interface {
	// admits refuses a request that says in two ways who is signed in.
	admits(*http.Request) error

	// identify returns the caller with whoever is signed in, the zero Actor for
	// nobody, or ErrUnauthenticated for somebody no longer.
	identify(*association.Service, *http.Request, association.Caller) (association.Caller, error)

	// opened keeps a session that was just opened and returns what to answer.
	opened(*handler, *exchange, association.Session) (any, error)

	// elevated is told that the session has proved itself again.
	elevated(*handler, *exchange) error

	// closed ends the session of the request, if there is one left, and forgets it.
	closed(*handler, *exchange) error

	offers() offer     // which endpoints are served
	crossOrigin() bool // whether Options.Origins count
}

// Actor returns who is signed in by s, for the host's own pages: the zero Actor
// for nobody.
//
// ErrUnauthenticated (a dead token, or a request that says it in two ways),
// ErrBlocked, ErrUnavailable.
func Actor(svc *association.Service, s Sessions, r *http.Request) (association.Actor, error) {
	c, err := identify(svc, s, r)
	return c.Actor, err
}

func identify(svc *association.Service, s Sessions, r *http.Request) (association.Caller, error) {
	if err := s.admits(r); err != nil {
		return association.Caller{}, err
	}
	return s.identify(svc, r, association.Caller{})
}
