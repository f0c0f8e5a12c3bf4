package storetest_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/ligature-auth/ligature/store"
)

// onCount is a store whose Count keeps its own numbers and calls add for each
// counter. load and save are atomic; what lies between is add's.
func onCount(add func(c store.Counter, load func([32]byte) int64, save func([32]byte, int64)) int64) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		var mu sync.Mutex
		numbers := map[[32]byte]int64{}
		load := func(key [32]byte) int64 {
			mu.Lock()
			defer mu.Unlock()
			return numbers[key]
		}
		save := func(key [32]byte, n int64) {
			mu.Lock()
			defer mu.Unlock()
			numbers[key] = n
		}
		return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			values := make([]int64, len(counters))
			for i, c := range counters {
				values[i] = add(c, load, save)
			}
			return values, nil
		}}
	}
}

// onCounters changes what a good Count is asked.
func onCounters(rewrite func(c *store.Counter)) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
			counters = slices.Clone(counters)
			for i := range counters {
				rewrite(&counters[i])
			}
			return good.Count(ctx, counters)
		}}
	}
}

// deadlocking is a store whose Count locks its keys in the order in which they are
// asked for. Where it would wait it gives up, or else leaves what it has counted so
// far to again, and counts anew.
func deadlocking(again func(ctx context.Context, good store.Store, counted []store.Counter) error) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		var locks sync.Map // by key
		try := func(counters []store.Counter) (counted int, err error) {
			for i, c := range counters {
				lock, _ := locks.LoadOrStore(c.Key, &sync.Mutex{})
				if !lock.(*sync.Mutex).TryLock() {
					return i, errors.New("deadlock found")
				}
				defer lock.(*sync.Mutex).Unlock()
				yield()
			}
			return len(counters), nil
		}
		return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
			counted, err := try(counters)
			if err != nil {
				if again == nil {
					return nil, err
				}
				if err := again(ctx, good, counters[:counted]); err != nil {
					return nil, err
				}
			}
			return good.Count(ctx, counters)
		}}
	}
}

// sweepCopy is a store whose DeleteExpired makes a copy of the counters that live,
// lets others count, and puts the copy in their place.
func sweepCopy(good store.Store) store.Store {
	type number struct{ n, expires int64 }
	var mu sync.Mutex
	numbers, calls := map[[32]byte]number{}, 0
	seen := func() int {
		mu.Lock()
		defer mu.Unlock()
		return calls
	}
	return fake{
		Store: good,
		count: func(_ context.Context, counters []store.Counter) ([]int64, error) {
			yield()
			mu.Lock()
			defer mu.Unlock()
			calls++
			values := make([]int64, len(counters))
			for i, c := range counters {
				values[i] = numbers[c.Key].n + c.N
				numbers[c.Key] = number{values[i], c.Expires}
			}
			return values, nil
		},
		deleteExpired: func(_ context.Context, before int64, limit int) (int, error) {
			was, live, deleted := seen(), map[[32]byte]number{}, 0
			mu.Lock()
			for key, c := range numbers {
				if c.expires < before && deleted < limit {
					deleted++
				} else {
					live[key] = c
				}
			}
			mu.Unlock()
			for tries := 0; tries < 1000 && deleted > 0 && seen() == was; tries++ {
				yield()
			}
			mu.Lock()
			defer mu.Unlock()
			numbers = live
			return deleted, nil
		},
	}
}

func countBreakages() []breakage {
	type loader = func([32]byte) int64
	type saver = func([32]byte, int64)
	notAtomic := onCount(func(c store.Counter, load loader, save saver) int64 {
		n := load(c.Key)
		yield()
		save(c.Key, n+c.N)
		return n + c.N
	})
	return []breakage{
		{"non-atomic Count", "count/R22_one_key_at_once", notAtomic},
		{"non-atomic Count of several", "count/R32_keys_in_opposite_orders_at_once", notAtomic},
		{"count deadlocks", "count/R32_keys_in_opposite_orders_at_once", deadlocking(nil)},
		{"count tries again what it has counted", "count/R32_keys_in_opposite_orders_at_once", deadlocking(
			func(ctx context.Context, good store.Store, counted []store.Counter) error {
				_, err := good.Count(ctx, counted)
				return err
			})},
		{"count takes seven keys", "count/many_in_one_call,_in_their_order", func(good store.Store) store.Store {
			return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
				if len(counters) > 7 {
					return nil, errors.New("too many parameters")
				}
				return good.Count(ctx, counters)
			}}
		}},
		{"DeleteExpired writes back a copy of the counters", "race/R29_a_live_counter_is_exact_while_others_are_deleted", sweepCopy},
		{"count tells the old value", "count/adds_and_tells_the_new_value", func(good store.Store) store.Store {
			return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
				values, err := good.Count(ctx, counters)
				for i := range values {
					values[i] -= counters[i].N
				}
				return values, err
			}}
		}},
		{"string counter", "count/R31_ten_and_one_are_eleven", onCount(
			func(c store.Counter, load loader, save saver) int64 {
				n := load(c.Key)
				if n < 10 {
					n += c.N
				} else {
					n, _ = strconv.ParseInt(strconv.FormatInt(n, 10)+strconv.FormatInt(c.N, 10), 10, 64)
				}
				save(c.Key, n)
				return n
			})},
		{"count takes zero for one", "count/zero_reads", onCounters(func(c *store.Counter) { c.N = max(c.N, 1) })},
		{"count ends keys early", "count/keys_are_apart_in_every_bit", onCounters(
			func(c *store.Counter) { clear(c.Key[16:]) })},
		{"count is in floats", "count/sums_are_exact_to_64_bits", onCount(
			func(c store.Counter, load loader, save saver) int64 {
				n := int64(float64(load(c.Key)) + float64(c.N))
				save(c.Key, n)
				return n
			})},
		{"count wraps", "count/a_sum_too_large_never_starts_again", onCount(
			func(c store.Counter, load loader, save saver) int64 {
				n := load(c.Key) + c.N
				save(c.Key, n)
				return n
			})},
		{"count is of 32 bits", "count/sums_are_exact_to_64_bits", onCount(
			func(c store.Counter, load loader, save saver) int64 {
				n := min(load(c.Key)+c.N, math.MaxInt32)
				save(c.Key, n)
				return n
			})},
		{"count has a clock", "count/an_expired_counter_counts_on", onCount(
			func(c store.Counter, load loader, save saver) int64 {
				n := c.N
				if c.Expires > 1_000_000 {
					n += load(c.Key)
				}
				save(c.Key, n)
				return n
			})},
		{"count answers in the order of keys", "count/many_in_one_call,_in_their_order", func(good store.Store) store.Store {
			return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
				counters = slices.Clone(counters)
				slices.SortFunc(counters, func(a, b store.Counter) int { return cmp.Compare(string(a.Key[:]), string(b.Key[:])) })
				return good.Count(ctx, counters)
			}}
		}},
	}
}
