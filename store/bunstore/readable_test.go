package bunstore_test

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// What support sees is text.
func TestReadable(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		s, db := d.Open(t, bunstore.Config{})
		err := s.Apply(t.Context(), store.Change{
			Accounts: []store.Account{{ID: "ann é", Status: 1, CreatedAt: 1_700_000_000_500_000}},
			Link: []store.Association{
				{ID: "x1", Account: "ann é", Kind: "email", Value: []byte("ann@example.com"), Display: "Änn@Example.com", CreatedAt: 1_700_000_000_500_000},
				{ID: "x2", Account: "nobody", Kind: "phone", Value: []byte("+8613800000000"), Display: "138 0000 0000"},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		var account, status, kind, typed, canonical, linked, created, id string
		var epoch int64
		err = db.QueryRowContext(t.Context(), `SELECT account, status, kind, typed, canonical, linked_at, account_created_at, epoch, association
			FROM association_readable WHERE canonical = 'ann@example.com'`).
			Scan(&account, &status, &kind, &typed, &canonical, &linked, &created, &epoch, &id)
		if err != nil {
			t.Fatal(err)
		}
		if account != "ann é" || status != "active" || kind != "email" || typed != "Änn@Example.com" || id != "x1" {
			t.Errorf("%q %q %q %q %q", account, status, kind, typed, id)
		}
		if !strings.HasPrefix(linked, "2023-11-14") || linked != created {
			t.Errorf("linked at %q, made at %q", linked, created)
		}
		var orphan string
		if err := db.QueryRowContext(t.Context(), `SELECT status FROM association_readable WHERE kind = 'phone'`).Scan(&orphan); err != nil || orphan != "status unknown" {
			t.Errorf("of an account that does not exist: %q, %v", orphan, err)
		}
	})
}
