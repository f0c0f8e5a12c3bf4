package association

import (
	"context"
	"time"
)

// CheckSignIn holds that somebody is signed in, an anonymous account too, and that the
// account is neither disabled nor deleted.
//
// ErrUnauthenticated, ErrBlocked, ErrUnavailable.
func (s *Service) CheckSignIn(ctx context.Context, c Caller) error {
	if err := s.checkSignIn(ctx, c); err != nil {
		return s.report(ctx, "check sign-in", c, err)
	}
	return nil
}

func (s *Service) checkSignIn(ctx context.Context, c Caller) (err error) {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if c.Actor.signedIn() && c.Actor.HostSession {
		_, err = s.readAccount(ctx, c.Actor.Account, s.now())
	} else {
		_, _, err = s.inSession(ctx, c, s.now())
	}
	return err
}

// CheckSudo holds that the acting session is elevated, for a route of the host's own.
// With a token it has to be the grant's; with none the session is enough. With
// Policy.StrongestAvailable the grant has to rest on the strongest means, the first of
// SudoState.Factors. It is no use of the grant.
//
// ErrUnauthenticated, ErrSudoRequired, ErrBlocked, ErrPermissionDenied (an anonymous
// account), ErrUnavailable.
func (s *Service) CheckSudo(ctx context.Context, c Caller, t Token) error {
	if err := s.checkSudoOf(ctx, c, t); err != nil {
		return s.report(ctx, "check sudo", c, err)
	}
	return nil
}

func (s *Service) checkSudoOf(ctx context.Context, c Caller, t Token) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	h, err := s.begin(ctx, c, t, t.IsZero())
	if err != nil {
		return err
	}
	if err := h.mayUse(); err != nil {
		return err
	}
	return h.mayLose(ctx, "")
}

// CheckFresh holds that the person proved who they are, by signing in or by sudo,
// within the last maxAge; the refusal's MaxAge says it again. A ticket counts as signing
// in when it was traded. A sudo that rests on the sign-in is no younger than that.
//
// ErrInvalidArgument (maxAge is not positive), ErrUnauthenticated, ErrSudoRequired,
// ErrBlocked, ErrPermissionDenied (an anonymous account), ErrUnavailable.
func (s *Service) CheckFresh(ctx context.Context, c Caller, maxAge time.Duration) error {
	if err := s.checkFresh(ctx, c, maxAge); err != nil {
		return s.report(ctx, "check fresh", c, err)
	}
	return nil
}

func (s *Service) checkFresh(ctx context.Context, c Caller, maxAge time.Duration) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if maxAge <= 0 {
		return refuse(ErrInvalidArgument, "maxAge is not positive")
	}
	now := s.now()
	h, a, err := s.acting(ctx, c, now)
	if err != nil {
		return err
	}
	proved := c.Actor.AuthenticatedAt.UnixMicro()
	if g := h.v.Sudo; g != nil && g.Epoch == a.Epoch && g.Factor.Kind != factorSignIn {
		proved = max(proved, g.At)
	}
	if age := now - proved; age < 0 || age > maxAge.Microseconds() {
		return &Error{Err: ErrSudoRequired, Detail: "prove who you are again", MaxAge: maxAge}
	}
	return nil
}

// CheckAssociation holds that the account has an association of this kind which
// vouches for it now: a verified phone, say, that was not verified too long ago
// (Policy.ReproveAfter) and is not at risk (Config.Risks).
//
// ErrUnauthenticated, ErrAssociationRequired, ErrBlocked, ErrPermissionDenied (an
// anonymous account), ErrUnsupported (there is no such kind), ErrUnavailable.
func (s *Service) CheckAssociation(ctx context.Context, c Caller, kind string) error {
	if err := s.checkAssociation(ctx, c, kind); err != nil {
		return s.report(ctx, "check association", c, err)
	}
	return nil
}

func (s *Service) checkAssociation(ctx context.Context, c Caller, kind string) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if _, err := s.kind(kind); err != nil {
		return err
	}
	now := s.now()
	a, err := s.actor(ctx, c, now)
	if err != nil {
		return err
	}
	d, err := decodeAccount(a)
	if err != nil {
		return err
	}
	for _, as := range a.Associations {
		if as.Kind != kind || s.stale(as, d, now) {
			continue
		}
		if risky, err := s.atRisk(ctx, as); err != nil || !risky {
			return err
		}
	}
	return refuse(ErrAssociationRequired, kind)
}
