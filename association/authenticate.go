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
	if err := s.outsideTx(); err != nil {
		return Actor{}, err
	}
	id, secret, ok := parseToken(prefixAccess, access, secretBytes)
	if !ok {
		return Actor{}, refuse(ErrUnauthenticated, "")
	}
	now := s.now()
	p, _, v, err := s.liveSession(ctx, id, now)
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

// IsToken reports whether t is marked as a token of ligature's, live, dead or
// damaged. Anything else is some other system's, and says nothing about who is
// signed in here.
func IsToken(t Token) bool {
	for _, prefix := range []string{prefixChallenge, prefixVerification, prefixSudo, prefixAccess, prefixRefresh} {
		if strings.HasPrefix(t.Reveal(), prefix) {
			return true
		}
	}
	return false
}

// liveSession returns a session that counts, with its account, in one read.
func (s *Service) liveSession(ctx context.Context, id string, now int64) (*store.Proof, *store.Account, session, error) {
	p, a, v, err := s.readSession(ctx, id)
	if err != nil {
		return nil, nil, session{}, err
	}
	if p == nil || a == nil || !v.alive(a, now) {
		return nil, nil, session{}, refuse(ErrUnauthenticated, "")
	}
	return p, a, v, usable(a)
}

func (v session) actor(p *store.Proof) Actor {
	return Actor{Account: p.Account, Session: p.ID, AuthenticatedAt: at(v.AuthenticatedAt)}
}
