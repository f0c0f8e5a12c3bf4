//go:build cluster

package cluster_test

import (
	"errors"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// migrateAtOnce: GET_LOCK locks a node, not the cluster, so the programs at different
// nodes migrate at once; and so may several at each.
func migrateAtOnce(t *testing.T, c *testdb.Cluster) {
	const times, programs = 5, 9
	for _, wait := range []string{plain, waiting} {
		w := open(t, c, wait)
		for i := range times {
			if i > 0 {
				if err := w.at(i).records.MigrateTo(t.Context(), 0); err != nil {
					t.Fatal(err)
				}
			}
			errs := together(programs, func(i int) error {
				records := w.at(i).records
				return errors.Join(records.Migrate(t.Context()), records.Check(t.Context()))
			})
			if err := errors.Join(errs...); err != nil {
				t.Errorf("wsrep_sync_wait=%s: %v", wait, err)
			}
		}
	}
}
