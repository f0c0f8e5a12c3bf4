//go:build cluster

package cluster_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// TestCluster is one test, because it takes long to start a cluster.
func TestCluster(t *testing.T) {
	c := testdb.Galera(t)
	if err := open(t, c, plain).at(0).records.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, *testdb.Cluster)
	}{
		{"R23_OneChangeAVersion", oneChangeAVersion},
		{"NoUpdateIsLost", noUpdateIsLost},
		{"EachCountIsToldAnotherTotal", countsDiffer},
		{"ARevokedSessionIsDeadOnEveryNode", revokedEverywhere},
		{"R65_KilledNodesLoseNothing", killedNodes},
		// The last ones begin by dropping the tables.
		{"ProgramsMigrateAtOnce", migrateAtOnce},
		{"AbandonedMigrations", abandonedMigrations},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, c) })
	}
}
