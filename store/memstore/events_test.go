package memstore_test

import (
	"testing"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
)

// A history is no counter: at its cap the oldest events of the account make room,
// and nobody is refused for them.
func TestTheOldestEventsMakeRoom(t *testing.T) {
	s := memstore.New(memstore.Limits{Events: 2})
	for _, e := range []store.Event{{ID: "1", Account: "a"}, {ID: "1", Account: "b"}, {ID: "2", Account: "a"}, {ID: "3", Account: "a"}} {
		if err := s.Apply(t.Context(), store.Change{Events: []store.Event{e}}); err != nil {
			t.Fatal(err)
		}
	}
	for account, want := range map[string]string{"a": "32", "b": "1"} {
		events, err := s.Events(t.Context(), account, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range events {
			got += e.ID
		}
		if got != want {
			t.Errorf("%s has events %q, want %q", account, got, want)
		}
	}
}
