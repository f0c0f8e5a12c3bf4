//go:build cluster

package cluster_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func killedNodes(t *testing.T, c *testdb.Cluster) {}
