package storetest

import (
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// events checks an account's history.
func (s suite) events(t *testing.T) {
	// In byte order, which is neither that of numbers nor of a dictionary. At
	// runs against it, as only the ID counts.
	ascending := []string{"10", "9", "A", "B", "a", "b"}
	write := func(s subject) {
		s.t.Helper()
		at := func(i int) store.Event {
			e := event(ascending[i], "ann")
			e.At = now - int64(i)
			return e
		}
		s.apply(store.Change{Events: []store.Event{at(3), at(0), event("B2", "bob"), at(5)}})
		s.apply(store.Change{Events: []store.Event{at(1)}})
		s.apply(store.Change{Events: []store.Event{at(4), event("0", "bob"), event("c", ""), at(2)}})
	}
	ids := func(list []store.Event) []string { return idsOf(list, func(e store.Event) string { return e.ID }) }

	for _, tt := range []struct {
		name   string
		before string
		limit  int
		want   []string
	}{
		{"newest first", "", 99, []string{"b", "a", "B", "A", "9", "10"}},
		{"up to the limit", "", 2, []string{"b", "a"}},
		{"as many as the limit", "", 6, []string{"b", "a", "B", "A", "9", "10"}},
		{"limit 0", "", 0, []string{}},
		{"before one of them", "B", 99, []string{"A", "9", "10"}},
		{"before one of them, up to the limit", "B", 2, []string{"A", "9"}},
		{"before an ID that is not there", "AB", 99, []string{"A", "9", "10"}},
		{"before another account's", "B2", 99, []string{"B", "A", "9", "10"}},
		{"before the first", "10", 99, []string{}},
		{"before anything", "!", 99, []string{}},
		{"before what is to come", "~", 99, []string{"b", "a", "B", "A", "9", "10"}},
	} {
		s.check(t, tt.name, func(t *testing.T, s subject) {
			write(s)
			wantEqual(t, "events", ids(s.events("ann", tt.before, tt.limit)), tt.want)
		})
	}

	s.check(t, "of the account only", func(t *testing.T, s subject) {
		write(s)
		wantEqual(t, "events", ids(s.events("bob", "", 99)), []string{"B2", "0"})
		wantEqual(t, "events of nobody", s.events("nobody", "", 99), []store.Event{})
	})
	s.check(t, "page by page", func(t *testing.T, s subject) {
		write(s)
		var all []string
		for before := ""; len(all) <= len(ascending); before = all[len(all)-1] {
			page := ids(s.events("ann", before, 4))
			all = append(all, page...)
			if len(page) < 4 {
				break
			}
		}
		wantEqual(t, "events", all, []string{"b", "a", "B", "A", "9", "10"})
	})
	s.check(t, "an expired event is still read", func(t *testing.T, s subject) {
		e := event("e", "ann")
		e.Expires = 1
		s.apply(store.Change{Events: []store.Event{e}})
		wantEqual(t, "events", s.events("ann", "", 99), []store.Event{e})
	})
	s.check(t, "a repeated change appends its own", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		for n := range int64(3) {
			a, e := account("ann"), event(string(rune('1'+n)), "ann")
			a.Version = n + 1
			s.apply(store.Change{Accounts: []store.Account{a}, Events: []store.Event{e}})
		}
		wantEqual(t, "events", s.events("ann", "", 99), []store.Event{event("3", "ann"), event("2", "ann"), event("1", "ann")})
	})
}
