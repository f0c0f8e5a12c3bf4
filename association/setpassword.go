package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// PasswordRequest sets the account's password, or changes it.
type PasswordRequest struct {
	SudoToken Token
	Password  string
}

// SetPassword sets the acting account's password. Every other session and every
// proof made before dies with it; the acting session and its sudo live on.
//
// ErrUnauthenticated, ErrSudoRequired, ErrRateLimited, ErrInvalidArgument (too
// short, too long),
// ErrUnsupported (the host keeps the passwords), ErrBlocked, ErrBusy,
// ErrUnavailable.
func (s *Service) SetPassword(ctx context.Context, c Caller, r PasswordRequest) error {
	return s.report(ctx, "set password", c, s.setPassword(ctx, c, r))
}

func (s *Service) setPassword(ctx context.Context, c Caller, r PasswordRequest) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if err := s.checkPassword(r.Password); err != nil {
		return err
	}
	now := s.now()
	req := requestOf("set password", c, r.SudoToken.Reveal())
	// judge reports whether the call may go on, or repeats one that did: by the
	// same name, and about the password that is set.
	judge := func(h acting, a *store.Account) (sudo grant, repeat bool, err error) {
		sudo, err = s.checkSudo(h, c, r.SudoToken, false)
		if err == nil && s.keys.repeats(sudo.Answer, req, now) {
			repeat, err = s.isPassword(ctx, c, a, r.Password, now)
		}
		if err != nil || repeat {
			return sudo, repeat, err
		}
		return sudo, false, s.mayUse(sudo, a, now)
	}
	// Nobody makes us hash who has no sudo.
	h, a, err := s.acting(ctx, c, now)
	if err != nil {
		return err
	}
	if _, repeat, err := judge(h, a); err != nil || repeat {
		return err
	}
	if err := s.guardHashing(ctx, c, now); err != nil {
		return err
	}
	hash, err := s.hashPassword(ctx, r.Password)
	if err != nil {
		return err
	}
	return s.attempt(ctx, func(bool) (store.Change, error) {
		now = s.now() // hashing may have waited: what died meanwhile is dead
		h, a, err := s.acting(ctx, c, now)
		if err != nil {
			return store.Change{}, err
		}
		sudo, repeat, err := judge(h, a)
		if err != nil || repeat {
			return store.Change{}, err
		}
		d, err := decodeAccount(a)
		if err != nil {
			return store.Change{}, err
		}
		next, d := raiseEpoch(*a, d, now)
		d.Password = &passwordData{Hash: hash, SetAt: now}
		next.Data = encode(d)
		return store.Change{
			Accounts: []store.Account{next},
			Proofs:   []store.Proof{h.used(next.Epoch, s.keys.answered(req, h.proof.ID, now, struct{}{}))},
			Events:   []store.Event{s.happened(event{Kind: eventSetPassword, Session: c.Actor.sessionKey(), Factor: sudo.Factor}, a.ID, c, now)},
		}, nil
	})
}

// isPassword reports whether this is the account's password now.
func (s *Service) isPassword(ctx context.Context, c Caller, a *store.Account, password string, now int64) (bool, error) {
	if err := s.guardHashing(ctx, c, now); err != nil {
		return false, err
	}
	d, err := decodeAccount(a)
	if err != nil || d.Password == nil {
		return false, err
	}
	return s.matchPassword(ctx, a, *d.Password, password)
}
