package storetest

import (
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// renewable is a kind of record that a Change replaces, and so can renew while
// DeleteExpired looks at it.
type renewable struct {
	name string

	// change writes the record of ann's: version 0 inserts it.
	change func(id string, version, expires int64) store.Change

	// there are the IDs of all of ann's, in their order.
	there func(s subject) []string
}

func renewables() []renewable {
	return []renewable{
		{
			"proof",
			func(id string, version, expires int64) store.Change {
				p := expiring(id, expires)
				p.Version = version
				return store.Change{Proofs: []store.Proof{p}}
			},
			func(s subject) []string { return proofIDs(s.proofs("ann", someKind)) },
		},
		{
			"notice",
			func(id string, version, expires int64) store.Change {
				n := notice(id, "ann")
				n.Version, n.Expires = version, expires
				return store.Change{Notices: []store.Notice{n}}
			},
			func(s subject) []string { return noticeIDs(s.allNotices()) },
		},
	}
}

// renewal checks that deleting what was expired when one looked is not taken for
// deleting what is expired (R29): a proof may be the one that counts the guesses.
func (s suite) renewal(t *testing.T) {
	s.countWhileSwept(t)
	for _, kind := range renewables() {
		s.check(t, "R29 a renewed "+kind.name+" is kept", func(t *testing.T, s1 subject) {
			var kept []string
			for r := range s.rounds {
				id := func(i int) string { return fmt.Sprintf("round-%03d-%s", r, mark(i)) }
				var expired store.Change
				for i := range s.callers {
					expired = join(expired, kind.change(id(i), 0, now-1))
				}
				s1.applyInParts(expired)

				settled, errs := s1.whileSwept(s.callers, func(i int) error {
					return s1.Apply(t.Context(), kind.change(id(i), 1, later))
				})
				for i, err := range errs {
					switch {
					case err == nil:
						settled++
						kept = append(kept, id(i))
					case !is(err, store.ErrConflict):
						t.Errorf("Apply: %v, want success or %v", err, store.ErrConflict)
					}
				}
				if settled != s.callers {
					t.Errorf("of %d expired records %d were renewed or deleted, by their own count", s.callers, settled)
				}
				wantEqual(t, "the renewed that are there", kind.there(s1), kept)
			}
		})
	}
}

// countWhileSwept checks that a counter that lives loses nothing to the deletion
// of others.
func (s suite) countWhileSwept(t *testing.T) {
	s.check(t, "R29 a live counter is exact while others are deleted", func(t *testing.T, s1 subject) {
		for r := range s.rounds {
			live := store.Counter{Key: key(fmt.Sprintf("live %d", r)), N: 1, Expires: later}
			const expired = 2 * maxCounters
			for i := range expired {
				s1.count(store.Counter{Key: key(fmt.Sprintf("expired %d %d", r, i)), N: 1, Expires: now - 1})
			}
			told := make([]int64, s.callers)
			deleted, errs := s1.whileSwept(s.callers, func(i int) error {
				values, err := s1.Count(t.Context(), []store.Counter{live})
				if err == nil {
					told[i] = values[0]
				}
				return err
			})
			for _, err := range errs {
				if err != nil {
					t.Fatalf("Count: %v", err)
				}
			}
			wantEachOnce(t, told)
			s1.wantCount(live.Key, 0, int64(s.callers))
			if deleted != expired {
				t.Errorf("deleted %d by its own count, want %d", deleted, expired)
			}
		}
	})
}

// whileSwept lets n callers go while others delete what expires before now, and
// returns how many records went, when none of these are left, and what each caller
// came to.
func (s subject) whileSwept(n int, call func(i int) error) (deleted int, errs []error) {
	s.t.Helper()
	const sweepers, limit = 2, 3
	var swept [sweepers]int
	errs = atOnce(sweepers+n, func(i int) error {
		if i >= sweepers {
			return call(i - sweepers)
		}
		for range n + limit { // more often than it takes
			deleted, err := s.DeleteExpired(s.t.Context(), now, limit)
			swept[i] += deleted
			switch {
			case is(err, store.ErrConflict): // gave up, as may any write
			case err != nil || deleted == 0:
				return err
			}
		}
		return nil
	})
	for i, err := range errs[:sweepers] {
		if deleted += swept[i]; err != nil {
			s.t.Errorf("DeleteExpired: %v", err)
		}
	}
	return deleted + s.deleteExpired(now, 1<<20), errs[sweepers:]
}
