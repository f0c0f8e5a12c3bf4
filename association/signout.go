package association

import (
	"context"
)

// SignOut ends the acting session. To end one that has ended is no error.
//
// ErrUnauthenticated (nobody, or a session of the host's, which only the host
// can end), ErrBusy, ErrUnavailable.
func (s *Service) SignOut(ctx context.Context, c Caller) error {
	return s.report(ctx, "sign out", c, s.signOut(ctx, c))
}

func (s *Service) signOut(ctx context.Context, c Caller) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if !c.Actor.signedIn() || c.Actor.HostSession {
		return refuse(ErrUnauthenticated, "")
	}
	return s.endSession(ctx, c, c.Actor.Session, ofAccount(c.Actor.Account))
}
