//go:build cluster

package cluster_test

import (
	"context"
	"errors"
	"strings"
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

// abandonedMigrations: the lock of a cluster is a row, which outlives its connection. So
// who gives up must take it away by another one, and who finds one that a dead program
// left must say what it is.
func abandonedMigrations(t *testing.T, c *testdb.Cluster) {
	w := open(t, c, waiting)
	giver, next := w.at(0), w.at(1)
	claims := func() (n int) {
		t.Helper()
		if err := next.db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM association_migration WHERE version < 0`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	cut := 0
	for limit := 5 * time.Millisecond; ; limit += limit / 16 {
		if limit > time.Minute {
			t.Fatal("no migration ends in time")
		}
		if err := giver.records.MigrateTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		err := giver.records.Migrate(ctx)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("after %v: %v", limit, err)
		}
		if err := next.records.Migrate(t.Context()); err != nil {
			t.Fatalf("after another gave up, %v: %v", limit, err)
		}
		if n := claims(); n > 0 {
			t.Fatalf("%d claims are left after %v", n, limit)
		}
		cut++
	}
	t.Logf("%d migrations were given up", cut)
	if cut < 10 {
		t.Error("so few show nothing")
	}

	if _, err := giver.db.ExecContext(t.Context(), `INSERT INTO association_migration (version) VALUES (-1)`); err != nil {
		t.Fatal(err)
	}
	if err := next.records.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "delete the row -1 of association_migration") {
		t.Errorf("with the claim of a dead program: %v", err)
	}
	if _, err := giver.db.ExecContext(t.Context(), `DELETE FROM association_migration WHERE version = -1`); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(next.records.Migrate(t.Context()), next.records.Check(t.Context())); err != nil {
		t.Error(err)
	}
}
