package association_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store/memstore"
)

func TestHistoryIsReadPageByPage(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("bob")
	id := w.member("ada", "email", "ada@example.com")
	c := w.hostCaller(id, "s")
	names := []string{"a", "b", "c", "d", "e", "f", "g"}
	for i, name := range names {
		w.clock.Advance(time.Second)
		if err := w.svc.SetProfile(t.Context(), c, association.ProfileRequest{Name: &name}); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			w.clock.Advance(time.Second)
			w.sudo(c)
		}
	}
	w.signIn("bob")
	read := func(r association.HistoryRequest) (kinds []association.EventKind, pages int) {
		t.Helper()
		var last time.Time
		for {
			page, err := w.svc.History(t.Context(), c, r)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			if len(page.Events) > r.Limit || pages > 20 {
				t.Fatalf("page %d has %d events", pages, len(page.Events))
			}
			for _, e := range page.Events {
				if e.Account != id || !last.IsZero() && e.At.After(last) {
					t.Errorf("the event %+v is another's, or out of order", e)
				}
				last = e.At
				kinds = append(kinds, e.Kind)
			}
			if page.Next == "" {
				return kinds, pages
			}
			r.Before = page.Next
		}
	}
	for limit := 1; limit <= 12; limit++ {
		kinds, pages := read(association.HistoryRequest{Limit: limit})
		if len(kinds) != 11 || kinds[10] != association.EventImport || pages > 12/limit+2 {
			t.Errorf("by %d: %v in %d pages", limit, kinds, pages)
		}
		sudo, _ := read(association.HistoryRequest{Limit: limit, Only: []association.EventKind{association.EventSudo}})
		rest, _ := read(association.HistoryRequest{Limit: limit, Except: []association.EventKind{association.EventSudo, association.EventImport}})
		none, _ := read(association.HistoryRequest{
			Limit: limit, Only: []association.EventKind{association.EventSudo}, Except: []association.EventKind{association.EventSudo},
		})
		if len(sudo) != 3 || len(rest) != 7 || len(none) != 0 || slices.Contains(rest, association.EventSudo) {
			t.Errorf("by %d: only %v, except %v, neither %v", limit, sudo, rest, none)
		}
	}
	for _, r := range []association.HistoryRequest{{}, {Limit: -1}, {Limit: 101}, {Limit: 1, Before: strings.Repeat("x", 129)}} {
		if _, err := w.svc.History(t.Context(), c, r); !errors.Is(err, association.ErrInvalidArgument) {
			t.Errorf("%d, %d bytes: %v, want ErrInvalidArgument", r.Limit, len(r.Before), err)
		}
	}
}

// A history that holds little of what is asked for is read in bounded parts, and goes
// on from where the reading stopped.
func TestHistoryReadsSoMuchAndNoMore(t *testing.T) {
	w, _ := watchedWorld(t, func(cfg *association.Config) { cfg.Store = memstore.New(memstore.Limits{Events: 2000}) })
	id := w.member("ada")
	c := w.hostCaller(id, "s")
	for i := range 1100 {
		w.clock.Advance(time.Millisecond)
		name := fmt.Sprint(i)
		if err := w.svc.SetProfile(t.Context(), c, association.ProfileRequest{Name: &name}); err != nil {
			t.Fatal(err)
		}
	}
	r := association.HistoryRequest{Limit: 10, Only: []association.EventKind{association.EventImport}}
	page, err := w.svc.History(t.Context(), c, r)
	if err != nil || len(page.Events) != 0 || page.Next == "" {
		t.Fatalf("the first thousand hold %+v, %v", page, err)
	}
	r.Before = page.Next
	if page, err = w.svc.History(t.Context(), c, r); err != nil || len(page.Events) != 1 || page.Next != "" {
		t.Errorf("the rest holds %+v, %v", page, err)
	}
}
