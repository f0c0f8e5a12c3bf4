package storetest_test

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

func aliasingBreakages() []breakage {
	return []breakage{
		{"Apply raises the caller's version", "aliasing/Apply_leaves_the_change_alone", func(good store.Store) store.Store {
			return fake{Store: good, apply: func(ctx context.Context, change store.Change) error {
				err := good.Apply(ctx, change)
				for i := range change.Proofs {
					change.Proofs[i].Version++
				}
				return err
			}}
		}},
		{"the caller's data is kept", "aliasing/in_by_Apply", func(good store.Store) store.Store {
			kept := map[string][]byte{}
			return fake{
				Store: good,
				apply: func(ctx context.Context, change store.Change) error {
					err := good.Apply(ctx, change)
					for _, p := range change.Proofs {
						kept[p.ID] = p.Data
					}
					return err
				},
				proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
					p, a, err := good.Proof(ctx, id)
					if err == nil {
						copy(p.Data, kept[id])
					}
					return p, a, err
				},
			}
		}},
		{"the caller's values are kept", "aliasing/in_by_Apply", func(good store.Store) store.Store {
			kept := map[string][]byte{}
			return fake{
				Store: good,
				apply: func(ctx context.Context, change store.Change) error {
					err := good.Apply(ctx, change)
					for _, l := range change.Link {
						kept[l.ID] = l.Value
					}
					return err
				},
				account: func(ctx context.Context, id string) (*store.Account, error) {
					a, err := good.Account(ctx, id)
					if err == nil {
						for _, x := range a.Associations {
							copy(x.Value, kept[x.ID])
						}
					}
					return a, err
				},
			}
		}},
		{"Account hands out its own", "aliasing/out_by_Account", func(good store.Store) store.Store {
			own := map[string]*store.Account{}
			return fake{Store: good, account: func(ctx context.Context, id string) (*store.Account, error) {
				if own[id] == nil {
					a, err := good.Account(ctx, id)
					if err != nil {
						return nil, err
					}
					own[id] = a
				}
				shared := *own[id]
				return &shared, nil
			}}
		}},
		{"Proof hands out its own", "aliasing/out_by_Proof", func(good store.Store) store.Store {
			own := map[string][]byte{}
			return fake{Store: good, proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
				p, a, err := good.Proof(ctx, id)
				if err == nil {
					if own[id] == nil {
						own[id] = p.Data
					}
					p.Data = own[id]
				}
				return p, a, err
			}}
		}},
		{"Events hands out its own", "aliasing/out_by_Events", func(good store.Store) store.Store {
			own := map[string][]store.Event{}
			return onEvents(func(ctx context.Context, good store.Store, account, before string, limit int) ([]store.Event, error) {
				if own[account] == nil {
					list, err := good.Events(ctx, account, before, limit)
					if err != nil {
						return nil, err
					}
					own[account] = list
				}
				return own[account], nil
			})(good)
		}},
		{"Count keeps the caller's counters", "aliasing/in_and_out_by_Count", func(good store.Store) store.Store {
			return fake{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
				values, err := good.Count(ctx, counters)
				for i := range values {
					counters[i].N = values[i] + 1
				}
				return values, err
			}}
		}},
	}
}
