package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// What is done by the host's word is not meant to be reached from any request by
// itself. An account that ligature has nothing of is remembered all the same.

// DeleteAccount deletes an account by the host's word, as Delete does by its owner's;
// Config.Deleter is not told what the host has just said. One that is deleted already
// is no error.
//
// ErrInvalidArgument (no account has such an ID), ErrBusy, ErrUnavailable.
func (s *Service) DeleteAccount(ctx context.Context, id string) error {
	return s.report(ctx, "delete account", Caller{}, s.byHost(ctx, id, func(h *change) error {
		if h.read.Status == statusDeleted {
			return nil
		}
		return h.erase(ctx, h.read, h.data, "", event{Kind: EventDelete})
	}))
}

// EndAccountSessions signs an account out everywhere by the host's word: because it
// has changed the password that it keeps itself, say.
//
// ErrInvalidArgument (no account has such an ID, or it is deleted), ErrBusy,
// ErrUnavailable.
func (s *Service) EndAccountSessions(ctx context.Context, id string) error {
	return s.report(ctx, "end account sessions", Caller{}, s.byHost(ctx, id, func(h *change) error {
		if h.read.Status == statusDeleted {
			return refuse(ErrInvalidArgument, "the account is deleted")
		}
		h.restart(h.read.Status, EventEndSessions)
		return nil
	}))
}

// Disable shuts an account out by the host's word: every session and every proof is
// dead, and no method lets anybody in, until Enable. Its addresses stay its own.
//
// ErrInvalidArgument (no account has such an ID, or it is deleted),
// ErrBusy, ErrUnavailable.
func (s *Service) Disable(ctx context.Context, id string) error {
	return s.report(ctx, "disable", Caller{}, s.byHost(ctx, id, func(h *change) error {
		return h.become(statusDisabled, EventDisable)
	}))
}

// Enable lets a disabled account in again. Nothing that was dead comes back.
//
// ErrInvalidArgument (no account has such an ID, or it is deleted),
// ErrBusy, ErrUnavailable.
func (s *Service) Enable(ctx context.Context, id string) error {
	return s.report(ctx, "enable", Caller{}, s.byHost(ctx, id, func(h *change) error {
		return h.become(statusActive, EventEnable)
	}))
}

// become gives the account another status.
func (h *change) become(status uint8, kind EventKind) error {
	switch h.read.Status {
	case statusDeleted:
		return refuse(ErrInvalidArgument, "the account is deleted")
	case status:
		return nil
	}
	h.restart(status, kind)
	return nil
}

// restart raises the account's epoch, with the status that it has from now on.
func (h *change) restart(status uint8, kind EventKind) {
	next, d := raiseEpoch(*h.read, h.data, h.now)
	next.Status, next.Data = status, encode(d)
	h.write.Accounts = append(h.write.Accounts, next)
	h.write.Events = append(h.write.Events, h.s.happened(event{Kind: kind}, next.ID, h.caller, h.now))
	h.write.Notices = append(h.write.Notices, h.s.owedRevocation(next.ID, Actor{}, h.now)...)
}

// byHost changes an account by the host's word.
func (s *Service) byHost(ctx context.Context, id string, step func(*change) error) error {
	if id == "" {
		return refuse(ErrInvalidArgument, "no account ID")
	}
	return s.attempt(ctx, func(bool) (store.Change, error) {
		now := s.now()
		a, err := s.storedAccount(ctx, id, now)
		if err != nil {
			return store.Change{}, err
		}
		d, err := decodeAccount(a)
		if err != nil {
			return store.Change{}, err
		}
		h := &change{s: s, now: now, read: a, data: d}
		err = step(h)
		return h.write, err
	})
}
