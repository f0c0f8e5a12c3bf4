package model_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
)

// plant is a fault, and the invariant by which it has to be found.
type plant struct {
	found string
	what  string
	store func(good store.Store) store.Store
}

// lying is a store that does some things otherwise.
type lying struct {
	store.Store
	byIdentifier  func(ctx context.Context, kind string, value []byte) (*store.Account, error)
	proof         func(ctx context.Context, id string) (*store.Proof, *store.Account, error)
	apply         func(ctx context.Context, c store.Change) error
	count         func(ctx context.Context, counters []store.Counter) ([]int64, error)
	deleteExpired func(ctx context.Context, before int64, limit int) (int, error)
}

func (l lying) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	if l.byIdentifier != nil {
		return l.byIdentifier(ctx, kind, value)
	}
	return l.Store.AccountByIdentifier(ctx, kind, value)
}

func (l lying) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	if l.proof != nil {
		return l.proof(ctx, id)
	}
	return l.Store.Proof(ctx, id)
}

func (l lying) Apply(ctx context.Context, c store.Change) error {
	if l.apply != nil {
		return l.apply(ctx, c)
	}
	return l.Store.Apply(ctx, c)
}

func (l lying) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	if l.count != nil {
		return l.count(ctx, counters)
	}
	return l.Store.Count(ctx, counters)
}

func (l lying) DeleteExpired(ctx context.Context, before int64, limit int) (int, error) {
	if l.deleteExpired != nil {
		return l.deleteExpired(ctx, before, limit)
	}
	return l.Store.DeleteExpired(ctx, before, limit)
}

// writes makes a store that writes something else than it is told.
func writes(edit func(ctx context.Context, good store.Store, c store.Change) store.Change) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return lying{Store: good, apply: func(ctx context.Context, c store.Change) error {
			return good.Apply(ctx, edit(ctx, good, c))
		}}
	}
}

// accounts makes a store that writes an account otherwise, by how it is.
func accounts(edit func(a *store.Account, is store.Account)) func(store.Store) store.Store {
	return writes(func(ctx context.Context, good store.Store, c store.Change) store.Change {
		c.Accounts = slices.Clone(c.Accounts)
		for i, a := range c.Accounts {
			if is, err := good.Account(ctx, a.ID); err == nil {
				edit(&c.Accounts[i], *is)
			}
		}
		return c
	})
}

var planted = []plant{
	{"I1", "a token survives the bind that it is used for", writes(func(_ context.Context, _ store.Store, c store.Change) store.Change {
		if len(c.Link) > 0 {
			c.Proofs = slices.DeleteFunc(slices.Clone(c.Proofs), func(p store.Proof) bool { return p.Kind == proofVerification })
		}
		return c
	})},
	{"I2", "an identifier that is taken moves", func(good store.Store) store.Store {
		return lying{Store: good, apply: func(ctx context.Context, c store.Change) error {
			err := good.Apply(ctx, c)
			if !errors.Is(err, store.ErrTaken) {
				return err
			}
			for _, l := range c.Link {
				if owner, err := good.AccountByIdentifier(ctx, l.Kind, l.Value); err == nil {
					i := slices.IndexFunc(owner.Associations, func(as store.Association) bool { return as.Kind == l.Kind && bytes.Equal(as.Value, l.Value) })
					c.Unlink = append(slices.Clone(c.Unlink), owner.Associations[i])
				}
			}
			return good.Apply(ctx, c)
		}}
	}},
	{"I3", "a counter has 32 bits", func(good store.Store) store.Store {
		return lying{Store: good, count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
			cut := slices.Clone(counters)
			for i := range cut {
				cut[i].N &= 1<<32 - 1
			}
			return good.Count(ctx, cut)
		}}
	}},
	{"I4", "a verification is written whatever its version", writes(func(ctx context.Context, good store.Store, c store.Change) store.Change {
		c.Proofs = slices.Clone(c.Proofs)
		for i, p := range c.Proofs {
			if is, _, err := good.Proof(ctx, p.ID); err == nil && p.Kind == proofVerification {
				c.Proofs[i].Version = is.Version
			}
		}
		return c
	})},
	{"I5", "the uses of a sudo grant are not kept", writes(func(_ context.Context, _ store.Store, c store.Change) store.Change {
		c.Proofs = slices.Clone(c.Proofs)
		for i, p := range c.Proofs {
			c.Proofs[i].Data = regexp.MustCompile(`"uses":\d+`).ReplaceAll(p.Data, []byte(`"uses":0`))
		}
		return c
	})},
	{"I6", "an epoch is not raised", accounts(func(a *store.Account, is store.Account) { a.Epoch = is.Epoch })},
	{"I7", "a sudo grant is seen in every session of its account", func(good store.Store) store.Store {
		return lying{Store: good, proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
			p, a, err := good.Proof(ctx, id)
			if err != nil || p.Kind != proofSession {
				return p, a, err
			}
			others, err := good.Proofs(ctx, p.Account, proofSession)
			for _, o := range others {
				var mine, theirs map[string]json.RawMessage
				if err := errors.Join(json.Unmarshal(p.Data, &mine), json.Unmarshal(o.Data, &theirs)); err != nil {
					return nil, nil, err
				}
				if g, ok := theirs["sudo"]; ok && mine["sudo"] == nil {
					mine["sudo"] = g
					p.Data, _ = json.Marshal(mine)
				}
			}
			return p, a, err
		}}
	}},
	{"I8", "an account is written whatever its version", accounts(func(a *store.Account, is store.Account) { a.Version = is.Version })},
	{"I9", "events are dropped", writes(func(_ context.Context, _ store.Store, c store.Change) store.Change {
		c.Events = nil
		return c
	})},
	{"I9", "notices are dropped", writes(func(_ context.Context, _ store.Store, c store.Change) store.Change {
		c.Notices = slices.DeleteFunc(slices.Clone(c.Notices), func(n store.Notice) bool { return n.Version == 0 })
		return c
	})},
	{"I10", "a change that is refused is half written", func(good store.Store) store.Store {
		return lying{Store: good, apply: func(ctx context.Context, c store.Change) error {
			err := good.Apply(ctx, c)
			if errors.Is(err, store.ErrTaken) {
				_ = good.Apply(ctx, store.Change{Proofs: c.Proofs})
			}
			return err
		}}
	}},
	{"I11", "an account that is not there is a failure", func(good store.Store) store.Store {
		return lying{Store: good, byIdentifier: func(ctx context.Context, kind string, value []byte) (*store.Account, error) {
			a, err := good.AccountByIdentifier(ctx, kind, value)
			if errors.Is(err, store.ErrNotFound) {
				err = errors.New("no rows")
			}
			return a, err
		}}
	}},
	{"I12", "DeleteExpired deletes every counter", func(good store.Store) store.Store {
		gone, now := map[[32]byte]int64{}, map[[32]byte]int64{}
		return lying{Store: good,
			count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
				totals, err := good.Count(ctx, counters)
				for i, c := range counters {
					if err == nil {
						now[c.Key] = totals[i]
						totals[i] -= gone[c.Key]
					}
				}
				return totals, err
			},
			deleteExpired: func(ctx context.Context, before int64, limit int) (int, error) {
				for key, total := range now {
					gone[key] = total
				}
				return good.DeleteExpired(ctx, before, limit)
			},
		}
	}},
}

