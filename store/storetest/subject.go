package storetest

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// subject is a store under test, with the calls that a check takes for granted:
// each ends the check if it does not go as its comment says. Only for the
// goroutine of the test.
type subject struct {
	store.Store
	t *testing.T
}

// apply must succeed.
func (s subject) apply(change store.Change) {
	s.t.Helper()
	if err := s.Apply(s.t.Context(), change); err != nil {
		s.t.Fatalf("Apply: %v, want success", err)
	}
}

// applyInParts must succeed with what may be too much for one Change.
func (s subject) applyInParts(change store.Change) {
	s.t.Helper()
	for part := range slices.Chunk(change.Accounts, maxRecords) {
		s.apply(store.Change{Accounts: part})
	}
	for part := range slices.Chunk(change.Proofs, maxRecords) {
		s.apply(store.Change{Proofs: part})
	}
	for part := range slices.Chunk(change.Notices, maxRecords) {
		s.apply(store.Change{Notices: part})
	}
	for part := range slices.Chunk(change.Link, maxRecords) {
		s.apply(store.Change{Link: part})
	}
}

// refuse must be answered with want and with no other of the three.
func (s subject) refuse(change store.Change, want error) {
	s.t.Helper()
	if err := s.Apply(s.t.Context(), change); !is(err, want) {
		s.t.Fatalf("Apply: %v, want %v", err, want)
	}
}

// account must be there.
func (s subject) account(id string) *store.Account {
	s.t.Helper()
	a, err := s.Account(s.t.Context(), id)
	if err != nil {
		s.t.Fatalf("Account(%q): %v", id, err)
	}
	return a
}

// owner is the account that the identifier leads to, "" where it is free.
func (s subject) owner(kind, value string) string {
	s.t.Helper()
	a, err := s.AccountByIdentifier(s.t.Context(), kind, []byte(value))
	switch {
	case is(err, store.ErrNotFound):
		return ""
	case err != nil:
		s.t.Fatalf("AccountByIdentifier(%q, %.40q): %v", kind, value, err)
	}
	return a.ID
}

// wantOwner must be the answer of owner.
func (s subject) wantOwner(kind, value, want string) {
	s.t.Helper()
	if got := s.owner(kind, value); got != want {
		s.t.Errorf("AccountByIdentifier(%q, %.40q) = account %q, want %q", kind, value, got, want)
	}
}

// proof must be there.
func (s subject) proof(id string) *store.Proof {
	s.t.Helper()
	p, _, err := s.Proof(s.t.Context(), id)
	if err != nil {
		s.t.Fatalf("Proof(%q): %v", id, err)
	}
	return p
}

// wantNoProof must find nothing.
func (s subject) wantNoProof(id string) {
	s.t.Helper()
	if _, _, err := s.Proof(s.t.Context(), id); !is(err, store.ErrNotFound) {
		s.t.Errorf("Proof(%q): %v, want %v", id, err, store.ErrNotFound)
	}
}

// proofs must succeed.
func (s subject) proofs(account string, kind uint8) []store.Proof {
	s.t.Helper()
	list, err := s.Proofs(s.t.Context(), account, kind)
	if err != nil {
		s.t.Fatalf("Proofs(%q, %d): %v", account, kind, err)
	}
	return list
}

// events must succeed.
func (s subject) events(account, before string, limit int) []store.Event {
	s.t.Helper()
	list, err := s.Events(s.t.Context(), account, before, limit)
	if err != nil {
		s.t.Fatalf("Events(%q, %q, %d): %v", account, before, limit, err)
	}
	return list
}

// notices must succeed.
func (s subject) notices(now int64, limit int) []store.Notice {
	s.t.Helper()
	list, err := s.Notices(s.t.Context(), now, limit)
	if err != nil {
		s.t.Fatalf("Notices(%d, %d): %v", now, limit, err)
	}
	return list
}

// allNotices are the store's, however far off they are due.
func (s subject) allNotices() []store.Notice {
	s.t.Helper()
	return s.notices(math.MaxInt64, 1<<20)
}

// notice must be there.
func (s subject) notice(id string) store.Notice {
	s.t.Helper()
	for _, n := range s.allNotices() {
		if n.ID == id {
			return n
		}
	}
	s.t.Fatalf("there is no notice %q", id)
	return store.Notice{}
}

// count must succeed with one value for each counter.
func (s subject) count(counters ...store.Counter) []int64 {
	s.t.Helper()
	values, err := s.Count(s.t.Context(), counters)
	if err != nil {
		s.t.Fatalf("Count: %v", err)
	}
	if len(values) != len(counters) {
		s.t.Fatalf("Count told %d values for %d counters", len(values), len(counters))
	}
	return values
}

// wantCount adds n to the key's counter, which must come to want.
func (s subject) wantCount(key [32]byte, n, want int64) {
	s.t.Helper()
	if got := s.count(store.Counter{Key: key, N: n, Expires: later})[0]; got != want {
		s.t.Errorf("adding %d to counter %x gave %d, want %d", n, key[:4], got, want)
	}
}

// deleteExpired must succeed.
func (s subject) deleteExpired(before int64, limit int) int {
	s.t.Helper()
	n, err := s.DeleteExpired(s.t.Context(), before, limit)
	if err != nil {
		s.t.Fatalf("DeleteExpired(%d, %d): %v", before, limit, err)
	}
	return n
}

// is reports whether err is the wanted answer and none of the other two.
func is(err, want error) bool {
	for _, answer := range []error{store.ErrNotFound, store.ErrConflict, store.ErrTaken} {
		if errors.Is(err, answer) != (answer == want) {
			return false
		}
	}
	return true
}
