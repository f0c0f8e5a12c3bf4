package storetest_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ligature-auth/ligature/store"
)

// onDelete has a DeleteExpired of its own.
func onDelete(del func(ctx context.Context, good store.Store, before int64, limit int) (int, error)) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return fake{Store: good, deleteExpired: func(ctx context.Context, before int64, limit int) (int, error) {
			return del(ctx, good, before, limit)
		}}
	}
}

func expiryBreakages() []breakage {
	return []breakage{
		{"what expires now is deleted", "expiry/bounds_of_proofs", onDelete(
			func(ctx context.Context, good store.Store, before int64, limit int) (int, error) {
				return good.DeleteExpired(ctx, before+1, limit)
			})},
		{"what expired just now stays", "expiry/bounds_of_proofs", onDelete(
			func(ctx context.Context, good store.Store, before int64, limit int) (int, error) {
				return good.DeleteExpired(ctx, max(before, math.MinInt64+1)-1, limit)
			})},
		{"the living are deleted", "expiry/leaves_everything_else", onDelete(
			func(ctx context.Context, good store.Store, _ int64, limit int) (int, error) {
				return good.DeleteExpired(ctx, math.MaxInt64, limit)
			})},
		{"DeleteExpired ignores its limit", "expiry/limit", onDelete(
			func(ctx context.Context, good store.Store, before int64, _ int) (int, error) {
				return good.DeleteExpired(ctx, before, math.MaxInt)
			})},
		{"DeleteExpired without a limit is unlimited", "expiry/limit", onDelete(
			func(ctx context.Context, good store.Store, before int64, limit int) (int, error) {
				if limit == 0 {
					limit = math.MaxInt
				}
				return good.DeleteExpired(ctx, before, limit)
			})},
		{"DeleteExpired deletes more than it says", "expiry/limit", onDelete(
			func(ctx context.Context, good store.Store, before int64, limit int) (int, error) {
				n, err := good.DeleteExpired(ctx, before, 2*limit)
				return min(n, limit), err
			})},
		{"events go with their proof", "expiry/what_expires_with_a_proof_is_the_proof_only", func(good store.Store) store.Store {
			swept := false
			return fake{
				Store: good,
				deleteExpired: func(ctx context.Context, before int64, limit int) (int, error) {
					swept = true
					return good.DeleteExpired(ctx, before, limit)
				},
				events: func(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
					if swept {
						return nil, nil
					}
					return good.Events(ctx, account, before, limit)
				},
			}
		}},
		{"an expired proof is overwritten", "expiry/an_expired_proof_that_is_still_there_exists", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, p := range change.Proofs {
					if old, _, err := good.Proof(ctx, p.ID); err == nil && old.Expires < 1_000_000 && p.Version == 0 {
						change.Proofs[i].Version = old.Version
					}
				}
				return good.Apply(ctx, change)
			})},
		{"a deleted proof is inserted by its next version", "expiry/R24_a_deleted_proof_is_missing", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, p := range change.Proofs {
					if storedProof(ctx, good, p.ID) == 0 {
						change.Proofs[i].Version = 0
					}
				}
				return good.Apply(ctx, change)
			})},
		{"an expired notice is overwritten", "expiry/an_expired_notice_that_is_still_there_exists", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, n := range change.Notices {
					if old := storedNotice(ctx, good, n.ID); old.Expires < 1_000_000 && n.Version == 0 {
						change.Notices[i].Version = old.Version
					}
				}
				return good.Apply(ctx, change)
			})},
		{"a deleted notice is inserted by its next version", "expiry/R24_a_deleted_notice_is_missing", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, n := range change.Notices {
					if storedNotice(ctx, good, n.ID).Version == 0 {
						change.Notices[i].Version = 0
					}
				}
				return good.Apply(ctx, change)
			})},
		{"DeleteExpired has a limit for each kind", "expiry/limit", onDelete(
			func(ctx context.Context, good store.Store, before int64, limit int) (int, error) {
				return good.DeleteExpired(ctx, before, 4*limit)
			})},
		{"DeleteExpired does not count events", "expiry/bounds_of_events", onDelete(
			func(ctx context.Context, good store.Store, before int64, limit int) (int, error) {
				was, _ := good.Events(ctx, "ann", "", 99)
				n, err := good.DeleteExpired(ctx, before, limit)
				left, _ := good.Events(ctx, "ann", "", 99)
				return n - len(was) + len(left), err
			})},
		{"DeleteExpired forgets notices", "expiry/bounds_of_notices", expireBy(nil,
			func(store.Notice) int64 { return math.MaxInt64 })},
		{"DeleteExpired forgets events", "expiry/bounds_of_events", expireBy(
			func(store.Event) int64 { return math.MaxInt64 }, nil)},
		{"notices expire when they are due", "expiry/leaves_everything_else", expireBy(nil,
			func(n store.Notice) int64 { return n.Due })},
		{"events expire when they happen", "expiry/leaves_everything_else", expireBy(
			func(e store.Event) int64 { return e.At }, nil)},
		{"a notice expires when it first would", "expiry/an_expiry_that_was_moved_counts_as_it_is_now,_notice",
			func(good store.Store) store.Store {
				first := map[string]int64{}
				return expireBy(nil, func(n store.Notice) int64 {
					if n.Version == 0 {
						first[n.ID] = n.Expires
					}
					return first[n.ID]
				})(good)
			}},
		{"DeleteExpired checks, then acts on proofs", "race/R29_a_renewed_proof_is_kept", deleteLater(deleteByID)},
		{"DeleteExpired checks, then acts on notices", "race/R29_a_renewed_notice_is_kept", deleteLater(deleteByID)},
		{"DeleteExpired counts what it looked at", "race/R29_a_renewed_proof_is_kept", deleteLater(
			func(ctx context.Context, good store.Store, before int64, proofs []store.Proof, notices []store.Notice) (int, error) {
				_, err := good.DeleteExpired(ctx, before, len(proofs)+len(notices))
				return len(proofs) + len(notices), err
			})},
	}
}

