package bunstore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

func failing(calls *int, err error) func(context.Context, bun.Tx, store.Change) error {
	return func(context.Context, bun.Tx, store.Change) error {
		*calls++
		return err
	}
}

// The host's row and our change are one commit, whichever of them fails.
func TestInTx(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		_, db := d.Open(t, bunstore.Config{})
		execute(t, db, `CREATE TABLE users (name VARCHAR(64))`)
		var refusal error
		s := d.On(t, db, bunstore.Config{InTx: func(ctx context.Context, tx bun.Tx, change store.Change) error {
			if _, err := tx.ExecContext(ctx, `INSERT INTO users (name) VALUES (?)`, change.Accounts[0].ID); err != nil {
				return err
			}
			return refusal
		}})
		account := func(id string) store.Change {
			return store.Change{Accounts: []store.Account{{ID: id}}, Proofs: []store.Proof{{ID: "of " + id}}}
		}

		refusal = errors.New("the host says no")
		if err := s.Apply(t.Context(), account("ann")); err != refusal {
			t.Errorf("refused by the host: %v, want its error", err)
		}
		if _, err := s.Account(t.Context(), "ann"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("refused by the host, the account: %v", err)
		}
		refusal = nil
		if err := s.Apply(t.Context(), account("bob")); err != nil {
			t.Fatal(err)
		}
		both := account("cem")
		both.Proofs[0].ID = "of bob"
		if err := s.Apply(t.Context(), both); !errors.Is(err, store.ErrConflict) {
			t.Errorf("refused by us: %v", err)
		}
		if got := column(t, db, `SELECT name FROM users`); len(got) != 1 || got[0] != "bob" {
			t.Errorf("the host has %v, want bob alone", got)
		}
		if _, err := s.Account(t.Context(), "bob"); err != nil {
			t.Error(err)
		}
	})
}

// It is told of accounts and associations, alone in their Change or not; proofs
// come and go all the time.
func TestInTxIsForAccountsAndAssociations(t *testing.T) {
	_, db := pool(t)
	calls := 0
	s := bunstore.New(db, bunstore.Config{InTx: failing(&calls, nil)})
	link := store.Association{ID: "x", Account: "ann", Kind: "email", Value: []byte("a")}
	for _, tt := range []struct {
		change store.Change
		want   int
	}{
		{store.Change{Accounts: []store.Account{{ID: "ann"}}}, 1},
		{store.Change{Link: []store.Association{link}}, 1},
		{store.Change{Unlink: []store.Association{link}}, 1},
		{store.Change{Proofs: []store.Proof{{ID: "p"}}, Events: []store.Event{{ID: "e"}}, Notices: []store.Notice{{ID: "n"}}}, 0},
		{store.Change{}, 0},
	} {
		calls = 0
		if err := s.Apply(t.Context(), tt.change); err != nil || calls != tt.want {
			t.Errorf("%+v: %v with %d calls, want %d", tt.change, err, calls, tt.want)
		}
	}
}

// A host that finds its own row changed makes the core decide anew, and a
// transaction that is tried again calls it again.
func TestInTxMayConflict(t *testing.T) {
	_, db := pool(t)
	calls := 0
	s := bunstore.New(db, bunstore.Config{InTx: failing(&calls, store.ErrConflict)})
	if err := s.Apply(t.Context(), twoWrites); !errors.Is(err, store.ErrConflict) || calls != 1 {
		t.Errorf("%v after %d calls, want ErrConflict after one", err, calls)
	}
	calls = 0
	s = bunstore.New(db, bunstore.Config{InTx: func(context.Context, bun.Tx, store.Change) error {
		if calls++; calls < 3 {
			return mysqlError(1213)
		}
		return nil
	}})
	if err := s.Apply(t.Context(), twoWrites); err != nil || calls != 3 {
		t.Errorf("%v after %d calls, want success after 3", err, calls)
	}
}
