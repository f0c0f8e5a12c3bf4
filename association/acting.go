package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// acting is the session that makes a change, asserted in the same commit: a
// session that ends meanwhile takes the change down with it. It is nothing where
// the host keeps the sessions.
type acting struct {
	proof *store.Proof
	v     session
}

// actingSession returns the live session of the actor, or ErrUnauthenticated.
func (s *Service) actingSession(ctx context.Context, c Caller, a *store.Account, now int64) (acting, error) {
	if c.Actor.HostSession {
		return acting{}, nil
	}
	p, _, v, err := s.readSession(ctx, c.Actor.Session)
	if err != nil {
		return acting{}, err
	}
	if p == nil || p.Account != a.ID || !v.alive(a, now) {
		return acting{}, refuse(ErrUnauthenticated, "")
	}
	return acting{p, v}, nil
}

// stamped is the write that asserts the session and takes it along into the
// epoch that the change leaves the account in.
func (h acting) stamped(epoch int64) []store.Proof {
	if h.proof == nil {
		return nil
	}
	h.v.Epoch = epoch
	return []store.Proof{with(*h.proof, h.proof.Expires, h.v)}
}
