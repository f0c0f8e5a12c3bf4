package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// atOnce lets n goroutines go at one barrier and returns what each came to.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// contest is a set of Changes of which exactly one may be written.
type contest struct {
	name string

	// round is part of every ID, as all rounds use one store. The Change that
	// prepares is applied before the race.
	prepare func(round string) store.Change
	change  func(round string, i int) store.Change

	// lose is what the others are told; ErrConflict besides, as that is what a
	// store says when it gives up on a conflict of the database's own.
	lose error

	// holds says whose mark the contested record bears afterwards.
	holds func(s subject, round string) string
}

// mark tells one caller's write from another's.
func mark(i int) string { return fmt.Sprintf("caller-%03d", i) }

// race checks that of many callers at once exactly one wins (R23). Each caller
// brings an event, a proof and a notice of its own, which must share its fate.
func (s suite) race(t *testing.T) {
	for _, c := range s.contests() {
		s.check(t, c.name, func(t *testing.T, s1 subject) {
			for r := range s.rounds {
				round := fmt.Sprintf("round-%d", r)
				s1.applyInParts(c.prepare(round))
				errs := atOnce(s.callers, func(i int) error {
					change := c.change(round, i)
					change.Events = append(change.Events, event(round+mark(i), round))
					change.Proofs = append(change.Proofs, proof(round+mark(i), round))
					change.Notices = append(change.Notices, notice(round+mark(i), round))
					return s1.Apply(t.Context(), change)
				})
				s1.oneWinner(round, errs, c)
			}
		})
	}
	s.deliver(t)
	s.renewal(t)
}

func (s subject) oneWinner(round string, errs []error, c contest) {
	s.t.Helper()
	var winners, wantTraces []string
	for i, err := range errs {
		switch {
		case err == nil:
			winners = append(winners, mark(i))
			wantTraces = append(wantTraces, round+mark(i))
		case !is(err, c.lose) && !is(err, store.ErrConflict):
			s.t.Errorf("a loser was told %v, want %v", err, c.lose)
		}
	}
	if len(winners) != 1 {
		s.t.Fatalf("%d of %d callers won, want 1", len(winners), len(errs))
	}
	if got := c.holds(s, round); got != winners[0] {
		s.t.Errorf("the record bears the mark of %q, and the winner is %q", got, winners[0])
	}
	events := idsOf(s.events(round, "", len(errs)), func(e store.Event) string { return e.ID })
	proofs := idsOf(s.proofs(round, someKind), func(p store.Proof) string { return p.ID })
	wantEqual(s.t, "events written", events, wantTraces)
	var notices []string
	for _, n := range s.allNotices() {
		if n.Account == round {
			notices = append(notices, n.ID)
		}
	}
	wantEqual(s.t, "proofs written", proofs, wantTraces)
	wantEqual(s.t, "notices written", notices, wantTraces)
}

