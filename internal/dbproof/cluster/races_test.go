//go:build cluster

package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store"
)

const (
	callers     = 64 // in a race, spread over the nodes
	repetitions = 20
)

// oneChangeAVersion lets callers at all nodes replace one version at once, by one
// statement and by a transaction. One of them does, and the others are told.
func oneChangeAVersion(t *testing.T, c *testdb.Cluster) {
	newest := open(t, c, waiting).at(0).records
	for _, wait := range []string{plain, waiting} {
		for _, events := range []bool{false, true} {
			w := open(t, c, wait)
			account := store.Account{ID: fmt.Sprint("versions", wait, events), CreatedAt: 1, Status: 1}
			if err := w.at(0).records.Apply(t.Context(), store.Change{Accounts: []store.Account{account}}); err != nil {
				t.Fatal(err)
			}
			for account.Version = 1; account.Version <= repetitions; account.Version++ {
				won := w.replace(t, account, events)
				got := dbproof.Must(newest.Account(t.Context(), account.ID))(t)
				if got.Version != account.Version+1 || !slices.Equal(won, []string{string(got.Data)}) {
					t.Errorf("wsrep_sync_wait=%s: %q replaced version %d; now it is version %d, by %s",
						wait, won, account.Version, got.Version, got.Data)
				}
			}
			if n := len(dbproof.Must(newest.Events(t.Context(), account.ID, "", callers*repetitions))(t)); events && n != repetitions {
				t.Errorf("wsrep_sync_wait=%s: %d events of %d changes", wait, n, repetitions)
			}
		}
	}
}

// replace returns who replaced the version of the account.
func (w *world) replace(t *testing.T, account store.Account, events bool) (won []string) {
	t.Helper()
	errs := dbproof.Together(callers, func(i int) error {
		a := account
		a.Data = []byte(strconv.Itoa(i))
		change := store.Change{Accounts: []store.Account{a}}
		if events {
			change.Events = []store.Event{{ID: fmt.Sprintf("%d-%d", a.Version, i), Account: a.ID}}
		}
		return w.at(i).records.Apply(t.Context(), change)
	})
	for i, err := range errs {
		if err == nil {
			won = append(won, strconv.Itoa(i))
		} else if !errors.Is(err, store.ErrConflict) {
			t.Errorf("a loser: %v, want %v", err, store.ErrConflict)
		}
	}
	return won
}

// noUpdateIsLost lets callers at all nodes read a number and write the next one, as
// the core does it: again after a conflict. Each that was acknowledged is in the sum.
func noUpdateIsLost(t *testing.T, c *testdb.Cluster) {
	const callers, times = 24, 10
	newest := open(t, c, waiting).at(0).records
	for _, wait := range []string{plain, waiting} {
		w := open(t, c, wait)
		id := "sum" + wait
		if err := w.at(0).records.Apply(t.Context(), store.Change{Accounts: []store.Account{{ID: id, Data: []byte("0")}}}); err != nil {
			t.Fatal(err)
		}
		errs := dbproof.Together(callers, func(i int) error {
			for range times {
				if err := raise(t.Context(), w.at(i).records, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		got := dbproof.Must(newest.Account(t.Context(), id))(t)
		if want := strconv.Itoa(callers * times); string(got.Data) != want || got.Version != callers*times+1 {
			t.Errorf("wsrep_sync_wait=%s: the sum is %s in version %d, want %s", wait, got.Data, got.Version, want)
		}
	}
}

// raise adds one to the number that the account holds.
func raise(ctx context.Context, s store.Store, id string) error {
	for {
		a, err := s.Account(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // the node has yet to hear of it
		}
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(a.Data))
		if err != nil {
			return err
		}
		a.Data = []byte(strconv.Itoa(n + 1))
		if err := s.Apply(ctx, store.Change{Accounts: []store.Account{*a}}); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

// countsDiffer: of all who count at once, at all nodes, each is told another total.
func countsDiffer(t *testing.T, c *testdb.Cluster) {
	w := open(t, c, plain)
	conflicts := w.status(t, "wsrep_local_cert_failures") + w.status(t, "wsrep_local_bf_aborts")
	keys := []store.Counter{{Key: [32]byte{1}, N: 1, Expires: 1}, {Key: [32]byte{2}, N: 3, Expires: 1}}
	told := make([][]int64, callers*repetitions)
	var failed atomic.Int64
	errs := dbproof.Together(callers, func(i int) (err error) {
		for k := range repetitions {
			told[i*repetitions+k], err = w.at(i).records.Count(t.Context(), keys)
			for isConflict(err) { // somebody was quicker at every try; one of the keys may be counted
				failed.Add(1)
				told[i*repetitions+k], err = w.at(i).records.Count(t.Context(), keys)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	newest := dbproof.Must(open(t, c, waiting).at(0).records.Count(t.Context(), []store.Counter{{Key: keys[0].Key}, {Key: keys[1].Key}}))(t)
	for place, c := range keys {
		totals := map[int64]bool{}
		for i := range told {
			totals[told[i][place]] = true
		}
		n := int64(len(told))
		if len(totals) != len(told) || newest[place] < c.N*n || newest[place] > c.N*(n+failed.Load()) {
			t.Errorf("%d counts of %d were told %d totals, and the last is %d", n, c.N, len(totals), newest[place])
		}
	}
	conflicts = w.status(t, "wsrep_local_cert_failures") + w.status(t, "wsrep_local_bf_aborts") - conflicts
	t.Logf("%d counts met %d conflicts; %d failed, and were repeated", 2*len(told), conflicts, failed.Load())
	if conflicts == 0 {
		t.Error("nobody was in another's way")
	}
}

func isConflict(err error) bool {
	told, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && told.Number == 1213
}
