package storetest_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/ligature-auth/ligature/store"
)

func contextBreakages() []breakage {
	return []breakage{
		{"a cancelled Apply is a success", "context/cancelled_before_Apply", onApply(
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
		{"a cut list passes for the whole", "context/cancelled_within_Events", onEvents(
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
		{"DeleteExpired checks, then acts", "race/R29_a_renewed_proof_is_kept", deleteLater},
	}
}

// deleteLater selects what is expired, and then deletes it by its IDs. What it
// deleted is only hidden, as a good store has no other way to lose a live proof.
func deleteLater(good store.Store) store.Store {
	var mu sync.Mutex
	var renewed atomic.Int64
	known, gone := map[string]bool{}, map[string]bool{}
	return fake{
		Store: good,
		apply: func(ctx context.Context, change store.Change) error {
			yield()
			mu.Lock()
			defer mu.Unlock()
			defer renewed.Add(1)
			for _, p := range change.Proofs {
				if p.Version > 0 && gone[p.ID] {
					return store.ErrConflict
				}
				known[p.ID] = true
			}
			return good.Apply(ctx, change)
		},
		proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
			mu.Lock()
			defer mu.Unlock()
			if gone[id] {
				return nil, nil, store.ErrNotFound
			}
			return good.Proof(ctx, id)
		},
		deleteExpired: func(ctx context.Context, before int64, _ int) (int, error) {
			var expired []string
			mu.Lock()
			for id := range known {
				if p, _, err := good.Proof(ctx, id); err == nil && p.Expires < before {
					expired = append(expired, id)
				}
			}
			seen := renewed.Load()
			mu.Unlock()
			for tries := 0; tries < 1000 && renewed.Load() == seen; tries++ {
				yield()
			}
			mu.Lock()
			defer mu.Unlock()
			for _, id := range expired {
				gone[id] = true
			}
			return len(expired), nil
		},
	}
}
