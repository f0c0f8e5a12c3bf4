package association

import (
	"context"
	"strconv"
	"time"
)

// Device is one of the places in which an account is signed in: a session that
// ligature keeps.
type Device struct {
	Session   string // as in Actor.Session; what EndDevice takes
	Name      string // the client's own name for itself, as in Caller.Device
	UserAgent string
	Factor    string // what it was opened by, as in Event
	// SignedInAt is when it was opened, UsedAt when it was last refreshed or, if
	// never, opened. It ends at Expires unless it is refreshed.
	SignedInAt, UsedAt, Expires time.Time
	Current                     bool // it is the acting session
}

// Devices lists the live sessions of the acting account, oldest first. Those that the
// host keeps are not among them.
//
// ErrUnauthenticated, ErrBlocked, ErrPermissionDenied (an anonymous account),
// ErrUnavailable.
func (s *Service) Devices(ctx context.Context, c Caller) ([]Device, error) {
	d, err := s.devices(ctx, c)
	if err != nil {
		return nil, s.report(ctx, "devices", c, err)
	}
	return d, nil
}

func (s *Service) devices(ctx context.Context, c Caller) ([]Device, error) {
	if err := s.outsideTx(); err != nil {
		return nil, err
	}
	now := s.now()
	a, err := s.actor(ctx, c, now)
	if err != nil {
		return nil, err
	}
	proofs, err := s.store.Proofs(ctx, a.ID, proofSession)
	if err != nil {
		return nil, err
	}
	var all []Device
	for _, p := range proofs {
		v, err := decode(p.Data, func(v *session) int { return v.V }, sessionV)
		if err != nil {
			return nil, err
		}
		if p.Account != a.ID || !v.alive(a, now) { // whatever the store thinks equal (R46)
			continue
		}
		all = append(all, Device{
			Session: p.ID, Name: v.Device, UserAgent: v.UserAgent, Factor: v.Factor.Kind,
			SignedInAt: at(p.CreatedAt), UsedAt: at(v.RefreshedAt), Expires: at(v.Expires),
			Current: !c.Actor.HostSession && p.ID == c.Actor.Session,
		})
	}
	return all, nil
}

// EndDevice ends the session of this ID, or every session of the device of this Name,
// of the acting account: the acting one too, if it is that. No sudo is asked for: it
// takes nothing away but access. One that is not the account's, or has ended, is no
// error.
//
// ErrUnauthenticated, ErrBlocked, ErrPermissionDenied (an anonymous account),
// ErrBusy, ErrUnavailable.
func (s *Service) EndDevice(ctx context.Context, c Caller, id string) error {
	return s.report(ctx, "end device", c, s.endDevice(ctx, c, id))
}

func (s *Service) endDevice(ctx context.Context, c Caller, id string) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	if left, err := s.hasLeft(ctx, c, resting("end session")); left || err != nil {
		return err
	}
	all, err := s.devices(ctx, c)
	if err != nil {
		return err
	}
	mine, own := ofAccount(c.Actor.Account), false
	for _, d := range all {
		if d.Session != id && (d.Name == "" || d.Name != clip(id)) {
			continue
		}
		if d.Current { // the last, or a second try would be nobody's
			own = true
			continue
		}
		if err := s.endSession(ctx, c, d.Session, mine); err != nil {
			return err
		}
	}
	if !own {
		return nil
	}
	return s.endSession(ctx, c, c.Actor.Session, mine)
}

// EndSessionsRequest says which sessions to end.
type EndSessionsRequest struct {
	// KeepCurrent leaves the acting session, with its sudo grant. False ends it too.
	KeepCurrent bool
}

// EndSessions signs the acting account out everywhere: every session, every code and
// every token made before is dead, and the host's SessionRevoker is told.
//
// Whoever can go on acting is limited, by Budgets.EndingOthersPerAccount: with
// KeepCurrent, and in a session that the host keeps. A live sudo lifts that.
//
// ErrUnauthenticated, ErrRateLimited, ErrBlocked, ErrPermissionDenied (an anonymous
// account), ErrBusy, ErrUnavailable.
func (s *Service) EndSessions(ctx context.Context, c Caller, r EndSessionsRequest) error {
	return s.report(ctx, "end sessions", c, s.endSessions(ctx, c, r))
}

func (s *Service) endSessions(ctx context.Context, c Caller, r EndSessionsRequest) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	named := resting("end sessions", strconv.FormatBool(r.KeepCurrent))
	if left, err := s.hasLeft(ctx, c, named); left || err != nil {
		return err
	}
	counted := !r.KeepCurrent && !c.Actor.HostSession // who leaves is not
	return s.underSession(ctx, c, named, func(h *change) error {
		if g := h.acting.v.Sudo; !counted && (g == nil || s.mayUse(*g, h.read, h.now) != nil) {
			if err := s.guardEndingOthers(ctx, h.read.ID, h.now); err != nil {
				return err
			}
			counted = true
		}
		h.event.Kind = EventEndSessions
		h.raise()
		h.leave = !r.KeepCurrent
		return nil
	})
}
