package association

import (
	"context"
	"strings"

	"github.com/ligature-auth/ligature/store"
)

// Authenticate returns who an access token stands for. It reads the session with
// its account once, so a session that has ended is out at the next request.
//
// ErrUnauthenticated, ErrBlocked, ErrUnavailable.
func (s *Service) Authenticate(ctx context.Context, access Token) (Actor, error) {
	actor, err := s.authenticate(ctx, access)
	if err != nil {
		return Actor{}, s.report(ctx, "authenticate", Caller{}, err)
	}
	return actor, nil
}

func (s *Service) authenticate(ctx context.Context, access Token) (Actor, error) {
	id, secret, ok := parseToken(prefixAccess, access, secretBytes)
	if !ok {
		return Actor{}, refuse(ErrUnauthenticated, "")
	}
	now := s.now()
	p, v, err := s.liveSession(ctx, id, now)
	if err != nil {
		return Actor{}, err
	}
	for _, g := range v.accepted(now) {
		if s.keys.matches(g.Access, useToken, accessFields(id, p.Account, g.AccessExpires, secret)...) {
			return v.actor(p), nil
		}
	}
	return Actor{}, refuse(ErrUnauthenticated, "")
}

// IsAccessToken reports whether t has the form of an access token of ligature's,
// live or dead. Anything else is some other system's, and says nothing about who
// is signed in here.
func IsAccessToken(t Token) bool {
	_, _, ok := parseToken(prefixAccess, t, secretBytes)
	return ok
}

// ResumeSession returns who a session stands for by its name, for a host that
// keeps the name in a session store of its own, on the server. Never give it a
// name that came from a client: it is no secret.
//
// ErrUnauthenticated (also for a name from before the last Sudo, which only some
// request that was under way can have brought back, R62), ErrBlocked,
// ErrUnavailable.
func (s *Service) ResumeSession(ctx context.Context, name string) (Actor, error) {
	id, resume, _ := strings.Cut(name, ".")
	p, v, err := s.liveSession(ctx, id, s.now())
	if err == nil && resume != v.Resume {
		err = refuse(ErrUnauthenticated, "")
	}
	if err != nil {
		return Actor{}, s.report(ctx, "resume session", Caller{}, err)
	}
	return v.actor(p), nil
}

// SessionName returns the acting session's name as it is now.
//
// ErrUnauthenticated (nobody, or a session of the host's), ErrBlocked,
// ErrUnavailable.
func (s *Service) SessionName(ctx context.Context, c Caller) (string, error) {
	name, err := s.sessionName(ctx, c)
	if err != nil {
		return "", s.report(ctx, "session name", c, err)
	}
	return name, nil
}

func (s *Service) sessionName(ctx context.Context, c Caller) (string, error) {
	acting, _, err := s.acting(ctx, c, s.now())
	if err != nil {
		return "", err
	}
	if acting.proof == nil {
		return "", refuse(ErrUnauthenticated, "")
	}
	return acting.v.name(acting.proof.ID), nil
}

// name is what ResumeSession takes.
func (v session) name(id string) string { return id + "." + v.Resume }

func (s *Service) liveSession(ctx context.Context, id string, now int64) (*store.Proof, session, error) {
	p, a, v, err := s.readSession(ctx, id)
	if err != nil {
		return nil, session{}, err
	}
	if p == nil || a == nil || a.ID != p.Account || !v.alive(a, now) {
		return nil, session{}, refuse(ErrUnauthenticated, "")
	}
	return p, v, usable(a)
}

func (v session) actor(p *store.Proof) Actor {
	return Actor{Account: p.Account, Session: p.ID, AuthenticatedAt: at(v.AuthenticatedAt)}
}

// Refresh trades a refresh token for the next generation of tokens. The last one
// before it, presented again within a minute, gets the same successor, because
// an answer was lost or two tabs share it; anything older is a copy that somebody
// kept, and ends the session.
//
// ErrInvalidGrant, ErrBusy, ErrUnavailable.
func (s *Service) Refresh(ctx context.Context, c Caller, refresh Token) (Session, error) {
	session, err := s.refresh(ctx, c, refresh)
	return session, s.report(ctx, "refresh", c, err)
}

func (s *Service) refresh(ctx context.Context, c Caller, t Token) (Session, error) {
	id, secret, ok := parseToken(prefixRefresh, t, secretBytes)
	if !ok {
		return Session{}, refuse(ErrInvalidGrant, "")
	}
	now := s.now()
	family, half := secret[:halfSecret], secret[halfSecret:]
	req := request{fields: [][]byte{[]byte("refresh"), []byte(id), secret}}
	var told Session
	reused := false
	err := s.attempt(ctx, func(bool) (store.Change, error) {
		p, a, v, err := s.readSession(ctx, id)
		if err != nil {
			return store.Change{}, err
		}
		if p == nil || a == nil || a.Status != statusActive || !v.alive(a, now) {
			return store.Change{}, refuse(ErrInvalidGrant, "")
		}
		switch v.judge(
			s.keys.matches(v.Family, useToken, familyFields(id, a.ID, family)...),
			s.keys.matches(v.Current.Refresh, useToken, generationFields(id, a.ID, half)...),
			s.keys.matches(v.Previous.Refresh, useToken, generationFields(id, a.ID, half)...),
			now,
		) {
		case currentToken:
			var next generation
			next, told = s.newGeneration(id, a.ID, family, now)
			told.Name = v.name(id)
			v = v.refresh(next, s.policy.RefreshTTL, now)
			// Sealed anew, or a retired key could not be dropped while the session lives.
			v.Family = s.keys.seal(useToken, familyFields(id, a.ID, family)...)
			v.Answer = s.keys.answered(req, id, now, newSessionAnswer(told))
			return store.Change{Proofs: []store.Proof{with(*p, v.Expires, v)}}, nil
		case previousToken:
			if s.keys.repeats(v.Answer, req, now) && s.openSession(v.Answer, id, &told) {
				return store.Change{}, nil
			}
			return store.Change{}, refuse(ErrInvalidGrant, "")
		case oldToken:
			reused = true
			v = v.end()
			return store.Change{
				Proofs: []store.Proof{with(*p, p.Expires, v)},
				Events: []store.Event{event{Kind: eventReuse, Session: "own:" + id}.happened(a.ID, c, now)},
			}, nil
		}
		return store.Change{}, refuse(ErrInvalidGrant, "")
	})
	if err == nil && reused {
		err = refuse(ErrInvalidGrant, "")
	}
	if err != nil {
		return Session{}, err
	}
	return told, nil
}

// SignOut ends the acting session. To end one that has ended is no error.
//
// ErrUnauthenticated (nobody, or a session of the host's, which only the host
// can end), ErrBusy, ErrUnavailable.
func (s *Service) SignOut(ctx context.Context, c Caller) error {
	return s.report(ctx, "sign out", c, s.signOut(ctx, c))
}

func (s *Service) signOut(ctx context.Context, c Caller) error {
	if !c.Actor.signedIn() || c.Actor.HostSession {
		return refuse(ErrUnauthenticated, "")
	}
	now := s.now()
	return s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, v, err := s.readSession(ctx, c.Actor.Session)
		if err != nil || p == nil || p.Account != c.Actor.Account || v.Ended {
			return store.Change{}, err
		}
		v = v.end()
		return store.Change{
			Proofs: []store.Proof{with(*p, p.Expires, v)},
			Events: []store.Event{event{Kind: eventSignOut, Session: c.Actor.sessionKey()}.happened(p.Account, c, now)},
		}, nil
	})
}
