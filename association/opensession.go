package association

import (
	"context"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// Session is somebody signed in.
type Session struct {
	ID        string // as in Actor.Session
	Account   string // the account's ID
	Anonymous bool   // as in Actor

	Access        Token // goes with every request
	AccessExpires time.Time
	Refresh       Token     // good for one Refresh
	Expires       time.Time // of the session, unless it is refreshed
}

// newSession makes a session of the account as it was judged: if the account has
// moved on since, the session is of an older epoch, and dead.
func (s *Service) newSession(id string, a *store.Account, c Caller, f factor, req request, now int64) (store.Proof, Session) {
	family := randomBytes(halfSecret)
	g, told := s.newGeneration(id, a.ID, family, now)
	told.Anonymous = f.Kind == factorNone
	v := session{
		V: sessionV, Anonymous: told.Anonymous, Epoch: a.Epoch, Resume: newID(), AuthenticatedAt: now, Factor: f,
		Device: clip(c.Device), UserAgent: clip(c.UserAgent), Expires: told.Expires.UnixMicro(),
		Family: s.keys.seal(useToken, familyFields(id, a.ID, family)...), Current: g, RefreshedAt: now,
	}
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
	Account       string `json:"account"`
	Anonymous     bool   `json:"anonymous,omitempty"`
	Access        string `json:"access"`
	AccessExpires int64  `json:"accessExpires"`
	Refresh       string `json:"refresh"`
	Expires       int64  `json:"expires"`
}

func newSessionAnswer(s Session) sessionAnswer {
	return sessionAnswer{
		s.ID, s.Account, s.Anonymous, s.Access.Reveal(), s.AccessExpires.UnixMicro(), s.Refresh.Reveal(), s.Expires.UnixMicro(),
	}
}

// openSession reads the session that a record keeps for a repeat.
func (s *Service) openSession(a answer, record string, told *Session) bool {
	var v sessionAnswer
	if !s.keys.open(a, record, &v) {
		return false
	}
	*told = Session{v.ID, v.Account, v.Anonymous, NewToken(v.Access), at(v.AccessExpires), NewToken(v.Refresh), at(v.Expires)}
	return true
}

// openNamed opens a session for a named request, which has one: its repeat finds the
// record by that name.
func (s *Service) openNamed(ctx context.Context, req request, now int64, open func(id string, again bool) (store.Change, Session, error)) (Session, error) {
	id := newID()
	if req.fields != nil {
		id = s.slotID(append(req.fields, []byte("session"))...)
	}
	var told Session
	err := s.attempt(ctx, func(again bool) (store.Change, error) {
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
		change, session, err := open(id, again)
		told = session
		return change, err
	})
	if err != nil {
		return Session{}, err
	}
	return told, nil
}
