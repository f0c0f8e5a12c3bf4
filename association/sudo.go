package association

import (
	"context"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// SudoRequest proves who somebody is, once more: by the account's password, or
// by the token of a code sent to one of its addresses. With neither it rests on
// a recent sign-in, which is enough only for an account that has no factor.
type SudoRequest struct {
	Password          string
	VerificationToken Token
}

// Sudo judges the proof and returns a sudo token. It is good for changes to this
// account in this session, for Policy.SudoTTL; a second Sudo replaces it.
//
// It gives the session a new name, see SessionName: whoever resumes sessions by
// name keeps that one from now on.
//
// ErrUnauthenticated, ErrInvalidArgument (two proofs at once),
// ErrInvalidPassword, ErrRateLimited, ErrPasswordNotSet, ErrInvalidProof,
// ErrSudoRequired (no proof, and the account has a factor or its sign-in is too
// old), ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) Sudo(ctx context.Context, c Caller, r SudoRequest) (Grant, error) {
	g, err := s.sudo(ctx, c, r)
	return g, s.report(ctx, "sudo", c, err)
}

func (s *Service) sudo(ctx context.Context, c Caller, r SudoRequest) (Grant, error) {
	if err := s.outsideTx(); err != nil {
		return Grant{}, err
	}
	byToken := !r.VerificationToken.IsZero()
	if byToken && r.Password != "" {
		return Grant{}, refuse(ErrInvalidArgument, "give a password or a verification token, not both")
	}
	if err := formed(r.Password); err != nil {
		return Grant{}, err
	}
	now := s.now()
	req := requestOf("sudo", c, r.VerificationToken.Reveal())

	acting, a, err := s.acting(ctx, c, now)
	if err != nil {
		return Grant{}, err
	}
	var f factor
	switch {
	case byToken: // judged below, with the write that spends it
	case r.Password != "":
		f, err = s.judgedPassword(ctx, c, a, r.Password, now)
	default:
		f, err = s.signInFactor(ctx, a, c.Actor, now)
	}
	if err != nil {
		return Grant{}, err
	}

	var told grantAnswer
	err = s.attempt(ctx, func(again bool) (store.Change, error) {
		// The account stays the one whose factor was judged: if it has moved on
		// since, the grant is of an older epoch, and dead.
		if again {
			if acting, _, err = s.acting(ctx, c, now); err != nil {
				return store.Change{}, err
			}
		}
		if old := acting.v.Sudo; old != nil && s.keys.repeats(old.Answer, req, now) && s.keys.open(old.Answer, acting.proof.ID, &told) {
			return store.Change{}, nil
		}
		var change store.Change
		if byToken {
			slot, ok := verificationSlot(r.VerificationToken)
			if !ok {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			h, err := s.present(ctx, c, slot, sender.Sudo)
			if err != nil {
				return store.Change{}, err
			}
			own := linked(a, h.v.Kind, h.v.Target)
			if own == nil || !s.redeemable(h, r.VerificationToken, now) {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			f = factor{Kind: own.Kind, ID: own.ID, SetAt: own.CreatedAt}
			change.Proofs = append(change.Proofs, s.spent(h, request{}, now, nil))
		}
		id, secret := s.grantID(c.Actor), randomBytes(secretBytes)
		expires := now + s.policy.SudoTTL.Microseconds()
		told = grantAnswer{Token: makeToken(prefixSudo, id, secret).Reveal(), Expires: expires}
		change.Proofs = append(change.Proofs, acting.elevated(grant{
			Epoch: a.Epoch, Factor: f, Expires: expires,
			Token:  s.keys.seal(useToken, sudoFields(id, a.ID, c.Actor.sessionKey(), expires, secret)...),
			Answer: s.keys.answered(req, acting.proof.ID, now, told),
		}))
		change.Events = []store.Event{s.happened(event{Kind: eventSudo, Session: c.Actor.sessionKey(), Factor: f}, a.ID, c, now)}
		return change, nil
	})
	if err != nil {
		return Grant{}, err
	}
	s.renewHash(ctx, a, r.Password)
	return told.grant(), nil
}

// grantID names the one grant of an account and session, in its token.
func (s *Service) grantID(a Actor) string {
	return s.slotID([]byte("grant"), []byte(a.Account), []byte(a.sessionKey()))
}

// judgedPassword is the password as a factor, if this is it.
func (s *Service) judgedPassword(ctx context.Context, c Caller, a *store.Account, password string, now int64) (factor, error) {
	d, has, err := s.hasPassword(ctx, a)
	if err != nil {
		return factor{}, err
	}
	if !has {
		return factor{}, refuse(ErrPasswordNotSet, "")
	}
	if err := s.judgePassword(ctx, c, now, a, "", password); err != nil {
		return factor{}, err
	}
	return passwordFactor(d), nil
}

// passwordFactor is the account's password as a factor.
func passwordFactor(d accountData) factor {
	f := factor{Kind: factorPassword}
	if d.Password != nil {
		f.SetAt = d.Password.SetAt
	}
	return f
}

// signInFactor lets a recent sign-in stand in for a factor where there is none:
// such an account could never bind its first address otherwise.
func (s *Service) signInFactor(ctx context.Context, a *store.Account, actor Actor, now int64) (factor, error) {
	n, err := s.factors(ctx, a, "")
	if err != nil {
		return factor{}, err
	}
	if n > 0 {
		return factor{}, refuse(ErrSudoRequired, "give a password, or a code sent to an address of the account")
	}
	age := time.Duration(now-actor.AuthenticatedAt.UnixMicro()) * time.Microsecond
	if actor.AuthenticatedAt.IsZero() || age < 0 || age >= s.policy.RecentSignIn {
		return factor{}, refuse(ErrSudoRequired, "sign in again")
	}
	return factor{Kind: factorSignIn, SetAt: actor.AuthenticatedAt.UnixMicro()}, nil
}

// checkSudo returns the grant of the acting session whose token was shown, or
// ErrSudoRequired. It is found by who acts, never by what the token says (R05).
// With fromSession it serves without its token. Whether it is still good is
// mayUse's to say.
func (s *Service) checkSudo(h acting, c Caller, t Token, fromSession bool) (grant, error) {
	if h.v.Sudo == nil {
		return grant{}, refuse(ErrSudoRequired, "")
	}
	g := *h.v.Sudo
	if fromSession {
		return g, nil
	}
	id := s.grantID(c.Actor)
	named, secret, ok := parseToken(prefixSudo, t, secretBytes)
	if !ok || named != id || !s.keys.matches(g.Token, useToken, sudoFields(id, h.proof.Account, c.Actor.sessionKey(), g.Expires, secret)...) {
		return grant{}, refuse(ErrSudoRequired, "")
	}
	return g, nil
}

// mayUse refuses a grant that is dead for the account as it is now.
func (s *Service) mayUse(g grant, a *store.Account, now int64) error {
	if !g.mayUse(a, s.policy.SudoMaxUses, now) {
		return refuse(ErrSudoRequired, "")
	}
	return nil
}
