package association

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// The guard is the one choke point for every message and every guess: all
// budgets that outlive a single code are here. Nothing is sent and no verdict told
// before it was counted, and where it cannot count it refuses (R30).

// budget is one limit on one subject.
type budget struct {
	rule    string
	subject []byte
	limit   Limit
}

// count adds n to each budget and reports whether all of them still hold, and if
// not, how long until they may. With n = 0 it asks whether one more would fit.
func (s *Service) count(ctx context.Context, now int64, n int64, budgets ...budget) (wait time.Duration, ok bool, err error) {
	if s.policy.UnsafeNoBudgets || len(budgets) == 0 {
		return 0, true, nil
	}
	counters := make([]store.Counter, len(budgets))
	ends := make([]int64, len(budgets))
	for i, b := range budgets {
		per := b.limit.Per.Microseconds()
		start := now - now%per
		ends[i] = start + per
		counters[i] = store.Counter{N: n, Expires: ends[i]}
		copy(counters[i].Key[:], s.keys.name(useCounter, []byte(b.rule), b.subject, int64Field(per), int64Field(start)))
	}
	totals, err := s.store.Count(ctx, counters)
	if err != nil {
		return 0, false, err
	}
	if len(totals) != len(budgets) {
		return 0, false, errors.New("the store did not return every counter")
	}
	ok = true
	for i, total := range totals {
		if most := int64(budgets[i].limit.N); total > most || n == 0 && total >= most {
			ok = false
			wait = max(wait, time.Duration(ends[i]-now)*time.Microsecond)
		}
	}
	return wait, ok, nil
}

// guardAsking counts a message that c asks for against the caller's own budgets,
// before anything is written. Exceeding them is told (R60).
func (s *Service) guardAsking(ctx context.Context, c Caller, now int64) error {
	b := s.policy.Budgets
	own := []budget{{"sends/ip", ipSubject(c.IP), b.SendsPerIP}}
	if c.Actor.signedIn() {
		own = append(own, budget{"sends/account", []byte(c.Actor.Account), b.SendsPerAccount})
	}
	wait, ok, err := s.count(ctx, now, 1, own...)
	if err == nil && !ok {
		err = &Error{Err: ErrRateLimited, RetryAfter: wait}
	}
	return err
}

// guardDelivery counts a message against its target's budgets. That comes last,
// when the caller has won the slot, so that whoever is refused or loses a race
// burns nothing of a victim's. Exceeding them is not told: deliver is false, and
// the caller is answered as ever (R54).
func (s *Service) guardDelivery(ctx context.Context, now int64, purpose sender.Purpose, kind string, target []byte) (deliver bool, err error) {
	b := s.policy.Budgets
	subject := macInput(string(purpose), [][]byte{[]byte(kind), target})
	_, deliver, err = s.count(ctx, now, 1,
		budget{"sends/target", subject, b.SendsPerTarget},
		budget{"sends/target/long", subject, b.SendsPerTargetLong})
	return deliver, err
}

// guardGuess settles whether a judged code counts. A wrong one is counted; a
// right one is accepted only if not too many wrong ones were counted before it,
// so the order of counting is the order of guessing, however many guess at once.
func (s *Service) guardGuess(ctx context.Context, now int64, v verification, account string, right bool) (bool, error) {
	b := s.policy.Budgets
	if v.Purpose == sender.SignIn {
		subject := macInput(v.Kind, [][]byte{v.Target})
		return s.judged(ctx, now, right, budget{"wrong/target", subject, b.WrongCodesPerTarget})
	}
	return s.judged(ctx, now, right, budget{"wrong/account", []byte(account), b.WrongCodesPerAccount})
}

// guardPassword is guardGuess for a password. Signing in and sudo share it.
func (s *Service) guardPassword(ctx context.Context, now int64, subject string, right bool) (bool, error) {
	return s.judged(ctx, now, right, budget{"wrong/password", []byte(subject), s.policy.Budgets.WrongPasswords})
}

func (s *Service) judged(ctx context.Context, now int64, right bool, b budget) (bool, error) {
	n := int64(1)
	if right {
		n = 0
	}
	_, ok, err := s.count(ctx, now, n, b)
	return right && ok, err
}

// ipSubject is what an address is counted under: an IPv6 caller has a whole /64
// to itself (R57).
func ipSubject(ip netip.Addr) []byte {
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		p, _ := ip.Prefix(64) // cannot fail: 64 is within an IPv6 address
		return []byte(p.String())
	}
	return []byte(ip.String())
}
