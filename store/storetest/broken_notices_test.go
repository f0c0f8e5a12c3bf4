package storetest_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/ligature-auth/ligature/store"
)

// storedNotice is the notice as it is now, with version 0 for none.
func storedNotice(ctx context.Context, good store.Store, id string) store.Notice {
	list, _ := good.Notices(ctx, math.MaxInt64, math.MaxInt)
	for _, n := range list {
		if n.ID == id {
			return n
		}
	}
	return store.Notice{}
}

// rewriteNotices is a store that stores something else of a notice.
func rewriteNotices(rewrite func(n *store.Notice)) func(store.Store) store.Store {
	return onApply(func(ctx context.Context, good store.Store, change store.Change) error {
		for i := range change.Notices {
			rewrite(&change.Notices[i])
		}
		return good.Apply(ctx, change)
	})
}

// leaseUnguarded checks the version of a notice, and then writes what it would.
func leaseUnguarded(ctx context.Context, good store.Store, change store.Change) error {
	for _, n := range change.Notices {
		if n.Version > 0 && n.Version != storedNotice(ctx, good, n.ID).Version {
			return store.ErrConflict
		}
	}
	yield()
	for {
		for i, n := range change.Notices {
			if n.Version > 0 {
				change.Notices[i].Version = storedNotice(ctx, good, n.ID).Version
			}
		}
		if err := good.Apply(ctx, change); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func leaseBreakages() []breakage {
	return []breakage{
		{"dropped guard on notices", "apply/notices/stale_version", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, n := range change.Notices {
					if n.Version > 0 {
						change.Notices[i].Version = storedNotice(ctx, good, n.ID).Version
					}
				}
				return good.Apply(ctx, change)
			})},
		{"unread affected rows of a lease", "notices/a_refused_lease_moves_nothing", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				change.Notices = slices.DeleteFunc(change.Notices, func(n store.Notice) bool {
					return n.Version != storedNotice(ctx, good, n.ID).Version
				})
				return good.Apply(ctx, change)
			})},
		{"a notice is inserted over another", "apply/notices/insert_of_a_known_ID", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, n := range change.Notices {
					if n.Version == 0 {
						change.Notices[i].Version = storedNotice(ctx, good, n.ID).Version
					}
				}
				return good.Apply(ctx, change)
			})},
		{"a missing notice is inserted by any version", "apply/notices/R24_replace_of_a_missing_record", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, n := range change.Notices {
					if storedNotice(ctx, good, n.ID).Version == 0 {
						change.Notices[i].Version = 0
					}
				}
				return good.Apply(ctx, change)
			})},
		{"a lease checks, then acts", "race/R23_lease_of_a_notice", onApply(leaseUnguarded)},
		{"a lease checks, then acts, and many deliver", "race/R23_many_deliverers_lease_each_notice_once", onApply(leaseUnguarded)},
		{"a lease is a read", "notices/written_with_the_Change_they_tell_of", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				list, err := good.Notices(ctx, now, limit)
				for _, n := range list {
					n.Due = math.MaxInt64
					err = errors.Join(err, good.Apply(ctx, store.Change{Notices: []store.Notice{n}}))
				}
				return list, err
			})},
		{"a lease never ends", "notices/a_leased_notice_comes_back_when_it_is_due_again", filterNotices(
			func(n store.Notice, _ int64) bool { return n.Version == 1 })},
		{"a lease is not seen", "notices/a_leased_notice_comes_back_when_it_is_due_again", func(good store.Store) store.Store {
			var mu sync.Mutex
			first := map[string]int64{}
			f := onApply(func(ctx context.Context, good store.Store, change store.Change) error {
				mu.Lock()
				defer mu.Unlock()
				for _, n := range change.Notices {
					if _, known := first[n.ID]; !known {
						first[n.ID] = n.Due
					}
				}
				return good.Apply(ctx, change)
			})(good).(fake)
			f.notices = func(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
				mu.Lock()
				defer mu.Unlock()
				list, err := good.Notices(ctx, math.MaxInt64, math.MaxInt)
				list = slices.DeleteFunc(list, func(n store.Notice) bool { return first[n.ID] > now })
				return list[:min(limit, len(list))], err
			}
			return f
		}},
	}
}

// filterNotices is a store that hides some of the notices that are due.
func filterNotices(keep func(n store.Notice, now int64) bool) func(store.Store) store.Store {
	return onNotices(func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
		list, err := good.Notices(ctx, now, math.MaxInt)
		list = slices.DeleteFunc(list, func(n store.Notice) bool { return !keep(n, now) })
		return list[:min(limit, len(list))], err
	})
}

