package association

import (
	"context"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// SignInRequest signs in by an identifier and its account's password, or by the
// token of a code. With a token, an Identifier that is given must be the token's
// address; the password may stand beside it, where the address does not vouch alone
// any more (R53).
type SignInRequest struct {
	Identifier        string // of any configured kind, as it was typed
	Password          string
	VerificationToken Token
}

// SignIn opens a session.
//
// ErrInvalidPassword, ErrRateLimited, ErrInvalidProof, ErrNotRegistered (the token
// stays good for SignUp), ErrSecondProof (it stays good to be shown with the
// password), ErrInvalidArgument, ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) SignIn(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	session, err := s.signIn(ctx, c, r)
	return session, s.report(ctx, "sign in", c, err)
}

func (s *Service) signIn(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	if err := s.outsideTx(); err != nil {
		return Session{}, err
	}
	switch {
	case !r.VerificationToken.IsZero():
		return s.signInByToken(ctx, c, r)
	case r.Identifier == "" || r.Password == "":
		return Session{}, refuse(ErrInvalidArgument, "give a verification token, or an identifier and a password")
	}
	return s.signInByPassword(ctx, c, r)
}

func (s *Service) signInByPassword(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	if err := formed(r.Password); err != nil {
		return Session{}, err
	}
	now := s.now()
	var a *store.Account
	var err error
	unknown := clip(r.Identifier)
	if k, value := s.recognise(r.Identifier); k != nil {
		unknown = string(macInput(k.Name(), [][]byte{value}))
		if a, err = s.accountByIdentifier(ctx, k.Name(), value); err != nil {
			return Session{}, err
		}
	}
	if err := s.judgePassword(ctx, c, now, a, unknown, r.Password); err != nil {
		return Session{}, err
	}
	if err := usable(a); err != nil {
		return Session{}, err
	}
	d, err := decodeAccount(a)
	if err != nil {
		return Session{}, err
	}
	f := passwordFactor(d)

	req := requestOf("sign in", c, a.ID)
	told, err := s.openNamed(ctx, req, now, func(id string, _ bool) (store.Change, Session, error) {
		p, told := s.newSession(id, a, c, f, req, now)
		return store.Change{
			Proofs: []store.Proof{p},
			Events: []store.Event{s.happened(event{Kind: EventSignIn, Session: ownSession(id), Factor: f.event()}, a.ID, c, now)},
		}, told, nil
	})
	if err != nil {
		return Session{}, err
	}
	s.renewHash(ctx, a, r.Password)
	return told, nil
}

// recognise returns the kind that accepts what was typed, with its value.
func (s *Service) recognise(typed string) (Kind, []byte) {
	for _, k := range s.kinds {
		if value, err := k.Canonical(typed); err == nil {
			return k, value
		}
	}
	return nil, nil
}

// withPassword is how a call is named that shows a password beside its token.
var withPassword = map[bool]string{true: "with a password"}

func (s *Service) signInByToken(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	if err := formed(r.Password); err != nil {
		return Session{}, err
	}
	now := s.now()
	req := requestOf("sign in", c, r.VerificationToken.Reveal(), r.Identifier, withPassword[r.Password != ""])
	var told Session
	by := nothingBeside // the password is judged once, however often the write is tried
	err := s.attempt(ctx, func(bool) (store.Change, error) {
		h, a, err := s.presentSignIn(ctx, c, r.VerificationToken, func(h held) bool {
			k, value := s.recognise(r.Identifier)
			return r.Identifier == "" || k != nil && k.Name() == h.v.Kind && string(value) == string(h.v.Target)
		})
		if err != nil {
			return store.Change{}, err
		}
		repeat := s.keys.repeats(h.v.Answer, req, now)
		switch {
		case !repeat && !s.redeemable(h, r.VerificationToken, now):
			return store.Change{}, refuse(ErrInvalidProof, "")
		case !repeat && a == nil:
			return store.Change{}, refuse(ErrNotRegistered, "")
		}
		if r.Password != "" && by == nothingBeside {
			if err := s.judgePassword(ctx, c, now, a, "", r.Password); err != nil {
				return store.Change{}, err
			}
			by = factorBeside
		}
		if repeat && s.openSession(h.v.Answer, h.proof.ID, &told) {
			return store.Change{}, nil
		}
		if !s.redeemable(h, r.VerificationToken, now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		change, session, err := s.signInChange(ctx, h, a, c, by, req, now, "")
		told = session
		return change, err
	})
	if err != nil {
		return Session{}, err
	}
	return told, nil
}

// presentSignIn returns the verification of a sign-in token, for the address
// that the request names too, and the account that has the address now, or nil.
func (s *Service) presentSignIn(ctx context.Context, c Caller, t Token, names func(held) bool) (held, *store.Account, error) {
	slot, ok := verificationSlot(t)
	if !ok {
		return held{}, nil, refuse(ErrInvalidProof, "")
	}
	h, err := s.present(ctx, c, slot, sender.SignIn)
	if err != nil {
		return held{}, nil, err
	}
	if !names(h) {
		return held{}, nil, refuse(ErrInvalidProof, "")
	}
	a, err := s.accountByIdentifier(ctx, h.v.Kind, h.v.Target)
	return h, a, err
}

// signInChange spends the verification and opens a session of the account. It takes an
// address that does not vouch alone only beside a password.
func (s *Service) signInChange(ctx context.Context, h held, a *store.Account, c Caller, by beside, req request, now int64, other string) (store.Change, Session, error) {
	f, accounts, err := s.recovers(ctx, h, a, by, now)
	if err != nil {
		return store.Change{}, Session{}, err
	}
	p, told := s.newSession(newID(), a, c, f, request{}, now)
	return store.Change{
		Accounts: accounts,
		Proofs:   []store.Proof{s.spent(h, req, now, newSessionAnswer(told)), p},
		Events:   []store.Event{s.happened(event{Kind: EventSignIn, Session: ownSession(told.ID), Factor: f.event(), Other: other}, a.ID, c, now)},
	}, told, nil
}

// recovers returns the address that a sign-in code went to, as a factor of the account
// that has it, if it may let somebody in.
func (s *Service) recovers(ctx context.Context, h held, a *store.Account, by beside, now int64) (factor, []store.Account, error) {
	if err := usable(a); err != nil {
		return factor{}, nil, err
	}
	d, err := decodeAccount(a)
	if err != nil {
		return factor{}, nil, err
	}
	own := linked(a, h.v.Kind, h.v.Target)
	if !h.v.recent(*own, d) {
		return factor{}, nil, refuse(ErrInvalidProof, "")
	}
	f, err := addressFactor(*own)
	if err != nil {
		return factor{}, nil, err
	}
	accounts, err := s.vouches(ctx, a, f, by, now)
	return f, accounts, err
}

// names returns the check that a request names the address of its token, where it
// names one.
func (s *Service) names(kind, to string) func(held) bool {
	return func(h held) bool {
		if to == "" {
			return true
		}
		k, err := s.kind(kind)
		if err != nil || kind != h.v.Kind {
			return false
		}
		value, err := k.Canonical(to)
		return err == nil && string(value) == string(h.v.Target)
	}
}
