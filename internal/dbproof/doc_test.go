// Package dbproof proves the whole service, package association over package
// bunstore, on each real database: races, processes that are killed, connections
// that are cut, the number of statements, and changes inside a host's transaction.
//
// It has tests alone. Each runs on everything in bundb.All unless its comment says
// why not.
package dbproof_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }
