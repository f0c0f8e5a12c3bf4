package httpadapter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ligature-auth/ligature/association"
)

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
// way may write back (R62). It ends with scs's session or with Policy.RefreshTTL
// after signing in, whichever is first. Pages of other origins are refused.
//
// Signing in and sudo give the browser a new cookie. A page that runs other
// requests beside them may find itself signed out, and so may one that loses the
// answer to sudo.
func Cookie(s CookieSessions) Sessions { return cookie{s} }

type cookie struct{ s CookieSessions }

// sessionKey is where the cookie session keeps the name of ligature's.
const sessionKey = "ligature.session"

// admits refuses a bearer of ligature's: somebody who shows a token means that
// token, not whatever cookie the browser adds.
func (m cookie) admits(r *http.Request) error {
	for _, header := range r.Header.Values("Authorization") {
		if association.IsToken(bearerToken(header)) {
			return fmt.Errorf("httpadapter: %w: this is a cookie session", association.ErrUnauthenticated)
		}
	}
	return nil
}

func (m cookie) identify(svc *association.Service, r *http.Request, c association.Caller) (association.Caller, error) {
	name := m.s.GetString(r.Context(), sessionKey)
	if name == "" {
		return c, nil
	}
	c, err := svc.Resume(r.Context(), c, name)
	if errors.Is(err, association.ErrUnauthenticated) {
		return c, nil // ended: nobody is signed in
	}
	return c, err
}

func (m cookie) opened(h *handler, x *exchange, s association.Session) (any, error) {
	opened := association.Caller{Actor: association.Actor{Account: s.Account, Session: s.ID}}
	name, err := h.svc.SessionName(x.r.Context(), opened)
	if err != nil {
		return nil, err
	}
	// Whoever was signed in by this cookie is not any more, unless this is the
	// repeat of the very request that signed them in.
	if before := m.s.GetString(x.r.Context(), sessionKey); before != name {
		if err := h.svc.EndSession(x.r.Context(), x.caller, before); err != nil {
			return nil, err
		}
	}
	if err := m.renew(x.r); err != nil {
		return nil, err
	}
	m.s.Put(x.r.Context(), sessionKey, name)
	expires := s.Expires
	if deadline := m.s.Deadline(x.r.Context()); deadline.Before(expires) {
		expires = deadline
	}
	return signedInAs{Subject: s.Account, ExpiresIn: h.until(expires), Scope: scope(s)}, nil
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

func (m cookie) closed(h *handler, x *exchange) error {
	if err := h.svc.EndSession(x.r.Context(), x.caller, m.s.GetString(x.r.Context(), sessionKey)); err != nil {
		return err
	}
	m.s.Remove(x.r.Context(), sessionKey)
	return m.renew(x.r)
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
