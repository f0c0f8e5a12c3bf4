package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// The core never exceeds these, nor does the suite.
const (
	maxRecords  = 100 // of all kinds in a Change
	maxCounters = 8   // in a call of Count
)

// crowd is a Change that inserts n records of each kind, all of the account
// "ann".
func crowd(n int) store.Change {
	var change store.Change
	for i := range n {
		id := fmt.Sprintf("%03d", i)
		change.Accounts = append(change.Accounts, account(id))
		change.Proofs = append(change.Proofs, proof(id, "ann"))
		change.Link = append(change.Link, email(id, "ann", id))
		change.Events = append(change.Events, event(id, "ann"))
		change.Notices = append(change.Notices, notice(id, "ann"))
	}
	return change
}

// successor is what replaces a crowd.
func successor(old store.Change) store.Change {
	change := store.Change{
		Accounts: slices.Clone(old.Accounts), Proofs: slices.Clone(old.Proofs),
		Notices: slices.Clone(old.Notices), Unlink: old.Link,
	}
	for i := range old.Accounts {
		change.Accounts[i].Version, change.Proofs[i].Version, change.Notices[i].Version = 1, 1, 1
		next := old.Link[i]
		next.ID += "b"
		change.Link = append(change.Link, next)
	}
	return change
}

// sizes checks the largest Changes.
func (s suite) sizes(t *testing.T) {
	only := []struct {
		name string
		of   func(change store.Change) store.Change
	}{
		{"accounts", func(c store.Change) store.Change { return store.Change{Accounts: c.Accounts} }},
		{"proofs", func(c store.Change) store.Change { return store.Change{Proofs: c.Proofs} }},
		{"links", func(c store.Change) store.Change { return store.Change{Link: c.Link} }},
		{"events", func(c store.Change) store.Change { return store.Change{Events: c.Events} }},
		{"notices", func(c store.Change) store.Change { return store.Change{Notices: c.Notices} }},
	}
	for _, part := range only {
		s.check(t, "100 "+part.name, func(t *testing.T, s subject) {
			s.apply(accounts("ann"))
			change := part.of(crowd(maxRecords))
			s.apply(change)
			s.wantCrowd(change, 1)
		})
	}

	const fifth = maxRecords / 5
	s.check(t, "100 records of all kinds", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		change := crowd(fifth)
		s.apply(change)
		s.wantCrowd(change, 1)
		next := successor(change)
		s.apply(next)
		next.Events = change.Events
		s.wantCrowd(next, 2)
		s.apply(unlinks(next.Link...))
		next.Link = nil
		s.wantCrowd(next, 2)
	})
	s.check(t, "the last of 100 records is refused", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		change := crowd(fifth)
		s.apply(change)
		for _, spoil := range []func(next *store.Change){
			func(next *store.Change) { next.Accounts[fifth-1].Version = 2 },
			func(next *store.Change) { next.Proofs[fifth-1].Version = 2 },
			func(next *store.Change) { next.Notices[fifth-1].Version = 2 },
			func(next *store.Change) { next.Unlink[fifth-1].ID += "?" },
		} {
			next := successor(change)
			next.Unlink = slices.Clone(next.Unlink)
			spoil(&next)
			s.refuse(next, store.ErrConflict)
			s.wantCrowd(change, 1)
		}
	})
}

// wantCrowd must be all there is, in this version, besides the account "ann".
func (s subject) wantCrowd(want store.Change, version int64) {
	s.t.Helper()
	newest := slices.Clone(want.Events)
	slices.Reverse(newest)
	for _, a := range want.Accounts {
		a.Version = version
		wantEqual(s.t, "account", s.account(a.ID), a)
	}
	proofs, notices := slices.Clone(want.Proofs), slices.Clone(want.Notices)
	for i := range proofs {
		proofs[i].Version = version
	}
	for i := range notices {
		notices[i].Version = version
	}
	wantEqual(s.t, "proofs", s.proofs("ann", someKind), proofs)
	wantEqual(s.t, "associations", s.account("ann").Associations, want.Link)
	wantEqual(s.t, "events", s.events("ann", "", maxRecords+1), newest)
	wantEqual(s.t, "notices", s.allNotices(), notices)
}
