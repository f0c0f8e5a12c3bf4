package storetest

import (
	"testing"

	"github.com/ligature-auth/ligature/store"
)

const address = "x@example.com"

// link checks who owns an identifier, as one caller alone sees it.
func (s suite) link(t *testing.T) {
	s.check(t, "taken by another account", func(t *testing.T, s subject) {
		s.apply(accounts("ann", "bob"))
		s.apply(links(email("x", "ann", address)))
		s.refuse(links(email("x2", "bob", address)), store.ErrTaken)
		s.wantOwner(kindEmail, address, "ann")
		wantEqual(t, "the owner's", s.account("ann").Associations, []store.Association{email("x", "ann", address)})
		wantEqual(t, "the other's", s.account("bob").Associations, []store.Association{})
	})
	s.check(t, "taken by the same account", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		s.apply(links(email("x", "ann", address)))
		s.refuse(links(email("x2", "ann", address)), store.ErrTaken)
		wantEqual(t, "associations", s.account("ann").Associations, []store.Association{email("x", "ann", address)})
	})
	s.check(t, "an account may have many of one kind", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		x, y := email("x", "ann", address), email("y", "ann", "y@example.com")
		s.apply(links(x))
		s.apply(links(y))
		wantEqual(t, "associations", s.account("ann").Associations, []store.Association{x, y})
	})
	s.check(t, "unlinked is free for another account", func(t *testing.T, s subject) {
		s.apply(accounts("ann", "bob"))
		s.apply(links(email("x", "ann", address), email("y", "ann", "y@example.com")))
		s.apply(unlinks(email("x", "ann", address)))
		s.wantOwner(kindEmail, address, "")
		s.wantOwner(kindEmail, "y@example.com", "ann")
		s.apply(links(email("x2", "bob", address)))
		s.wantOwner(kindEmail, address, "bob")
		wantEqual(t, "the former owner's", s.account("ann").Associations,
			[]store.Association{email("y", "ann", "y@example.com")})
	})
	s.unlink(t)
	s.replace(t)
}

func (s suite) unlink(t *testing.T) {
	s.check(t, "unlink of nothing", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		s.refuse(unlinks(email("x", "ann", address)), store.ErrConflict)
		s.apply(links(email("x", "ann", address)))
		s.apply(unlinks(email("x", "ann", address)))
		s.refuse(unlinks(email("x", "ann", address)), store.ErrConflict)
	})
	// The same address, unlinked and linked again meanwhile, is not the
	// association that the caller decided about.
	s.check(t, "unlink by a stale ID", func(t *testing.T, s subject) {
		first, second := email("x", "ann", address), email("x2", "bob", address)
		s.apply(accounts("ann", "bob"))
		s.apply(links(first))
		s.apply(unlinks(first))
		s.apply(links(second))
		s.refuse(unlinks(first), store.ErrConflict)
		s.refuse(unlinks(email("x", "bob", address)), store.ErrConflict)
		s.wantOwner(kindEmail, address, "bob")
		s.apply(unlinks(second))
		s.wantOwner(kindEmail, address, "")
	})
	s.check(t, "unlink by a stale ID of the same account", func(t *testing.T, s subject) {
		first, second := email("x", "ann", address), email("x2", "ann", address)
		s.apply(accounts("ann"))
		s.apply(links(first))
		s.apply(unlinks(first))
		s.apply(links(second))
		s.refuse(unlinks(first), store.ErrConflict)
		s.wantOwner(kindEmail, address, "ann")
	})
	s.check(t, "unlink of another's", func(t *testing.T, s subject) {
		s.apply(accounts("ann", "bob"))
		s.apply(links(email("x", "ann", address)))
		s.refuse(unlinks(email("x", "bob", address)), store.ErrConflict)
		s.refuse(unlinks(email("x", "", address)), store.ErrConflict)
		s.wantOwner(kindEmail, address, "ann")
	})
	s.check(t, "unlink by the ID of another identifier", func(t *testing.T, s subject) {
		x, y := email("x", "ann", address), email("y", "ann", "y@example.com")
		s.apply(accounts("ann"))
		s.apply(links(x, y))
		crossed := x
		crossed.Value = y.Value
		s.refuse(unlinks(crossed), store.ErrConflict)
		crossed = x
		crossed.Kind = "phone"
		s.refuse(unlinks(crossed), store.ErrConflict)
		wantEqual(t, "associations", s.account("ann").Associations, []store.Association{x, y})
	})
}

// replace checks the same identifier in Unlink and in Link.
func (s suite) replace(t *testing.T) {
	s.check(t, "replace for another account", func(t *testing.T, s subject) {
		old, successor := email("x", "ann", address), email("x2", "bob", address)
		s.apply(accounts("ann", "bob"))
		s.apply(links(old))
		s.apply(store.Change{Unlink: []store.Association{old}, Link: []store.Association{successor}})
		s.wantOwner(kindEmail, address, "bob")
		wantEqual(t, "the new owner's", s.account("bob").Associations, []store.Association{successor})
		wantEqual(t, "the old owner's", s.account("ann").Associations, []store.Association{})
	})
	s.check(t, "replace for the same account", func(t *testing.T, s subject) {
		old, successor := email("x", "ann", address), email("x2", "ann", address)
		successor.Data = []byte("proved again")
		s.apply(accounts("ann"))
		s.apply(links(old))
		s.apply(store.Change{Unlink: []store.Association{old}, Link: []store.Association{successor}})
		wantEqual(t, "associations", s.account("ann").Associations, []store.Association{successor})
	})
	s.check(t, "replace of a stale association", func(t *testing.T, s subject) {
		old, current := email("x", "ann", address), email("x2", "bob", address)
		s.apply(accounts("ann", "bob", "eve"))
		s.apply(links(current))
		s.refuse(store.Change{
			Unlink: []store.Association{old},
			Link:   []store.Association{email("x3", "eve", address)},
		}, store.ErrConflict)
		wantEqual(t, "the owner's", s.account("bob").Associations, []store.Association{current})
	})
	s.check(t, "two accounts swap", func(t *testing.T, s subject) {
		x, y := email("x", "ann", address), email("y", "bob", "y@example.com")
		s.apply(accounts("ann", "bob"))
		s.apply(links(x, y))
		s.apply(store.Change{
			Unlink: []store.Association{x, y},
			Link:   []store.Association{email("x2", "bob", address), email("y2", "ann", "y@example.com")},
		})
		s.wantOwner(kindEmail, address, "bob")
		s.wantOwner(kindEmail, "y@example.com", "ann")
	})
}
