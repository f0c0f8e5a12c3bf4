package association

import (
	"context"
	"errors"
	"unicode"
	"unicode/utf8"

	"github.com/ligature-auth/ligature/store"
)

// SignUpRequest makes an account for whoever proved an address.
type SignUpRequest struct {
	// VerificationToken proves the address. Kind and To name it again, and must
	// then match; To may be empty.
	VerificationToken Token
	Kind, To          string

	// All optional: a username (of the kind named "username"), a password, a
	// name to show.
	Username, Password, Name string
}

// UsernameKind is the name of the kind that SignUpRequest.Username is of.
const UsernameKind = "username"

const maxNameBytes = 128

// SignUp makes an account with the proved address and signs in. With an address
// that has an account it signs in to that one and ignores every other field, so
// that a client need not know which it is.
//
// ErrPermissionDenied (sign-up is closed), ErrInvalidProof, ErrRateLimited,
// ErrUsernameTaken and ErrInvalidArgument (the token stays good), ErrUnsupported,
// ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) SignUp(ctx context.Context, c Caller, r SignUpRequest) (Session, error) {
	session, err := s.signUp(ctx, c, r)
	return session, s.report(ctx, "sign up", c, err)
}

func (s *Service) signUp(ctx context.Context, c Caller, r SignUpRequest) (Session, error) {
	if err := s.outsideTx(); err != nil {
		return Session{}, err
	}
	now := s.now()
	req := requestOf("sign up", c, r.VerificationToken.Reveal())
	var told Session
	var hash string
	step := func(bool) (store.Change, error) {
		h, a, err := s.presentSignIn(ctx, c, r.VerificationToken, r.names(s))
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.v.Answer, req, now) && s.openSession(h.v.Answer, h.proof.ID, &told) {
			return store.Change{}, nil
		}
		if !s.redeemable(h, r.VerificationToken, now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		var change store.Change
		if a != nil {
			change, told, err = s.signInChange(h, a, c, req, now)
			return change, err
		}
		username, err := s.maySignUp(ctx, r)
		if err != nil {
			return store.Change{}, err
		}
		if hash == "" && r.Password != "" { // made once, however often the write is tried
			if err := s.guardHashing(ctx, c, now); err != nil {
				return store.Change{}, err
			}
			if hash, err = s.hashPassword(ctx, r.Password); err != nil {
				return store.Change{}, err
			}
			now = s.now() // it may have waited: what died meanwhile is dead
			if !s.redeemable(h, r.VerificationToken, now) {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
		}
		change, told = s.signUpChange(h, c, r, username, hash, req, now)
		return change, nil
	}
	err := s.attempt(ctx, step)
	if errors.Is(err, store.ErrTaken) {
		// Somebody was faster; a second look tells who has which.
		err = s.attempt(ctx, step)
	}
	if err != nil {
		return Session{}, err
	}
	return told, nil
}

// names returns the check that the request names the address of its token.
func (r SignUpRequest) names(s *Service) func(held) bool {
	return func(h held) bool {
		if r.To == "" {
			return true
		}
		k, err := s.kind(r.Kind)
		if err != nil || r.Kind != h.v.Kind {
			return false
		}
		value, err := k.Canonical(r.To)
		return err == nil && string(value) == string(h.v.Target)
	}
}

// maySignUp refuses what is refused before a password is hashed, and returns the
// username's value if there is to be one. Names are looked up last, so that a free
// one is learnt by taking it.
func (s *Service) maySignUp(ctx context.Context, r SignUpRequest) (username []byte, err error) {
	if !s.policy.AllowSignUp {
		return nil, refuse(ErrPermissionDenied, "sign-up is closed")
	}
	if err := checkName(r.Name); err != nil {
		return nil, err
	}
	if r.Password != "" {
		if err := s.checkPassword(r.Password); err != nil {
			return nil, err
		}
	}
	if r.Username == "" {
		return nil, nil
	}
	return s.freeUsername(ctx, r.Username)
}

func (s *Service) signUpChange(h held, c Caller, r SignUpRequest, username []byte, hash string, req request, now int64) (store.Change, Session) {
	a := newAccount(newID(), now)
	d := accountData{V: dataV, Name: r.Name}
	if hash != "" {
		d.Password = &passwordData{Hash: hash, SetAt: now}
	}
	a.Data = encode(d)
	links := []store.Association{newAssociation(a.ID, h.v.Kind, h.v.Target, h.v.Typed, byCode, now)}
	if username != nil {
		links = append(links, newAssociation(a.ID, UsernameKind, username, clip(r.Username), byChoice, now))
	}
	f := factor{Kind: h.v.Kind, ID: links[0].ID, SetAt: now}
	p, told := s.newSession(newID(), a, c, f, request{}, now)
	return store.Change{
		Accounts: []store.Account{*a},
		Proofs:   []store.Proof{s.spent(h, req, now, newSessionAnswer(told)), p},
		Link:     links,
		Events:   []store.Event{s.happened(event{Kind: eventSignUp, Session: ownSession(told.ID), Factor: f, Association: links[0].ID}, a.ID, c, now)},
	}, told
}

// freeUsername returns the username's value, unless another account has it.
func (s *Service) freeUsername(ctx context.Context, typed string) ([]byte, error) {
	k, err := s.kind(UsernameKind)
	if err != nil {
		return nil, err
	}
	value, err := k.Canonical(typed)
	if err != nil {
		return nil, err
	}
	owner, err := s.accountByIdentifier(ctx, UsernameKind, value)
	if err == nil && owner != nil {
		err = refuse(ErrUsernameTaken, "")
	}
	return value, err
}

func checkName(name string) error {
	if len(name) > maxNameBytes || !utf8.ValidString(name) {
		return refuse(ErrInvalidArgument, "the name is too long or not valid text")
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return refuse(ErrInvalidArgument, "the name has characters that do not print")
		}
	}
	return nil
}
