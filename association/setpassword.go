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
// proof made before dies with it; the acting session and its sudo live on. Every address
// of the account is owed a notice, in the same commit.
//
// ErrUnauthenticated, ErrSudoRequired, ErrRateLimited, ErrInvalidArgument (too
// short, too long), ErrUnsupported (the host keeps the passwords), ErrBlocked,
// ErrPermissionDenied (an anonymous account), ErrBusy, ErrUnavailable.
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
	req := requestOf("set password", c, r.SudoToken.Reveal())
	// judge reports whether the call repeats one that was done, by the same name and
	// about the password that is set, or refuses it.
	judge := func(h *change) (repeat bool, err error) {
		if s.keys.repeats(h.sudo.Answer, req, h.now) {
			repeat, err = s.isPassword(ctx, c, h.read, h.sudo.Answer.At, r.Password)
		}
		if err != nil || repeat {
			return repeat, err
		}
		if err := h.mayUse(); err != nil {
			return false, err
		}
		return false, h.mayLose(ctx, "")
	}
	// Nobody makes us hash who has no sudo.
	h, err := s.begin(ctx, c, r.SudoToken, false)
	if err != nil {
		return err
	}
	if repeat, err := judge(h); err != nil || repeat {
		return err
	}
	if err := s.guardHashing(ctx, c, h.now); err != nil {
		return err
	}
	hash, err := s.hashPassword(ctx, r.Password)
	if err != nil {
		return err
	}
	return s.attempt(ctx, func(bool) (store.Change, error) {
		// Hashing may have waited: what died meanwhile is dead.
		h, err := s.begin(ctx, c, r.SudoToken, false)
		if err != nil {
			return store.Change{}, err
		}
		if repeat, err := judge(h); err != nil || repeat {
			return store.Change{}, err
		}
		h.event.Kind = EventSetPassword
		h.raise()
		if h.data, err = s.withPassword(ctx, h.read, h.data, h.sudo.Factor, hash, h.now); err != nil {
			return store.Change{}, err
		}
		return h.done(s.keys.answered(req, h.acting.proof.ID, h.now, struct{}{})), nil
	})
}
