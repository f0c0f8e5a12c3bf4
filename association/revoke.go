package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// Revoke ends the session of an access token, however old, or of a refresh token
// (RFC 7009). A token of no session, or of one that has ended, is no error: what
// was asked for is so.
//
// ErrBusy, ErrUnavailable.
func (s *Service) Revoke(ctx context.Context, c Caller, t Token) error {
	return s.report(ctx, "revoke", c, s.revoke(ctx, c, t))
}

func (s *Service) revoke(ctx context.Context, c Caller, t Token) error {
	id, secret, ok := parseToken(prefixAccess, t, secretBytes)
	matches := func(account string, v session) bool {
		for _, g := range []generation{v.Current, v.Previous} {
			if s.keys.matches(g.Access, useToken, accessFields(id, account, g.AccessExpires, secret)...) {
				return true
			}
		}
		return false
	}
	if !ok {
		if id, secret, ok = parseToken(prefixRefresh, t, secretBytes); !ok {
			return nil
		}
		matches = func(account string, v session) bool {
			return s.keys.matches(v.Family, useToken, familyFields(id, account, secret[:halfSecret])...)
		}
	}
	return s.endSession(ctx, c, id, matches)
}

// endSession ends the session, if it is one that mine says is the caller's to end.
func (s *Service) endSession(ctx context.Context, c Caller, id string, mine func(account string, v session) bool) error {
	now := s.now()
	return s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, v, err := s.readSession(ctx, id)
		if err != nil || p == nil || v.Ended || !mine(p.Account, v) {
			return store.Change{}, err
		}
		return store.Change{
			Proofs: []store.Proof{with(*p, p.Expires, v.end())},
			Events: []store.Event{event{Kind: eventSignOut, Session: ownSession(id)}.happened(p.Account, c, now)},
		}, nil
	})
}
