package storetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

func key(text string) (k [32]byte) {
	copy(k[:], text)
	return k
}

// count checks the counters.
func (s suite) count(t *testing.T) {
	s.check(t, "adds and tells the new value", func(t *testing.T, s subject) {
		s.wantCount(key("a"), 1, 1)
		s.wantCount(key("a"), 1, 2)
		s.wantCount(key("a"), 5, 7)
	})
	s.check(t, "R31 ten and one are eleven", func(t *testing.T, s subject) {
		s.wantCount(key("a"), 9, 9)
		s.wantCount(key("a"), 1, 10)
		s.wantCount(key("a"), 1, 11)
		s.wantCount(key("a"), 89, 100)
		s.wantCount(key("a"), 10, 110)
	})
	s.check(t, "zero reads", func(t *testing.T, s subject) {
		s.wantCount(key("a"), 0, 0)
		s.wantCount(key("a"), 0, 0)
		s.wantCount(key("a"), 3, 3)
		s.wantCount(key("a"), 0, 3)
		s.wantCount(key("a"), 0, 3)
	})
	s.check(t, "no counters", func(t *testing.T, s subject) { s.count() })
	s.check(t, "many in one call, in their order", func(t *testing.T, s subject) {
		var counters []store.Counter
		var want []int64
		for i := range maxCounters {
			counters = append(counters, store.Counter{Key: key(fmt.Sprint(i * 5 % maxCounters)), N: int64(i), Expires: later})
			want = append(want, int64(i))
		}
		wantEqual(t, "values", s.count(counters...), want)
		slices.Reverse(counters)
		slices.Reverse(want)
		for i := range want {
			want[i] *= 2
		}
		wantEqual(t, "values in reverse", s.count(counters...), want)
	})
	s.check(t, "keys are apart in every bit", func(t *testing.T, s subject) {
		var zero [32]byte
		keys := [][32]byte{zero, key("a"), key("A"), key("a "), key("á"), key("\x00a"), key("7"), key("7fx")}
		for bit := range 256 {
			k := zero
			k[bit/8] = 1 << (bit % 8)
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
		for i, k := range keys {
			s.wantCount(k, int64(i)+1, int64(i)+1)
		}
		for i, k := range keys {
			s.wantCount(k, 0, int64(i)+1)
		}
	})
	s.check(t, "sums are exact to 64 bits", func(t *testing.T, s subject) {
		s.wantCount(key("a"), 1<<31, 1<<31)
		s.wantCount(key("a"), 1<<31, 1<<32)
		s.wantCount(key("b"), 1<<53, 1<<53)
		s.wantCount(key("b"), 1, 1<<53+1)
		s.wantCount(key("c"), math.MaxInt64-1, math.MaxInt64-1)
		s.wantCount(key("c"), 1, math.MaxInt64)
	})
	s.check(t, "a sum too large never starts again", func(t *testing.T, s subject) {
		full := store.Counter{Key: key("a"), N: math.MaxInt64, Expires: later}
		s.count(full)
		for _, n := range []int64{1, math.MaxInt64, 0} {
			full.N = n
			values, err := s.Count(t.Context(), []store.Counter{full})
			if err == nil && values[0] != math.MaxInt64 {
				t.Errorf("adding %d to the largest value gave %d, want that value or an error", n, values[0])
			}
		}
	})
	s.check(t, "an expired counter counts on", func(t *testing.T, s subject) {
		for n := range int64(3) {
			got := s.count(store.Counter{Key: key("a"), N: 1, Expires: 1})[0]
			if got != n+1 {
				t.Errorf("count %d after %d", got, n)
			}
		}
	})
	if !s.serial {
		s.countAtOnce(t)
	}
}

func (s suite) countAtOnce(t *testing.T) {
	one := func(k [32]byte) store.Counter { return store.Counter{Key: k, N: 1, Expires: later} }

	// No failure, and every value from 1 on is told to exactly one caller.
	s.check(t, "R22 one key at once", func(t *testing.T, s1 subject) {
		for r := range s.rounds {
			k := key(fmt.Sprint(r))
			told := make([]int64, s.callers)
			for _, err := range atOnce(s.callers, func(i int) error {
				values, err := s1.Count(t.Context(), []store.Counter{one(k)})
				if err == nil {
					told[i] = values[0]
				}
				return err
			}) {
				if err != nil {
					t.Fatalf("Count: %v", err)
				}
			}
			wantEachOnce(t, told)
			s1.wantCount(k, 0, int64(s.callers))
		}
	})

	// Keys in opposite orders are how databases come to deadlock, and one that
	// tries again must not have counted the first of them.
	s.check(t, "R32 keys in opposite orders at once", func(t *testing.T, s1 subject) {
		for r := range s.rounds {
			var told [maxCounters][]int64 // by key, then by caller
			var counters []store.Counter
			for k := range told {
				told[k] = make([]int64, s.callers)
				counters = append(counters, one(key(fmt.Sprintf("%d-%d", r, k))))
			}
			reversed := slices.Clone(counters)
			slices.Reverse(reversed)
			for _, err := range atOnce(s.callers, func(i int) error {
				asked := slices.Clone(counters)
				if i%2 == 1 {
					asked = slices.Clone(reversed)
				}
				values, err := s1.Count(t.Context(), asked)
				if err == nil && len(values) != len(asked) {
					err = fmt.Errorf("told %d values for %d counters", len(values), len(asked))
				}
				if err != nil {
					return err
				}
				if i%2 == 1 {
					slices.Reverse(values)
				}
				for k, v := range values {
					told[k][i] = v
				}
				return nil
			}) {
				if err != nil {
					t.Fatalf("Count: %v", err)
				}
			}
			for k := range told {
				wantEachOnce(t, told[k])
				s1.wantCount(counters[k].Key, 0, int64(s.callers))
			}
		}
	})
}

// wantEachOnce must be every value from 1 on.
func wantEachOnce(t *testing.T, told []int64) {
	t.Helper()
	slices.Sort(told)
	for i, v := range told {
		if v != int64(i)+1 {
			t.Fatalf("%d callers were told %v, want every value from 1 once", len(told), told)
		}
	}
}
