//go:build cluster

package cluster_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb"
)

// migrateAtOnce: GET_LOCK locks a node, not the cluster, so nothing of the server's
// keeps the programs at different nodes apart. Two nodes at which a view is made at once
// hang until they are killed (MariaDB 10.11).
func migrateAtOnce(t *testing.T, c *testdb.Cluster) {
	const times, programs = 5, 9
	for _, wait := range []string{plain, waiting} {
		w := open(t, c, wait)
		for i := range times {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := w.at(i).records.MigrateTo(ctx, 0); err != nil {
				t.Fatal(err)
			}
			errs := dbproof.Together(programs, func(i int) error {
				records := w.at(i).records
				return errors.Join(records.Migrate(ctx), records.Check(ctx))
			})
			if err := errors.Join(errs...); err != nil {
				t.Fatalf("wsrep_sync_wait=%s: %v", wait, err)
			}
		}
	}
}
