package association

import (
	"context"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// SudoRequest proves who somebody is, once more: by the account's password, by the
// token of a code sent to one of its addresses, or by a code of its authenticator app.
// With none of these it rests on a recent sign-in, which is enough only for an account
// that has no factor.
//
// The password may stand beside the token of an address that does not vouch alone any
// more (R53): the password is then the factor, and the address is proved anew. A live sudo
// by another factor stands beside it too; the address is then the factor.
type SudoRequest struct {
	Password          string
	VerificationToken Token
	AuthenticatorCode string
}

// Sudo judges the proof and returns a sudo token. It is good for changes to this
// account in this session, for Policy.SudoTTL; a second Sudo replaces it.
//
// It gives the session a new name, see SessionName: whoever resumes sessions by
// name keeps that one from now on.
//
// ErrUnauthenticated, ErrInvalidArgument (two proofs at once, or no password at all: too
// long, or not text), ErrInvalidPassword, ErrRateLimited, ErrPasswordNotSet,
// ErrInvalidProof, ErrSecondProof, ErrSudoRequired (no proof, and the account has a factor or its
// sign-in is too old; or the proof is weaker than Policy.StrongestAvailable asks),
// ErrBlocked, ErrPermissionDenied (an anonymous account), ErrBusy, ErrUnavailable.
func (s *Service) Sudo(ctx context.Context, c Caller, r SudoRequest) (Grant, error) {
	g, err := s.sudo(ctx, c, r)
	return g, s.report(ctx, "sudo", c, err)
}

func (s *Service) sudo(ctx context.Context, c Caller, r SudoRequest) (Grant, error) {
	if err := s.outsideTx(); err != nil {
		return Grant{}, err
	}
	byToken := !r.VerificationToken.IsZero()
	if r.AuthenticatorCode != "" && (byToken || r.Password != "") {
		return Grant{}, refuse(ErrInvalidArgument, "give one proof")
	}
	if err := formed(r.Password); err != nil {
		return Grant{}, err
	}
	now := s.now()
	req := requestOf("sudo", c, r.VerificationToken.Reveal(), r.AuthenticatorCode)

	acting, a, err := s.acting(ctx, c, now)
	if err != nil {
		return Grant{}, err
	}
	var f factor
	switch {
	case r.Password != "":
		f, err = s.judgedPassword(ctx, c, a, r.Password, now)
	case byToken, r.AuthenticatorCode != "": // judged below, with the write that spends it
	default:
		f, err = s.signInFactor(ctx, a, c.Actor, now)
	}
	if err != nil {
		return Grant{}, err
	}

	app := judgedTOTP{s: s, typed: r.AuthenticatorCode, now: now}
	var told grantAnswer
	err = s.attempt(ctx, func(again bool) (store.Change, error) {
		// The account stays the one whose factor was judged: if it has moved on
		// since, the grant is of an older epoch, and dead.
		moved := false
		if again {
			var fresh *store.Account
			if acting, fresh, err = s.acting(ctx, c, now); err != nil {
				return store.Change{}, err
			}
			if moved = fresh.Epoch != a.Epoch; !moved {
				a = fresh // it may be written
			}
		}
		if old := acting.v.Sudo; old != nil && s.keys.repeats(old.Answer, req, now) && s.keys.open(old.Answer, acting.proof.ID, &told) {
			return store.Change{}, nil
		}
		var change store.Change
		switch {
		case byToken:
			code, write, err := s.sudoByCode(ctx, c, acting, a, r, now)
			if err != nil {
				return store.Change{}, err
			}
			if r.Password == "" {
				f = code
			}
			change = write
		case r.AuthenticatorCode != "":
			if f, change.Accounts, err = s.sudoByApp(ctx, a, &app); err != nil {
				return store.Change{}, err
			}
		}
		if moved && len(change.Accounts) > 0 {
			return store.Change{}, refuse(ErrBusy, "") // it would be written over what it has become
		}
		f = f.aged(now, s.policy.FactorRootedFor)
		if err := s.maySudo(ctx, f, a, now); err != nil {
			return store.Change{}, err
		}
		id, secret := s.grantID(c.Actor), randomBytes(secretBytes)
		expires := now + s.policy.SudoTTL.Microseconds()
		told = grantAnswer{Token: makeToken(prefixSudo, id, secret).Reveal(), Expires: expires}
		change.Proofs = append(change.Proofs, acting.elevated(grant{
			Epoch: a.Epoch, At: now, Factor: f, Expires: expires,
			Token:  s.keys.seal(useToken, sudoFields(id, a.ID, c.Actor.sessionKey(), expires, secret)...),
			Answer: s.keys.answered(req, acting.proof.ID, now, told),
		}))
		change.Events = []store.Event{s.happened(event{Kind: EventSudo, Session: c.Actor.sessionKey(), Factor: f.event()}, a.ID, c, now)}
		return change, nil
	})
	if err != nil {
		return Grant{}, err
	}
	s.renewHash(ctx, a, r.Password)
	return told.grant(), nil
}

// sudoByCode returns the address that a sudo code went to, as a factor, if it vouches
// together with what stands beside it; and the write that spends the code's token.
func (s *Service) sudoByCode(ctx context.Context, c Caller, h acting, a *store.Account, r SudoRequest, now int64) (factor, store.Change, error) {
	slot, ok := verificationSlot(r.VerificationToken)
	if !ok {
		return factor{}, store.Change{}, refuse(ErrInvalidProof, "")
	}
	v, err := s.present(ctx, c, slot, sender.Sudo)
	if err != nil {
		return factor{}, store.Change{}, err
	}
	own := linked(a, v.v.Kind, v.v.Target)
	if own == nil || !s.redeemable(v, r.VerificationToken, now) {
		return factor{}, store.Change{}, refuse(ErrInvalidProof, "")
	}
	f, err := addressFactor(*own)
	if err != nil {
		return factor{}, store.Change{}, err
	}
	by := factorBeside
	if r.Password == "" {
		if by, err = s.besideCode(ctx, h, a, *own, c.Actor, now); err != nil {
			return factor{}, store.Change{}, err
		}
	}
	noted, err := s.vouches(ctx, a, f, by, now)
	return f, store.Change{Proofs: []store.Proof{s.spent(v, request{}, now, nil)}, Accounts: noted}, err
}

// sudoByApp returns the account's authenticator as a factor, if the code is its own,
// and the write that keeps the code from being taken again.
func (s *Service) sudoByApp(ctx context.Context, a *store.Account, code *judgedTOTP) (factor, []store.Account, error) {
	d, err := decodeAccount(a)
	if err != nil {
		return factor{}, nil, err
	}
	if d.Authenticator == nil {
		return factor{}, nil, refuse(ErrInvalidProof, "")
	}
	app := *d.Authenticator
	if app.LastStep, err = code.judge(ctx, a.ID, app); err != nil {
		return factor{}, nil, err
	}
	next := *a
	d.Authenticator = &app
	next.Data = encode(d)
	return app.factor(), []store.Account{next}, nil
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

// signInFactor lets a recent sign-in stand in for a factor where there is none:
// such an account could never bind its first address otherwise.
func (s *Service) signInFactor(ctx context.Context, a *store.Account, actor Actor, now int64) (factor, error) {
	all, err := s.factors(ctx, a, now)
	if err != nil {
		return factor{}, err
	}
	if len(all) > 0 || slices.ContainsFunc(a.Associations, s.reachable) { // which may be stale
		return factor{}, refuse(ErrSudoRequired, "give the password, a code sent to an address of the account, or one of its authenticator")
	}
	if !s.signedInOfLate(actor, now) {
		return factor{}, refuse(ErrSudoRequired, "sign in again")
	}
	return factor{Kind: factorSignIn, SetAt: actor.AuthenticatedAt.UnixMicro()}, nil
}

// besideCode returns what stands beside the code to an address without a password: a
// live sudo by another factor; or a recent sign-in, where the address is stale and so is
// all that the account has.
func (s *Service) besideCode(ctx context.Context, h acting, a *store.Account, as store.Association, actor Actor, now int64) (beside, error) {
	if g := h.v.Sudo; g != nil && g.Factor.Kind != factorSignIn && !g.Factor.restsOn(as.ID) && s.mayUse(*g, a, now) == nil {
		return factorBeside, nil
	}
	d, err := decodeAccount(a)
	if err != nil || !s.stale(as, d, now) || !s.signedInOfLate(actor, now) {
		return nothingBeside, err
	}
	all, err := s.factors(ctx, a, now)
	if err != nil || len(all) > 0 {
		return nothingBeside, err
	}
	return signInBeside, nil
}

// signedInOfLate reports whether the session is as young as a proof has to be.
func (s *Service) signedInOfLate(actor Actor, now int64) bool {
	age := time.Duration(now-actor.AuthenticatedAt.UnixMicro()) * time.Microsecond
	return !actor.AuthenticatedAt.IsZero() && age >= 0 && age < s.policy.RecentSignIn
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
	outgrown, err := s.outgrown(g, a)
	if err == nil && (outgrown || !g.mayUse(a, s.policy.SudoMaxUses, now)) {
		err = refuse(ErrSudoRequired, "")
	}
	return err
}
