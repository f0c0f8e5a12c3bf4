package storetest_test

import (
	"context"
	"errors"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// singly makes a Change of each record of a Change.
func singly(change store.Change) []store.Change {
	var all []store.Change
	for i := range change.Accounts {
		all = append(all, store.Change{Accounts: change.Accounts[i : i+1]})
	}
	for i := range change.Proofs {
		all = append(all, store.Change{Proofs: change.Proofs[i : i+1]})
	}
	for i := range change.Notices {
		all = append(all, store.Change{Notices: change.Notices[i : i+1]})
	}
	for i := range change.Unlink {
		all = append(all, store.Change{Unlink: change.Unlink[i : i+1]})
	}
	for i := range change.Link {
		all = append(all, store.Change{Link: change.Link[i : i+1]})
	}
	for i := range change.Events {
		all = append(all, store.Change{Events: change.Events[i : i+1]})
	}
	return all
}

func atomicBreakages() []breakage {
	return []breakage{
		{"half-applied Change, with accounts on their own", "atomic/stale_proof_first", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				if err := good.Apply(ctx, store.Change{Accounts: change.Accounts}); err != nil {
					return err
				}
				change.Accounts = nil
				return good.Apply(ctx, change)
			})},
		{"half-applied Change, with links on their own", "atomic/stale_account_last", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				if err := good.Apply(ctx, store.Change{Unlink: change.Unlink, Link: change.Link}); err != nil {
					return err
				}
				change.Unlink, change.Link = nil, nil
				return good.Apply(ctx, change)
			})},
		{"half-applied Change, up to a taken link", "atomic/link_of_a_taken_one_last", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				if errors.Is(err, store.ErrTaken) {
					_ = good.Apply(ctx, store.Change{Proofs: change.Proofs})
				}
				return err
			})},
		{"half-applied Change, with one unlink of two", "atomic/unlink_of_nothing_last", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				if errors.Is(err, store.ErrConflict) && len(change.Unlink) > 0 {
					_ = good.Apply(ctx, store.Change{Unlink: change.Unlink[:1]})
				}
				return err
			})},
		{"half-applied Change, with its events", "atomic/known_account_first", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				if errors.Is(err, store.ErrConflict) {
					_ = good.Apply(ctx, store.Change{Events: change.Events})
				}
				return err
			})},
		{"half-applied Change, with its notices", "atomic/stale_proof_last", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				if errors.Is(err, store.ErrConflict) {
					_ = good.Apply(ctx, store.Change{Notices: change.Notices})
				}
				return err
			})},
		{"half-applied Change, up to a stale notice", "atomic/stale_notice_first", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				notices := change.Notices
				change.Notices = nil
				if err := good.Apply(ctx, change); err != nil {
					return err
				}
				return good.Apply(ctx, store.Change{Notices: notices})
			})},
		{"no transaction", "atomic/link_of_a_taken_one_last", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, one := range singly(change) {
					if err := good.Apply(ctx, one); err != nil {
						return err
					}
				}
				return nil
			})},
		{"losers leave notices", "race/R23_lease_of_a_notice", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				if errors.Is(err, store.ErrConflict) {
					fresh := func(n store.Notice) bool { return n.Version > 0 }
					_ = good.Apply(ctx, store.Change{Notices: slices.DeleteFunc(change.Notices, fresh)})
				}
				return err
			})},
		{"taken is told before a notice's conflict", "atomic/conflict_is_told_before_taken", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				change.Notices = nil
				if errors.Is(err, store.ErrConflict) && errors.Is(good.Apply(ctx, change), store.ErrTaken) {
					return store.ErrTaken
				}
				return err
			})},
		{"losers leave events", "race/R23_replace_of_an_account", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				if errors.Is(err, store.ErrConflict) {
					_ = good.Apply(ctx, store.Change{Events: change.Events})
				}
				return err
			})},
		{"taken is told before conflict", "atomic/conflict_is_told_before_taken", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, l := range change.Link {
					_, err := good.AccountByIdentifier(ctx, l.Kind, l.Value)
					if err == nil && !stands(change.Unlink, l) {
						return store.ErrTaken
					}
				}
				return good.Apply(ctx, change)
			})},
	}
}
