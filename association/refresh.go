package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// Refresh trades a refresh token for the next generation of tokens. The last one
// before it, presented again within a minute, gets the same successor, because
// an answer was lost or two tabs share it; anything older is a copy that somebody
// kept, and ends the session.
//
// ErrInvalidGrant, ErrBusy, ErrUnavailable.
func (s *Service) Refresh(ctx context.Context, c Caller, refresh Token) (Session, error) {
	session, err := s.refresh(ctx, c, refresh)
	return session, s.report(ctx, "refresh", c, err)
}

func (s *Service) refresh(ctx context.Context, c Caller, t Token) (Session, error) {
	if err := s.outsideTx(); err != nil {
		return Session{}, err
	}
	id, secret, ok := parseToken(prefixRefresh, t, secretBytes)
	if !ok {
		return Session{}, refuse(ErrInvalidGrant, "")
	}
	now := s.now()
	family, half := secret[:halfSecret], secret[halfSecret:]
	req := request{fields: [][]byte{[]byte("refresh"), []byte(id), secret}}
	var told Session
	reused := false
	err := s.attempt(ctx, func(bool) (store.Change, error) {
		p, a, v, err := s.readSession(ctx, id, proofSession)
		if err != nil {
			return store.Change{}, err
		}
		if p == nil || a == nil || a.Status != statusActive || !v.alive(a, now) {
			return store.Change{}, refuse(ErrInvalidGrant, "")
		}
		switch v.judge(
			s.keys.matches(v.Family, useToken, familyFields(id, a.ID, family)...),
			s.keys.matches(v.Current.Refresh, useToken, generationFields(id, a.ID, half)...),
			s.keys.matches(v.Previous.Refresh, useToken, generationFields(id, a.ID, half)...),
			now,
		) {
		case currentToken:
			var next generation
			next, told = s.newGeneration(id, a.ID, family, now)
			told.Anonymous = v.Anonymous
			v = v.refresh(next, s.policy.RefreshTTL, now)
			// Sealed anew, or a retired key could not be dropped while the session lives.
			v.Family = s.keys.seal(useToken, familyFields(id, a.ID, family)...)
			v.Answer = s.keys.answered(req, id, now, newSessionAnswer(told))
			return store.Change{Proofs: []store.Proof{with(*p, v.Expires, v)}}, nil
		case previousToken:
			if s.keys.repeats(v.Answer, req, now) && s.openSession(v.Answer, id, &told) {
				return store.Change{}, nil
			}
			return store.Change{}, refuse(ErrInvalidGrant, "")
		case oldToken:
			reused = true
			v = v.end()
			return store.Change{
				Proofs: []store.Proof{with(*p, p.Expires, v)},
				Events: []store.Event{s.happened(event{Kind: EventReuse, Session: ownSession(id)}, a.ID, c, now)},
			}, nil
		}
		return store.Change{}, refuse(ErrInvalidGrant, "")
	})
	if err == nil && reused {
		err = refuse(ErrInvalidGrant, "")
	}
	if err != nil {
		return Session{}, err
	}
	return told, nil
}
