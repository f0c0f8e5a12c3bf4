package storetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// apply checks what one caller alone sees of versions.
func (s suite) apply(t *testing.T) {
	t.Run("accounts", func(t *testing.T) {
		s.versions(t, versioned{
			change: func(version int64, data string) store.Change {
				a := account("ann")
				a.Version, a.Data = version, []byte(data)
				return store.Change{Accounts: []store.Account{a}}
			},
			read: func(s subject) (int64, string) {
				a := s.account("ann")
				return a.Version, string(a.Data)
			},
			missing: func(s subject) error {
				_, err := s.Account(s.t.Context(), "ann")
				return err
			},
		})
	})
	t.Run("proofs", func(t *testing.T) {
		s.versions(t, versioned{
			change: func(version int64, data string) store.Change {
				p := proof("p", "")
				p.Version, p.Data = version, []byte(data)
				return store.Change{Proofs: []store.Proof{p}}
			},
			read: func(s subject) (int64, string) {
				p := s.proof("p")
				return p.Version, string(p.Data)
			},
			missing: func(s subject) error {
				_, _, err := s.Proof(s.t.Context(), "p")
				return err
			},
		})
	})

	t.Run("notices", func(t *testing.T) {
		s.versions(t, versioned{
			change: func(version int64, data string) store.Change {
				n := notice("n", "ann")
				n.Version, n.Data = version, []byte(data)
				return store.Change{Notices: []store.Notice{n}}
			},
			read: func(s subject) (int64, string) {
				n := s.notice("n")
				return n.Version, string(n.Data)
			},
			missing: func(s subject) error {
				if list := s.allNotices(); len(list) > 0 {
					return fmt.Errorf("there are notices: %+v", list)
				}
				return store.ErrNotFound
			},
		})
	})

	s.check(t, "empty change", func(t *testing.T, s subject) {
		s.apply(accounts("ann"))
		s.apply(store.Change{})
		if v := s.account("ann").Version; v != 1 {
			t.Errorf("an empty Change made version %d of an account", v)
		}
	})

	s.check(t, "everything at once", func(t *testing.T, s subject) {
		a, p, n := account("ann"), proof("p", "ann"), notice("n", "ann")
		x, y := email("x", "ann", "x@example.com"), email("y", "ann", "y@example.com")
		s.apply(store.Change{
			Accounts: []store.Account{a, account("bob")},
			Proofs:   []store.Proof{p, proof("q", "bob"), proof("r", "")},
			Link:     []store.Association{x, y},
			Events:   []store.Event{event("1", "ann"), event("2", "ann")},
			Notices:  []store.Notice{n, notice("m", "bob"), notice("o", "")},
		})
		a.Version, p.Version, n.Version = 1, 1, 1
		a.Associations = []store.Association{x, y}
		wantEqual(t, "account", s.account("ann"), a)
		wantEqual(t, "proof", s.proof("p"), p)
		wantEqual(t, "events", s.events("ann", "", 9), []store.Event{event("2", "ann"), event("1", "ann")})
		wantEqual(t, "the other account has no associations", s.account("bob").Associations, []store.Association{})
		wantEqual(t, "notice", s.notice("n"), n)
		s.proof("q")
		s.proof("r")
		s.notice("m")
		s.notice("o")
	})

	s.check(t, "a replacement replaces every field", func(t *testing.T, s subject) {
		s.apply(store.Change{
			Accounts: []store.Account{account("ann")}, Proofs: []store.Proof{proof("p", "ann")},
			Notices: []store.Notice{notice("n", "ann")},
		})
		a := store.Account{ID: "ann", Version: 1, Epoch: 7, CreatedAt: now + 7, Status: 7, Data: []byte("7")}
		p := store.Proof{
			ID: "p", Version: 1, Kind: someKind + 7, Account: "bob",
			CreatedAt: now + 7, Expires: later + 7, Data: []byte("7"),
		}
		n := store.Notice{ID: "n", Version: 1, Account: "bob", Due: now + 7, Expires: later + 7, Data: []byte("7")}
		s.apply(store.Change{Accounts: []store.Account{a}, Proofs: []store.Proof{p}, Notices: []store.Notice{n}})
		a.Version, p.Version, n.Version = 2, 2, 2
		wantEqual(t, "account", s.account("ann"), a)
		wantEqual(t, "proof", s.proof("p"), p)
		wantEqual(t, "notices", s.allNotices(), []store.Notice{n})
		wantEqual(t, "proofs of the former account", s.proofs("ann", someKind), []store.Proof{})
		wantEqual(t, "proofs of the new account", s.proofs("bob", someKind+7), []store.Proof{p})
	})

	s.check(t, "associations of an account are ignored", func(t *testing.T, s subject) {
		a, x := account("ann"), email("x", "ann", "x@example.com")
		a.Associations = []store.Association{email("y", "ann", "y@example.com")}
		s.apply(store.Change{Accounts: []store.Account{a}, Link: []store.Association{x}})
		a.Version, a.Associations = 1, nil
		s.apply(store.Change{Accounts: []store.Account{a}})
		wantEqual(t, "associations", s.account("ann").Associations, []store.Association{x})
		s.wantOwner(kindEmail, "y@example.com", "")
	})
}

