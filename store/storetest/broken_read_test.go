package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/ligature-auth/ligature/store"
)

// onProof changes what a good Proof answered.
func onProof(rewrite func(p *store.Proof, a *store.Account) (*store.Proof, *store.Account, error)) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return fake{Store: good, proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
			p, a, err := good.Proof(ctx, id)
			if err != nil {
				return nil, nil, err
			}
			return rewrite(p, a)
		}}
	}
}

// onEvents has an Events of its own.
func onEvents(events func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error)) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return fake{Store: good, events: func(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
			return events(ctx, good, account, before, limit)
		}}
	}
}

func readBreakages() []breakage {
	return []breakage{
		{"not found is another error", "reads/unknown", func(good store.Store) store.Store {
			return fake{Store: good, account: func(ctx context.Context, id string) (*store.Account, error) {
				a, err := good.Account(ctx, id)
				if errors.Is(err, store.ErrNotFound) {
					err = errors.New(err.Error())
				}
				return a, err
			}}
		}},
		{"no proofs is an error", "reads/unknown", func(good store.Store) store.Store {
			return fake{Store: good, proofs: func(ctx context.Context, account string, kind uint8) ([]store.Proof, error) {
				list, err := good.Proofs(ctx, account, kind)
				if len(list) == 0 && err == nil {
					err = store.ErrNotFound
				}
				return list, err
			}}
		}},
		{"stale read", "reads/a_write_is_read_at_once", func(good store.Store) store.Store {
			var cache sync.Map
			return fake{Store: good, account: func(ctx context.Context, id string) (*store.Account, error) {
				if a, ok := cache.Load(id); ok {
					a := a.(store.Account)
					return &a, nil
				}
				a, err := good.Account(ctx, id)
				if err == nil {
					cache.Store(id, *a)
				}
				return a, err
			}}
		}},
		{"associations come newest first", "reads/associations_oldest_first", func(good store.Store) store.Store {
			return fake{Store: good, account: func(ctx context.Context, id string) (*store.Account, error) {
				a, err := good.Account(ctx, id)
				if err == nil {
					slices.Reverse(a.Associations)
				}
				return a, err
			}}
		}},
		{"an identifier brings its own association only", "reads/associations_oldest_first", func(good store.Store) store.Store {
			return fake{Store: good, byIdentifier: func(ctx context.Context, kind string, value []byte) (*store.Account, error) {
				a, err := good.AccountByIdentifier(ctx, kind, value)
				if err == nil {
					a.Associations = slices.DeleteFunc(a.Associations, func(x store.Association) bool {
						return x.Kind != kind || string(x.Value) != string(value)
					})
				}
				return a, err
			}}
		}},
		{"a proof comes without its account", "reads/a_proof_brings_its_account", onProof(
			func(p *store.Proof, _ *store.Account) (*store.Proof, *store.Account, error) { return p, nil, nil })},
		{"a proof's account has no associations", "reads/a_proof_brings_its_account", onProof(
			func(p *store.Proof, a *store.Account) (*store.Proof, *store.Account, error) {
				if a != nil {
					a.Associations = nil
				}
				return p, a, nil
			})},
		{"no account is an empty account", "reads/a_proof_without_an_account", onProof(
			func(p *store.Proof, a *store.Account) (*store.Proof, *store.Account, error) {
				if a == nil {
					a = &store.Account{}
				}
				return p, a, nil
			})},
		{"a proof needs its account", "reads/a_proof_of_an_account_that_is_not_there", onProof(
			func(p *store.Proof, a *store.Account) (*store.Proof, *store.Account, error) {
				if p.Account != "" && a == nil {
					return nil, nil, store.ErrNotFound
				}
				return p, a, nil
			})},
		{"the store has a clock", "reads/an_expired_proof_is_still_read", onProof(
			func(p *store.Proof, a *store.Account) (*store.Proof, *store.Account, error) {
				if p.Expires < 1_000_000 {
					return nil, nil, store.ErrNotFound
				}
				return p, a, nil
			})},
		{"proofs come in the order of IDs", "reads/proofs_of_one_account_and_one_kind,_oldest_first", func(good store.Store) store.Store {
			return fake{Store: good, proofs: func(ctx context.Context, account string, kind uint8) ([]store.Proof, error) {
				list, err := good.Proofs(ctx, account, kind)
				slices.SortFunc(list, func(a, b store.Proof) int { return strings.Compare(a.ID, b.ID) })
				return list, err
			}}
		}},
		{"proofs come of two kinds", "reads/proofs_of_one_account_and_one_kind,_oldest_first", func(good store.Store) store.Store {
			return fake{Store: good, proofs: func(ctx context.Context, account string, kind uint8) ([]store.Proof, error) {
				list, err := good.Proofs(ctx, account, kind)
				more, _ := good.Proofs(ctx, account, kind^0x80)
				return append(list, more...), err
			}}
		}},
		{"a proof and its account are two reads", "concurrent/a_proof,_its_account_and_their_associations_are_one_read", func(good store.Store) store.Store {
			return fake{Store: good, proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
				p, a, err := good.Proof(ctx, id)
				// On a busy machine a writer takes its time to come between the two.
				for tries := 0; a != nil && tries < 1000 && a.Version == p.Version; tries++ {
					yield()
					if a, err = good.Account(ctx, p.Account); err != nil {
						return nil, nil, err
					}
				}
				return p, a, err
			}}
		}},
		{"callers share a result", "concurrent/R68_all_methods_at_once", func(good store.Store) store.Store {
			var mu sync.Mutex
			var last *store.Account
			return fake{Store: good, account: func(ctx context.Context, id string) (*store.Account, error) {
				a, err := good.Account(ctx, id)
				if err != nil {
					return nil, err
				}
				mu.Lock()
				last = a
				mu.Unlock()
				yield()
				mu.Lock()
				defer mu.Unlock()
				return last, nil
			}}
		}},
		{"events come oldest first", "events/newest_first", onEvents(
			func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error) {
				list, err := good.Events(ctx, account, before, limit)
				slices.Reverse(list)
				return list, err
			})},
		{"events come in the order of time", "events/newest_first", onEvents(
			func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error) {
				list, err := good.Events(ctx, account, before, limit)
				slices.SortFunc(list, func(a, b store.Event) int { return int(b.At - a.At) })
				return list, err
			})},
		{"before is included", "events/before_one_of_them", onEvents(
			func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error) {
				if before != "" {
					before += "\x00"
				}
				return good.Events(ctx, account, before, limit)
			})},
		{"limit 0 is no limit", "events/limit_0", onEvents(
			func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error) {
				if limit == 0 {
					limit = 1000
				}
				return good.Events(ctx, account, before, limit)
			})},
		{"events have no limit", "events/up_to_the_limit", onEvents(
			func(ctx context.Context, good store.Store, account, before string, _ int) ([]store.Event, error) {
				return good.Events(ctx, account, before, 1000)
			})},
		{"events of everyone", "events/of_the_account_only", onEvents(
			func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error) {
				list, err := good.Events(ctx, account, before, limit)
				more, _ := good.Events(ctx, "", before, limit)
				return append(list, more...), err
			})},
	}
}
