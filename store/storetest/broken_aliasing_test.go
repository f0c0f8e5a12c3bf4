package storetest_test

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

func aliasingBreakages() []breakage {
	return []breakage{
		{"aliasing, as Apply raises the caller's version", "aliasing/Apply_leaves_the_change_alone", func(good store.Store) store.Store {
			return fake{Store: good, apply: func(ctx context.Context, change store.Change) error {
				err := good.Apply(ctx, change)
				for i := range change.Proofs {
					change.Proofs[i].Version++
				}
				return err
			}}
		}},
		{"aliasing of the caller's data", "aliasing/in_by_Apply", func(good store.Store) store.Store {
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
		{"aliasing of the caller's values", "aliasing/in_by_Apply", func(good store.Store) store.Store {
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
		{"aliasing of what Account returned", "aliasing/out_by_Account", func(good store.Store) store.Store {
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
		{"aliasing of what Proof returned", "aliasing/out_by_Proof", func(good store.Store) store.Store {
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
		{"aliasing of what Events returned", "aliasing/out_by_Events", func(good store.Store) store.Store {
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
		{"aliasing of what Notices returned", "aliasing/out_by_Notices", func(good store.Store) store.Store {
			own := map[string][]byte{}
			return onNotices(func(ctx context.Context, good store.Store, now int64, limit int) ([]store.Notice, error) {
				list, err := good.Notices(ctx, now, limit)
				for i, n := range list {
					if own[n.ID] == nil {
						own[n.ID] = n.Data
					}
					list[i].Data = own[n.ID]
				}
				return list, err
			})(good)
		}},
		{"aliasing of the data of the caller's notices", "aliasing/in_by_Apply", func(good store.Store) store.Store {
			kept := map[string][]byte{}
			f := onApply(func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				for _, n := range change.Notices {
					kept[n.ID] = n.Data
				}
				return err
			})(good).(fake)
			f.notices = func(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
				list, err := good.Notices(ctx, now, limit)
				for i, n := range list {
					copy(list[i].Data, kept[n.ID])
				}
				return list, err
			}
			return f
		}},
		{"aliasing of the data of the caller's events", "aliasing/in_by_Apply", func(good store.Store) store.Store {
			kept := map[string][]byte{}
			f := onApply(func(ctx context.Context, good store.Store, change store.Change) error {
				err := good.Apply(ctx, change)
				for _, e := range change.Events {
					kept[e.ID] = e.Data
				}
				return err
			})(good).(fake)
			f.events = func(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
				list, err := good.Events(ctx, account, before, limit)
				for i, e := range list {
					copy(list[i].Data, kept[e.ID])
				}
				return list, err
			}
			return f
		}},
		{"aliasing of the caller's counters", "aliasing/in_and_out_by_Count", func(good store.Store) store.Store {
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
