package association

import (
	"context"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// Session is somebody signed in.
type Session struct {
	ID      string // as in Actor.Session
	Name    string // what ResumeSession takes; keep it on the server
	Account string // the account's ID

	Access        Token // goes with every request
	AccessExpires time.Time
	Refresh       Token     // good for one Refresh
	Expires       time.Time // of the session, unless it is refreshed
}

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
// ErrInvalidPassword, ErrInvalidProof, ErrNotRegistered (the token stays good for
// SignUp), ErrInvalidArgument, ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) SignIn(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
	session, err := s.signIn(ctx, c, r)
	return session, s.report(ctx, "sign in", c, err)
}

func (s *Service) signIn(ctx context.Context, c Caller, r SignInRequest) (Session, error) {
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
	if err := s.judgePassword(ctx, now, a, unknown, r.Password); err != nil {
		return Session{}, err
	}
	if err := usable(a); err != nil {
		return Session{}, err
	}
	d, err := decodeAccount(a)
	if err != nil {
		return Session{}, err
	}
	f := factor{Kind: factorPassword}
	if d.Password != nil {
		f.SetAt = d.Password.SetAt
	}

	// A named request has one session: its repeat finds the record by that name.
	id := newID()
	req := requestOf("sign in", c, a.ID)
	if req.fields != nil {
		id = s.slotID(append(req.fields, []byte("session"))...)
	}
	var told Session
	err = s.attempt(ctx, func(again bool) (store.Change, error) {
		if again {
			p, _, v, err := s.readSession(ctx, id)
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
			Events: []store.Event{event{Kind: eventSignIn, Session: "own:" + id, Factor: f}.happened(a.ID, c, now)},
		}, nil
	})
	if err != nil {
		return Session{}, err
	}
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
		}, now)
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
func (s *Service) presentSignIn(ctx context.Context, c Caller, t Token, names func(held) bool, now int64) (held, *store.Account, error) {
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
		Events: []store.Event{event{Kind: eventSignIn, Session: "own:" + told.ID, Factor: f}.happened(a.ID, c, now)},
	}, told, nil
}

// newSession makes a session of the account as it was judged: if the account has
// moved on since, the session is of an older epoch, and dead.
func (s *Service) newSession(id string, a *store.Account, c Caller, f factor, req request, now int64) (store.Proof, Session) {
	family := randomBytes(halfSecret)
	g, told := s.newGeneration(id, a.ID, family, now)
	v := session{
		V: sessionV, Epoch: a.Epoch, Resume: newID(), AuthenticatedAt: now, Factor: f,
		Device: clip(c.Device), UserAgent: clip(c.UserAgent), Expires: told.Expires.UnixMicro(),
		Family: s.keys.seal(useToken, familyFields(id, a.ID, family)...), Current: g, RefreshedAt: now,
	}
	told.Name = v.name(id)
	v.Answer = s.keys.answered(req, id, now, newSessionAnswer(told))
	p := store.Proof{ID: id, Kind: proofSession, Account: a.ID, CreatedAt: now}
	return with(p, v.Expires, v), told
}

// newGeneration makes the tokens of one sign-in or refresh.
func (s *Service) newGeneration(id, account string, family []byte, now int64) (generation, Session) {
	access, refresh := randomBytes(secretBytes), randomBytes(halfSecret)
	accessExpires := now + s.policy.AccessTTL.Microseconds()
	g := generation{
		Access:        s.keys.seal(useToken, accessFields(id, account, accessExpires, access)...),
		AccessExpires: accessExpires,
		Refresh:       s.keys.seal(useToken, generationFields(id, account, refresh)...),
	}
	return g, Session{
		ID: id, Account: account,
		Access: makeToken(prefixAccess, id, access), AccessExpires: at(accessExpires),
		Refresh: makeToken(prefixRefresh, id, append(family[:halfSecret:halfSecret], refresh...)),
		Expires: at(now + s.policy.RefreshTTL.Microseconds()),
	}
}

// sessionAnswer is a Session for its repeat, whose tokens do not redact.
type sessionAnswer struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Account       string `json:"account"`
	Access        string `json:"access"`
	AccessExpires int64  `json:"accessExpires"`
	Refresh       string `json:"refresh"`
	Expires       int64  `json:"expires"`
}

func newSessionAnswer(s Session) sessionAnswer {
	return sessionAnswer{
		s.ID, s.Name, s.Account, s.Access.Reveal(), s.AccessExpires.UnixMicro(), s.Refresh.Reveal(), s.Expires.UnixMicro(),
	}
}

// openSession reads the session that a record keeps for a repeat.
func (s *Service) openSession(a answer, record string, told *Session) bool {
	var v sessionAnswer
	if !s.keys.open(a, record, &v) {
		return false
	}
	*told = Session{v.ID, v.Name, v.Account, NewToken(v.Access), at(v.AccessExpires), NewToken(v.Refresh), at(v.Expires)}
	return true
}
