package storetest_test

import (
	"context"
	"runtime"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// fake is a store with some methods of its own.
type fake struct {
	store.Store
	account       func(ctx context.Context, id string) (*store.Account, error)
	byIdentifier  func(ctx context.Context, kind string, value []byte) (*store.Account, error)
	proof         func(ctx context.Context, id string) (*store.Proof, *store.Account, error)
	proofs        func(ctx context.Context, account string, kind uint8) ([]store.Proof, error)
	apply         func(ctx context.Context, change store.Change) error
	count         func(ctx context.Context, counters []store.Counter) ([]int64, error)
	events        func(ctx context.Context, account, before string, limit int) ([]store.Event, error)
	notices       func(ctx context.Context, now int64, limit int) ([]store.Notice, error)
	deleteExpired func(ctx context.Context, before int64, limit int) (int, error)
}

func (f fake) Account(ctx context.Context, id string) (*store.Account, error) {
	if f.account == nil {
		return f.Store.Account(ctx, id)
	}
	return f.account(ctx, id)
}

func (f fake) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	if f.byIdentifier == nil {
		return f.Store.AccountByIdentifier(ctx, kind, value)
	}
	return f.byIdentifier(ctx, kind, value)
}

func (f fake) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	if f.proof == nil {
		return f.Store.Proof(ctx, id)
	}
	return f.proof(ctx, id)
}

func (f fake) Proofs(ctx context.Context, account string, kind uint8) ([]store.Proof, error) {
	if f.proofs == nil {
		return f.Store.Proofs(ctx, account, kind)
	}
	return f.proofs(ctx, account, kind)
}

func (f fake) Apply(ctx context.Context, change store.Change) error {
	if f.apply == nil {
		return f.Store.Apply(ctx, change)
	}
	return f.apply(ctx, change)
}

func (f fake) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	if f.count == nil {
		return f.Store.Count(ctx, counters)
	}
	return f.count(ctx, counters)
}

func (f fake) Events(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
	if f.events == nil {
		return f.Store.Events(ctx, account, before, limit)
	}
	return f.events(ctx, account, before, limit)
}

func (f fake) Notices(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
	if f.notices == nil {
		return f.Store.Notices(ctx, now, limit)
	}
	return f.notices(ctx, now, limit)
}

func (f fake) DeleteExpired(ctx context.Context, before int64, limit int) (int, error) {
	if f.deleteExpired == nil {
		return f.Store.DeleteExpired(ctx, before, limit)
	}
	return f.deleteExpired(ctx, before, limit)
}

// onApply breaks Apply alone.
func onApply(apply func(ctx context.Context, good store.Store, change store.Change) error) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return fake{Store: good, apply: func(ctx context.Context, change store.Change) error {
			change.Accounts, change.Proofs = slices.Clone(change.Accounts), slices.Clone(change.Proofs)
			change.Unlink, change.Link = slices.Clone(change.Unlink), slices.Clone(change.Link)
			change.Events, change.Notices = slices.Clone(change.Events), slices.Clone(change.Notices)
			return apply(ctx, good, change)
		}}
	}
}

// onNotices has a Notices of its own.
func onNotices(notices func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error)) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return fake{Store: good, notices: func(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
			return notices(ctx, good, now, limit)
		}}
	}
}

// yield lets the other callers come as far, between a check and its act.
func yield() {
	for range 100 {
		runtime.Gosched()
	}
}
