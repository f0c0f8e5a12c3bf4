package association

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// Grant is a token that proves something for a while.
type Grant struct {
	Token   Token
	Expires time.Time
}

// Verify judges a code that Send sent, and for the right one returns a
// verification token. The caller need not be signed in: whom the token serves
// was settled when the code was asked for.
//
// Everything that may be wrong with a code is ErrInvalidProof (R19); a wrong one
// is counted. ErrBusy, ErrUnavailable: then too where the vendor that made the code did
// not say, and the guess is counted; but not with sign-up closed, where a code to sign in
// is then as good as wrong, since of one to an unknown address nobody is asked.
func (s *Service) Verify(ctx context.Context, c Caller, id, code string) (Grant, error) {
	g, err := s.verify(ctx, c, id, code)
	return g, s.report(ctx, "verify", c, err)
}

func (s *Service) verify(ctx context.Context, c Caller, id, typed string) (Grant, error) {
	if err := s.outsideTx(); err != nil {
		return Grant{}, err
	}
	code, ok := s.parseCode(typed)
	if !ok {
		return Grant{}, refuse(ErrInvalidProof, "")
	}
	slot, nonce, ok := parseToken(prefixChallenge, NewToken(id), idBytes)
	if !ok {
		return Grant{}, refuse(ErrInvalidProof, "")
	}
	now := s.now()
	// Who is signed in does not count here: some clients say so and some do not.
	req := requestOf("verify", Caller{RequestID: c.RequestID, Device: c.Device}, id, code)

	var told grantAnswer
	guessed := false // counted once, however often the write is tried
	accepted := false
	var asked *verification // charged, and to be settled by what its vendor says
	var vendorSaid *bool
	step := func(bool) (store.Change, error) {
		told, asked = grantAnswer{}, nil
		p, a, v, err := s.readVerification(ctx, slot)
		if err != nil {
			return store.Change{}, err
		}
		if p == nil || !v.askedBy(c) || subtle.ConstantTimeCompare(v.Nonce, nonce) != 1 {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		if p.Account != "" {
			if err := s.fresh(p.Account, a, v); err != nil {
				return store.Change{}, err
			}
		}
		switch repeats := s.keys.repeats(v.Answer, req, now); {
		case repeats && v.Answer.Pending:
			if vendorSaid == nil {
				return store.Change{}, refuse(ErrBusy, "the same request is under way")
			}
		case repeats:
			if v.Answer.Refused || !s.keys.open(v.Answer, slot, &told) {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			return store.Change{}, nil
		}
		var right bool
		switch {
		case vendorSaid != nil:
			if v.State != pending {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			right = *vendorSaid
		case v.Vendor != nil && !s.vendorChecks(v):
			return store.Change{}, refuse(ErrInvalidProof, "")
		default:
			var ok bool
			if v, ok = v.charge(now); !ok {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			if v.Vendor != nil {
				v.Answer = s.keys.pending(req, now)
				asked = &v
				return store.Change{Proofs: []store.Proof{with(*p, v.expires(), v)}}, nil
			}
			right = s.keys.matches(v.Code, useCode, v.codeFields(slot, nonce, code)...)
		}
		// The budget is counted before the write, so that where it cannot be, nothing
		// has happened that would tell a right guess from a wrong one. Whoever loses
		// the race for the slot has counted all the same.
		if !guessed {
			if accepted, err = s.guardGuess(ctx, now, v, p.Account, right); err != nil {
				return store.Change{}, err
			}
			guessed = true
		}
		right = right && accepted

		secret := randomBytes(secretBytes)
		expires := now + s.policy.VerificationTTL.Microseconds()
		v = v.settle(right, s.keys.seal(useToken, v.tokenFields(slot, expires, secret)...), expires)
		if right {
			told = grantAnswer{Token: makeToken(prefixVerification, slot, secret).Reveal(), Expires: expires}
			v.Answer = s.keys.answered(req, slot, now, told)
		} else {
			v.Answer = s.keys.refused(req, now)
		}
		return store.Change{Proofs: []store.Proof{with(*p, v.expires(), v)}}, nil
	}
	err := s.attempt(ctx, step)
	if charged := asked; charged != nil {
		// What the vendor said it may not say again: it is written whether or not the
		// caller still waits, and where that fails, once more.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 2*s.policy.SendTimeout)
		defer cancel()
		if err == nil {
			var right bool
			if right, err = s.vendorSays(ctx, *charged, code); err == nil {
				vendorSaid = &right
				if err = s.attempt(ctx, step); failed(err) {
					err = s.attempt(ctx, step)
				}
			}
		}
		if failed(err) {
			s.notPending(ctx, slot, req, now)
		}
	}
	if err != nil {
		return Grant{}, err
	}
	if told.Token == "" {
		return Grant{}, refuse(ErrInvalidProof, "")
	}
	return told.grant(), nil
}

// failed reports whether err is no refusal.
func failed(err error) bool {
	var refusal *Error
	return err != nil && !errors.As(err, &refusal)
}

// askedBy reports whether c may use a code that was asked for signed out: where
// the asking device has a name, it is that device (R21).
func (v verification) askedBy(c Caller) bool {
	return !strings.HasPrefix(v.Asker, devicePrefix) || v.Asker == deviceAsker(c)
}

// fresh refuses a verification that its asker's account has outlived. The
// account is nil where the store has none yet.
func (s *Service) fresh(id string, a *store.Account, v verification) error {
	if a == nil {
		a = &store.Account{ID: id, Status: statusActive}
	}
	if a.Status != statusActive || v.Epoch != a.Epoch {
		return refuse(ErrInvalidProof, "")
	}
	return nil
}

type grantAnswer struct {
	Token   string `json:"token"`
	Expires int64  `json:"expires"`
}

func (a grantAnswer) grant() Grant { return Grant{Token: NewToken(a.Token), Expires: at(a.Expires)} }
