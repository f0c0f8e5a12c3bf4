package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// EndSudo takes away the sudo grant of a token that was shown where others may read it,
// in a URL (R38): of the acting session, or of the one whose access token Identify was
// shown, dead though that may be. A token that is not the session's is no error.
//
// ErrBusy, ErrUnavailable.
func (s *Service) EndSudo(ctx context.Context, c Caller, t Token) error {
	return s.report(ctx, "end sudo", c, s.endSudo(ctx, c, t))
}

func (s *Service) endSudo(ctx context.Context, c Caller, t Token) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	id, kind, nobody := c.Actor.Session, uint8(proofSession), !c.Actor.signedIn()
	switch {
	case nobody:
		shown, _, ok := parseToken(prefixAccess, c.shown, secretBytes)
		if !ok {
			return nil
		}
		id = shown
	case c.Actor.HostSession:
		id, kind = s.grantID(c.Actor), proofHostSession
	}
	return s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, v, err := s.readSession(ctx, id, kind)
		if err != nil || p == nil {
			return store.Change{}, err
		}
		if nobody {
			c.Actor = Actor{Account: p.Account, Session: id}
		}
		if _, err := s.checkSudo(acting{*p, v}, c, t, false); err != nil {
			return store.Change{}, nil
		}
		v.Sudo = nil
		return store.Change{Proofs: []store.Proof{with(*p, p.Expires, v)}}, nil
	})
}
