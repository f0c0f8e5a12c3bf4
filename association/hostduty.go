package association

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// SessionRevoker ends sessions that the host keeps itself.
type SessionRevoker interface {
	// RevokeSessions ends the account's sessions that began before this time, but for
	// the one named except, as in Actor.Session; empty for all.
	//
	// It is called right after a commit that ended every proof of the account (a new
	// password, a removed address, "sign out everywhere"), and by Deliver until it
	// returns nil, for 72 hours: possibly more than once. The caller waits for it, for
	// Policy.SendTimeout at most.
	RevokeSessions(ctx context.Context, account, except string, before time.Time) error
}

// AccountDeleter deletes what the host keeps of an account.
type AccountDeleter interface {
	// DeleteAccount is called right after the commit that deleted the account, or
	// when an anonymous one has ended unused, and by Deliver until it returns nil, for
	// 72 hours: possibly more than once. The caller waits for it, for
	// Policy.SendTimeout at most.
	DeleteAccount(ctx context.Context, account string) error
}

// owedRevocation is what a raised epoch owes the host, if the host wants to know.
func (s *Service) owedRevocation(account string, acting Actor, now int64) []store.Notice {
	if s.revoker == nil {
		return nil
	}
	v := notice{Kind: noticeRevocation, At: now}
	if acting.HostSession {
		v.Session = acting.Session
	}
	return []store.Notice{owedNotice(account, now, now, v)}
}

// owedDeletion is what a deleted account owes the host.
func (s *Service) owedDeletion(account string, now int64) []store.Notice {
	if s.deleter == nil {
		return nil
	}
	return []store.Notice{owedNotice(account, now, now, notice{Kind: noticeDeletion, At: now})}
}

// settleNow calls the host about what a commit has just owed it. What fails is left
// to Deliver.
func (s *Service) settleNow(ctx context.Context, owed []store.Notice) {
	if s.inTx {
		return
	}
	ctx = context.WithoutCancel(ctx)
	for _, n := range owed {
		v, err := decode(n.Data, func(v *notice) int { return v.V }, noticeV)
		if err != nil || v.Kind != noticeRevocation && v.Kind != noticeDeletion || n.Version != 0 {
			continue
		}
		n.Version = 1
		if _, err := s.deliverNotice(ctx, n); err != nil {
			s.log.ErrorContext(ctx, "the host was not called yet", "notice", n.ID, "cause", err)
		}
	}
}

func (s *Service) revokeAtHost(ctx context.Context, account string, v notice) error {
	if s.revoker == nil {
		return s.failed(ctx, hostCall, errors.New("there is no Config.Revoker any more"))
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.SendTimeout)
	defer cancel()
	return s.failed(ctx, hostCall, s.revoker.RevokeSessions(ctx, account, v.Session, at(v.At)))
}

func (s *Service) deleteAtHost(ctx context.Context, account string) error {
	if s.deleter == nil {
		return s.failed(ctx, hostCall, errors.New("there is no Config.Deleter any more"))
	}
	ctx, cancel := context.WithTimeout(ctx, s.policy.SendTimeout)
	defer cancel()
	return s.failed(ctx, hostCall, s.deleter.DeleteAccount(ctx, account))
}

const hostCall = "a call of the host failed"

// failed logs what keeps a notice from being settled.
func (s *Service) failed(ctx context.Context, what string, err error) error {
	if err != nil {
		s.log.ErrorContext(ctx, what, "cause", fmt.Sprint(err))
	}
	return err
}
