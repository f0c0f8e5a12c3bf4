//go:build cluster

package cluster_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store"
)

// revokedEverywhere ends sessions at one node, and asks the next one for them, while
// others write. With wsrep_sync_wait=1 none may be alive there; without, the test
// tells for how long they were.
func revokedEverywhere(t *testing.T, c *testdb.Cluster) {
	const sessions = 300
	for _, wait := range []string{plain, waiting} {
		w := open(t, c, wait)
		end := w.busy(t)
		var alive, reads []time.Duration
		for i := range sessions {
			m := dbproof.Must(w.at(i).Member(t.Context(), fmt.Sprint("revoked", wait, i)))(t)
			for { // the next node has to hear of it first
				if dead, _ := w.dead(t, i+1, m); !dead {
					break
				}
			}
			if err := w.at(i).Revoke(t.Context(), m.Caller, m.Session.Access); err != nil {
				t.Fatal(err)
			}
			revoked := time.Now()
			dead, took := w.dead(t, i+1, m)
			reads = append(reads, took)
			if dead {
				continue
			}
			for !dead {
				dead, _ = w.dead(t, i+1, m)
			}
			alive = append(alive, time.Since(revoked))
		}
		end()
		slices.Sort(reads)
		slices.Sort(alive)
		t.Logf("wsrep_sync_wait=%s: the first read took %v, one in a hundred more than %v", wait, reads[sessions/2], reads[sessions*99/100])
		if n := len(alive); n > 0 {
			t.Logf("wsrep_sync_wait=%s: %d of %d revoked sessions were alive at the next node, for %v, at most %v", wait, n, sessions, alive[n/2], alive[n-1])
			if wait == waiting {
				t.Error("a revoked session was alive")
			}
		}
	}
}

// dead reports whether a node holds the session for dead, and how long it took to tell.
func (w *world) dead(t *testing.T, node int, m dbproof.Member) (bool, time.Duration) {
	t.Helper()
	start := time.Now()
	_, err := w.at(node).Authenticate(t.Context(), m.Session.Access)
	if err != nil && !errors.Is(err, association.ErrUnauthenticated) {
		t.Fatal(err)
	}
	return err != nil, time.Since(start)
}

// busy lets others write at every node until it is ended.
func (w *world) busy(t *testing.T) (end func()) {
	stop := make(chan struct{})
	var done sync.WaitGroup
	for i := range 2 * testdb.Nodes {
		done.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				key := fmt.Appendf(nil, "busy %d %d", i, n%1000)
				c := store.Counter{N: 1}
				copy(c.Key[:], key)
				if _, err := w.at(i).records.Count(t.Context(), []store.Counter{c}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return func() {
		close(stop)
		done.Wait()
	}
}
