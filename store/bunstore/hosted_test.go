package bunstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/storetest"
)

var countAll = `SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM association_account)
	+ (SELECT COUNT(*) FROM association_association) + (SELECT COUNT(*) FROM association_proof)
	+ (SELECT COUNT(*) FROM association_counter) + (SELECT COUNT(*) FROM association_event) + (SELECT COUNT(*) FROM association_notice)`

// joins are the ways into a transaction that the host has begun.
var joins = map[string]func(*bun.DB, bun.Tx) *bunstore.Store{
	"New": func(_ *bun.DB, tx bun.Tx) *bunstore.Store { return bunstore.New(tx, bunstore.Config{}) },
	"In":  func(db *bun.DB, tx bun.Tx) *bunstore.Store { return bunstore.New(db, bunstore.Config{}).In(tx.Tx) },
}

// Inside a host's transaction the contract is the same, a refused Change leaves
// the transaction usable, and what the host's end makes of it is so for all.
func TestStoreInsideATransaction(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		db := bunOf(t, d)
		execute(t, db.DB, `CREATE TABLE users (id INTEGER)`)
		for name, join := range joins {
			t.Run(name, func(t *testing.T) {
				storetest.Run(t, func(t *testing.T) store.Store {
					tx, err := db.BeginTx(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := tx.ExecContext(t.Context(), `INSERT INTO users (id) VALUES (1)`); err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = tx.Rollback() }) // t's context may have ended it already
					return join(db, tx)
				}, storetest.Options{Serial: true})
			})
		}
		if left := column(t, db.DB, countAll); left[0] != "0" {
			t.Errorf("after all was rolled back there are %s rows", left[0])
		}
	})
}

func TestAHostCommitsOrRollsBack(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		db := bunOf(t, d)
		execute(t, db.DB, `CREATE TABLE users (id INTEGER)`)
		for name, join := range joins {
			for _, commit := range []bool{false, true} {
				tx, err := db.BeginTx(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				s := join(db, tx)
				everything := store.Change{
					Accounts: []store.Account{{ID: "ann"}}, Proofs: []store.Proof{{ID: "p"}}, Events: []store.Event{{ID: "e", Account: "ann"}},
					Link: []store.Association{{ID: "x", Account: "ann", Kind: "email", Value: []byte("a")}}, Notices: []store.Notice{{ID: "n"}},
				}
				if _, err := tx.ExecContext(t.Context(), `INSERT INTO users (id) VALUES (1)`); err != nil {
					t.Fatal(err)
				}
				if err := s.Apply(t.Context(), everything); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Count(t.Context(), []store.Counter{{N: 1}}); err != nil {
					t.Fatal(err)
				}
				if err := s.Apply(t.Context(), everything); err == nil {
					t.Error("the same was written twice")
				}
				end, want := tx.Rollback, "0"
				if commit {
					end, want = tx.Commit, "7"
				}
				if err := end(); err != nil {
					t.Fatal(err)
				}
				if got := column(t, db.DB, countAll); got[0] != want {
					t.Errorf("%s, committed %t: %s rows, want %s", name, commit, got[0], want)
				}
			}
			bundb.Empty(t, db.DB)
			execute(t, db.DB, `DELETE FROM users`)
		}
	})
}

// Inside a host's transaction a call's context is its own: it ends a wait, InTx sees it,
// and where it dies as the Change is refused, nothing of that stays all the same.
func TestACallInsideATransactionHasItsOwnContext(t *testing.T) {
	type name struct{}
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		db := bunOf(t, d)
		pool := bunstore.New(db, bunstore.Config{})
		if err := pool.Apply(t.Context(), store.Change{Accounts: []store.Account{{ID: "ann"}}}); err != nil {
			t.Fatal(err)
		}
		change := store.Change{Accounts: []store.Account{{ID: "ann", Version: 1}}, Proofs: []store.Proof{{ID: "p"}}}
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()

		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), name{}, "the call's"))
		s := bunstore.New(tx, bunstore.Config{InTx: func(ctx context.Context, _ bun.Tx, _ store.Change) error {
			if ctx.Value(name{}) != "the call's" {
				t.Error("InTx sees another context")
			}
			cancel()
			return store.ErrConflict
		}})
		if err := s.Apply(ctx, change); !errors.Is(err, store.ErrConflict) {
			t.Errorf("refused as the context died: %v", err)
		}
		if a, err := s.Account(t.Context(), "ann"); err != nil || a.Version != 1 {
			t.Errorf("refused, the account is %+v, %v", a, err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if d.Dialect == bunstore.SQLite {
			return // where nobody waits for a row
		}

		holder, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = holder.Rollback() }()
		if _, err := holder.ExecContext(t.Context(), `UPDATE association_account SET status = 3`); err != nil {
			t.Fatal(err)
		}
		waiter, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = waiter.Rollback() }()
		ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := bunstore.New(waiter, bunstore.Config{}).Apply(ctx, change); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for a row: %v", err)
		}
	})
}
