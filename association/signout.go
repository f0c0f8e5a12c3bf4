package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

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
