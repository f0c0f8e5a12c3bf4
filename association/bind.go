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

	// EndOtherSessions signs everybody else out with the same commit, also where
	// nothing is replaced (R64).
	EndOtherSessions bool

	// Conflict is what the caller asks for where another account has the address.
	// The zero value asks for nothing: ErrIdentifierTaken.
	Conflict Conflict

	// Other and OtherSudoToken prove the account that has the address too: somebody
	// signed in to it, and the sudo token of that session. Only with Conflict.
	Other          Caller
	OtherSudoToken Token
}

// Bind makes an address a sign-in method of the acting account: both proofs, the
// live session, the uniqueness of the address and the change itself are one
// commit. An address of the same kind that the account had is replaced, which
// ends every other session; the same commit owes it a notice, which Deliver sends.
//
// ErrUnauthenticated, ErrSudoRequired (also when the sudo rests on the very address
// that is replaced, though the account has another factor), ErrInvalidProof,
// ErrIdentifierTaken (both tokens stay good), ErrBlocked, ErrPermissionDenied (an
// anonymous account signs up), ErrInvalidArgument, ErrUnsupported, ErrBusy,
// ErrUnavailable.
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
		told = Association{}
		b, err := s.beginBind(ctx, c, r)
		if err != nil {
			return store.Change{}, err
		}
		h, err := s.presentBind(ctx, c, r, k, target)
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.v.Answer, req, b.now) && s.keys.open(h.v.Answer, h.proof.ID, &told) {
			return store.Change{}, nil
		}
		if err := b.mayUse(); err != nil {
			return store.Change{}, err
		}
		if !h.v.mayRedeem(b.now) || !r.FromSession && !s.redeemable(h, r.VerificationToken, b.now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		if told, err = b.bind(ctx, r, k, h); err != nil {
			return store.Change{}, err
		}
		h.v.Epoch = b.account.Epoch // so that a repeat still finds its answer
		b.write.Proofs = append(b.write.Proofs, s.spent(h, req, b.now, told))
		return b.done(b.sudo.Answer), nil
	})
	if errors.Is(err, store.ErrTaken) {
		err = refuse(ErrIdentifierTaken, "")
	}
	if err != nil {
		return Association{}, err
	}
	return told, nil
}

// beginBind begins the change under sudo, or, for the first address of an account
// where the policy is so unsafe, under the session alone.
func (s *Service) beginBind(ctx context.Context, c Caller, r BindRequest) (*change, error) {
	if !s.policy.UnsafeFirstBindWithoutSudo || !r.SudoToken.IsZero() || r.FromSession {
		return s.begin(ctx, c, r.SudoToken, r.FromSession)
	}
	h, err := s.beginWithoutSudo(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, as := range h.read.Associations {
		if s.reachable(as) {
			return nil, refuse(ErrSudoRequired, "")
		}
	}
	return h, nil
}

// bind links the verified address, in the place of one of its kind.
func (h *change) bind(ctx context.Context, r BindRequest, k Kind, v held) (Association, error) {
	s, target := h.s, v.v.Target
	h.event.Kind, h.event.Identifier = EventBind, k.Name()
	instead, again := "", false
	if old := ofKind(h.read, k.Name()); old != nil {
		instead = old.ID
		h.event.Replaced = old.ID
		if err := h.unlink(ctx, *old); err != nil {
			return Association{}, err
		}
		if again = string(old.Value) == string(target); !again {
			h.write.Notices = append(h.write.Notices, s.owed(noticeReplaced, *old, h.read, h.caller, h.now))
		}
		h.raise()
	} else if err := h.mayLose(ctx, ""); err != nil {
		return Association{}, err
	} else if r.EndOtherSessions {
		h.raise()
	}
	if !again {
		h.write.Notices = append(h.write.Notices, s.owedAll(noticeAdded, h.read, instead, h.caller, h.now)...)
	}
	if r.Conflict != "" {
		if err := h.claim(ctx, r, k, v); err != nil {
			return Association{}, err
		}
	}
	if err := s.quarantined(ctx, h.read.ID, v, &h.write, h.caller, h.now); err != nil {
		return Association{}, err
	}
	link := newAssociation(h.read.ID, k.Name(), target, v.v.Typed, byCode, h.roots(instead), h.now)
	h.event.Association, h.sets = link.ID, link.ID
	h.write.Link = append(h.write.Link, link)
	return s.association(link), nil
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
