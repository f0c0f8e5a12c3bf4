package storetest

import (
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// before is what the checks of this topic start from: two accounts, an address, a
// proof and a notice of each, and one event.
func before() store.Change {
	return store.Change{
		Accounts: []store.Account{account("ann"), account("bob")},
		Proofs:   []store.Proof{proof("p", "ann"), proof("live", "bob")},
		Link:     []store.Association{email("x", "ann", "x@example.com"), email("y", "bob", "y@example.com")},
		Events:   []store.Event{event("1", "ann")},
		Notices:  []store.Notice{notice("n", "ann"), notice("owed", "bob")},
	}
}

// full is a Change with something in every part, none of which before refuses.
func full() store.Change {
	a, p, n := account("ann"), proof("p", "ann"), notice("n", "ann")
	a.Version, p.Version, n.Version = 1, 1, 1
	a.Data, p.Data, n.Data = []byte("changed"), []byte("changed"), []byte("changed")
	return store.Change{
		Accounts: []store.Account{account("new"), a},
		Proofs:   []store.Proof{proof("q", "new"), p},
		Unlink:   []store.Association{email("x", "ann", "x@example.com")},
		Link:     []store.Association{email("z", "ann", "z@example.com"), email("x2", "new", "x@example.com")},
		Events:   []store.Event{event("2", "ann"), event("3", "new")},
		Notices:  []store.Notice{notice("o", "new"), n},
	}
}

// everything reads whatever before and full write.
func (s subject) everything() []any {
	s.t.Helper()
	var all []any
	for _, id := range []string{"ann", "bob", "new"} {
		a, err := s.Account(s.t.Context(), id)
		if err != nil && !is(err, store.ErrNotFound) {
			s.t.Fatalf("Account: %v", err)
		}
		all = append(all, id, a, s.proofs(id, someKind), s.events(id, "", 9))
	}
	for _, value := range []string{"x@example.com", "y@example.com", "z@example.com"} {
		all = append(all, value, s.owner(kindEmail, value))
	}
	return append(all, s.allNotices())
}

// atomic checks that a refused Change leaves nothing of any of its parts.
func (s suite) atomic(t *testing.T) {
	known, stale := account("bob"), account("bob")
	stale.Version = 2 // not the stored one, which is all that counts
	missing := account("nobody")
	missing.Version = 1
	staleProof, missingProof := proof("live", "bob"), proof("nothing", "")
	staleProof.Version, missingProof.Version = 2, 1
	staleNotice, missingNotice := notice("owed", "bob"), notice("nothing", "")
	staleNotice.Version, missingNotice.Version = 2, 1

	for _, tt := range []struct {
		name   string
		defect store.Change
		want   error
	}{
		{"known account", store.Change{Accounts: []store.Account{known}}, store.ErrConflict},
		{"stale account", store.Change{Accounts: []store.Account{stale}}, store.ErrConflict},
		{"missing account", store.Change{Accounts: []store.Account{missing}}, store.ErrConflict},
		{"known proof", store.Change{Proofs: []store.Proof{proof("live", "bob")}}, store.ErrConflict},
		{"stale proof", store.Change{Proofs: []store.Proof{staleProof}}, store.ErrConflict},
		{"missing proof", store.Change{Proofs: []store.Proof{missingProof}}, store.ErrConflict},
		{"known notice", store.Change{Notices: []store.Notice{notice("owed", "bob")}}, store.ErrConflict},
		{"stale notice", store.Change{Notices: []store.Notice{staleNotice}}, store.ErrConflict},
		{"missing notice", store.Change{Notices: []store.Notice{missingNotice}}, store.ErrConflict},
		{"unlink by another ID", unlinks(email("y0", "bob", "y@example.com")), store.ErrConflict},
		{"unlink of another's", unlinks(email("y", "ann", "y@example.com")), store.ErrConflict},
		{"unlink of nothing", unlinks(email("w", "bob", "w@example.com")), store.ErrConflict},
		{"link of a taken one", links(email("y2", "ann", "y@example.com")), store.ErrTaken},
	} {
		for _, order := range []string{"first", "last"} {
			s.check(t, tt.name+" "+order, func(t *testing.T, s subject) {
				s.apply(before())
				was := s.everything()
				change := join(tt.defect, full())
				if order == "last" {
					change = join(full(), tt.defect)
				}
				s.refuse(change, tt.want)
				wantEqual(t, "after the refusal", s.everything(), was)

				s.apply(full()) // so it was the defect that was refused
				if equal(s.everything(), was) {
					t.Error("the Change without its defect did nothing")
				}
			})
		}
	}

	s.check(t, "conflict is told before taken", func(t *testing.T, s subject) {
		s.apply(before())
		taken := links(email("y2", "ann", "y@example.com"))
		for _, conflict := range []store.Change{
			{Accounts: []store.Account{known}},
			{Accounts: []store.Account{stale}},
			{Proofs: []store.Proof{staleProof}},
			{Proofs: []store.Proof{missingProof}},
			{Notices: []store.Notice{notice("owed", "bob")}},
			{Notices: []store.Notice{staleNotice}},
			{Notices: []store.Notice{missingNotice}},
			unlinks(email("x0", "ann", "x@example.com")),
		} {
			s.refuse(join(taken, conflict), store.ErrConflict)
		}
		s.refuse(taken, store.ErrTaken)
	})
}

// join appends each part of b to the same part of a.
func join(a, b store.Change) store.Change {
	return store.Change{
		Accounts: slices.Concat(a.Accounts, b.Accounts),
		Proofs:   slices.Concat(a.Proofs, b.Proofs),
		Unlink:   slices.Concat(a.Unlink, b.Unlink),
		Link:     slices.Concat(a.Link, b.Link),
		Events:   slices.Concat(a.Events, b.Events),
		Notices:  slices.Concat(a.Notices, b.Notices),
	}
}
