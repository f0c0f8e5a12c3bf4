package storetest_test

import (
	"context"
	"errors"

	"github.com/ligature-auth/ligature/store"
)

func contextBreakages() []breakage {
	return []breakage{
		{"swallowed error of a cancelled Apply", "context/cancelled_before_Apply", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				if err := good.Apply(ctx, change); !errors.Is(err, context.Canceled) {
					return err
				}
				return nil
			})},
		{"a cancelled Apply writes", "context/cancelled_before_Apply", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				if err := good.Apply(context.WithoutCancel(ctx), change); err != nil {
					return err
				}
				return ctx.Err()
			})},
		{"a cancelled Count counts", "context/cancelled_before_Count", func(good store.Store) store.Store {
			return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
				values, _ := good.Count(context.WithoutCancel(ctx), counters)
				return values, ctx.Err()
			}}
		}},
		{"a cancelled DeleteExpired deletes", "context/cancelled_before_DeleteExpired", func(good store.Store) store.Store {
			return fake{Store: good, deleteExpired: func(ctx context.Context, before int64, limit int) (int, error) {
				n, _ := good.DeleteExpired(context.WithoutCancel(ctx), before, limit)
				return n, ctx.Err()
			}}
		}},
		{"reads ignore the context", "context/cancelled_before_Account", func(good store.Store) store.Store {
			return fake{Store: good, account: func(ctx context.Context, id string) (*store.Account, error) {
				return good.Account(context.WithoutCancel(ctx), id)
			}}
		}},
		{"a deadline is an error of its own", "context/too_late_for_Proof", func(good store.Store) store.Store {
			return fake{Store: good, proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
				p, a, err := good.Proof(ctx, id)
				if errors.Is(err, context.DeadlineExceeded) {
					err = errors.New("i/o timeout")
				}
				return p, a, err
			}}
		}},
		{"cancelled is not found", "context/cancelled_before_AccountByIdentifier", func(good store.Store) store.Store {
			return fake{Store: good, byIdentifier: func(ctx context.Context, kind string, value []byte) (*store.Account, error) {
				a, err := good.AccountByIdentifier(ctx, kind, value)
				if err != nil {
					err = store.ErrNotFound
				}
				return a, err
			}}
		}},
		{"the context ends Apply between its parts", "context/R68_cancelled_within_Apply", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				events := change.Events
				change.Events = nil
				if err := good.Apply(ctx, change); err != nil {
					return err
				}
				return good.Apply(ctx, store.Change{Events: events})
			})},
		{"the context ends Apply before its notices", "context/R68_cancelled_within_Apply", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				notices := change.Notices
				change.Notices = nil
				if err := good.Apply(ctx, change); err != nil {
					return err
				}
				return good.Apply(ctx, store.Change{Notices: notices})
			})},
		{"Notices ignores the context", "context/too_late_for_Notices", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				return good.Notices(context.WithoutCancel(ctx), now, limit)
			})},
		{"swallowed error of a cut list of notices", "context/cancelled_within_Notices", onNotices(
			func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				list, err := good.Notices(ctx, now, limit)
				if errors.Is(err, context.Canceled) {
					return list, nil
				}
				return list, err
			})},
		{"swallowed error of a cut list", "context/cancelled_within_Events", onEvents(
			func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error) {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				list, err := good.Events(ctx, account, before, limit)
				if errors.Is(err, context.Canceled) {
					return list, nil // as one who forgets rows.Err
				}
				return list, err
			})},
	}
}
