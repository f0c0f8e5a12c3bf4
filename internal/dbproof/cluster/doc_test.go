// Package cluster proves the whole service on a MariaDB Galera cluster of three nodes,
// of which one after another is killed: nothing that was acknowledged is lost, no
// address has two owners, nothing is done in part, and the nodes agree.
//
// It has tests alone, and but for this file they have the build tag cluster:
//
//	make test-cluster
package cluster_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }
