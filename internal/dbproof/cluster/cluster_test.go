//go:build cluster

package cluster_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// TestCluster is one test, so that there is one cluster.
func TestCluster(t *testing.T) {
	c := testdb.Galera(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *testdb.Cluster)
	}{
		{"ThreeProgramsMigrateAtOnce", migrateAtOnce}, // and so makes the tables for the others
		{"R23_OneChangeAVersion", oneChangeAVersion},
		{"NoUpdateIsLost", noUpdateIsLost},
		{"EachCountIsToldAnotherTotal", countsDiffer},
		{"ARevokedSessionIsDeadOnEveryNode", revokedEverywhere},
		{"R65_KilledNodesLoseNothing", killedNodes},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, c) })
	}
}
