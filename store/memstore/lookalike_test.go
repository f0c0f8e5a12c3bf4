package memstore_test

import (
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
)

// Identifiers that some collation calls equal are two, each with an owner of its
// own that a look-up by the other never finds.
func TestR45_LookAlikesAreTwoIdentifiers(t *testing.T) {
	pairs := [][2]string{
		{"á@x.com", "a@x.com"}, {"ß", "s"}, {"ß", "ss"}, {"ı", "i"}, {"\u212a", "k"}, {"😀", "😁"},
		{"a@x ", "a@x"}, {"a\u200bb", "ab"}, {"ａ", "a"}, {"A@x.com", "a@x.com"}, {"ad\x00min", "admin"},
	}
	for _, pair := range pairs {
		t.Run(fmt.Sprintf("%q and %q", pair[0], pair[1]), func(t *testing.T) {
			s := memstore.New(memstore.Limits{})
			for i, value := range pair {
				owner := fmt.Sprintf("owner %d", i)
				err := s.Apply(t.Context(), store.Change{
					Accounts: []store.Account{{ID: owner}},
					Link:     []store.Association{{ID: fmt.Sprint(i), Account: owner, Kind: "email", Value: []byte(value)}},
				})
				if err != nil {
					t.Fatalf("linking %q: %v", value, err)
				}
			}
			for i, value := range pair {
				a, err := s.AccountByIdentifier(t.Context(), "email", []byte(value))
				if err != nil {
					t.Fatal(err)
				}
				if want := fmt.Sprintf("owner %d", i); a.ID != want {
					t.Errorf("%q belongs to %q, want %q", value, a.ID, want)
				}
			}
		})
	}
}
