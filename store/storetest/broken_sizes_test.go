package storetest_test

import (
	"context"
	"errors"

	"github.com/ligature-auth/ligature/store"
)

// records is how many records a Change has.
func records(change store.Change) int {
	return len(change.Accounts) + len(change.Proofs) + len(change.Notices) +
		len(change.Unlink) + len(change.Link) + len(change.Events)
}

func sizeBreakages() []breakage {
	return []breakage{
		{"a Change has a limit of 99 records", "sizes/100_records_of_all_kinds", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				if records(change) > 99 {
					return errors.New("too many parameters")
				}
				return good.Apply(ctx, change)
			})},
		{"a Change has a limit of 64 events", "sizes/100_events", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				change.Events = change.Events[:min(64, len(change.Events))]
				return good.Apply(ctx, change)
			})},
		{"half-applied Change, in batches of 50", "sizes/the_last_of_100_records_is_refused", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				var batch store.Change
				for i, one := range singly(change) {
					batch.Accounts = append(batch.Accounts, one.Accounts...)
					batch.Proofs = append(batch.Proofs, one.Proofs...)
					batch.Notices = append(batch.Notices, one.Notices...)
					batch.Unlink = append(batch.Unlink, one.Unlink...)
					batch.Link = append(batch.Link, one.Link...)
					batch.Events = append(batch.Events, one.Events...)
					if i%50 == 49 {
						if err := good.Apply(ctx, batch); err != nil {
							return err
						}
						batch = store.Change{}
					}
				}
				return good.Apply(ctx, batch)
			})},
	}
}
