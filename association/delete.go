package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// DeleteRequest deletes the acting account.
type DeleteRequest struct {
	SudoToken Token
}

// Delete deletes the acting account: every method and every session is gone, its
// addresses are free and owed a notice, and what is left is a record that keeps the ID
// from being used again. The host's AccountDeleter is told.
//
// ErrUnauthenticated, ErrSudoRequired, ErrPermissionDenied (Policy.AllowDelete; or an
// anonymous account), ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) Delete(ctx context.Context, c Caller, r DeleteRequest) error {
	return s.report(ctx, "delete", c, s.delete(ctx, c, r))
}

func (s *Service) delete(ctx context.Context, c Caller, r DeleteRequest) error {
	if err := s.outsideTx(); err != nil {
		return err
	}
	named := resting("delete", r.SudoToken.Reveal())
	if left, err := s.hasLeft(ctx, c, named); left || err != nil {
		return err
	}
	return s.attempt(ctx, func(bool) (store.Change, error) {
		h, err := s.begin(ctx, c, r.SudoToken, false)
		if err != nil {
			return store.Change{}, err
		}
		if err := h.mayUse(); err != nil {
			return store.Change{}, err
		}
		if !s.policy.AllowDelete {
			return store.Change{}, refuse(ErrPermissionDenied, "accounts are not deleted here")
		}
		if err := h.mayLose(ctx, ""); err != nil {
			return store.Change{}, err
		}
		h.event.Kind = EventDelete
		if err := h.erase(ctx, h.read, h.data, "", h.event); err != nil {
			return store.Change{}, err
		}
		h.acting.v = s.remember(h.acting.v, named(c), h.acting.proof.ID, h.now)
		h.write.Proofs = append(h.write.Proofs, h.acting.left()...)
		return h.write, nil
	})
}

// erase adds to the write what makes a tombstone of an account. The address with the
// ID taken is on its way to another account.
func (h *change) erase(ctx context.Context, a *store.Account, d accountData, taken string, happened event) error {
	s := h.s
	dead, d := raiseEpoch(*a, d, h.now)
	dead.Status = statusDeleted
	dead.Data = encode(accountData{V: dataV, EpochAt: d.EpochAt})
	h.write.Accounts = append(h.write.Accounts, dead)
	for _, as := range a.Associations {
		h.write.Unlink = append(h.write.Unlink, as)
		if as.ID != taken && s.reachable(as) {
			if err := s.setAside(ctx, as, &h.write, h.now); err != nil {
				return err
			}
		}
	}
	h.write.Notices = append(h.write.Notices, s.owedAll(noticeDeleted, a, taken, h.caller, h.now)...)
	h.write.Notices = append(h.write.Notices, s.owedRevocation(a.ID, Actor{}, h.now)...)
	if happened.Session != "" || happened.Other != "" { // else the host has said so itself
		h.write.Notices = append(h.write.Notices, s.owedDeletion(a.ID, h.now)...)
	}
	h.write.Events = append(h.write.Events, s.happened(happened, a.ID, h.caller, h.now))
	return nil
}
