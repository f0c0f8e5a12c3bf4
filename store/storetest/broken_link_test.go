package storetest_test

import (
	"bytes"
	"context"
	"errors"

	"github.com/ligature-auth/ligature/store"
)

// linked is the association that the identifier of x has now.
func linked(ctx context.Context, good store.Store, x store.Association) (store.Association, bool) {
	a, err := good.AccountByIdentifier(ctx, x.Kind, x.Value)
	if err != nil {
		return store.Association{}, false
	}
	for _, old := range a.Associations {
		if old.Kind == x.Kind && bytes.Equal(old.Value, x.Value) {
			return old, true
		}
	}
	return store.Association{}, false
}

// stands reports whether the list has an association with l's identifier.
func stands(list []store.Association, l store.Association) bool {
	for _, x := range list {
		if x.Kind == l.Kind && bytes.Equal(x.Value, l.Value) {
			return true
		}
	}
	return false
}

// onUnlink rewrites what a Change unlinks to what the store has there.
func onUnlink(rewrite func(asked *store.Association, stored store.Association)) func(store.Store) store.Store {
	return onApply(func(ctx context.Context, good store.Store, change store.Change) error {
		for i := range change.Unlink {
			if old, ok := linked(ctx, good, change.Unlink[i]); ok {
				rewrite(&change.Unlink[i], old)
			}
		}
		return good.Apply(ctx, change)
	})
}

// overwrite links even what another has.
func overwrite(ctx context.Context, good store.Store, change store.Change) error {
	for {
		forced := change
		for _, l := range change.Link {
			if old, ok := linked(ctx, good, l); ok && !stands(change.Unlink, l) {
				forced.Unlink = append(forced.Unlink[:len(forced.Unlink):len(forced.Unlink)], old)
			}
		}
		err := good.Apply(ctx, forced)
		if len(change.Link) == 0 || len(change.Unlink) > 0 || err == nil {
			return err
		}
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrTaken) {
			return err
		}
	}
}

func linkBreakages() []breakage {
	return []breakage{
		{"unlink by value", "link/unlink_by_a_stale_ID", onUnlink(
			func(asked *store.Association, old store.Association) { asked.ID, asked.Account = old.ID, old.Account })},
		{"unlink ignores the ID", "link/unlink_by_a_stale_ID_of_the_same_account", onUnlink(
			func(asked *store.Association, old store.Association) { asked.ID = old.ID })},
		{"unlink ignores the account", "link/unlink_of_another's", onUnlink(
			func(asked *store.Association, old store.Association) { asked.Account = old.Account })},
		{"a stale replacement goes through", "link/replace_of_a_stale_association", onUnlink(
			func(asked *store.Association, old store.Association) { asked.ID, asked.Account = old.ID, old.Account })},
		{"unread affected rows of an unlink", "link/unlink_of_nothing", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				var there []store.Association
				for _, u := range change.Unlink {
					if _, ok := linked(ctx, good, u); ok {
						there = append(there, u)
					}
				}
				change.Unlink = there
				return good.Apply(ctx, change)
			})},
		{"unlink by ID alone", "link/unlink_by_the_ID_of_another_identifier", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, u := range change.Unlink {
					a, err := good.Account(ctx, u.Account)
					if err != nil {
						continue
					}
					for _, old := range a.Associations {
						if old.ID == u.ID {
							change.Unlink[i] = old
						}
					}
				}
				return good.Apply(ctx, change)
			})},
		{"unlink checks, then acts", "race/unlink_of_one_association", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, u := range change.Unlink {
					if old, ok := linked(ctx, good, u); !ok || old.ID != u.ID {
						return store.ErrConflict
					}
				}
				yield()
				err := good.Apply(ctx, change)
				if errors.Is(err, store.ErrConflict) {
					change.Unlink = nil
					err = good.Apply(ctx, change)
				}
				return err
			})},
		{"link overwrites", "link/taken_by_another_account", onApply(overwrite)},
		{"link again is no refusal", "link/taken_by_the_same_account", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				var fresh []store.Association
				for _, l := range change.Link {
					if old, ok := linked(ctx, good, l); !ok || old.Account != l.Account {
						fresh = append(fresh, l)
					}
				}
				change.Link = fresh
				return good.Apply(ctx, change)
			})},
		{"link before unlink", "link/replace_for_the_same_account", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, l := range change.Link {
					if stands(change.Unlink, l) {
						return store.ErrTaken
					}
				}
				return good.Apply(ctx, change)
			})},
		{"one association of a kind", "link/an_account_may_have_many_of_one_kind", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, l := range change.Link {
					if a, err := good.Account(ctx, l.Account); err == nil && len(a.Associations) > 0 {
						return store.ErrTaken
					}
				}
				return good.Apply(ctx, change)
			})},
		{"link checks, then acts", "race/R23_link_of_one_identifier", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, l := range change.Link {
					if _, ok := linked(ctx, good, l); ok && !stands(change.Unlink, l) {
						return store.ErrTaken
					}
				}
				yield()
				return overwrite(ctx, good, change)
			})},
		{"transfer checks, then acts", "race/transfer_of_one_identifier", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, u := range change.Unlink {
					if old, ok := linked(ctx, good, u); !ok || old.ID != u.ID {
						return store.ErrConflict
					}
				}
				yield()
				change.Unlink = nil
				return overwrite(ctx, good, change)
			})},
	}
}
