package storetest

import (
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// reads checks what is found, in which order, and what is told of what is not.
func (s suite) reads(t *testing.T) {
	s.check(t, "unknown", func(t *testing.T, s subject) {
		s.apply(join(accounts("ann"), links(email("x", "ann", address))))
		for _, id := range []string{"bob", ""} {
			if _, err := s.Account(t.Context(), id); !is(err, store.ErrNotFound) {
				t.Errorf("Account(%q): %v, want %v", id, err, store.ErrNotFound)
			}
			s.wantNoProof(id)
			wantEqual(t, "proofs", s.proofs(id, someKind), []store.Proof{})
			wantEqual(t, "events", s.events(id, "", 9), []store.Event{})
		}
		for _, value := range []string{"y@example.com", "x", "ann", ""} {
			if _, err := s.AccountByIdentifier(t.Context(), kindEmail, []byte(value)); !is(err, store.ErrNotFound) {
				t.Errorf("AccountByIdentifier(%q): %v, want %v", value, err, store.ErrNotFound)
			}
		}
	})

	s.check(t, "a write is read at once", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		for v := range int64(3) {
			x := email(fmt.Sprintf("x%d", v), "ann", address)
			s.account("ann")
			s.owner(kindEmail, address)
			a := account("ann")
			a.Version, a.Epoch = v+1, v+10
			s.apply(store.Change{Accounts: []store.Account{a}, Link: []store.Association{x}})
			a.Version, a.Associations = v+2, []store.Association{x}
			wantEqual(t, "account", s.account("ann"), a)
			s.wantOwner(kindEmail, address, "ann")
			s.apply(unlinks(x))
			s.wantOwner(kindEmail, address, "")
			wantEqual(t, "associations", s.account("ann").Associations, []store.Association{})
		}
	})

	// IDs whose byte order is not that of numbers, letters, insertion or values.
	s.check(t, "associations oldest first", func(t *testing.T, s subject) {
		want := []store.Association{
			aged(email("z", "ann", "1"), -5), aged(email("c", "ann", "2"), 3),
			aged(email("10", "ann", "6"), 20), aged(email("9", "ann", "4"), 20), aged(email("B", "ann", "5"), 20),
			aged(email("a", "ann", "3"), 20), aged(email("0", "ann", "7"), 100),
		}
		s.apply(accounts("ann"))
		for _, i := range []int{4, 0, 6, 2, 5, 3, 1} {
			s.apply(links(want[i]))
		}
		s.apply(store.Change{Proofs: []store.Proof{proof("p", "ann")}})
		wantEqual(t, "Account", s.account("ann").Associations, want)
		for _, x := range want {
			a, err := s.AccountByIdentifier(t.Context(), x.Kind, x.Value)
			if err != nil {
				t.Fatalf("AccountByIdentifier: %v", err)
			}
			wantEqual(t, "AccountByIdentifier", a.Associations, want)
		}
		_, a, err := s.Proof(t.Context(), "p")
		if err != nil || a == nil {
			t.Fatalf("Proof: account %v, %v", a, err)
		}
		wantEqual(t, "Proof", a.Associations, want)
	})

	s.proofReads(t)
}

func aged(x store.Association, createdAt int64) store.Association {
	x.CreatedAt = createdAt
	return x
}

func (s suite) proofReads(t *testing.T) {
	s.check(t, "a proof brings its account", func(t *testing.T, s subject) {
		a, x := account("ann"), email("x", "ann", address)
		s.apply(store.Change{
			Accounts: []store.Account{a, account("bob")}, Link: []store.Association{x},
			Proofs: []store.Proof{proof("p", "ann"), proof("q", "")},
		})
		a.Version, a.Associations = 1, []store.Association{x}
		_, got, err := s.Proof(t.Context(), "p")
		if err != nil {
			t.Fatalf("Proof: %v", err)
		}
		wantEqual(t, "account", got, a)
	})
	s.check(t, "a proof without an account", func(t *testing.T, s subject) {
		s.apply(join(accounts("ann"), store.Change{Proofs: []store.Proof{proof("p", "")}}))
		p, a, err := s.Proof(t.Context(), "p")
		if err != nil || a != nil || p.Account != "" {
			t.Errorf("got account %+v of proof %+v, %v; want none", a, p, err)
		}
	})
	s.check(t, "a proof of an account that is not there", func(t *testing.T, s subject) {
		s.apply(join(accounts("ann"), store.Change{Proofs: []store.Proof{proof("p", "nobody")}}))
		p, a, err := s.Proof(t.Context(), "p")
		if err != nil {
			t.Fatalf("Proof: %v", err)
		}
		if a != nil || p.Account != "nobody" {
			t.Errorf("got account %+v of a proof of %q, want none of nobody", a, p.Account)
		}
	})
	s.check(t, "an expired proof is still read", func(t *testing.T, s subject) {
		p := proof("p", "ann")
		p.Expires = 1
		s.apply(store.Change{Proofs: []store.Proof{p}})
		p.Version = 1
		wantEqual(t, "Proof", s.proof("p"), p)
		wantEqual(t, "Proofs", s.proofs("ann", someKind), []store.Proof{p})
		s.apply(store.Change{Proofs: []store.Proof{p}})
	})
	s.check(t, "proofs of one account and one kind, oldest first", func(t *testing.T, s subject) {
		of := func(id, account string, kind uint8, createdAt int64) store.Proof {
			p := proof(id, account)
			p.Kind, p.CreatedAt = kind, createdAt
			return p
		}
		want := []store.Proof{
			of("z", "ann", 1, -5), of("c", "ann", 1, 3), of("10", "ann", 1, 20), of("9", "ann", 1, 20),
			of("B", "ann", 1, 20), of("a", "ann", 1, 20), of("0", "ann", 1, 100),
		}
		s.apply(store.Change{Proofs: []store.Proof{
			want[4], of("k", "ann", 2, 4), want[0], want[6], of("l", "bob", 1, 4),
			want[2], want[5], of("m", "", 1, 4), want[3], want[1], of("n", "ann", 129, 4),
		}})
		for i := range want {
			want[i].Version = 1
		}
		wantEqual(t, "proofs", s.proofs("ann", 1), want)
		wantEqual(t, "proofs of another kind", idsOf(s.proofs("ann", 2), func(p store.Proof) string { return p.ID }), []string{"k"})
		wantEqual(t, "proofs of another account", idsOf(s.proofs("bob", 1), func(p store.Proof) string { return p.ID }), []string{"l"})
		wantEqual(t, "proofs of a kind that there is not", s.proofs("ann", 3), []store.Proof{})
	})
}
