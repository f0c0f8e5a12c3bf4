package storetest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// integers checks that numbers keep every bit, times above all.
func (s suite) integers(t *testing.T) {
	type number struct {
		name string
		n    int64
	}
	numbers := []number{
		{"epoch", 0},
		{"one microsecond", 1},
		{"before the epoch", -1},
		{"microseconds", now},
		{"beyond float64", 1<<53 + 1},
		{"beyond seconds in 32 bits", (1<<32 + 1) * 1_000_000},
		{"largest", math.MaxInt64},
		{"smallest", math.MinInt64},
	}
	// The same instant as clocks of five zones have it, one of them at a change
	// to summer time, is one number.
	instant := time.Date(2026, time.March, 29, 1, 30, 0, 123_456_000, time.UTC)
	for _, hours := range []int{-12, -5, 0, 8, 14} {
		local := instant.In(time.FixedZone("", hours*3600))
		numbers = append(numbers, number{fmt.Sprintf("clock at %+d hours", hours), local.UnixMicro()})
	}

	for _, tt := range numbers {
		s.check(t, "R14 "+tt.name, func(t *testing.T, s subject) {
			a, p, x := account("ann"), proof("p", "ann"), email("x", "ann", address)
			e, n := event("e", "ann"), notice("n", "ann")
			for _, field := range []*int64{
				&a.CreatedAt, &a.Epoch, &p.CreatedAt, &p.Expires, &x.CreatedAt, &e.At, &e.Expires, &n.Due, &n.Expires,
			} {
				*field = tt.n
			}
			s.apply(store.Change{
				Accounts: []store.Account{a}, Proofs: []store.Proof{p}, Link: []store.Association{x},
				Events: []store.Event{e}, Notices: []store.Notice{n},
			})
			a.Version, p.Version, n.Version, a.Associations = 1, 1, 1, []store.Association{x}
			wantEqual(t, "account", s.account("ann"), a)
			wantEqual(t, "proof", s.proof("p"), p)
			wantEqual(t, "proofs", s.proofs("ann", someKind), []store.Proof{p})
			wantEqual(t, "events", s.events("ann", "", 1), []store.Event{e})
			wantEqual(t, "notices", s.notices(tt.n, 1), []store.Notice{n})
		})
	}

	for _, n := range []uint8{0, 1, 127, 128, 255} {
		s.check(t, fmt.Sprintf("kind and status %d", n), func(t *testing.T, s subject) {
			a, p := account("ann"), proof("p", "ann")
			a.Status, p.Kind = n, n
			s.apply(store.Change{Accounts: []store.Account{a}, Proofs: []store.Proof{p}})
			a.Version, p.Version = 1, 1
			wantEqual(t, "account", s.account("ann"), a)
			wantEqual(t, "proof", s.proof("p"), p)
			wantEqual(t, "proofs", s.proofs("ann", n), []store.Proof{p})
		})
	}
}