func (s suite) contests() []contest {
	replaced := func(round string, i int) store.Account {
		a := account(round)
		a.Version, a.Data = 1, []byte(mark(i))
		return a
	}
	spent := func(id string, i int) store.Proof {
		p := proof(id, "")
		p.Version, p.Data = 1, []byte(mark(i))
		return p
	}
	leased := func(id string, i int) store.Notice {
		n := notice(id, mark(i)) // not the round's, which has the winner's own notice only
		n.Version, n.Due = 1, later
		return n
	}
	markOfAccount := func(s subject, round string) string { return string(s.account(round).Data) }
	markOfProof := func(s subject, round string) string { return string(s.proof(round).Data) }
	markOfNotice := func(s subject, round string) string { return s.notice(round).Account }
	nothing := func(string) store.Change { return store.Change{} }
	owner := func(s subject, round string) string {
		return strings.TrimPrefix(s.owner(kindEmail, round), round)
	}
	callers := func(round string) store.Change {
		var ids []string
		for i := range s.callers {
			ids = append(ids, round+mark(i))
		}
		return accounts(ids...)
	}

	return []contest{
		{
			name:    "R23 replace of an account",
			prepare: func(round string) store.Change { return accounts(round) },
			change: func(round string, i int) store.Change {
				return store.Change{Accounts: []store.Account{replaced(round, i)}}
			},
			lose: store.ErrConflict, holds: markOfAccount,
		},
		{
			name:    "R23 replace of a proof",
			prepare: func(round string) store.Change { return store.Change{Proofs: []store.Proof{proof(round, "")}} },
			change: func(round string, i int) store.Change {
				return store.Change{Proofs: []store.Proof{spent(round, i)}}
			},
			lose: store.ErrConflict, holds: markOfProof,
		},
		{
			name:    "R23 lease of a notice",
			prepare: func(round string) store.Change { return store.Change{Notices: []store.Notice{notice(round, "")}} },
			change: func(round string, i int) store.Change {
				return store.Change{Notices: []store.Notice{leased(round, i)}}
			},
			lose: store.ErrConflict, holds: markOfNotice,
		},
		{
			name:    "insert of an account",
			prepare: nothing,
			change: func(round string, i int) store.Change {
				a := replaced(round, i)
				a.Version = 0
				return store.Change{Accounts: []store.Account{a}}
			},
			lose: store.ErrConflict, holds: markOfAccount,
		},
		{
			name:    "insert of a proof",
			prepare: nothing,
			change: func(round string, i int) store.Change {
				p := spent(round, i)
				p.Version = 0
				return store.Change{Proofs: []store.Proof{p}}
			},
			lose: store.ErrConflict, holds: markOfProof,
		},
		{
			name:    "insert of a notice",
			prepare: nothing,
			change: func(round string, i int) store.Change {
				n := leased(round, i)
				n.Version = 0
				return store.Change{Notices: []store.Notice{n}}
			},
			lose: store.ErrConflict, holds: markOfNotice,
		},
		{
			// The callers name the two records in opposite orders, which is how
			// databases come to deadlock.
			name: "overlapping changes",
			prepare: func(round string) store.Change {
				return store.Change{Proofs: []store.Proof{proof(round, ""), proof(round+"b", "")}}
			},
			change: func(round string, i int) store.Change {
				a, b := spent(round, i), spent(round+"b", i)
				if i%2 == 0 {
					a, b = b, a
				}
				return store.Change{Proofs: []store.Proof{a, b}}
			},
			lose: store.ErrConflict,
			holds: func(s subject, round string) string {
				if a, b := s.proof(round), s.proof(round+"b"); string(a.Data) != string(b.Data) {
					return fmt.Sprintf("%s and %s", a.Data, b.Data)
				}
				return markOfProof(s, round)
			},
		},
		{
			name:    "R23 link of one identifier",
			prepare: callers,
			change: func(round string, i int) store.Change {
				return links(email(round+mark(i), round+mark(i), round))
			},
			lose: store.ErrTaken, holds: owner,
		},
		{
			name: "unlink of one association",
			prepare: func(round string) store.Change {
				return join(accounts(round), links(email(round, round, round)))
			},
			change: func(round string, i int) store.Change {
				return store.Change{
					Unlink: []store.Association{email(round, round, round)},
					Link:   []store.Association{email(round+mark(i), round, round+mark(i))},
				}
			},
			lose: store.ErrConflict,
			holds: func(s subject, round string) string {
				if list := s.account(round).Associations; len(list) == 1 {
					return strings.TrimPrefix(list[0].ID, round)
				}
				return "not one association"
			},
		},
		{
			name: "transfer of one identifier",
			prepare: func(round string) store.Change {
				return join(join(accounts(round), callers(round)), links(email(round, round, round)))
			},
			change: func(round string, i int) store.Change {
				return store.Change{
					Unlink: []store.Association{email(round, round, round)},
					Link:   []store.Association{email(round+mark(i), round+mark(i), round)},
				}
			},
			lose: store.ErrConflict, holds: owner,
		},
	}
}