// expireBy is a store that deletes events, notices or both by another number than
// their Expires, which it tells as it was.
func expireBy(event func(store.Event) int64, notice func(store.Notice) int64) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		var mu sync.Mutex
		events, notices := map[string]int64{}, map[string]int64{} // the true ones, by ID
		f := onApply(func(ctx context.Context, good store.Store, change store.Change) error {
			mu.Lock()
			defer mu.Unlock()
			for i, e := range change.Events {
				if events[e.ID] = e.Expires; event != nil {
					change.Events[i].Expires = event(e)
				}
			}
			for i, n := range change.Notices {
				if notices[n.ID] = n.Expires; notice != nil {
					change.Notices[i].Expires = notice(n)
				}
			}
			return good.Apply(ctx, change)
		})(good).(fake)
		f.events = func(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			list, err := good.Events(ctx, account, before, limit)
			for i, e := range list {
				list[i].Expires = events[e.ID]
			}
			return list, err
		}
		f.notices = func(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
			mu.Lock()
			defer mu.Unlock()
			list, err := good.Notices(ctx, now, limit)
			for i, n := range list {
				list[i].Expires = notices[n.ID]
			}
			return list, err
		}
		return f
	}
}

// deleteLater looks for the proofs and notices that have expired, lets others
// write, and then acts on what it found.
func deleteLater(
	act func(ctx context.Context, good store.Store, before int64, proofs []store.Proof, notices []store.Notice) (int, error),
) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		var writes atomic.Int64
		f := onApply(func(ctx context.Context, good store.Store, change store.Change) error {
			yield()
			defer writes.Add(1)
			return good.Apply(ctx, change)
		})(good).(fake)
		f.deleteExpired = func(ctx context.Context, before int64, limit int) (int, error) {
			seen := writes.Load()
			proofs, _ := good.Proofs(ctx, "ann", 3)
			notices, _ := good.Notices(ctx, math.MaxInt64, math.MaxInt)
			proofs = slices.DeleteFunc(proofs, func(p store.Proof) bool { return p.Expires >= before })
			notices = slices.DeleteFunc(notices, func(n store.Notice) bool { return n.Expires >= before })
			proofs, notices = proofs[:min(limit, len(proofs))], notices[:min(limit, len(notices))]
			for tries := 0; tries < 1000 && len(proofs)+len(notices) > 0 && writes.Load() == seen; tries++ {
				yield()
			}
			return act(ctx, good, before, proofs, notices)
		}
		return f
	}
}

// deleteByID deletes by the only way that a good store has to lose a live record.
func deleteByID(ctx context.Context, good store.Store, _ int64, proofs []store.Proof, notices []store.Notice) (int, error) {
	doomed := 0
	doom := func(read func() (store.Change, bool)) {
		for {
			change, there := read()
			if !there {
				return
			}
			if good.Apply(ctx, change) == nil {
				doomed++
				return
			}
		}
	}
	for _, p := range proofs {
		doom(func() (store.Change, bool) {
			now, _, err := good.Proof(ctx, p.ID)
			if err != nil {
				return store.Change{}, false
			}
			now.Expires = math.MinInt64
			return store.Change{Proofs: []store.Proof{*now}}, true
		})
	}
	for _, n := range notices {
		doom(func() (store.Change, bool) {
			now := storedNotice(ctx, good, n.ID)
			now.Expires = math.MinInt64
			return store.Change{Notices: []store.Notice{now}}, now.Version > 0
		})
	}
	return good.DeleteExpired(ctx, math.MinInt64+1, doomed)
}