// sortNotices is a store whose notices have another order.
func sortNotices(compare func(a, b store.Notice) int) func(store.Store) store.Store {
	return onNotices(func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
		list, err := good.Notices(ctx, now, math.MaxInt)
		slices.SortFunc(list, compare)
		return list[:min(limit, len(list))], err
	})
}

func noticeBreakages() []breakage {
	byID := func(a, b store.Notice) int { return strings.Compare(a.ID, b.ID) }
	return []breakage{
		{"notices are lost", "notices/written_with_the_Change_they_tell_of", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				change.Notices = nil
				return good.Apply(ctx, change)
			})},
		{"no notices is an error", "notices/none", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				list, err := good.Notices(ctx, now, limit)
				if err == nil && len(list) == 0 {
					err = store.ErrNotFound
				}
				return list, err
			})},
		{"what is due now is not due", "notices/due_now", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				return good.Notices(ctx, max(now, math.MinInt64+1)-1, limit)
			})},
		{"what is due in a microsecond is due", "notices/due_now", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				return good.Notices(ctx, min(now, math.MaxInt64-1)+1, limit)
			})},
		{"truncated micros of the due index", "notices/due_now", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				return good.Notices(ctx, now-now%1000+999, limit)
			})},
		{"due is a float", "notices/due_beyond_float64", rewriteNotices(
			func(n *store.Notice) { n.Due = int64(float64(n.Due)) })},
		{"due is seconds of 32 bits", "notices/due_never", rewriteNotices(
			func(n *store.Notice) { n.Due = min(n.Due, math.MaxInt32*1_000_000) })},
		{"due has no sign", "notices/due_before_the_epoch", rewriteNotices(
			func(n *store.Notice) { n.Due = max(n.Due, 0) })},
		{"notices come in the order of IDs", "notices/earliest_first", sortNotices(byID)},
		{"notices come latest first", "notices/earliest_first", sortNotices(
			func(a, b store.Notice) int { return cmp.Or(cmp.Compare(b.Due, a.Due), byID(a, b)) })},
		{"notices of one time come in the order of length", "notices/earliest_first", sortNotices(
			func(a, b store.Notice) int {
				return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(len(a.ID), len(b.ID)), byID(a, b))
			})},
		{"the limit comes before the order", "notices/the_earliest_up_to_the_limit", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				list, err := good.Notices(ctx, now, math.MaxInt)
				slices.SortFunc(list, byID)
				list = list[:min(limit, len(list))]
				slices.SortFunc(list, func(a, b store.Notice) int { return cmp.Or(cmp.Compare(a.Due, b.Due), byID(a, b)) })
				return list, err
			})},
		{"notices have no limit", "notices/limit_1", onNotices(
			func(ctx context.Context, good store.Store, now int64, _ int) ([]store.Notice, error) {
				return good.Notices(ctx, now, math.MaxInt)
			})},
		{"limit 0 is no limit of notices", "notices/limit_0", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				if limit == 0 {
					limit = math.MaxInt
				}
				return good.Notices(ctx, now, limit)
			})},
		{"expired notices are hidden", "notices/an_expired_notice_is_still_read", filterNotices(
			func(n store.Notice, now int64) bool { return n.Expires >= now })},
		{"stale read of notices", "apply/notices/replace_stores_the_next_version", func(good store.Store) store.Store {
			var cache sync.Map // by time and limit
			return onNotices(func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				asked := [2]int64{now, int64(limit)}
				if list, ok := cache.Load(asked); ok {
					return slices.Clone(list.([]store.Notice)), nil
				}
				list, err := good.Notices(ctx, now, limit)
				if err == nil {
					cache.Store(asked, slices.Clone(list))
				}
				return list, err
			})(good)
		}},
		{"case of notice IDs is folded", "ids/notices_case", rewriteNotices(
			func(n *store.Notice) { n.ID = strings.ToLower(n.ID) })},
		{"lost NUL in a notice's data", "opaque/data_one_NUL", rewriteNotices(
			func(n *store.Notice) {
				n.Data = slices.DeleteFunc(slices.Clone(n.Data), func(b byte) bool { return b == 0 })
			})},
		{"a notice keeps its first data", "opaque/data_is_emptied", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, n := range change.Notices {
					if old := storedNotice(ctx, good, n.ID); old.Version > 0 {
						change.Notices[i].Data = old.Data
					}
				}
				return good.Apply(ctx, change)
			})},
	}
}
