package storetest_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// oneCaller is a store as inside a transaction of the host's: of two calls at once
// one fails, and a call whose context dies meanwhile is the last that succeeds.
func oneCaller(good store.Store) store.Store {
	var busy, ended atomic.Bool
	errEnded := errors.New("the transaction has ended")
	alone := func(ctx context.Context, call func() error) error {
		if !busy.CompareAndSwap(false, true) {
			ended.Store(true)
		}
		defer busy.Store(false)
		if ended.Load() {
			return errEnded
		}
		dead := ctx.Err() != nil // so it does not come as far as the transaction
		err := call()
		yield()
		if !dead && ctx.Err() != nil {
			ended.Store(true)
		}
		return err
	}
	return fake{
		Store: good,
		account: func(ctx context.Context, id string) (a *store.Account, err error) {
			err = alone(ctx, func() error { a, err = good.Account(ctx, id); return err })
			return a, err
		},
		byIdentifier: func(ctx context.Context, kind string, value []byte) (a *store.Account, err error) {
			err = alone(ctx, func() error { a, err = good.AccountByIdentifier(ctx, kind, value); return err })
			return a, err
		},
		proof: func(ctx context.Context, id string) (p *store.Proof, a *store.Account, err error) {
			err = alone(ctx, func() error { p, a, err = good.Proof(ctx, id); return err })
			return p, a, err
		},
		proofs: func(ctx context.Context, account string, kind uint8) (list []store.Proof, err error) {
			err = alone(ctx, func() error { list, err = good.Proofs(ctx, account, kind); return err })
			return list, err
		},
		apply: func(ctx context.Context, change store.Change) error {
			return alone(ctx, func() error { return good.Apply(ctx, change) })
		},
		count: func(ctx context.Context, counters []store.Counter) (values []int64, err error) {
			err = alone(ctx, func() error { values, err = good.Count(ctx, counters); return err })
			return values, err
		},
		events: func(ctx context.Context, account, before string, limit int) (list []store.Event, err error) {
			err = alone(ctx, func() error { list, err = good.Events(ctx, account, before, limit); return err })
			return list, err
		},
		notices: func(ctx context.Context, now int64, limit int) (list []store.Notice, err error) {
			err = alone(ctx, func() error { list, err = good.Notices(ctx, now, limit); return err })
			return list, err
		},
		deleteExpired: func(ctx context.Context, before int64, limit int) (n int, err error) {
			err = alone(ctx, func() error { n, err = good.DeleteExpired(ctx, before, limit); return err })
			return n, err
		},
	}
}

// What Serial leaves out is just what a store that serves one caller fails.
func TestSerialLeavesOutNothingElse(t *testing.T) {
	t.Parallel()
	serially, err := runVictim(t, "serial", "")
	if err != nil {
		t.Fatalf("with Serial: %v:\n%s", err, serially)
	}
	all, err := runVictim(t, "overlapping", "")
	if err == nil {
		t.Fatal("without Serial it passes")
	}
	stay := checks(serially, "PASS")
	var out []string
	for _, check := range checks(all, "PASS|FAIL") {
		if !slices.Contains(stay, check) {
			out = append(out, check)
		}
	}
	if failed := checks(all, "FAIL"); len(out) == 0 || !slices.Equal(failed, out) {
		t.Errorf("left out are\n%s\nand those that fail without Serial are\n%s", strings.Join(out, "\n"), strings.Join(failed, "\n"))
	}
}

// checks are the subtests in the output that have no subtests, by name.
func checks(output, verdict string) []string {
	var all []string
	for _, match := range regexp.MustCompile(`--- (?:`+verdict+`): TestVictim/(\S+) \(`).FindAllStringSubmatch(output, -1) {
		all = append(all, match[1])
	}
	var leaves []string
	for _, name := range all {
		if !slices.ContainsFunc(all, func(other string) bool { return strings.HasPrefix(other, name+"/") }) {
			leaves = append(leaves, name)
		}
	}
	slices.Sort(leaves)
	return leaves
}
