package storetest

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// ids checks that IDs are compared byte for byte: an account's in any UTF-8, the
// others in ASCII.
func (s suite) ids(t *testing.T) {
	long := strings.Repeat("i", 127)
	accountIDs := append(pairs[:len(pairs):len(pairs)], []struct{ name, a, b string }{
		{"last of 128 bytes", long + "a", long + "b"},
		{"separator", "ann", "ann:3"},
		{"slash", "ann", "ann/3"},
	}...)
	for _, p := range accountIDs {
		s.check(t, "accounts "+p.name, func(t *testing.T, s subject) { s.accountsApart(p.a, p.b) })
	}
	for _, p := range []struct{ name, a, b string }{
		{"case", "abc", "ABC"},
		{"trailing space", "abc ", "abc"},
		{"leading zeros", "007", "7"},
		{"number and prefix", "7", "7fx"},
		{"exponent", "1e1", "10"},
		{"hyphens", "0a-0b", "0a0b"},
		{"separator", "abc", "abc:1"},
		{"last of 128 bytes", long + "a", long + "b"},
	} {
		s.check(t, "proofs "+p.name, func(t *testing.T, s subject) {
			a, b := proof(p.a, ""), proof(p.b, "")
			s.apply(store.Change{Proofs: []store.Proof{a}})
			s.wantNoProof(p.b)
			s.apply(store.Change{Proofs: []store.Proof{b}})
			a.Version, b.Version = 1, 1
			wantEqual(t, "the first", s.proof(p.a), a)
			wantEqual(t, "the second", s.proof(p.b), b)
		})
		s.check(t, "associations "+p.name, func(t *testing.T, s subject) {
			s.apply(accounts("ann"))
			x, y := email(p.a, "ann", address), email(p.b, "ann", "y@example.com")
			s.apply(links(x))
			s.refuse(unlinks(email(p.b, "ann", address)), store.ErrConflict)
			s.apply(links(y))
			s.apply(unlinks(x))
			wantEqual(t, "what is left", s.account("ann").Associations, []store.Association{y})
		})
		s.check(t, "events "+p.name, func(t *testing.T, s subject) {
			a, b := event(p.a, "ann"), event(p.b, "ann")
			s.apply(store.Change{Events: []store.Event{a}})
			s.apply(store.Change{Events: []store.Event{b}})
			want := []store.Event{a, b}
			if a.ID < b.ID {
				want = []store.Event{b, a}
			}
			wantEqual(t, "events", s.events("ann", "", 9), want)
		})
		s.check(t, "notices "+p.name, func(t *testing.T, s subject) {
			a, b := notice(p.a, "ann"), notice(p.b, "ann")
			s.apply(store.Change{Notices: []store.Notice{a}})
			b.Version = 1
			s.refuse(store.Change{Notices: []store.Notice{b}}, store.ErrConflict)
			b.Version = 0
			s.apply(store.Change{Notices: []store.Notice{b}})
			a.Version, b.Version = 1, 1
			wantEqual(t, "the first", s.notice(p.a), a)
			wantEqual(t, "the second", s.notice(p.b), b)
		})
	}
}

// accountsApart gives each of two accounts something of every kind that an
// account's ID leads to.
func (s subject) accountsApart(a, b string) {
	s.t.Helper()
	of := func(id, name string) (store.Account, store.Change) {
		acc, x := account(id), email("x"+name, id, name)
		change := store.Change{
			Accounts: []store.Account{acc}, Proofs: []store.Proof{proof("p"+name, id)},
			Link: []store.Association{x}, Events: []store.Event{event("e"+name, id)},
			Notices: []store.Notice{notice("n"+name, id)},
		}
		acc.Version, acc.Associations = 1, []store.Association{x}
		return acc, change
	}
	first, change := of(a, "1")
	s.apply(change)
	if _, err := s.Account(s.t.Context(), b); !is(err, store.ErrNotFound) {
		s.t.Errorf("only %q exists, and Account(%q): %v, want %v", a, b, err, store.ErrNotFound)
	}
	wantEqual(s.t, "proofs of an unknown account", s.proofs(b, someKind), []store.Proof{})
	wantEqual(s.t, "events of an unknown account", s.events(b, "", 9), []store.Event{})
	s.refuse(unlinks(email("x1", b, "1")), store.ErrConflict)

	second, change := of(b, "2")
	s.apply(change)
	for i, want := range []store.Account{first, second} {
		name := string(rune('1' + i))
		wantEqual(s.t, "account "+name, s.account(want.ID), want)
		s.wantOwner(kindEmail, name, want.ID)
		_, holder, err := s.Proof(s.t.Context(), "p"+name)
		if err != nil {
			s.t.Fatalf("Proof: %v", err)
		}
		wantEqual(s.t, "account of proof "+name, holder, want)
		proofs := idsOf(s.proofs(want.ID, someKind), func(p store.Proof) string { return p.ID })
		events := idsOf(s.events(want.ID, "", 9), func(e store.Event) string { return e.ID })
		wantEqual(s.t, "proofs of account "+name, proofs, []string{"p" + name})
		wantEqual(s.t, "events of account "+name, events, []string{"e" + name})
		if got := s.notice("n" + name).Account; got != want.ID {
			s.t.Errorf("notice %s is of account %q, want %q", name, got, want.ID)
		}
	}
}
