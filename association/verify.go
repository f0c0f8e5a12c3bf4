package association

import (
	"context"
	"crypto/subtle"
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
	grant, err := s.verify(ctx, c, id, code)
	return grant, s.report(ctx, "verify", c, err)
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

	g := &guess{s: s, c: c, slot: slot, nonce: nonce, code: code, req: req, now: now}
	err := s.attempt(ctx, g.step(ctx))
	if g.asks != nil {
		err = g.askVendor(ctx, err)
	}
	if err != nil {
		return Grant{}, err
	}
	if g.told.Token == "" {
		return Grant{}, refuse(ErrInvalidProof, "")
	}
	return g.told.grant(), nil
}

// guess is one call of Verify: charged and settled in one write where the code is ours,
// in two where its vendor has to be asked between them.
type guess struct {
	s     *Service
	c     Caller
	slot  string
	nonce []byte
	code  string
	req   request
	now   int64

	asks *verification // charged, and to be settled by what its vendor says
	said *bool         // what the vendor said

	// The budget is counted once, however often the write is tried.
	counted, accepted bool

	told grantAnswer
}

// step is what an attempt writes.
func (g *guess) step(ctx context.Context) func(bool) (store.Change, error) {
	return func(bool) (store.Change, error) {
		g.told, g.asks = grantAnswer{}, nil
		p, v, err := g.read(ctx)
		if err != nil {
			return store.Change{}, err
		}
		switch repeats := g.s.keys.repeats(v.Answer, g.req, g.now); {
		case repeats && v.Answer.Pending && g.said == nil:
			return store.Change{}, refuse(ErrBusy, "the same request is under way")
		case repeats && !v.Answer.Pending:
			if v.Answer.Refused || !g.s.keys.open(v.Answer, g.slot, &g.told) {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			return store.Change{}, nil
		}
		if g.said != nil {
			if v.State != pending {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			return g.settle(ctx, p, v, *g.said)
		}
		if v.Vendor != nil && !g.s.vendorChecks(v) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		v, ok := v.charge(g.now)
		if !ok {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		if v.Vendor != nil {
			v.Answer = g.s.keys.pending(g.req, g.now)
			g.asks = &v
			return store.Change{Proofs: []store.Proof{with(p, v.expires(), v)}}, nil
		}
		return g.settle(ctx, p, v, g.s.keys.matches(v.Code, useCode, v.codeFields(g.slot, g.nonce, g.code)...))
	}
}

// read returns the slot, if it holds the code that is guessed at and the caller may.
func (g *guess) read(ctx context.Context) (store.Proof, verification, error) {
	p, a, v, err := g.s.readVerification(ctx, g.slot)
	if err != nil {
		return store.Proof{}, v, err
	}
	if p == nil || !v.askedBy(g.c) || subtle.ConstantTimeCompare(v.Nonce, g.nonce) != 1 {
		return store.Proof{}, v, refuse(ErrInvalidProof, "")
	}
	if p.Account != "" {
		if err := g.s.fresh(p.Account, a, v); err != nil {
			return store.Proof{}, v, err
		}
	}
	return *p, v, nil
}

// settle is the write that tells the verdict on a charged guess.
func (g *guess) settle(ctx context.Context, p store.Proof, v verification, right bool) (_ store.Change, err error) {
	// The budget is counted before the write, so that where it cannot be, nothing
	// has happened that would tell a right guess from a wrong one. Whoever loses
	// the race for the slot has counted all the same.
	if !g.counted {
		if g.accepted, err = g.s.guardGuess(ctx, g.now, v, p.Account, right); err != nil {
			return store.Change{}, err
		}
		g.counted = true
	}
	right = right && g.accepted

	secret := randomBytes(secretBytes)
	expires := g.now + g.s.policy.VerificationTTL.Microseconds()
	v = v.settle(right, g.s.keys.seal(useToken, v.tokenFields(g.slot, expires, secret)...), expires)
	if right {
		g.told = grantAnswer{Token: makeToken(prefixVerification, g.slot, secret).Reveal(), Expires: expires}
		v.Answer = g.s.keys.answered(g.req, g.slot, g.now, g.told)
	} else {
		v.Answer = g.s.keys.refused(g.req, g.now)
	}
	return store.Change{Proofs: []store.Proof{with(p, v.expires(), v)}}, nil
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
