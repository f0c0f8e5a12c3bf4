package association

import (
	"context"
	"errors"

	"github.com/ligature-auth/ligature/store"
)

// UsernameKind is the name of the kind that usernames are of.
const UsernameKind = "username"

// UsernameRequest chooses the acting account's username.
type UsernameRequest struct {
	Username  string
	SudoToken Token

	// FromSession uses the live sudo grant of this session in the place of the token;
	// see BindRequest.
	FromSession bool
}

// SetUsername gives the acting account a username, or another in the place of the one
// it has or had, if Policy.AllowUsernameChange says so. A username proves nothing and
// receives nothing: it is typed beside a password. To choose the one that it has is no
// change, and needs no sudo.
//
// ErrUnauthenticated, ErrSudoRequired, ErrUsernameTaken, ErrRateLimited,
// ErrPermissionDenied (it is chosen once; or an anonymous account), ErrInvalidArgument,
// ErrUnsupported, ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) SetUsername(ctx context.Context, c Caller, r UsernameRequest) error {
	return s.report(ctx, "set username", c, s.setUsername(ctx, c, r))
}

func (s *Service) setUsername(ctx context.Context, c Caller, r UsernameRequest) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	k, err := s.kind(UsernameKind)
	if err != nil {
		return err
	}
	value, err := k.Canonical(r.Username)
	if err != nil {
		return err
	}
	if a, err := s.actor(ctx, c, s.now()); err != nil || linked(a, UsernameKind, value) != nil {
		return err
	}
	req := requestOf("set username", c, string(value), r.SudoToken.Reveal())
	counted := false
	err = s.underSudo(ctx, c, r.SudoToken, r.FromSession, req, &struct{}{}, func(h *change) error {
		old := ofKind(h.read, UsernameKind)
		if (old != nil || h.data.Named) && !s.policy.AllowUsernameChange {
			return refuse(ErrPermissionDenied, "the username is chosen once")
		}
		if err := h.mayLose(ctx, ""); err != nil {
			return err
		}
		if err := s.guardUsername(ctx, c, h.now, &counted); err != nil {
			return err
		}
		link := newAssociation(h.read.ID, UsernameKind, value, clip(r.Username), byChoice, nil, h.now)
		h.event.Kind, h.event.Association, h.event.Identifier = EventSetUsername, link.ID, UsernameKind
		if old != nil {
			h.event.Replaced = old.ID
			if err := h.unlink(ctx, *old); err != nil {
				return err
			}
			h.raise()
		}
		h.write.Link = append(h.write.Link, link)
		return nil
	})
	if errors.Is(err, store.ErrTaken) {
		err = refuse(ErrUsernameTaken, "")
	}
	return err
}

// freeUsername refuses a username that an account has.
func (s *Service) freeUsername(ctx context.Context, value []byte) error {
	owner, err := s.accountByIdentifier(ctx, UsernameKind, value)
	if err == nil && owner != nil {
		err = refuse(ErrUsernameTaken, "")
	}
	return err
}
