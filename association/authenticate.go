package association

import (
	"context"
	"slices"
	"strings"

	"github.com/ligature-auth/ligature/store"
)

// Authenticate returns who an access token stands for. It reads the session with
// its account once, so a session that has ended is out at the next request.
//
// ErrUnauthenticated, ErrBlocked, ErrUnavailable.
func (s *Service) Authenticate(ctx context.Context, access Token) (Actor, error) {
	c, err := s.Identify(ctx, Caller{}, access)
	return c.Actor, err
}

// Identify is Authenticate for a request that goes on to call another method: it
// returns c with its Actor, and the first method that takes this Caller at once
// does not read the session again. A Caller is for one request.
//
// ErrUnauthenticated, ErrBlocked, ErrUnavailable; the Caller is then nobody. One who is
// nobody because this very request has ended the session, and repeats it since the
// answer was lost, is told nil by the method that did: Delete, EndSessions, EndDevice.
func (s *Service) Identify(ctx context.Context, c Caller, access Token) (Caller, error) {
	c.shown = access
	known, err := s.authenticate(ctx, access)
	return s.identified(ctx, "authenticate", c, known, err)
}

func (s *Service) authenticate(ctx context.Context, access Token) (*known, error) {
	if err := s.outsideTx(); err != nil {
		return nil, err
	}
	id, secret, ok := parseToken(prefixAccess, access, secretBytes)
	if !ok {
		return nil, refuse(ErrUnauthenticated, "")
	}
	return s.know(ctx, id, func(account string, v session, now int64) bool {
		return slices.ContainsFunc(v.accepted(now), func(g generation) bool {
			return s.keys.matches(g.Access, useToken, accessFields(id, account, g.AccessExpires, secret)...)
		})
	})
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
	p, a, v, err := s.readSession(ctx, id, proofSession)
	if err != nil {
		return nil, nil, session{}, err
	}
	if p == nil || a == nil || !v.alive(a, now) {
		return nil, nil, session{}, refuse(ErrUnauthenticated, "")
	}
	return p, a, v, usable(a)
}
