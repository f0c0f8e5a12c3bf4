package memstore_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
	"github.com/ligature-auth/ligature/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.Store { return memstore.New(memstore.Limits{}) }, storetest.Options{})
}

// The change that fills a cap of 2, the one too many, and what must go on.
func TestR29_FailsClosedAtItsCaps(t *testing.T) {
	account := func(id string, version int64) store.Change {
		return store.Change{Accounts: []store.Account{{ID: id, Version: version}}}
	}
	proof := func(id string, version int64) store.Change {
		return store.Change{Proofs: []store.Proof{{ID: id, Version: version}}}
	}
	notice := func(id string, version int64) store.Change {
		return store.Change{Notices: []store.Notice{{ID: id, Version: version}}}
	}
	association := func(id string) store.Association {
		return store.Association{ID: id, Account: "a", Kind: "email", Value: []byte(id)}
	}
	link := func(id string) store.Change { return store.Change{Link: []store.Association{association(id)}} }

	for _, tt := range []struct {
		name    string
		limits  memstore.Limits
		fill    []store.Change
		refused store.Change
		goesOn  []store.Change
	}{
		{
			"accounts", memstore.Limits{Accounts: 2},
			[]store.Change{account("a", 0), account("b", 0)}, account("c", 0),
			[]store.Change{account("a", 1), link("x"), proof("p", 0)},
		},
		{
			"proofs", memstore.Limits{Proofs: 2},
			[]store.Change{proof("a", 0), proof("b", 0)}, proof("c", 0),
			[]store.Change{proof("a", 1), account("a", 0)},
		},
		{
			"notices", memstore.Limits{Notices: 2},
			[]store.Change{notice("a", 0), notice("b", 0)}, notice("c", 0),
			[]store.Change{notice("a", 1), proof("p", 0)},
		},
		{
			"associations", memstore.Limits{Associations: 2},
			[]store.Change{link("x"), link("y")}, link("z"),
			[]store.Change{
				{Unlink: []store.Association{association("x")}, Link: []store.Association{association("z")}},
				{Unlink: []store.Association{association("z")}}, link("x"),
			},
		},
		{
			"one change of three", memstore.Limits{Proofs: 2},
			nil, store.Change{Proofs: []store.Proof{{ID: "a"}, {ID: "b"}, {ID: "c"}}},
			[]store.Change{{Proofs: []store.Proof{{ID: "a"}, {ID: "b"}}}},
		},
		{
			"negative", memstore.Limits{Accounts: -1},
			nil, account("a", 0),
			[]store.Change{proof("p", 0)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := memstore.New(tt.limits)
			for i, change := range tt.fill {
				if err := s.Apply(t.Context(), change); err != nil {
					t.Fatalf("filling, change %d: %v", i, err)
				}
			}
			mixed := tt.refused
			mixed.Accounts = append(mixed.Accounts, store.Account{ID: "with it"})
			if err := s.Apply(t.Context(), mixed); !errors.Is(err, memstore.ErrFull) {
				t.Fatalf("at the cap: %v, want %v", err, memstore.ErrFull)
			}
			if _, err := s.Account(t.Context(), "with it"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("part of a refused change was written: %v", err)
			}
			for i, change := range tt.goesOn {
				if err := s.Apply(t.Context(), change); err != nil {
					t.Errorf("at the cap, change %d: %v, want success", i, err)
				}
			}
		})
	}
}

// A refusal that the caller can act on is told rather than ErrFull.
func TestFullIsToldLast(t *testing.T) {
	s := memstore.New(memstore.Limits{Accounts: 1, Associations: 1})
	x := store.Association{ID: "x", Account: "a", Kind: "email", Value: []byte("x")}
	if err := s.Apply(t.Context(), store.Change{Accounts: []store.Account{{ID: "a"}}, Link: []store.Association{x}}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		change store.Change
		want   error
	}{
		{store.Change{Accounts: []store.Account{{ID: "b"}, {ID: "a"}}}, store.ErrConflict},
		{store.Change{Accounts: []store.Account{{ID: "b"}}, Link: []store.Association{x}}, store.ErrTaken},
		{store.Change{Accounts: []store.Account{{ID: "b"}}}, memstore.ErrFull},
	} {
		if err := s.Apply(t.Context(), tt.change); !errors.Is(err, tt.want) {
			t.Errorf("got %v, want %v", err, tt.want)
		}
	}
}

func TestR29_AFloodOfKeysPushesNoCounterOut(t *testing.T) {
	const room, flood = 1000, 1_000_000
	s := memstore.New(memstore.Limits{Counters: room})
	key := func(n uint64) store.Counter {
		c := store.Counter{N: 1, Expires: 100}
		binary.BigEndian.PutUint64(c.Key[:], n)
		return c
	}
	count := func(counters ...store.Counter) ([]int64, error) { return s.Count(t.Context(), counters) }

	if _, err := count(key(0)); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for n := range uint64(flood) {
		if _, err := count(key(n + 1)); errors.Is(err, memstore.ErrFull) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused != flood-room+1 {
		t.Errorf("%d of %d new keys were refused, want all but %d", refused, flood, room-1)
	}
	if got, err := count(key(0)); err != nil || got[0] != 2 {
		t.Errorf("the first key after the flood: %v, %v; want 2", got, err)
	}

	// A set with one new key is refused whole, and reading a new key takes no room.
	if _, err := count(key(0), key(flood+1)); !errors.Is(err, memstore.ErrFull) {
		t.Errorf("a known and a new key: %v, want %v", err, memstore.ErrFull)
	}
	read := key(flood + 1)
	read.N = 0
	if got, err := count(key(0), read); err != nil || fmt.Sprint(got) != "[3 0]" {
		t.Errorf("a known key and a read: %v, %v; want [3 0]", got, err)
	}

	// Only what has expired makes room.
	if n, err := s.DeleteExpired(t.Context(), 100, flood); n != 0 || err != nil {
		t.Errorf("deleted %d live counters, %v", n, err)
	}
	if n, err := s.DeleteExpired(t.Context(), 101, 1); n != 1 || err != nil {
		t.Errorf("deleted %d expired counters, %v; want 1", n, err)
	}
	if _, err := count(key(flood + 1)); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
}
