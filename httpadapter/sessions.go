package httpadapter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// Sessions is a way to know who is signed in. There are three: Bearer, Cookie
// and Host.
type Sessions interface {
	// actor returns who is signed in, the zero Actor for nobody, or
	// ErrUnauthenticated for somebody no longer.
	actor(*association.Service, *http.Request) (association.Actor, error)

	// opened keeps a session that was just opened and returns what to answer.
	opened(*handler, *exchange, association.Session) (any, error)

	// elevated is told that the session has proved itself again.
	elevated(*handler, *exchange) error

	// closed forgets the session of the request.
	closed(*http.Request) error

	offers() offer     // which endpoints are served
	crossOrigin() bool // whether Options.Origins count
}

// Bearer knows the signed-in account by the access token in the Authorization
// header, and by nothing else: it never reads a cookie. A dead token of
// ligature's is refused; a bearer of any other form belongs to some other system
// and stands for nobody.
func Bearer() Sessions { return bearer{} }

type bearer struct{}

func (bearer) actor(svc *association.Service, r *http.Request) (association.Actor, error) {
	token, err := bearerToken(r)
	if err != nil || !association.IsAccessToken(token) {
		return association.Actor{}, err
	}
	return svc.Authenticate(r.Context(), token)
}

// bearerToken returns the token of the Authorization header, or none.
func bearerToken(r *http.Request) (association.Token, error) {
	values := r.Header.Values("Authorization")
	if len(values) > 1 {
		return association.Token{}, fmt.Errorf("httpadapter: %w: two Authorization headers", association.ErrUnauthenticated)
	}
	scheme, token, _ := strings.Cut(strings.Join(values, ""), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return association.Token{}, nil
	}
	return association.NewToken(strings.TrimSpace(token)), nil
}

func (bearer) opened(h *handler, _ *exchange, s association.Session) (any, error) {
	return credentials{
		TokenType:    "Bearer",
		AccessToken:  s.Access.Reveal(),
		RefreshToken: s.Refresh.Reveal(),
		ExpiresIn:    h.until(s.AccessExpires),
		Subject:      s.Account,
	}, nil
}

func (bearer) elevated(*handler, *exchange) error { return nil }
func (bearer) closed(*http.Request) error         { return nil }
func (bearer) offers() offer                      { return tokens }
func (bearer) crossOrigin() bool                  { return true }

// CookieSessions is the part of *scs.SessionManager that Cookie uses.
type CookieSessions interface {
	GetString(ctx context.Context, key string) string
	Put(ctx context.Context, key string, val any)
	Remove(ctx context.Context, key string)
	RenewToken(ctx context.Context) error
	Deadline(ctx context.Context) time.Time
	SetDeadline(ctx context.Context, expire time.Time)
}

// Cookie knows the signed-in account by the host's cookie sessions: s is its
// *scs.SessionManager, whose LoadAndSave must wrap the handler. No token reaches
// the browser; the cookie session holds the name of ligature's session (R63),
// and counts only as long as that one lives, whatever a request that was under
// way may write back (R62). Pages of other origins are refused.
func Cookie(s CookieSessions) Sessions { return cookie{s} }

type cookie struct{ s CookieSessions }

// sessionKey is where the cookie session keeps the name of ligature's.
const sessionKey = "ligature.session"

func (m cookie) actor(svc *association.Service, r *http.Request) (association.Actor, error) {
	// Somebody who shows a token means that token, not whatever cookie the
	// browser adds.
	if token, err := bearerToken(r); err != nil || association.IsAccessToken(token) {
		return association.Actor{}, fmt.Errorf("httpadapter: %w: this is a cookie session", association.ErrUnauthenticated)
	}
	id := m.s.GetString(r.Context(), sessionKey)
	if id == "" {
		return association.Actor{}, nil
	}
	actor, err := svc.ResumeSession(r.Context(), id)
	if errors.Is(err, association.ErrUnauthenticated) {
		return association.Actor{}, nil // ended: nobody is signed in
	}
	return actor, err
}

func (m cookie) opened(h *handler, x *exchange, s association.Session) (any, error) {
	// Whoever was signed in by this cookie is not any more.
	before, err := m.actor(h.svc, x.r)
	if err == nil && before != (association.Actor{}) {
		err = h.svc.SignOut(x.r.Context(), association.Caller{Actor: before})
	}
	if err != nil {
		return nil, err
	}
	if err := m.renew(x.r); err != nil {
		return nil, err
	}
	m.s.Put(x.r.Context(), sessionKey, s.Name)
	return signedInAs{Subject: s.Account, ExpiresIn: h.until(s.Expires)}, nil
}

// elevated takes the new name that sudo gave the session. Sudo has been granted to
// it alone: a request under way that brings the old cookie session back brings
// back a name that is none any more.
func (m cookie) elevated(h *handler, x *exchange) error {
	if err := m.renew(x.r); err != nil {
		return err
	}
	name, err := h.svc.SessionName(x.r.Context(), x.caller)
	if err != nil {
		return err
	}
	m.s.Put(x.r.Context(), sessionKey, name)
	return nil
}

func (m cookie) closed(r *http.Request) error {
	m.s.Remove(r.Context(), sessionKey)
	return m.renew(r)
}

// renew gives the cookie session a new token, against fixation, and keeps its
// deadline, which scs would move (R62).
func (m cookie) renew(r *http.Request) error {
	deadline := m.s.Deadline(r.Context())
	if err := m.s.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("httpadapter: %w: the cookie session", association.ErrUnavailable)
	}
	m.s.SetDeadline(r.Context(), deadline)
	return nil
}

func (cookie) offers() offer     { return signingIn }
func (cookie) crossOrigin() bool { return false }

// Host knows the signed-in account by asking the host, which keeps its own
// sessions and its own way of signing in; the endpoints for that are not served.
// who returns the zero Actor for nobody. Its Session must name the host's session
// so that no two sessions share a name, and its AuthenticatedAt say when the
// person signed in. Pages of other origins are refused.
func Host(who func(*http.Request) (association.Actor, error)) Sessions { return host{who} }

type host struct {
	who func(*http.Request) (association.Actor, error)
}

func (m host) actor(_ *association.Service, r *http.Request) (association.Actor, error) {
	actor, err := m.who(r)
	if err != nil || actor == (association.Actor{}) {
		return association.Actor{}, err
	}
	if actor.Account == "" || actor.Session == "" {
		return association.Actor{}, fmt.Errorf("httpadapter: %w: the host named no account or no session", association.ErrUnauthenticated)
	}
	actor.HostSession = true
	return actor, nil
}

func (host) opened(*handler, *exchange, association.Session) (any, error) {
	return nil, fmt.Errorf("httpadapter: %w", association.ErrUnsupported) // not routed
}

func (host) elevated(*handler, *exchange) error { return nil }
func (host) closed(*http.Request) error         { return nil }
func (host) offers() offer                      { return knowing }
func (host) crossOrigin() bool                  { return false }
