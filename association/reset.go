package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// ResetRequest sets a password for whoever proved an address of the account, signed
// out.
type ResetRequest struct {
	// VerificationToken proves the address: of a code that was asked for signed out,
	// or with TargetUser. Kind and To name it again, and must then match; To may be
	// empty.
	VerificationToken Token
	Kind, To          string
	Password          string
}

// ResetPassword sets the password of the account that has the proved address. Every
// session and every proof made before dies with it, and it signs nobody in. For
// Policy.FactorRootedFor the password vouches for no more than the address. Every
// address of the account is owed a notice, in the same commit.
//
// ErrInvalidProof, ErrNotRegistered (the token stays good), ErrSecondProof (so it does,
// but such an address resets nothing), ErrRateLimited, ErrInvalidArgument (too short, too
// long), ErrUnsupported (the host keeps the passwords), ErrBlocked, ErrBusy,
// ErrUnavailable.
func (s *Service) ResetPassword(ctx context.Context, c Caller, r ResetRequest) error {
	return s.report(ctx, "reset password", c, s.resetPassword(ctx, c, r))
}

func (s *Service) resetPassword(ctx context.Context, c Caller, r ResetRequest) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if err := s.checkPassword(r.Password); err != nil {
		return err
	}
	now := s.now()
	req := requestOf("reset password", c, r.VerificationToken.Reveal())
	hash := ""
	return s.attempt(ctx, func(bool) (store.Change, error) {
		h, a, err := s.presentSignIn(ctx, c, r.VerificationToken, s.names(r.Kind, r.To))
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.v.Answer, req, now) && a != nil {
			if repeat, err := s.isPassword(ctx, c, a, h.v.Answer.At, r.Password); err != nil || repeat {
				return store.Change{}, err
			}
		}
		if !s.redeemable(h, r.VerificationToken, now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		if a == nil {
			return store.Change{}, refuse(ErrNotRegistered, "")
		}
		f, noted, err := s.recovers(ctx, h, a, nothingBeside, now)
		if err != nil {
			return store.Change{}, err
		}
		if len(noted) > 0 {
			a = &noted[0]
		}
		if hash == "" {
			if err := s.guardHashing(ctx, c, now); err != nil {
				return store.Change{}, err
			}
		}
		if err := s.hashOnce(ctx, r.Password, &hash, &now); err != nil {
			return store.Change{}, err
		}
		if !s.redeemable(h, r.VerificationToken, now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		return s.resetChange(ctx, h, a, c, f, hash, req, now)
	})
}

func (s *Service) resetChange(ctx context.Context, h held, a *store.Account, c Caller, f factor, hash string, req request, now int64) (store.Change, error) {
	d, err := decodeAccount(a)
	if err != nil {
		return store.Change{}, err
	}
	next, d := raiseEpoch(*a, d, now)
	if d, err = s.withPassword(ctx, a, d, f.aged(now, s.policy.FactorRootedFor), hash, now); err != nil {
		return store.Change{}, err
	}
	next.Data = encode(d)
	return store.Change{
		Accounts: []store.Account{next},
		Proofs:   []store.Proof{s.spent(h, req, now, struct{}{})},
		Events:   []store.Event{s.happened(event{Kind: EventResetPassword, Factor: f.event()}, a.ID, c, now)},
		Notices:  append(s.owedRevocation(a.ID, Actor{}, now), s.owedOf(EventResetPassword, a, c, now)...),
	}, nil
}