// versioned is a kind of record that Apply guards by its version.
type versioned struct {
	change  func(version int64, data string) store.Change
	read    func(s subject) (version int64, data string)
	missing func(s subject) error
}

func (s suite) versions(t *testing.T, r versioned) {
	want := func(t *testing.T, s subject, version int64, data string) {
		t.Helper()
		if v, d := r.read(s); v != version || d != data {
			t.Errorf("stored version %d %q, want %d %q", v, d, version, data)
		}
	}
	s.check(t, "insert stores version 1", func(t *testing.T, s subject) {
		s.apply(r.change(0, "a"))
		want(t, s, 1, "a")
	})
	s.check(t, "replace stores the next version", func(t *testing.T, s subject) {
		s.apply(r.change(0, "a"))
		for v := range int64(12) {
			s.apply(r.change(v+1, "b"))
			want(t, s, v+2, "b")
		}
	})
	s.check(t, "insert of a known ID", func(t *testing.T, s subject) {
		s.apply(r.change(0, "a"))
		s.refuse(r.change(0, "b"), store.ErrConflict)
		s.refuse(r.change(0, "a"), store.ErrConflict)
		want(t, s, 1, "a")
		s.apply(r.change(1, "b"))
		s.refuse(r.change(0, "c"), store.ErrConflict)
		want(t, s, 2, "b")
	})
	s.check(t, "stale version", func(t *testing.T, s subject) {
		s.apply(r.change(0, "a"))
		s.apply(r.change(1, "b"))
		s.refuse(r.change(1, "c"), store.ErrConflict)
		s.refuse(r.change(1, "b"), store.ErrConflict)
		want(t, s, 2, "b")
	})
	s.check(t, "version not yet reached", func(t *testing.T, s subject) {
		s.apply(r.change(0, "a"))
		s.refuse(r.change(2, "b"), store.ErrConflict)
		s.refuse(r.change(math.MaxInt64-1, "b"), store.ErrConflict)
		want(t, s, 1, "a")
	})
	s.check(t, "R24 replace of a missing record", func(t *testing.T, s subject) {
		s.refuse(r.change(1, "a"), store.ErrConflict)
		if err := r.missing(s); !is(err, store.ErrNotFound) {
			t.Errorf("after a refused replacement: %v, want %v", err, store.ErrNotFound)
		}
	})
	s.check(t, "equal content is a write", func(t *testing.T, s subject) {
		s.apply(r.change(0, "a"))
		s.apply(r.change(1, "a"))
		want(t, s, 2, "a")
		s.refuse(r.change(1, "a"), store.ErrConflict)
		s.apply(r.change(2, "a"))
		want(t, s, 3, "a")
	})
}
