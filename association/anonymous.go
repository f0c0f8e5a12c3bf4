package association

import (
	"context"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// SignInAnonymously opens a session of a new account that has no way to sign in: what
// the application keeps of it stays with the person who signs up from this session
// (SignUpRequest.AnonymousToken). The store has nothing of such an account but its
// session and its history; when the session has not been refreshed for
// Policy.RefreshTTL the account has ended, and the host's AccountDeleter is told.
//
// ErrPermissionDenied (Policy.AllowAnonymous), ErrRateLimited, ErrBusy,
// ErrUnavailable.
func (s *Service) SignInAnonymously(ctx context.Context, c Caller) (Session, error) {
	session, err := s.signInAnonymously(ctx, c)
	return session, s.report(ctx, "sign in anonymously", c, err)
}

func (s *Service) signInAnonymously(ctx context.Context, c Caller) (Session, error) {
	if err := s.outsideTx(); err != nil {
		return Session{}, err
	}
	if !s.policy.AllowAnonymous {
		return Session{}, refuse(ErrPermissionDenied, "anonymous sign-in is closed")
	}
	now := s.now()
	// What names the request is little, so it is the device's alone.
	req := request{}
	if c.Device != "" {
		req = requestOf("sign in anonymously", c)
	}
	return s.openNamed(ctx, req, now, func(id string, again bool) (store.Change, Session, error) {
		if !again {
			if err := s.guardAnonymous(ctx, c, now); err != nil {
				return store.Change{}, Session{}, err
			}
		}
		a := newAccount(newID(), now)
		p, told := s.newSession(id, a, c, factor{Kind: factorNone}, req, now)
		return store.Change{
			Proofs:  []store.Proof{p},
			Events:  []store.Event{s.happened(event{Kind: EventSignInAnonymously, Session: ownSession(id)}, a.ID, c, now)},
			Notices: s.owedIdle(a.ID, id, p.Expires, now),
		}, told, nil
	})
}

// owedIdle is a note to look, when the session of an anonymous account may be over,
// whether the account is.
func (s *Service) owedIdle(account, session string, expires, now int64) []store.Notice {
	if s.deleter == nil {
		return nil
	}
	return []store.Notice{owedNotice(account, expires, now, notice{Kind: noticeIdle, Session: session, At: now})}
}

// endIdle tells the host of an anonymous account that has ended unused, or returns
// when to look again. One that signed up is none any more.
func (s *Service) endIdle(ctx context.Context, account string, v notice) (again int64, err error) {
	now := s.now()
	p, a, session, err := s.readSession(ctx, v.Session, proofSession)
	if err != nil {
		return 0, s.failed(ctx, "an anonymous account cannot be looked at", err)
	}
	if p == nil {
		a, err = s.storedAccount(ctx, account, now)
		if err != nil {
			return 0, s.failed(ctx, "an anonymous account cannot be looked at", err)
		}
	}
	switch {
	case a.Version > 0: // it signed up, or the host has done something with it
		return 0, nil
	case p != nil && session.alive(a, now):
		return session.Expires, nil
	}
	return 0, s.deleteAtHost(ctx, account)
}

// guest is the anonymous session that a sign-up comes from.
type guest struct {
	proof store.Proof
	v     session
}

// over reports whether the session has expired since the guest was read.
func (g *guest) over(now int64) bool { return g != nil && now >= g.v.Expires }

var errGuestOver = refuse(ErrInvalidArgument, "the anonymous session is over")

// guestGrace is how long an access token that has expired still names a guest.
const guestGrace = 20 * time.Minute

// guest returns the anonymous session of an access token, or else the caller's own, or
// nil for neither.
func (s *Service) guest(ctx context.Context, c Caller, t Token, now int64) (*guest, error) {
	id, secret, ok := parseToken(prefixAccess, t, secretBytes)
	switch {
	case t.IsZero() && c.Actor.Anonymous:
		id = c.Actor.Session
	case t.IsZero():
		return nil, nil
	case !ok:
		return nil, refuse(ErrInvalidArgument, "no token of an anonymous session")
	}
	p, a, v, err := s.readSession(ctx, id, proofSession)
	if err != nil {
		return nil, err
	}
	if p == nil || a == nil || !v.Anonymous || a.Version > 0 || !v.alive(a, now) {
		return nil, errGuestOver
	}
	if t.IsZero() && p.Account == c.Actor.Account {
		return &guest{*p, v}, nil
	}
	for _, g := range []generation{v.Current, v.Previous} {
		if now < g.AccessExpires+guestGrace.Microseconds() &&
			s.keys.matches(g.Access, useToken, accessFields(id, a.ID, g.AccessExpires, secret)...) {
			return &guest{*p, v}, nil
		}
	}
	return nil, errGuestOver
}

// account is the guest's, or "" for none.
func (g *guest) account() string {
	if g == nil {
		return ""
	}
	return g.proof.Account
}
