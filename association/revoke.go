package association

import (
	"context"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// Revoke ends the session of a refresh token, or of an access token of its last two
// generations, expired or not (RFC 7009). A token of no session, or of one that has
// ended, is no error: what was asked for is so.
//
// ErrBusy, ErrUnavailable.
func (s *Service) Revoke(ctx context.Context, c Caller, t Token) error {
	return s.report(ctx, "revoke", c, s.revoke(ctx, c, t))
}

func (s *Service) revoke(ctx context.Context, c Caller, t Token) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if id, secret, ok := parseToken(prefixAccess, t, secretBytes); ok {
		return s.endSession(ctx, c, id, func(account string, v session) bool {
			return slices.ContainsFunc([]generation{v.Current, v.Previous}, func(g generation) bool {
				return s.keys.matches(g.Access, useToken, accessFields(id, account, g.AccessExpires, secret)...)
			})
		})
	}
	if id, secret, ok := parseToken(prefixRefresh, t, secretBytes); ok {
		return s.endSession(ctx, c, id, func(account string, v session) bool {
			return s.keys.matches(v.Family, useToken, familyFields(id, account, secret[:halfSecret])...)
		})
	}
	return nil
}

// endSession ends the session, if it is one that mine says is the caller's to end.
func (s *Service) endSession(ctx context.Context, c Caller, id string, mine func(account string, v session) bool) error {
	now := s.now()
	return s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, v, err := s.readSession(ctx, id, proofSession)
		if err != nil || p == nil || v.Ended || !mine(p.Account, v) {
			return store.Change{}, err
		}
		v = v.end()
		if id == c.Actor.Session && !c.Actor.HostSession {
			v = s.remember(v, resting("end session")(c), id, now)
		}
		return store.Change{
			Proofs: []store.Proof{with(*p, p.Expires, v)},
			Events: []store.Event{s.happened(event{Kind: EventSignOut, Session: ownSession(id)}, p.Account, c, now)},
		}, nil
	})
}

// ofAccount says that the sessions of an account are the caller's to end.
func ofAccount(id string) func(string, session) bool {
	return func(account string, _ session) bool { return account == id }
}
