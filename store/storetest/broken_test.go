package storetest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
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

// decent is a store that the suite passes, unless options are wrong for it.
type decent struct {
	make    func(good store.Store) store.Store
	options storetest.Options
}

var decents = map[string]decent{
	"good":            {wrapErrors, storetest.Options{}},
	"careful":         {careful, storetest.Options{}},
	"careful of many": {careful, storetest.Options{Callers: 150, Rounds: 1}},
	"serial":          {oneCaller, storetest.Options{Serial: true}},
	"overlapping":     {oneCaller, storetest.Options{}},
}

func breakages() []breakage {
	return slices.Concat(versionBreakages(), atomicBreakages(), linkBreakages(), byteBreakages(), fieldBreakages(),
		countBreakages(), readBreakages(), contextBreakages(), expiryBreakages(), aliasingBreakages(),
		leaseBreakages(), noticeBreakages(), sizeBreakages())
}

// TestVictim is the suite on one of the stores here, most of which make it fail.
// The other tests run it in a process of its own.
func TestVictim(t *testing.T) {
	victim := os.Getenv(victimVariable)
	if victim == "" {
		return // the other tests run it, with a store to break
	}
	v, ok := decents[victim]
	if !ok {
		i := slices.IndexFunc(breakages(), func(b breakage) bool { return b.name == victim })
		if i < 0 {
			t.Fatalf("there is no store %q", victim)
		}
		v.make = breakages()[i].make
	}
	storetest.Run(t, func(*testing.T) store.Store {
		return v.make(memstore.New(memstore.Limits{}))
	}, v.options)
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

func TestRunPassesGoodStores(t *testing.T) {
	for _, name := range []string{"good", "careful", "careful of many", "serial"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := runVictim(t, name, ""); err != nil || !strings.Contains(out, "--- PASS: TestVictim/") {
				t.Fatalf("%v:\n%s", err, out)
			}
		})
	}
}

// The faults that stores are known to be made with, each of which has to be
// among those planted here.
func TestTheKnownFaultsArePlanted(t *testing.T) {
	for _, fault := range []string{
		"dropped guard", "unread affected rows", "no transaction", "collation compare", "lost NUL", "zone shift",
		"truncated micros", "string counter", "non-atomic Count", "unlink by value", "aliasing", "swallowed error",
		"half-applied Change", "stale read", "notices are lost", "DeleteExpired forgets",
	} {
		if !slices.ContainsFunc(breakages(), func(b breakage) bool { return strings.HasPrefix(b.name, fault) }) {
			t.Errorf("no broken store is named for %q", fault)
		}
	}
	named := map[string]bool{}
	for _, b := range breakages() {
		if named[b.name] {
			t.Errorf("two broken stores are named %q", b.name)
		}
		named[b.name] = true
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
		notices: func(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
			list, err := good.Notices(ctx, now, limit)
			return list, wrap(err)
		},
		deleteExpired: func(ctx context.Context, before int64, limit int) (int, error) {
			n, err := good.DeleteExpired(ctx, before, limit)
			return n, wrap(err)
		},
	}
}
