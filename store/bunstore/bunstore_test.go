package bunstore_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/storetest"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// TestStore empties the tables between the checks: to make a database for each
// takes longer than all that is asked of it.
func TestStore(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		s, db := d.Open(t, bunstore.Config{})
		storetest.Run(t, func(t *testing.T) store.Store {
			bundb.Empty(t, db)
			return s
		}, storetest.Options{})
	})
}
