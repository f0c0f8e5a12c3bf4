package bunstore_test

import (
	"testing"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/storetest"
)

// TestStore empties the tables between the checks: to make a database for each
// takes longer than all that is asked of it.
func TestStore(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		s, db := d.open(t, bunstore.Config{})
		storetest.Run(t, func(t *testing.T) store.Store {
			empty(t, db)
			return s
		}, storetest.Options{})
	})
}
