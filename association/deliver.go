package association

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// Deliver sends up to limit of the notices that are due, one after another, and
// returns how many went out. A change writes its notice in its own commit; this is
// what brings it to its address. The host calls it every few seconds, from any
// number of instances: several may run at once, because whoever sends a notice
// takes it first. Nothing of the store's is held while a message is sent.
//
// A notice goes out at least once. Where it is not known that one was sent, because
// the process or the store failed at that moment, it is sent again under the same
// sender.Message.ID. One that could not be sent is in the log and no error; it is
// tried again after Policy.SendTimeout and a minute, then after twice that, up to an
// hour, for 72 hours in all.
//
// When ctx ends, so does Deliver, after the message that is under way.
// ErrInvalidArgument (the limit is not positive), ErrUnavailable: the store failed,
// and the rest is for the next call.
func (s *Service) Deliver(ctx context.Context, limit int) (int, error) {
	n, err := s.deliver(ctx, limit)
	if err != nil {
		return n, s.report(ctx, "deliver", Caller{}, err)
	}
	return n, nil
}

func (s *Service) deliver(ctx context.Context, limit int) (sent int, err error) {
	if err := s.outsideTx(); err != nil {
		return 0, err
	}
	if limit < 1 {
		return 0, refuse(ErrInvalidArgument, "the limit is not positive")
	}
	due, err := s.store.Notices(ctx, s.now(), limit)
	if err != nil {
		return 0, err
	}
	for _, n := range due {
		went, err := s.deliverNotice(ctx, n)
		if went {
			sent++
		}
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// deliverNotice takes a notice, sends it, and records that it is sent.
func (s *Service) deliverNotice(ctx context.Context, n store.Notice) (sent bool, err error) {
	now := s.now() // not that of the call: those before may have taken long
	if now >= n.Expires {
		n.Due = math.MaxInt64 // DeleteExpired's, and until it comes in nobody's way
		_, err := s.replaceNotice(ctx, n)
		return false, err
	}
	v, m, err := s.noticeMessage(n)
	if err != nil {
		// Another instance may be newer and know it; those behind it need not wait.
		s.log.ErrorContext(ctx, "a notice cannot be sent from here", "notice", n.ID, "cause", err)
		n.Due = now + longestLease.Microseconds()
		_, err := s.replaceNotice(ctx, n)
		return false, err
	}

	v.Attempts++
	n.Due, n.Data = now+v.lease(s.policy.SendTimeout).Microseconds(), encode(v)
	if won, err := s.replaceNotice(ctx, n); !won {
		return false, err
	}
	if s.post(ctx, m) != nil {
		return false, nil // it is in the log, and due when the lease is over
	}
	n.Version++
	n.Due, n.Expires, n.Data = math.MaxInt64, s.now(), encode(v.sent())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	_, err = s.replaceNotice(ctx, n)
	return true, err
}

// replaceNotice writes the notice over the version read, and reports whether nobody
// was faster.
func (s *Service) replaceNotice(ctx context.Context, n store.Notice) (won bool, err error) {
	err = s.store.Apply(ctx, store.Change{Notices: []store.Notice{n}})
	if errors.Is(err, store.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

// noticeMessage reads a notice and renders its message, whose ID is its own.
func (s *Service) noticeMessage(n store.Notice) (notice, sender.Message, error) {
	v, err := decode(n.Data, func(v *notice) int { return v.V }, noticeV)
	if err != nil {
		return v, sender.Message{}, err
	}
	k, ok := s.kinds[v.Identifier]
	if !ok || k.Channel() == "" {
		return v, sender.Message{}, fmt.Errorf("no message reaches a kind named %q", v.Identifier)
	}
	if v.Kind != noticeReplaced {
		return v, sender.Message{}, fmt.Errorf("a notice of an unknown kind, %q", v.Kind)
	}
	return v, s.replacedMessage(sender.Message{
		ID: n.ID, Channel: k.Channel(), To: string(v.Target), Purpose: sender.Notice,
		Locale: v.Locale, Account: v.Account,
	}, at(v.At)), nil
}
