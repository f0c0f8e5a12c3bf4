package storetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// mortal is a kind of record that DeleteExpired deletes.
type mortal struct {
	name string

	// put writes a record of ann's; the ID is of one digit.
	put func(s subject, id string, expires int64)

	// left are the IDs of those that put wrote and that are still there.
	left func(s subject) []string
}

func mortals() []mortal {
	const ids = "0123456789"
	return []mortal{
		{
			"proofs",
			func(s subject, id string, expires int64) {
				s.apply(store.Change{Proofs: []store.Proof{expiring(id, expires)}})
			},
			func(s subject) []string { return proofIDs(s.proofs("ann", someKind)) },
		},
		{
			"counters",
			func(s subject, id string, expires int64) {
				s.count(store.Counter{Key: key(id), N: 5, Expires: expires})
			},
			func(s subject) []string {
				var left []string
				for _, id := range ids {
					switch n := s.count(store.Counter{Key: key(string(id)), Expires: later})[0]; n {
					case 5:
						left = append(left, string(id))
					case 0:
					default:
						s.t.Errorf("counter %c is %d, want 5 or nothing", id, n)
					}
				}
				return left
			},
		},
		{
			"events",
			func(s subject, id string, expires int64) {
				e := event(string('9'-id[0]+'0'), "ann") // as Events turns their order round
				e.Expires = expires
				s.apply(store.Change{Events: []store.Event{e}})
			},
			func(s subject) []string {
				return idsOf(s.events("ann", "", 99), func(e store.Event) string { return string('9' - e.ID[0] + '0') })
			},
		},
		{
			"notices",
			func(s subject, id string, expires int64) {
				n := notice(id, "ann")
				n.Expires = expires
				s.apply(store.Change{Notices: []store.Notice{n}})
			},
			func(s subject) []string { return noticeIDs(s.allNotices()) },
		},
	}
}

func expiring(id string, expires int64) store.Proof {
	p := proof(id, "ann")
	p.Expires = expires
	return p
}

func proofIDs(list []store.Proof) []string {
	return idsOf(list, func(p store.Proof) string { return p.ID })
}

// expiry checks DeleteExpired.
func (s suite) expiry(t *testing.T) {
	for _, kind := range mortals() {
		s.check(t, "bounds of "+kind.name, func(t *testing.T, s subject) {
			for i, expires := range []int64{math.MinInt64, -1, now - 1, now, now + 1, math.MaxInt64} {
				kind.put(s, fmt.Sprint(i), expires)
			}
			for _, sweep := range []struct {
				before int64
				want   int
				left   []string
			}{
				{math.MinInt64, 0, []string{"0", "1", "2", "3", "4", "5"}},
				{math.MinInt64 + 1, 1, []string{"1", "2", "3", "4", "5"}},
				{now, 2, []string{"3", "4", "5"}},
				{now, 0, []string{"3", "4", "5"}},
				{now + 1, 1, []string{"4", "5"}},
				{math.MaxInt64, 1, []string{"5"}},
			} {
				if n := s.deleteExpired(sweep.before, 99); n != sweep.want {
					t.Errorf("deleted %d that expire before %d, want %d", n, sweep.before, sweep.want)
				}
				wantEqual(t, "left", kind.left(s), sweep.left)
			}
		})
	}

	s.check(t, "limit", func(t *testing.T, s subject) {
		const each, limit = 5, 3
		left := func() (n int) {
			for _, kind := range mortals() {
				n += len(kind.left(s))
			}
			return n
		}
		for _, kind := range mortals() {
			for i := range each {
				kind.put(s, fmt.Sprint(i), now-1)
			}
		}
		all := left()
		if n := s.deleteExpired(now, 0); n != 0 || left() != all {
			t.Errorf("with limit 0 it deleted %d and left %d of %d", n, left(), all)
		}
		total := 0
		for range all + 1 {
			n := s.deleteExpired(now, limit)
			if n > limit {
				t.Errorf("deleted %d, want %d at most", n, limit)
			}
			total += n
			if there := left(); there != all-total {
				t.Fatalf("deleted %d of %d by its own count, and %d are left", total, all, there)
			}
			if n == 0 {
				break
			}
		}
		if want := each * len(mortals()); total != want {
			t.Errorf("deleted %d by its own count, want %d", total, want)
		}
	})

	s.survivors(t)
	for _, kind := range renewables() {
		s.expiredOnes(t, kind)
	}
}

// survivors checks what DeleteExpired leaves.
func (s suite) survivors(t *testing.T) {
	write := func(s subject, expires int64) store.Change {
		s.t.Helper()
		a, p, x := account("ann"), expiring("p", expires), email("x", "ann", address)
		e, n := event("e", "ann"), due("n", 1)
		a.CreatedAt, p.CreatedAt, x.CreatedAt, e.At, n.Expires = 1, 1, 1, 1, now
		change := store.Change{
			Accounts: []store.Account{a}, Proofs: []store.Proof{p}, Link: []store.Association{x},
			Events: []store.Event{e}, Notices: []store.Notice{n},
		}
		s.apply(change)
		s.count(store.Counter{Key: key("a"), N: 9, Expires: now})
		return change
	}
	s.check(t, "leaves everything else", func(t *testing.T, s subject) {
		write(s, now)
		was := s.everything()
		if n := s.deleteExpired(now, 99); n != 0 {
			t.Errorf("deleted %d, want nothing", n)
		}
		wantEqual(t, "everything", s.everything(), was)
		s.wantCount(key("a"), 0, 9)
	})
	s.check(t, "what expires with a proof is the proof only", func(t *testing.T, s subject) {
		change := write(s, now-1)
		was := s.account("ann")
		if n := s.deleteExpired(now, 99); n != 1 {
			t.Errorf("deleted %d, want the proof", n)
		}
		s.wantNoProof("p")
		wantEqual(t, "account", s.account("ann"), was)
		wantEqual(t, "events", s.events("ann", "", 9), change.Events)
		wantEqual(t, "notices", noticeIDs(s.allNotices()), []string{"n"})
		s.wantCount(key("a"), 0, 9)
	})
}

// expiredOnes checks what is true of expired records of a kind that have
// versions.
func (s suite) expiredOnes(t *testing.T, kind renewable) {
	s.check(t, "an expiry that was moved counts as it is now, "+kind.name, func(t *testing.T, s subject) {
		s.apply(join(kind.change("longer", 0, now-1), kind.change("shorter", 0, now+1)))
		s.apply(join(kind.change("longer", 1, now), kind.change("shorter", 1, now-1)))
		if n := s.deleteExpired(now, 99); n != 1 {
			t.Errorf("deleted %d, want 1", n)
		}
		wantEqual(t, "left", kind.there(s), []string{"longer"})
	})
	s.check(t, "R24 a deleted "+kind.name+" is missing", func(t *testing.T, s subject) {
		s.apply(kind.change("a", 0, now-1))
		s.deleteExpired(now, 99)
		s.refuse(kind.change("a", 1, now-1), store.ErrConflict)
		wantEqual(t, "after the refusal", kind.there(s), []string{})
		s.apply(kind.change("a", 0, now-1))
		s.apply(kind.change("a", 1, now-1)) // so it was inserted at version 1
	})
	s.check(t, "an expired "+kind.name+" that is still there exists", func(t *testing.T, s subject) {
		s.apply(kind.change("a", 0, 1))
		s.refuse(kind.change("a", 0, later), store.ErrConflict)
		s.apply(kind.change("a", 1, 1))
	})
}
