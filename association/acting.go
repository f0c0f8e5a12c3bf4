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

// acting returns who acts: the account as it is now, and its live session, in
// one read. ErrUnauthenticated for nobody, and for a session that has ended.
func (s *Service) acting(ctx context.Context, c Caller, now int64) (acting, *store.Account, error) {
	if !c.Actor.signedIn() {
		return acting{}, nil, refuse(ErrUnauthenticated, "")
	}
	if c.Actor.HostSession {
		a, err := s.readAccount(ctx, c.Actor.Account, now)
		return acting{}, a, err
	}
	p, a, v, err := s.liveSession(ctx, c.Actor.Session, now)
	if err == nil && p.Account != c.Actor.Account {
		err = refuse(ErrUnauthenticated, "")
	}
	return acting{p, v}, a, err
}

// renamed is the write that asserts the session and gives it a new name.
func (h acting) renamed() []store.Proof {
	if h.proof == nil {
		return nil
	}
	h.v.Resume = newID()
	return []store.Proof{with(*h.proof, h.proof.Expires, h.v)}
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
