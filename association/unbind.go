package association

import (
	"context"
)

// UnbindRequest removes one method of the acting account.
type UnbindRequest struct {
	// ID is the method's, as Methods lists it: an association's, an authenticator's,
	// or PasswordID.
	ID        string
	SudoToken Token
}

// Unbind removes a method of the acting account: an address, the username, the
// password or an authenticator app. That ends every other session. The address that
// goes, or for anything but an address each that there is, is owed a notice, in the
// same commit.
//
// The last method that would really let the person sign in stays (R52):
// ErrLastMethod. Of many removals at once, those win that leave one.
//
// ErrUnauthenticated, ErrSudoRequired (also when the sudo rests on the very address
// that goes, though the account has another factor), ErrNoSuchMethod, ErrLastMethod,
// ErrUnsupported (the host keeps the passwords), ErrBlocked, ErrPermissionDenied (an
// anonymous account), ErrBusy, ErrUnavailable.
func (s *Service) Unbind(ctx context.Context, c Caller, r UnbindRequest) error {
	return s.report(ctx, "unbind", c, s.unbind(ctx, c, r))
}

func (s *Service) unbind(ctx context.Context, c Caller, r UnbindRequest) error {
	req := requestOf("unbind", c, r.ID, r.SudoToken.Reveal())
	return s.underSudo(ctx, c, r.SudoToken, false, req, &struct{}{}, func(h *change) error {
		if err := h.remove(ctx, r.ID); err != nil {
			return err
		}
		h.raise()
		if h.event.Kind == EventRemoveAuthenticator {
			return nil // it signs nobody in
		}
		ways, err := s.ways(ctx, h.read, h.data, h.now, r.ID)
		if err == nil && ways == 0 {
			err = refuse(ErrLastMethod, "")
		}
		return err
	})
}

// remove takes the method with this ID away.
func (h *change) remove(ctx context.Context, id string) error {
	if id == PasswordID {
		return h.removePassword(ctx)
	}
	if h.data.Authenticator != nil && h.data.Authenticator.ID == id {
		return h.removeAuthenticator(ctx)
	}
	for _, as := range h.read.Associations {
		if as.ID != id {
			continue
		}
		h.event.Kind, h.event.Association, h.event.Identifier = EventUnbind, as.ID, as.Kind
		if h.s.reachable(as) {
			h.write.Notices = append(h.write.Notices, h.s.owed(noticeRemoved, as, h.read, h.caller, h.now))
			h.write.Notices = append(h.write.Notices, h.s.owedAll(noticeOtherRemoved, h.read, as.ID, h.caller, h.now)...)
		} else if as.Kind == UsernameKind {
			h.write.Notices = append(h.write.Notices, h.s.owedAll(noticeUsernameRemoved, h.read, "", h.caller, h.now)...)
		}
		return h.unlink(ctx, as)
	}
	return refuse(ErrNoSuchMethod, "")
}
