package association

import (
	"context"
	"time"
)

// SudoState is whether a session is elevated, and how it could be.
type SudoState struct {
	// Elevated says that the session holds a sudo grant that is good until Expires;
	// Factor is what it rests on, as in Event.
	Elevated bool
	Expires  time.Time
	Factor   string

	// Factors are the means by which Sudo would grant it, the strongest first: with
	// Policy.StrongestAvailable the only one that serves where no address goes. An
	// account that has none proves itself by signing in again: the one is then
	// "sign_in", whether or not the sign-in is recent enough. An account all of whose
	// addresses were proved too long ago (Policy.ReproveAfter) needs a recent sign-in
	// beside the code to one.
	Factors []SudoFactor
}

// SudoFactor is a means of sudo.
type SudoFactor struct {
	Kind   string // "password", "authenticator", "sign_in", or an association's kind
	ID     string // the association's or authenticator's
	Masked string // the address, for its owner to recognise it; send the code with TargetCurrentUser
}

// SudoState tells whether the acting session is elevated, until when, and by which
// factors it could be.
//
// ErrUnauthenticated, ErrBlocked, ErrPermissionDenied (an anonymous account),
// ErrUnavailable.
func (s *Service) SudoState(ctx context.Context, c Caller) (SudoState, error) {
	state, err := s.sudoState(ctx, c)
	if err != nil {
		return SudoState{}, s.report(ctx, "sudo state", c, err)
	}
	return state, nil
}

func (s *Service) sudoState(ctx context.Context, c Caller) (SudoState, error) {
	if err := s.outsideTx(); err != nil {
		return SudoState{}, err
	}
	now := s.now()
	h, a, err := s.acting(ctx, c, now)
	if err != nil {
		return SudoState{}, err
	}
	var state SudoState
	if g := h.v.Sudo; g != nil && s.mayUse(*g, a, now) == nil {
		state = SudoState{Elevated: true, Expires: at(g.Expires), Factor: g.Factor.Kind}
	}
	may, err := s.sudoFactors(ctx, a, now)
	if err != nil {
		return SudoState{}, err
	}
	for _, f := range may {
		told := SudoFactor{Kind: f.Kind, ID: f.ID}
		for _, as := range a.Associations {
			if as.ID == f.ID {
				told.Masked = s.kinds[as.Kind].Mask(as.Value)
			}
		}
		state.Factors = append(state.Factors, told)
	}
	if len(may) == 0 { // of some, the strongest always may
		state.Factors = []SudoFactor{{Kind: factorSignIn}}
	}
	return state, nil
}
