package storetest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
	"github.com/ligature-auth/ligature/store/storetest"
)

// breakage makes of a good store one that breaks one promise.
type breakage struct {
	name   string
	caught string // by this subtest
	make   func(good store.Store) store.Store
}

// victimVariable names the store that TestVictim runs the suite on.
const victimVariable = "LIGATURE_STORETEST_VICTIM"

const goodStore = "good"

func breakages() []breakage {
	return slices.Concat(versionBreakages(), atomicBreakages(), linkBreakages(), byteBreakages(),
		countBreakages(), readBreakages(), contextBreakages(), expiryBreakages(), aliasingBreakages())
}

// TestVictim is the suite on one of the stores here, most of which make it fail.
// The other tests run it in a process of its own.
func TestVictim(t *testing.T) {
	victim := os.Getenv(victimVariable)
	if victim == "" {
		return // the other tests run it, with a store to break
	}
	construct := wrapErrors
	if victim != goodStore {
		i := slices.IndexFunc(breakages(), func(b breakage) bool { return b.name == victim })
		if i < 0 {
			t.Fatalf("there is no store %q", victim)
		}
		construct = breakages()[i].make
	}
	storetest.Run(t, func(*testing.T) store.Store {
		return construct(memstore.New(memstore.Limits{}))
	}, storetest.Options{})
}

func TestRunFailsOnBrokenStores(t *testing.T) {
	for _, b := range breakages() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			out, err := runVictim(t, b.name, b.caught)
			if strings.Contains(out, "panic:") || strings.Contains(out, "DATA RACE") {
				t.Fatalf("the store is broken otherwise than it says:\n%s", out)
			}
			if err == nil || !strings.Contains(out, "--- FAIL: TestVictim/"+b.caught+" (") {
				t.Fatalf("%s did not catch it (%v):\n%s", b.caught, err, out)
			}
			t.Logf("caught by %s", b.caught)
		})
	}
}

func TestRunPassesAGoodStore(t *testing.T) {
	t.Parallel()
	if out, err := runVictim(t, goodStore, ""); err != nil || !strings.Contains(out, "--- PASS: TestVictim/") {
		t.Fatalf("%v:\n%s", err, out)
	}
}

// runVictim runs the suite, or one subtest of it, on the store of that name.
func runVictim(t *testing.T, name, subtest string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pattern := "^TestVictim$"
	for part := range strings.SplitSeq(subtest, "/") {
		if part != "" {
			pattern += "/^" + regexp.QuoteMeta(part) + "$"
		}
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run="+pattern, "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), victimVariable+"="+name)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

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
			change.Events = slices.Clone(change.Events)
			return apply(ctx, good, change)
		}}
	}
}

// yield lets the other callers come as far, between a check and its act.
func yield() {
	for range 100 {
		runtime.Gosched()
	}
}

// wrapErrors is a good store: it says where its errors come from, and they stay
// what they are.
func wrapErrors(good store.Store) store.Store {
	wrap := func(err error) error {
		if err != nil {
			return fmt.Errorf("database: %w", err)
		}
		return nil
	}
	return fake{
		Store: good,
		account: func(ctx context.Context, id string) (*store.Account, error) {
			a, err := good.Account(ctx, id)
			return a, wrap(err)
		},
		byIdentifier: func(ctx context.Context, kind string, value []byte) (*store.Account, error) {
			a, err := good.AccountByIdentifier(ctx, kind, value)
			return a, wrap(err)
		},
		proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
			p, a, err := good.Proof(ctx, id)
			return p, a, wrap(err)
		},
		apply: func(ctx context.Context, change store.Change) error { return wrap(good.Apply(ctx, change)) },
		count: func(ctx context.Context, counters []store.Counter) ([]int64, error) {
			values, err := good.Count(ctx, counters)
			return values, wrap(err)
		},
	}
}
