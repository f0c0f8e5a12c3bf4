package association

import (
	"context"
	"strings"
)

// ResumeSession returns who a session stands for by its name, for a host that
// keeps the name in a session store of its own, on the server. Never give it a
// name that came from a client: it is no secret.
//
// ErrUnauthenticated (also for a name from before the last Sudo, which only some
// request that was under way can have brought back, R62), ErrBlocked,
// ErrUnavailable.
func (s *Service) ResumeSession(ctx context.Context, name string) (Actor, error) {
	c, err := s.Resume(ctx, Caller{}, name)
	return c.Actor, err
}

// Resume is to ResumeSession what Identify is to Authenticate.
func (s *Service) Resume(ctx context.Context, c Caller, name string) (Caller, error) {
	known, err := s.resume(ctx, name)
	return s.identified(ctx, "resume session", c, known, err)
}

func (s *Service) resume(ctx context.Context, name string) (*known, error) {
	if err := s.outsideTx(); err != nil {
		return nil, err
	}
	id, resume, _ := strings.Cut(name, ".")
	return s.know(ctx, id, func(_ string, v session, _ int64) bool { return v.Resume == resume })
}

// EndSession ends the session of this name, as it is now, whether or not its
// account may still act. A name of no session, or of one that has ended or been
// renamed, is no error.
//
// ErrBusy, ErrUnavailable.
func (s *Service) EndSession(ctx context.Context, c Caller, name string) error {
	return s.report(ctx, "end session", c, s.endNamed(ctx, c, name))
}

func (s *Service) endNamed(ctx context.Context, c Caller, name string) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if name == "" {
		return nil // none was kept
	}
	id, resume, _ := strings.Cut(name, ".")
	return s.endSession(ctx, c, id, func(_ string, v session) bool { return v.Resume == resume })
}

// SessionName returns the acting session's name as it is now.
//
// ErrUnauthenticated (nobody, or a session of the host's), ErrBlocked,
// ErrUnavailable.
func (s *Service) SessionName(ctx context.Context, c Caller) (string, error) {
	name, err := s.sessionName(ctx, c)
	if err != nil {
		return "", s.report(ctx, "session name", c, err)
	}
	return name, nil
}

func (s *Service) sessionName(ctx context.Context, c Caller) (string, error) {
	if err := s.outsideTx(); err != nil {
		return "", err
	}
	acting, _, err := s.inSession(ctx, c, s.now())
	if err != nil {
		return "", err
	}
	if acting.proof.Kind != proofSession {
		return "", refuse(ErrUnauthenticated, "")
	}
	return acting.v.name(acting.proof.ID), nil
}

// name is what ResumeSession takes.
func (v session) name(id string) string { return id + "." + v.Resume }
