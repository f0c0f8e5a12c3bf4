package association

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// Deliver settles up to limit of the notices that are due, one after another, and
// returns how many it settled. A change writes its notice in its own commit; this is
// what brings it to its address, and tells the host's SessionRevoker and
// AccountDeleter what they have not been told yet. The host calls it every few
// seconds, from any number of instances: several may run at once, because whoever
// settles a notice takes it first. Nothing of the store's is held meanwhile.
//
// A notice goes out at least once. Where it is not known that one was sent, because
// the process or the store failed at that moment, it is sent again under the same
// sender.Message.ID. One that could not be sent is in the log and no error; it is
// tried again after Policy.SendTimeout and a minute, then after twice that, up to an
// hour, for 72 hours in all. One whose address takes no messages (sender.ErrRecipient)
// is tried once a day: vendors say so of what passes, too.
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

// deliverNotice takes a notice, settles it, and records that.
func (s *Service) deliverNotice(ctx context.Context, n store.Notice) (done bool, err error) {
	now := s.now() // not that of the call: those before may have taken long
	if now >= n.Expires {
		n.Due = math.MaxInt64 // DeleteExpired's, and until it comes in nobody's way
		_, err := s.replaceNotice(ctx, n)
		return false, err
	}
	v, settle, err := s.settling(n)
	if err != nil {
		// Another instance may be newer and know it; those behind it need not wait.
		s.log.ErrorContext(ctx, "a notice cannot be settled here", "notice", n.ID, "cause", err)
		n.Due = now + longestLease.Microseconds()
		_, err := s.replaceNotice(ctx, n)
		return false, err
	}

	v.Attempts++
	n.Due, n.Data = now+v.lease(s.policy.SendTimeout).Microseconds(), encode(v)
	if won, err := s.replaceNotice(ctx, n); !won {
		return false, err
	}
	enough, err := s.hadEnough(ctx, v)
	if err != nil {
		return false, err
	}
	if enough {
		settle = func(context.Context) (int64, error) { return 0, nil }
	}
	again, err := settle(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	if errors.Is(err, ErrUndeliverable) {
		n.Version++
		n.Due = s.now() + refusedPause.Microseconds()
		_, err := s.replaceNotice(ctx, n)
		return false, err
	}
	if err != nil {
		return false, nil // it is in the log, and due when the lease is over
	}
	n.Version++
	n.Due, n.Expires, n.Data = math.MaxInt64, s.now(), encode(v.sent())
	if again > 0 {
		n.Due, n.Expires, n.Data = again, again+noticeLife.Microseconds(), encode(v.afresh())
	}
	_, err = s.replaceNotice(ctx, n)
	return again == 0, err
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

// settling reads a notice and returns what settles it: the time at which to look at it
// again, or 0, or an error, which is in the log.
func (s *Service) settling(n store.Notice) (notice, func(context.Context) (again int64, err error), error) {
	v, err := decode(n.Data, func(v *notice) int { return v.V }, noticeV)
	if err != nil {
		return v, nil, err
	}
	switch v.Kind {
	case noticeRevocation:
		return v, func(ctx context.Context) (int64, error) { return 0, s.revokeAtHost(ctx, n.Account, v) }, nil
	case noticeDeletion:
		return v, func(ctx context.Context) (int64, error) { return 0, s.deleteAtHost(ctx, n.Account) }, nil
	case noticeIdle:
		return v, func(ctx context.Context) (int64, error) { return s.endIdle(ctx, n.Account, v) }, nil
	}
	if !slices.Contains(sender.Templates(), sender.Template(v.Kind)) {
		return v, nil, fmt.Errorf("a notice of an unknown kind, %q", v.Kind)
	}
	k, ok := s.kinds[v.Identifier]
	if !ok || k.Channel() == "" {
		return v, nil, fmt.Errorf("no message reaches a kind named %q", v.Identifier)
	}
	m, err := s.catalog.Render(sender.Message{
		ID: n.ID, Channel: k.Channel(), To: string(v.Target), Purpose: sender.Notice,
		Template: sender.Template(v.Kind), At: at(v.At), Locale: v.Locale, Account: v.Account,
	})
	return v, func(ctx context.Context) (int64, error) {
		_, err := s.post(ctx, m)
		return 0, err
	}, err
}

// hadEnough reports whether the address was told so often that it is told no more: of
// changes that cost nothing to repeat. What it was told first is known to its owner.
func (s *Service) hadEnough(ctx context.Context, v notice) (bool, error) {
	if v.Attempts > 1 || !v.Kind.repeats() {
		return false, nil
	}
	deliver, err := s.guardDelivery(ctx, s.now(), sender.Notice, v.Identifier, v.Target)
	if err == nil && !deliver {
		s.log.InfoContext(ctx, "a notice was left out", "kind", string(v.Kind), "to", s.pseudonym(string(v.Target)))
	}
	return !deliver, err
}
