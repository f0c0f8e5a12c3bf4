package storetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

func expiring(id string, expires int64) store.Proof {
	p := proof(id, "ann")
	p.Expires = expires
	return p
}

// expiry checks DeleteExpired.
func (s suite) expiry(t *testing.T) {
	s.check(t, "bounds", func(t *testing.T, s subject) {
		s.apply(store.Change{Proofs: []store.Proof{
			expiring("oldest", math.MinInt64), expiring("old", -1), expiring("just", now-1),
			expiring("at", now), expiring("after", now+1), expiring("never", math.MaxInt64),
		}})
		s.count(
			store.Counter{Key: key("just"), N: 5, Expires: now - 1},
			store.Counter{Key: key("at"), N: 6, Expires: now},
			store.Counter{Key: key("after"), N: 7, Expires: now + 1},
		)
		if n := s.deleteExpired(math.MinInt64, 99); n != 0 {
			t.Errorf("deleted %d that expire before the smallest number", n)
		}
		if n := s.deleteExpired(now, 99); n != 4 {
			t.Errorf("deleted %d, want 3 proofs and 1 counter", n)
		}
		for _, id := range []string{"oldest", "old", "just"} {
			s.wantNoProof(id)
		}
		left := idsOf(s.proofs("ann", someKind), func(p store.Proof) string { return p.ID })
		wantEqual(t, "proofs left", left, []string{"after", "at", "never"})
		if n := s.deleteExpired(now, 99); n != 0 {
			t.Errorf("deleted %d more at the same time", n)
		}
		s.wantCount(key("just"), 0, 0)
		s.wantCount(key("at"), 0, 6)
		s.wantCount(key("after"), 0, 7)
	})

	s.check(t, "limit", func(t *testing.T, s subject) {
		var change store.Change
		var counters []store.Counter
		for i := range 5 {
			change.Proofs = append(change.Proofs, expiring(fmt.Sprint(i), now-1))
			counters = append(counters, store.Counter{Key: key(fmt.Sprint(i)), N: 1, Expires: now - 1})
		}
		s.apply(change)
		s.count(counters...)
		if n := s.deleteExpired(now, 0); n != 0 || len(s.proofs("ann", someKind)) != 5 {
			t.Errorf("with limit 0 it deleted %d and left %d proofs of 5", n, len(s.proofs("ann", someKind)))
		}
		total := 0
		for range 10 {
			n := s.deleteExpired(now, 3)
			if n > 3 {
				t.Errorf("deleted %d, want 3 at most", n)
			}
			if total += n; n == 0 {
				break
			}
			if left := len(s.proofs("ann", someKind)); left < 5-total {
				t.Errorf("deleted %d by its own count, and %d proofs of 5 are left", total, left)
			}
		}
		if total != 10 {
			t.Errorf("deleted %d by its own count, want 5 proofs and 5 counters", total)
		}
		wantEqual(t, "proofs left", s.proofs("ann", someKind), []store.Proof{})
		for i := range counters {
			s.wantCount(counters[i].Key, 0, 0)
		}
	})

	s.check(t, "leaves everything else", func(t *testing.T, s subject) {
		change := store.Change{
			Accounts: []store.Account{account("ann")}, Proofs: []store.Proof{expiring("p", now)},
			Link: []store.Association{email("x", "ann", address)}, Events: []store.Event{event("e", "ann")},
		}
		change.Accounts[0].CreatedAt, change.Link[0].CreatedAt, change.Events[0].At = 1, 1, 1
		s.apply(change)
		s.count(store.Counter{Key: key("a"), N: 9, Expires: now})
		was := s.account("ann")
		if n := s.deleteExpired(now, 99); n != 0 {
			t.Errorf("deleted %d, want nothing", n)
		}
		wantEqual(t, "account", s.account("ann"), was)
		wantEqual(t, "events", s.events("ann", "", 9), change.Events)
		s.proof("p")
		s.wantCount(key("a"), 0, 9)
	})

	s.check(t, "what expires with a proof is the proof only", func(t *testing.T, s subject) {
		s.apply(store.Change{
			Accounts: []store.Account{account("ann")}, Proofs: []store.Proof{expiring("p", now-1)},
			Link: []store.Association{email("x", "ann", address)}, Events: []store.Event{event("e", "ann")},
		})
		was := s.account("ann")
		if n := s.deleteExpired(now, 99); n != 1 {
			t.Errorf("deleted %d, want the proof", n)
		}
		wantEqual(t, "account", s.account("ann"), was)
		wantEqual(t, "events", s.events("ann", "", 9), []store.Event{event("e", "ann")})
	})

	s.check(t, "an expiry that was moved counts as it is now", func(t *testing.T, s subject) {
		s.apply(store.Change{Proofs: []store.Proof{expiring("longer", now-1), expiring("shorter", now+1)}})
		longer, shorter := expiring("longer", now), expiring("shorter", now-1)
		longer.Version, shorter.Version = 1, 1
		s.apply(store.Change{Proofs: []store.Proof{longer, shorter}})
		if n := s.deleteExpired(now, 99); n != 1 {
			t.Errorf("deleted %d, want 1", n)
		}
		s.proof("longer")
		s.wantNoProof("shorter")
	})

	s.check(t, "R24 a deleted record is missing", func(t *testing.T, s subject) {
		p := expiring("p", now-1)
		s.apply(store.Change{Proofs: []store.Proof{p}})
		s.deleteExpired(now, 99)
		p.Version = 1
		s.refuse(store.Change{Proofs: []store.Proof{p}}, store.ErrConflict)
		p.Version = 0
		s.apply(store.Change{Proofs: []store.Proof{p}})
		if v := s.proof("p").Version; v != 1 {
			t.Errorf("inserted again at version %d, want 1", v)
		}
	})

	s.check(t, "an expired record that is still there exists", func(t *testing.T, s subject) {
		p := expiring("p", 1)
		s.apply(store.Change{Proofs: []store.Proof{p}})
		s.refuse(store.Change{Proofs: []store.Proof{p}}, store.ErrConflict)
	})
}