// victim is a test that is expected to fail.
type victim struct {
	testing.TB
	failed bool
	said   strings.Builder
}

func (v *victim) Name() string               { return "planted" }
func (v *victim) Helper()                    {}
func (v *victim) Failed() bool               { return v.failed }
func (v *victim) Fail()                      { v.failed = true }
func (v *victim) Log(args ...any)            { fmt.Fprintln(&v.said, args...) }
func (v *victim) Logf(f string, args ...any) { fmt.Fprintf(&v.said, f+"\n", args...) }
func (v *victim) Error(args ...any) {
	v.Log(args...)
	v.Fail()
}
func (v *victim) Errorf(f string, args ...any) {
	v.Logf(f, args...)
	v.Fail()
}
func (v *victim) FailNow() {
	v.Fail()
	runtime.Goexit()
}
func (v *victim) Fatal(args ...any) {
	v.Log(args...)
	v.FailNow()
}
func (v *victim) Fatalf(f string, args ...any) {
	v.Logf(f, args...)
	v.FailNow()
}

// A fault that breaks an invariant is found, and by that invariant.
func TestThePlantedIsFound(t *testing.T) {
	const within = time.Minute
	for _, p := range planted {
		t.Run(p.found+" "+p.what, func(t *testing.T) {
			setting(t, "rapid.checks", "100000")
			setting(t, "rapid.shrinktime", "0s")
			setting(t, "rapid.nofailfile", "true")
			v := &victim{TB: t}
			began, runs, done := time.Now(), 0, make(chan struct{})
			go func() {
				defer close(done)
				rapid.Check(v, func(rt *rapid.T) {
					if time.Since(began) > within {
						return
					}
					runs++
					sequence(t.Context(), rt, memstore.New(memstore.Limits{}), p, tally{})
				})
			}()
			<-done
			if !regexp.MustCompile(`\[rapid\] failed after \d+ tests: ` + p.found + ": ").MatchString(v.said.String()) {
				t.Fatalf("not found in %d runs and %v:\n%s", runs, time.Since(began), v.said.String())
			}
			t.Logf("found in %d runs and %v", runs, time.Since(began))
		})
	}
}

func TestEveryInvariantIsPlanted(t *testing.T) {
	for n := 1; n <= 12; n++ {
		name := fmt.Sprint("I", n)
		if !slices.ContainsFunc(planted, func(p plant) bool { return p.found == name }) {
			t.Errorf("no fault is planted for %s", name)
		}
	}
}

// setting sets a flag of rapid's until t ends.
func setting(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	old := f.Value.String()
	t.Cleanup(func() { _ = f.Value.Set(old) })
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
}
