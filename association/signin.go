package association

import (
	"context"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// SignInRequest signs in by an identifier and its account's password, or by the
// token of a code. With a token, an Identifier that is given must be the token's
// address.
type SignInRequest struct {
	Identifier        string // of any configured kind, as it was typed
	Password          string
	VerificationToken Token
}

// SignIn opens a session.
//
// ErrInvalidPassword, ErrRateLimited, ErrInvalidProof, ErrNotRegistered (the token
// stays good for SignUp), ErrInvalidArgument, ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) SignIn(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	session, err := s.signIn(ctx, c, r)
	return session, s.report(ctx, "sign in", c, err)
}

func (s *Service) signIn(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	if err := s.outsideTx(); err != nil {
		return Session{}, err
	}
	switch byToken := !r.VerificationToken.IsZero(); {
	case byToken && r.Password != "":
		return Session{}, refuse(ErrInvalidArgument, "give a password or a verification token, not both")
	case byToken:
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

	// A named request has one session: its repeat finds the record by that name.
	id := newID()
	req := requestOf("sign in", c, a.ID)
	if req.fields != nil {
		id = s.slotID(append(req.fields, []byte("session"))...)
	}
	var told Session
	err = s.attempt(ctx, func(again bool) (store.Change, error) {
		if again {
			p, _, v, err := s.readSession(ctx, id, proofSession)
			if err != nil {
				return store.Change{}, err
			}
			if p != nil && s.keys.repeats(v.Answer, req, now) && s.openSession(v.Answer, id, &told) {
				return store.Change{}, nil
			}
			id = newID()
		}
		p, session := s.newSession(id, a, c, f, req, now)
		told = session
		return store.Change{
			Proofs: []store.Proof{p},
			Events: []store.Event{s.happened(event{Kind: eventSignIn, Session: ownSession(id), Factor: f}, a.ID, c, now)},
		}, nil
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

func (s *Service) signInByToken(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	now := s.now()
	req := requestOf("sign in", c, r.VerificationToken.Reveal(), r.Identifier)
	var told Session
	err := s.attempt(ctx, func(bool) (store.Change, error) {
		h, a, err := s.presentSignIn(ctx, c, r.VerificationToken, func(h held) bool {
			k, value := s.recognise(r.Identifier)
			return r.Identifier == "" || k != nil && k.Name() == h.v.Kind && string(value) == string(h.v.Target)
		})
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.v.Answer, req, now) && s.openSession(h.v.Answer, h.proof.ID, &told) {
			return store.Change{}, nil
		}
		if !s.redeemable(h, r.VerificationToken, now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		if a == nil {
			return store.Change{}, refuse(ErrNotRegistered, "")
		}
		change, session, err := s.signInChange(h, a, c, req, now)
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

// signInChange spends the verification and opens a session of the account.
func (s *Service) signInChange(h held, a *store.Account, c Caller, req request, now int64) (store.Change, Session, error) {
	if err := usable(a); err != nil {
		return store.Change{}, Session{}, err
	}
	d, err := decodeAccount(a)
	if err != nil {
		return store.Change{}, Session{}, err
	}
	if h.v.RequestedAt <= d.EpochAt { // asked for in an epoch that is over
		return store.Change{}, Session{}, refuse(ErrInvalidProof, "")
	}
	own := linked(a, h.v.Kind, h.v.Target)
	f := factor{Kind: own.Kind, ID: own.ID, SetAt: own.CreatedAt}
	p, told := s.newSession(newID(), a, c, f, request{}, now)
	return store.Change{
		Proofs: []store.Proof{s.spent(h, req, now, newSessionAnswer(told)), p},
		Events: []store.Event{s.happened(event{Kind: eventSignIn, Session: ownSession(told.ID), Factor: f}, a.ID, c, now)},
	}, told, nil
}
