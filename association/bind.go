package association

import (
	"context"
	"errors"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// BindRequest binds a proved address to the acting account.
type BindRequest struct {
	// Kind and To name the address. They must be the one that the verification
	// token is for (R35).
	Kind, To string

	// SudoToken says who acts, VerificationToken that the address is theirs.
	SudoToken, VerificationToken Token

	// FromSession uses, in the place of both tokens, the live sudo grant and the
	// verified address that this account holds in this session. It is for
	// clients that cannot carry tokens from one call to the next. Whoever has
	// the session can then use a sudo that its owner just proved.
	FromSession bool
}

// Bind makes an address a sign-in method of the acting account: both proofs, the
// live session, the uniqueness of the address and the change itself are one
// commit. An address of the same kind that the account had is replaced, which
// ends every other session; the same commit owes it a notice, which Deliver sends.
//
// ErrUnauthenticated, ErrSudoRequired (also when the sudo rests on the very address
// that is replaced, though the account has another factor), ErrInvalidProof,
// ErrIdentifierTaken (both tokens stay good), ErrBlocked, ErrInvalidArgument,
// ErrUnsupported, ErrBusy, ErrUnavailable.
func (s *Service) Bind(ctx context.Context, c Caller, r BindRequest) (Association, error) {
	a, err := s.bind(ctx, c, r)
	return a, s.report(ctx, "bind", c, err)
}

func (s *Service) bind(ctx context.Context, c Caller, r BindRequest) (Association, error) {
	k, err := s.kind(r.Kind)
	if err != nil {
		return Association{}, err
	}
	target, err := k.Canonical(r.To)
	if err != nil {
		return Association{}, err
	}
	req := requestOf("bind", c, k.Name(), string(target), r.SudoToken.Reveal(), r.VerificationToken.Reveal())

	var told Association
	err = s.attempt(ctx, func(bool) (store.Change, error) {
		now := s.now()
		told = Association{}
		acting, a, err := s.acting(ctx, c, now)
		if err != nil {
			return store.Change{}, err
		}
		sudo, err := s.checkSudo(acting, c, r.SudoToken, r.FromSession)
		if err != nil {
			return store.Change{}, err
		}
		h, err := s.presentBind(ctx, c, r, k, target)
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.v.Answer, req, now) && s.keys.open(h.v.Answer, h.proof.ID, &told) {
			return store.Change{}, nil
		}
		if err := s.mayUse(sudo, a, now); err != nil {
			return store.Change{}, err
		}
		if !h.v.mayRedeem(now) || !r.FromSession && !s.redeemable(h, r.VerificationToken, now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		d, err := decodeAccount(a)
		if err != nil {
			return store.Change{}, err
		}
		old := ofKind(a, k.Name())
		if old != nil {
			if err := s.mayReplace(ctx, sudo, a, old); err != nil {
				return store.Change{}, err
			}
		}

		next := *a
		link := newAssociation(a.ID, k.Name(), target, h.v.Typed, byCode, now)
		told = s.association(link)
		happened := event{Kind: eventBind, Session: c.Actor.sessionKey(), Factor: sudo.Factor, Association: link.ID}
		change := store.Change{Link: []store.Association{link}}
		if old != nil {
			next, d = raiseEpoch(next, d, now)
			change.Unlink = []store.Association{*old}
			happened.Replaced = old.ID
			if string(old.Value) != string(target) {
				change.Notices = []store.Notice{s.owedToReplaced(old, a, c, now)}
			}
		}
		next.Data = encode(d)
		h.v.Epoch = next.Epoch // so that a repeat still finds its answer
		change.Accounts = []store.Account{next}
		change.Proofs = []store.Proof{acting.used(next.Epoch, sudo.Answer), s.spent(h, req, now, told)}
		change.Events = []store.Event{s.happened(happened, a.ID, c, now)}
		return change, nil
	})
	if errors.Is(err, store.ErrTaken) {
		err = refuse(ErrIdentifierTaken, "")
	}
	if err != nil {
		return Association{}, err
	}
	return told, nil
}

// presentBind returns the verification that the request rests on. Its slot is who
// asked, what for and which address: a token of another slot is none (R35).
func (s *Service) presentBind(ctx context.Context, c Caller, r BindRequest, k Kind, target []byte) (held, error) {
	slot := s.slotID([]byte(sender.Bind), []byte(accountAsker(c.Actor)), []byte(k.Name()), target)
	if named, ok := verificationSlot(r.VerificationToken); !r.FromSession && (!ok || named != slot) {
		return held{}, refuse(ErrInvalidProof, "")
	}
	return s.present(ctx, c, slot, sender.Bind)
}

// mayReplace holds factor independence: who replaces an address proves who they
// are by something else, where there is something else.
func (s *Service) mayReplace(ctx context.Context, g grant, a *store.Account, old *store.Association) error {
	others, err := s.factors(ctx, a, old.ID)
	if err != nil {
		return err
	}
	if !g.mayReplace(old, others) {
		return refuse(ErrSudoRequired, "prove who you are by something other than the address to be replaced")
	}
	return nil
}
