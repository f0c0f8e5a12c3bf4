package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// change is one change to an account, being put together: begun with what was read, told
// what is to become of it, and done as one write that asserts all of what it was decided
// on.
type change struct {
	s      *Service
	caller Caller
	now    int64
	acting acting
	sudo   grant          // what the change rests on, of the session's or made up
	own    bool           // it is the session's
	leave  bool           // the session ends with the change
	sets   string         // the key of a factor that it sets, or will
	read   *store.Account // as it was read

	account store.Account // as it will be, with data for its Data
	data    accountData
	event   event
	write   store.Change // what is written beside the account, the session and the event
}

// begin reads who acts and under which grant. Whether that is still good is mayUse's
// to say: the repeat of a request shows one that may not be.
func (s *Service) begin(ctx context.Context, c Caller, t Token, fromSession bool) (*change, error) {
	now := s.now()
	acting, a, err := s.acting(ctx, c, now)
	if err != nil {
		return nil, err
	}
	sudo, err := s.checkSudo(acting, c, t, fromSession)
	if err != nil {
		return nil, err
	}
	return s.changing(c, acting, a, sudo, true, now)
}

// beginWithoutSudo begins a change that rests on the sign-in alone.
func (s *Service) beginWithoutSudo(ctx context.Context, c Caller) (*change, error) {
	now := s.now()
	acting, a, err := s.acting(ctx, c, now)
	if err != nil {
		return nil, err
	}
	f := factor{Kind: factorSignIn, SetAt: c.Actor.AuthenticatedAt.UnixMicro()}
	return s.changing(c, acting, a, grant{Epoch: a.Epoch, At: now, Factor: f, Expires: now + 1}, false, now)
}

func (s *Service) changing(c Caller, acting acting, a *store.Account, sudo grant, own bool, now int64) (*change, error) {
	d, err := decodeAccount(a)
	if err != nil {
		return nil, err
	}
	return &change{
		s: s, caller: c, now: now, acting: acting, sudo: sudo, own: own, read: a,
		account: *a, data: d, event: event{Session: c.Actor.sessionKey(), Factor: sudo.Factor.event()},
	}, nil
}

// mayUse refuses a grant that is dead for the account as it is.
func (h *change) mayUse() error { return h.s.mayUse(h.sudo, h.read, h.now) }

// mayLose is Service.mayLose under the change's grant.
func (h *change) mayLose(ctx context.Context, key string) error {
	return h.s.mayLose(ctx, h.sudo.Factor, h.read, h.data, key, h.now)
}

// loses notes that old goes under the change's grant.
func (h *change) loses(ctx context.Context, old factor) (err error) {
	h.data.Gone, err = h.s.leaves(ctx, h.read, h.data, old, h.sudo.Factor, h.now)
	return err
}

// roots are what a factor counts as that the change sets, in the place of the one with
// the key instead.
func (h *change) roots(instead string) []string {
	return h.sudo.Factor.sets(func(key string) bool { return key != instead && hasKey(h.read, h.data, key) })
}

// raise kills every proof of the account made so far, but for the acting session.
func (h *change) raise() { h.account, h.data = raiseEpoch(h.account, h.data, h.now) }

// done is the write; the session keeps the answer for a repeat.
func (h *change) done(keep answer) store.Change {
	h.account.Data = encode(h.data)
	h.write.Accounts = append(h.write.Accounts, h.account)
	switch {
	case h.leave:
		h.write.Proofs = append(h.write.Proofs, h.acting.left()...)
	case h.own:
		h.write.Proofs = append(h.write.Proofs, h.acting.used(h.account.Epoch, h.sets, keep))
	default:
		h.write.Proofs = append(h.write.Proofs, h.acting.stamped(h.read.Epoch, h.account.Epoch)...)
	}
	h.write.Events = append(h.write.Events, h.s.happened(h.event, h.account.ID, h.caller, h.now))
	h.write.Notices = append(h.write.Notices, h.s.owedOf(h.event.Kind, h.read, h.caller, h.now)...)
	if h.account.Epoch != h.read.Epoch {
		keeps := h.caller.Actor
		if h.leave {
			keeps = Actor{}
		}
		h.write.Notices = append(h.write.Notices, h.s.owedRevocation(h.account.ID, keeps, h.now)...)
	}
	return h.write
}

// underSudo makes one change to the acting account, as step says: on a conflict it
// does so again from what is read then. A repeat is told what the first was, by
// whatever told points to.
func (s *Service) underSudo(ctx context.Context, c Caller, t Token, fromSession bool, req request, told any, step func(*change) error) error {
	return s.attempt(ctx, func(bool) (store.Change, error) {
		h, err := s.begin(ctx, c, t, fromSession)
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.sudo.Answer, req, h.now) && s.keys.open(h.sudo.Answer, h.acting.proof.ID, told) {
			return store.Change{}, nil
		}
		if err := h.mayUse(); err != nil {
			return store.Change{}, err
		}
		if err := step(h); err != nil {
			return store.Change{}, err
		}
		return h.done(s.keys.answered(req, h.acting.proof.ID, h.now, told)), nil
	})
}

// underSession makes one change to the acting account under its session alone, which
// remembers the call by its name.
func (s *Service) underSession(ctx context.Context, c Caller, named func(Caller) request, step func(*change) error) error {
	req := named(c)
	return s.attempt(ctx, func(bool) (store.Change, error) {
		h, err := s.beginWithoutSudo(ctx, c)
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.acting.v.Last, req, h.now) {
			return store.Change{}, nil
		}
		h.event.Factor = eventFactor{}
		if err := step(h); err != nil {
			return store.Change{}, err
		}
		h.acting.v = s.remember(h.acting.v, req, h.acting.proof.ID, h.now)
		return h.done(answer{}), nil
	})
}
