package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// stored is the version that an account or a proof has now, 0 for none.
func storedAccount(ctx context.Context, good store.Store, id string) int64 {
	if a, err := good.Account(ctx, id); err == nil {
		return a.Version
	}
	return 0
}

func storedProof(ctx context.Context, good store.Store, id string) int64 {
	if p, _, err := good.Proof(ctx, id); err == nil {
		return p.Version
	}
	return 0
}

// force names, before each try, the version that is there.
func force(ctx context.Context, good store.Store, change store.Change) error {
	for {
		for i, p := range change.Proofs {
			change.Proofs[i].Version = storedProof(ctx, good, p.ID)
		}
		if err := good.Apply(ctx, change); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func versionBreakages() []breakage {
	return []breakage{
		{"dropped guard on accounts", "apply/accounts/stale_version", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, a := range change.Accounts {
					if a.Version > 0 {
						change.Accounts[i].Version = storedAccount(ctx, good, a.ID)
					}
				}
				return good.Apply(ctx, change)
			})},
		{"dropped guard on proofs", "apply/proofs/stale_version", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, p := range change.Proofs {
					if p.Version > 0 {
						change.Proofs[i].Version = storedProof(ctx, good, p.ID)
					}
				}
				return good.Apply(ctx, change)
			})},
		{"unread affected rows of a replacement", "apply/proofs/stale_version", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				change.Proofs = slices.DeleteFunc(change.Proofs, func(p store.Proof) bool {
					return p.Version > 0 && p.Version != storedProof(ctx, good, p.ID)
				})
				return good.Apply(ctx, change)
			})},
		{"unread affected rows of an insert", "apply/accounts/insert_of_a_known_ID", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				change.Accounts = slices.DeleteFunc(change.Accounts, func(a store.Account) bool {
					return a.Version == 0 && storedAccount(ctx, good, a.ID) > 0
				})
				return good.Apply(ctx, change)
			})},
		{"insert overwrites", "apply/proofs/insert_of_a_known_ID", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, p := range change.Proofs {
					if p.Version == 0 {
						change.Proofs[i].Version = storedProof(ctx, good, p.ID)
					}
				}
				return good.Apply(ctx, change)
			})},
		{"replace inserts what is missing", "apply/accounts/R24_replace_of_a_missing_record", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, a := range change.Accounts {
					if storedAccount(ctx, good, a.ID) == 0 {
						change.Accounts[i].Version = 0
					}
				}
				return good.Apply(ctx, change)
			})},
		{"any newer version will do", "apply/proofs/version_not_yet_reached", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, p := range change.Proofs {
					if p.Version > 0 {
						change.Proofs[i].Version = min(p.Version, storedProof(ctx, good, p.ID))
					}
				}
				return good.Apply(ctx, change)
			})},
		{"equal content is not written", "apply/proofs/equal_content_is_a_write", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				var changed []store.Proof
				for _, p := range change.Proofs {
					old, _, err := good.Proof(ctx, p.ID)
					if err != nil || old.Version != p.Version || !bytes.Equal(old.Data, p.Data) {
						changed = append(changed, p)
					}
				}
				change.Proofs = changed
				return good.Apply(ctx, change)
			})},
		{"some fields are never updated", "apply/a_replacement_replaces_every_field", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, p := range change.Proofs {
					if old, _, err := good.Proof(ctx, p.ID); err == nil {
						change.Proofs[i].Account = old.Account
					}
				}
				return good.Apply(ctx, change)
			})},
		{"an account's associations are linked", "apply/associations_of_an_account_are_ignored", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, a := range change.Accounts {
					change.Link = append(change.Link, a.Associations...)
				}
				return good.Apply(ctx, change)
			})},
		{"replace checks, then acts", "race/R23_replace_of_a_proof", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, p := range change.Proofs {
					if p.Version != storedProof(ctx, good, p.ID) {
						return store.ErrConflict
					}
				}
				yield()
				return force(ctx, good, change)
			})},
		{"insert checks, then acts", "race/insert_of_a_proof", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, p := range change.Proofs {
					if p.Version == 0 && storedProof(ctx, good, p.ID) != 0 {
						return store.ErrConflict
					}
					if p.Version != 0 {
						return good.Apply(ctx, change)
					}
				}
				yield()
				return force(ctx, good, change)
			})},
		{"two records check, then act", "race/overlapping_changes", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				if len(change.Proofs) < 2 {
					return good.Apply(ctx, change)
				}
				for _, p := range change.Proofs {
					if p.Version != storedProof(ctx, good, p.ID) {
						return store.ErrConflict
					}
				}
				yield()
				return force(ctx, good, change)
			})},
		{"a write is lost", "concurrent/no_write_is_lost", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for _, p := range change.Proofs {
					if p.Version > storedProof(ctx, good, p.ID) {
						return store.ErrConflict
					}
				}
				yield()
				return force(ctx, good, change)
			})},
	}
}
