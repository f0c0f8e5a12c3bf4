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

// count adds n to each budget and returns the new totals, each with the time until
// its window ends. Without budgets it returns nothing.
func (s *Service) count(ctx context.Context, now int64, n int64, budgets ...budget) ([]counted, error) {
	if s.policy.UnsafeNoBudgets {
		return nil, nil
	}
	counters := make([]store.Counter, len(budgets))
	out := make([]counted, len(budgets))
	for i, b := range budgets {
		per := b.limit.Per.Microseconds()
		start := now - now%per
		counters[i] = store.Counter{N: n, Expires: start + per}
		copy(counters[i].Key[:], s.keys.name(useCounter, []byte(b.rule), b.subject, int64Field(per), int64Field(start)))
		out[i] = counted{most: int64(b.limit.N), wait: time.Duration(start+per-now) * time.Microsecond}
	}
	totals, err := s.store.Count(ctx, counters)
	if err != nil {
		return nil, err
	}
	if len(totals) != len(budgets) {
		return nil, errors.New("the store did not return every counter")
	}
	for i, total := range totals {
		out[i].total = total
	}
	return out, nil
}

type counted struct {
	total, most int64
	wait        time.Duration
}

// within counts one more of something, and returns how long to wait where a budget
// is used up, or 0.
func (s *Service) within(ctx context.Context, now int64, budgets ...budget) (wait time.Duration, err error) {
	all, err := s.count(ctx, now, 1, budgets...)
	for _, c := range all {
		if c.total > c.most {
			wait = max(wait, c.wait)
		}
	}
	return wait, err
}

// wrong is what a wrong guess adds to its budget; a right one adds 1. The upper
// half of the total is then how many were wrong. Both are the same write to the
// same key, or a store that cannot make it would tell one from the other.
const wrong = 1 << 32

// judged settles whether a guess counts as right: if it is, and not too many wrong
// ones were counted before it. The order of counting is the order of guessing,
// however many guess at once.
func (s *Service) judged(ctx context.Context, now int64, right bool, b budget) (bool, error) {
	n := int64(1)
	if !right {
		n = wrong
	}
	all, err := s.count(ctx, now, n, b)
	for _, c := range all {
		right = right && c.total/wrong < c.most
	}
	return right && err == nil, err
}

// guardAsking counts a message that c asks for against the caller's own budgets,
// before anything is written. Exceeding them is told (R60).
func (s *Service) guardAsking(ctx context.Context, c Caller, now int64) error {
	b := s.policy.Budgets
	own := []budget{{"sends/ip", ipSubject(c.IP), b.SendsPerIP}}
	if c.Actor.signedIn() {
		own = append(own, budget{"sends/account", []byte(c.Actor.Account), b.SendsPerAccount})
	}
	return s.own(ctx, now, own...)
}

// own counts against budgets of the caller's own, and refuses beyond them.
func (s *Service) own(ctx context.Context, now int64, budgets ...budget) error {
	wait, err := s.within(ctx, now, budgets...)
	if err == nil && wait > 0 {
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
	wait, err := s.within(ctx, now,
		budget{"sends/target", subject, b.SendsPerTarget},
		budget{"sends/target/long", subject, b.SendsPerTargetLong})
	return wait == 0 && err == nil, err
}

// guardGuess settles whether a judged code counts.
func (s *Service) guardGuess(ctx context.Context, now int64, v verification, account string, right bool) (bool, error) {
	b := s.policy.Budgets
	if v.Purpose == sender.SignIn {
		subject := macInput(v.Kind, [][]byte{v.Target})
		return s.judged(ctx, now, right, budget{"wrong/target", subject, b.WrongCodesPerTarget})
	}
	return s.judged(ctx, now, right, budget{"wrong/account", []byte(account), b.WrongCodesPerAccount})
}

// guardPassword settles whether a judged password counts. Signing in and sudo
// share the budget.
func (s *Service) guardPassword(ctx context.Context, now int64, subject string, right bool) (bool, error) {
	return s.judged(ctx, now, right, budget{"wrong/password", []byte(subject), s.policy.Budgets.WrongPasswords})
}

// guardAuthenticator settles whether a judged code of an authenticator counts.
func (s *Service) guardAuthenticator(ctx context.Context, now int64, account string, right bool) (bool, error) {
	return s.judged(ctx, now, right, budget{"wrong/authenticator", []byte(account), s.policy.Budgets.WrongAuthenticatorCodes})
}

// guardAnonymous counts an anonymous account against the caller's own budget.
func (s *Service) guardAnonymous(ctx context.Context, c Caller, now int64) error {
	return s.own(ctx, now, budget{"anonymous/ip", ipSubject(c.IP), s.policy.Budgets.AnonymousPerIP})
}

// guardEndingOthers counts against the account's own budget that it ends every session
// but one.
func (s *Service) guardEndingOthers(ctx context.Context, account string, now int64) error {
	return s.own(ctx, now, budget{"ending others/account", []byte(account), s.policy.Budgets.EndingOthersPerAccount})
}

// guardUsername counts a username that is looked up against the caller's own budget, once
// for each call: whether one is taken is told.
func (s *Service) guardUsername(ctx context.Context, c Caller, now int64, counted *bool) error {
	if *counted {
		return nil
	}
	*counted = true
	return s.own(ctx, now, budget{"usernames/ip", ipSubject(c.IP), s.policy.Budgets.UsernamesPerIP})
}

// guardHashing counts a password to be hashed against the caller's own budget,
// before it costs anything and before it makes a counter of anybody else's.
func (s *Service) guardHashing(ctx context.Context, c Caller, now int64) error {
	return s.own(ctx, now, budget{"passwords/ip", ipSubject(c.IP), s.policy.Budgets.PasswordsPerIP})
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
