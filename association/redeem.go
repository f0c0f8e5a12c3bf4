package association

import (
	"context"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// held is a verification whose token was shown, as read.
type held struct {
	proof store.Proof
	v     verification
}

// verificationSlot returns the slot that a verification token names.
func verificationSlot(t Token) (slot string, ok bool) {
	slot, _, ok = parseToken(prefixVerification, t, secretBytes)
	return slot, ok
}

// present reads the verification of a slot and judges whether it serves this
// purpose and this caller, in this session and epoch. It leaves open whether its
// token was shown and is still alive, because a repeat shows one that its first
// time has spent. Everything wrong is ErrInvalidProof (R19, R35).
func (s *Service) present(ctx context.Context, c Caller, slot string, purpose sender.Purpose) (held, error) {
	p, a, v, err := s.readVerification(ctx, slot)
	if err != nil {
		return held{}, err
	}
	if p == nil || v.Purpose != purpose || !v.askedBy(c) {
		return held{}, refuse(ErrInvalidProof, "")
	}
	if p.Account != "" {
		if p.Account != c.Actor.Account || v.Session != c.Actor.sessionKey() {
			return held{}, refuse(ErrInvalidProof, "")
		}
		if err := s.fresh(p.Account, a, v); err != nil {
			return held{}, err
		}
	}
	return held{*p, v}, nil
}

// redeemable reports whether t is the live token of h.
func (s *Service) redeemable(h held, t Token, now int64) bool {
	_, secret, ok := parseToken(prefixVerification, t, secretBytes)
	return ok && h.v.mayRedeem(now) &&
		s.keys.matches(h.v.Token, useToken, h.v.tokenFields(h.proof.ID, h.v.TokenExpires, secret)...)
}

// spent is the write that uses h up and keeps what was told for a repeat of r.
func (s *Service) spent(h held, r request, now int64, told any) store.Proof {
	v := h.v.spend()
	v.Answer = s.keys.answered(r, h.proof.ID, now, told)
	return with(h.proof, v.expires(), v)
}
