package association

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// known is a session with its account, as Identify or Resume has just read it: the
// first look that the call they were read for takes at them. Any other look, the
// next round of a change that met a conflict among them, reads them again. A change
// of the session or the account asserts what was known; a code that is asked for is
// sent, though the session ended since, and is good for nothing.
type known struct {
	proof   *store.Proof
	account *store.Account
	v       session
	at      int64
	taken   atomic.Bool
}

// knownFor is how long a look may be put off, by a body that is slow to come say.
const knownFor = 5 * time.Second

// take returns what is known of the session of this ID, once and while it is fresh.
func (k *known) take(id string, now int64) (*store.Proof, *store.Account, session, bool) {
	if k == nil || k.proof.ID != id || now-k.at > knownFor.Microseconds() || k.taken.Swap(true) {
		return nil, nil, session{}, false
	}
	return k.proof, k.account, k.v, k.v.alive(k.account, now)
}

// know reads a live session for whoever proves to be in it.
func (s *Service) know(ctx context.Context, id string, in func(account string, v session, now int64) bool) (*known, error) {
	now := s.now()
	p, a, v, err := s.liveSession(ctx, id, now)
	if err != nil {
		return nil, err
	}
	if !in(p.Account, v, now) {
		return nil, refuse(ErrUnauthenticated, "")
	}
	return &known{proof: p, account: a, v: v, at: now}, nil
}

// identified completes c by what was read of the session, or makes it nobody.
func (s *Service) identified(ctx context.Context, op string, c Caller, k *known, err error) (Caller, error) {
	if err != nil {
		c.Actor, c.known = Actor{}, nil
		return c, s.report(ctx, op, Caller{}, err)
	}
	c.known = k
	c.Actor = Actor{
		Account: k.proof.Account, Session: k.proof.ID, Anonymous: k.v.Anonymous, AuthenticatedAt: at(k.v.AuthenticatedAt),
	}
	return c, nil
}
