package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// acting is the session that makes a change, asserted in the same commit: a
// session that ends meanwhile takes the change down with it. Of a session that the
// host keeps, the record holds its sudo grant alone, and is at version 0 before the
// first.
type acting struct {
	proof store.Proof
	v     session
}

// actor returns the acting account as it is now. ErrUnauthenticated for nobody, and
// for a session that has ended.
func (s *Service) actor(ctx context.Context, c Caller, now int64) (*store.Account, error) {
	if c.Actor.signedIn() && c.Actor.HostSession {
		return s.readAccount(ctx, c.Actor.Account, now)
	}
	_, a, err := s.acting(ctx, c, now)
	return a, err
}

// acting returns who acts: the account as it is now, and its session, in one read
// where there is a record of it. ErrUnauthenticated as actor.
func (s *Service) acting(ctx context.Context, c Caller, now int64) (acting, *store.Account, error) {
	h, a, err := s.inSession(ctx, c, now)
	if err == nil && h.v.Anonymous {
		return acting{}, nil, refuse(ErrPermissionDenied, "sign up first")
	}
	return h, a, err
}

// inSession is acting for an anonymous account as well.
func (s *Service) inSession(ctx context.Context, c Caller, now int64) (acting, *store.Account, error) {
	if !c.Actor.signedIn() {
		return acting{}, nil, refuse(ErrUnauthenticated, "")
	}
	if c.Actor.HostSession {
		return s.actingForHost(ctx, c, now)
	}
	p, a, v, ok := c.known.take(c.Actor.Session, now)
	var err error
	if !ok {
		p, a, v, err = s.liveSession(ctx, c.Actor.Session, now)
	}
	if err == nil && p.Account != c.Actor.Account {
		err = refuse(ErrUnauthenticated, "")
	}
	if err != nil {
		return acting{}, nil, err
	}
	return acting{*p, v}, a, nil
}

func (s *Service) actingForHost(ctx context.Context, c Caller, now int64) (acting, *store.Account, error) {
	id := s.grantID(c.Actor)
	p, a, v, err := s.readSession(ctx, id, proofHostSession)
	if err != nil {
		return acting{}, nil, err
	}
	if p == nil {
		p = &store.Proof{ID: id, Kind: proofHostSession, Account: c.Actor.Account, CreatedAt: now}
		v = session{V: sessionV}
	}
	if p.Account != c.Actor.Account {
		return acting{}, nil, refuse(ErrUnauthenticated, "")
	}
	if a != nil {
		return acting{*p, v}, a, usable(a)
	}
	a, err = s.readAccount(ctx, c.Actor.Account, now)
	return acting{*p, v}, a, err
}

// elevated is the write that asserts the session, gives it a sudo grant, and a new
// name.
func (h acting) elevated(g grant) store.Proof {
	h.v.Resume = newID()
	return h.holding(g)
}

// used is the write that asserts the session, counts one use of its grant, and takes
// both along into the epoch that the change leaves the account in.
func (h acting) used(epoch int64, sets string, keep answer) store.Proof {
	g := h.v.Sudo.use(epoch, sets)
	g.Answer = keep
	h.v.Epoch = epoch
	return h.holding(g)
}

// stamped is the write that asserts the session and takes it along from one epoch into
// another, with its grant, which is not used. A grant that is dead stays so. Of a session
// of the host's without a live grant there is nothing to write.
func (h acting) stamped(from, epoch int64) []store.Proof {
	h.v.Epoch = epoch
	if g := h.v.Sudo; g != nil && g.Epoch == from {
		moved := *g
		moved.Epoch = epoch
		return []store.Proof{h.holding(moved)}
	}
	if h.proof.Kind == proofHostSession {
		return nil
	}
	return []store.Proof{with(h.proof, h.proof.Expires, h.v)}
}

func (h acting) holding(g grant) store.Proof {
	h.v.Sudo = &g
	expires := h.proof.Expires
	if h.proof.Kind == proofHostSession {
		expires = g.Expires + repeatWindow.Microseconds()
	}
	return with(h.proof, expires, h.v)
}

// left is the write that asserts the session and ends it, for a call that it remembers.
func (h acting) left() []store.Proof {
	if h.proof.Kind == proofHostSession {
		if h.proof.Version == 0 {
			return nil // the host ends the rest
		}
		h.v.Sudo = nil
		return []store.Proof{with(h.proof, h.proof.Expires, h.v)}
	}
	v := h.v.end()
	v.Last = h.v.Last
	return []store.Proof{with(h.proof, h.proof.Expires, v)}
}
