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
		alive := 0
		var took, asked []time.Duration
		for i := range sessions {
			m := must(w.at(i).join(t.Context(), fmt.Sprint("revoked", wait, i)))(t)
			if err := w.at(i).Revoke(t.Context(), m.Caller, m.session.Access); err != nil {
				t.Fatal(err)
			}
			revoked := time.Now()
			tries := 0
			for dead := false; !dead; tries++ {
				start := time.Now()
				_, err := w.at(i+1).Authenticate(t.Context(), m.session.Access)
				asked = append(asked, time.Since(start))
				if dead = errors.Is(err, association.ErrUnauthenticated); !dead && err != nil {
					t.Fatal(err)
				}
			}
			if tries > 1 {
				alive++
				took = append(took, time.Since(revoked))
			}
		}
		end()
		slices.Sort(asked)
		t.Logf("wsrep_sync_wait=%s: %d of %d revoked sessions were alive at the next node, for %v; a read took %v, the slowest of a hundred %v",
			wait, alive, sessions, slices.Sorted(slices.Values(took)), asked[len(asked)/2], asked[len(asked)*99/100])
		if wait == waiting && alive > 0 {
			t.Error("a revoked session was alive")
		}
	}
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
