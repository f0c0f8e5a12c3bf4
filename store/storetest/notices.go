package storetest

import (
	"math"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

func due(id string, at int64) store.Notice {
	n := notice(id, "ann")
	n.Due = at
	return n
}

func noticeIDs(list []store.Notice) []string {
	return idsOf(list, func(n store.Notice) string { return n.ID })
}

// notices checks what is owed to whom, and from when on. Versions are a matter of
// the topics apply, atomic and race.
func (s suite) notices(t *testing.T) {
	s.check(t, "none", func(t *testing.T, s subject) {
		s.apply(join(accounts("ann"), store.Change{Events: []store.Event{event("e", "ann")}}))
		wantEqual(t, "notices", s.notices(math.MaxInt64, 99), []store.Notice{})
	})

	s.check(t, "written with the Change they tell of", func(t *testing.T, s subject) {
		n := store.Notice{ID: "n", Account: "ann", Due: now - 3, Expires: later + 5, Data: []byte("bound")}
		m := store.Notice{ID: "m", Due: math.MinInt64, Expires: math.MaxInt64}
		s.apply(join(accounts("ann"), store.Change{Notices: []store.Notice{n, m}}))
		n.Version, m.Version = 1, 1
		for range 2 { // to read one is not to take it
			wantEqual(t, "notices", s.notices(now, 99), []store.Notice{m, n})
		}
		m.Due, m.Expires = math.MaxInt64, math.MinInt64
		s.apply(store.Change{Notices: []store.Notice{m}})
		m.Version = 2
		wantEqual(t, "notices after a replacement", s.notices(math.MaxInt64, 99), []store.Notice{n, m})
	})

	s.dueBound(t)
	s.noticeOrder(t)

	s.check(t, "an expired notice is still read", func(t *testing.T, s subject) {
		n := due("n", now)
		n.Expires = 1
		s.apply(store.Change{Notices: []store.Notice{n}})
		n.Version = 1
		wantEqual(t, "notices", s.notices(now, 99), []store.Notice{n})
		s.apply(store.Change{Notices: []store.Notice{n}})
	})

	s.check(t, "a leased notice comes back when it is due again", func(t *testing.T, s subject) {
		n := due("n", now)
		s.apply(store.Change{Notices: []store.Notice{n, due("other", now)}})
		for version := range int64(3) {
			n.Version, n.Due = version+1, n.Due+10
			s.apply(store.Change{Notices: []store.Notice{n}})
			wantEqual(t, "while it is leased", noticeIDs(s.notices(n.Due-1, 99)), []string{"other"})
			wantEqual(t, "afterwards", noticeIDs(s.notices(n.Due, 99)), []string{"other", "n"})
		}
		n.Version, n.Due = 4, now-1
		s.apply(store.Change{Notices: []store.Notice{n}})
		wantEqual(t, "put forward", noticeIDs(s.notices(now-1, 99)), []string{"n"})
	})

	s.check(t, "a refused lease moves nothing", func(t *testing.T, s subject) {
		n := due("n", now)
		s.apply(store.Change{Notices: []store.Notice{n}})
		n.Version = 1
		leased, stale := n, n
		leased.Due, stale.Due = now+20, now-20
		s.apply(store.Change{Notices: []store.Notice{leased}})
		s.refuse(store.Change{Notices: []store.Notice{stale}}, store.ErrConflict)
		wantEqual(t, "until the lease ends", s.notices(now+19, 99), []store.Notice{})
		leased.Version = 2
		wantEqual(t, "from then on", s.notices(now+20, 99), []store.Notice{leased})
	})
}

// dueBound checks that a notice is due from Due on, to the microsecond.
func (s suite) dueBound(t *testing.T) {
	for _, tt := range []struct {
		name string
		due  int64
	}{
		{"now", now},
		{"at the epoch", 0},
		{"before the epoch", -1},
		{"beyond float64", 1<<53 + 1},
		{"never", math.MaxInt64},
		{"always", math.MinInt64 + 1},
	} {
		s.check(t, "due "+tt.name, func(t *testing.T, s subject) {
			n := due("n", tt.due)
			s.apply(store.Change{Notices: []store.Notice{n}})
			n.Version = 1
			wantEqual(t, "a microsecond early", s.notices(tt.due-1, 99), []store.Notice{})
			wantEqual(t, "in time", s.notices(tt.due, 99), []store.Notice{n})
			wantEqual(t, "at the end of time", s.notices(math.MaxInt64, 99), []store.Notice{n})
		})
	}
}

func (s suite) noticeOrder(t *testing.T) {
	// IDs whose byte order is not that of numbers, letters, time or insertion.
	earliest := []store.Notice{
		due("z", math.MinInt64), due("c", -5), due("10", 20), due("9", 20), due("B", 20), due("a", 20), due("0", 100),
		due("A", 101),
	}
	write := func(s subject) {
		s.t.Helper()
		for _, i := range []int{4, 0, 7, 6, 2, 5, 3, 1} {
			s.apply(store.Change{Notices: earliest[i : i+1]})
		}
	}
	for _, tt := range []struct {
		name  string
		now   int64
		limit int
		want  []string
	}{
		{"earliest first", 100, 99, []string{"z", "c", "10", "9", "B", "a", "0"}},
		{"the earliest up to the limit", 100, 4, []string{"z", "c", "10", "9"}},
		{"as many as the limit", 100, 7, []string{"z", "c", "10", "9", "B", "a", "0"}},
		{"limit 1", 100, 1, []string{"z"}},
		{"limit 0", 100, 0, []string{}},
		{"those that are due, up to the limit", 20, 6, []string{"z", "c", "10", "9", "B", "a"}},
	} {
		s.check(t, tt.name, func(t *testing.T, s subject) {
			write(s)
			wantEqual(t, "notices", noticeIDs(s.notices(tt.now, tt.limit)), tt.want)
		})
	}
	s.check(t, "in the order of what is due now", func(t *testing.T, s subject) {
		write(s)
		moved := slices.Clone(earliest[:2])
		moved[0].Version, moved[0].Due = 1, 21
		moved[1].Version, moved[1].Due = 1, 20
		s.apply(store.Change{Notices: moved})
		wantEqual(t, "notices", noticeIDs(s.notices(99, 99)), []string{"10", "9", "B", "a", "c", "z"})
	})
}
