package association

import (
	"context"
	"errors"

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

	// AnonymousToken is an access token of an anonymous account, which then becomes
	// this one, with a new session; one that has expired within the last 20 minutes
	// counts, since typing a code takes its time. Optional: a Caller who is anonymous
	// signs up from that session.
	AnonymousToken Token
}

// SignUp makes an account with the proved address and signs in. With an address
// that has an account it signs in to that one and ignores every other field, so
// that a client need not know which it is; the event then names the anonymous account
// that was left behind, as Other.
//
// ErrPermissionDenied (sign-up is closed), ErrInvalidProof, ErrRateLimited,
// ErrUsernameTaken and ErrInvalidArgument (the token stays good; also for an anonymous
// session that is over), ErrSecondProof, ErrUnsupported, ErrBlocked, ErrBusy,
// ErrUnavailable.
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
	counted := false
	step := func(bool) (store.Change, error) {
		h, a, err := s.presentSignIn(ctx, c, r.VerificationToken, s.names(r.Kind, r.To))
		if err != nil {
			return store.Change{}, err
		}
		if s.keys.repeats(h.v.Answer, req, now) && s.openSession(h.v.Answer, h.proof.ID, &told) {
			return store.Change{}, nil
		}
		if !s.redeemable(h, r.VerificationToken, now) {
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		guest, err := s.guest(ctx, c, r.AnonymousToken, now)
		if err != nil {
			return store.Change{}, err
		}
		var change store.Change
		if a != nil {
			change, told, err = s.signInChange(ctx, h, a, c, nothingBeside, req, now, guest.account())
			return change, err
		}
		username, err := s.maySignUp(r)
		if err != nil {
			return store.Change{}, err
		}
		// Both are counted before the name is looked up, or who is limited would learn of it.
		if r.Password != "" && hash == "" {
			if err := s.guardHashing(ctx, c, now); err != nil {
				return store.Change{}, err
			}
		}
		if username != nil {
			if err := s.guardUsername(ctx, c, now, &counted); err != nil {
				return store.Change{}, err
			}
			if err := s.freeUsername(ctx, username); err != nil {
				return store.Change{}, err
			}
		}
		if r.Password != "" {
			if err := s.hashOnce(ctx, r.Password, &hash, &now); err != nil {
				return store.Change{}, err
			}
			if !s.redeemable(h, r.VerificationToken, now) {
				return store.Change{}, refuse(ErrInvalidProof, "")
			}
			if guest.over(now) {
				return store.Change{}, errGuestOver
			}
		}
		change, told = s.signUpChange(h, c, r, guest, username, hash, req, now)
		return change, s.quarantined(ctx, told.Account, h, &change, c, now)
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

// maySignUp refuses what is refused before a password is hashed, and returns the
// username's value if there is to be one.
func (s *Service) maySignUp(r SignUpRequest) (username []byte, err error) {
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
	k, err := s.kind(UsernameKind)
	if err != nil {
		return nil, err
	}
	return k.Canonical(r.Username)
}

func (s *Service) signUpChange(h held, c Caller, r SignUpRequest, g *guest, username []byte, hash string, req request, now int64) (store.Change, Session) {
	a := newAccount(newID(), now)
	d := accountData{V: dataV, Name: r.Name}
	happened := event{Kind: EventSignUp}
	var change store.Change
	if g != nil {
		a, happened.Kind = newAccount(g.proof.Account, g.proof.CreatedAt), EventUpgrade
		*a, d = raiseEpoch(*a, d, now) // whoever else holds the anonymous session is out
		change.Proofs = append(change.Proofs, with(g.proof, g.proof.Expires, g.v.end()))
		change.Notices = s.owedRevocation(a.ID, Actor{}, now)
	}
	own := newAssociation(a.ID, h.v.Kind, h.v.Target, h.v.Typed, byCode, nil, now)
	change.Link = append(change.Link, own)
	if username != nil {
		change.Link = append(change.Link, newAssociation(a.ID, UsernameKind, username, clip(r.Username), byChoice, nil, now))
	}
	if hash != "" { // which is theirs from the beginning, as the address is: it rests on nothing
		d.Password = &passwordData{Hash: hash, SetAt: now}
	}
	a.Data = encode(d)
	f := factor{Kind: own.Kind, ID: own.ID, SetAt: now}
	p, told := s.newSession(newID(), a, c, f, request{}, now)
	happened.Session, happened.Factor = ownSession(told.ID), f.event()
	happened.Association, happened.Identifier = own.ID, own.Kind
	change.Accounts = []store.Account{*a}
	change.Proofs = append(change.Proofs, s.spent(h, req, now, newSessionAnswer(told)), p)
	change.Events = []store.Event{s.happened(happened, a.ID, c, now)}
	return change, told
}
