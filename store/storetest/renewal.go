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
	const sweepers, limit = 2, 3
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

				var swept [sweepers]int
				errs := atOnce(sweepers+s.callers, func(i int) error {
					if i >= sweepers {
						return s1.Apply(t.Context(), kind.change(id(i-sweepers), 1, later))
					}
					for range s.callers { // far more often than it takes
						n, err := s1.DeleteExpired(t.Context(), now, limit)
						swept[i] += n
						switch {
						case is(err, store.ErrConflict): // gave up, as may any write
						case err != nil || n == 0:
							return err
						}
					}
					return nil
				})
				settled := swept[0] + swept[1] + s1.deleteExpired(now, s.callers)
				for i, err := range errs {
					switch {
					case i < sweepers && err != nil:
						t.Errorf("DeleteExpired: %v", err)
					case i < sweepers:
					case err == nil:
						settled++
						kept = append(kept, id(i-sweepers))
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
