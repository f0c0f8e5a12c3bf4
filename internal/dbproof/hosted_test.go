package dbproof_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// users is a host's own table, in the database that keeps the records.
type users struct{ *bun.DB }

const noUser = "nobody"

// openHost returns a store and a table of users in one fresh database.
func openHost(t *testing.T, d bundb.Database, config bunstore.Config) (*bunstore.Store, users) {
	t.Helper()
	s, db := d.Open(t, config)
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE users (id VARCHAR(64) PRIMARY KEY, email VARCHAR(320) NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	return s, users{bunOf(t, d, db)}
}

// email returns a user's address, or noUser.
func (u users) email(ctx context.Context, t *testing.T, id string) (email string) {
	t.Helper()
	err := u.QueryRowContext(ctx, `SELECT email FROM users WHERE id = ?`, id).Scan(&email)
	if errors.Is(err, sql.ErrNoRows) {
		return noUser
	}
	if err != nil {
		t.Fatal(err)
	}
	return email
}

func addUser(ctx context.Context, tx bun.IDB, id, email string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO users (id, email) VALUES (?, ?)`, id, email)
	return err
}

// TestAHostsTransactionTakesABindAndAnImportAlong, or neither, together with the
// host's own row.
func TestAHostsTransactionTakesABindAndAnImportAlong(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		ctx := t.Context()
		s, users := openHost(t, d, bunstore.Config{})
		r := dbproof.Must(dbproof.NewRig(s))(t)
		m := dbproof.Must(r.Member(ctx, "ada"))(t)
		first := dbproof.Must(r.Propose(ctx, m, "ada@example.com"))(t)
		dbproof.Must(r.Bind(ctx, first, ""))(t)
		p := dbproof.Must(r.Propose(ctx, m, "ada@example.net"))(t) // replaces it, with all that goes along
		both := ledger{"ada", []dbproof.Proposal{first, p}}

		inTx := func(end func(bun.Tx) error) association.Association {
			tx := dbproof.Must(users.BeginTx(ctx, nil))(t)
			defer func() { _ = tx.Rollback() }()
			inside := &dbproof.Rig{r.With(bunstore.New(tx, bunstore.Config{})), r.Out}
			a := dbproof.Must(inside.Bind(ctx, p, "request"))(t)
			dbproof.Must(inside.Import(ctx, association.ImportedAccount{
				ID: "bob", Identifiers: []association.ImportedIdentifier{{Kind: "email", Value: "bob@example.com"}},
			}))(t)
			if err := addUser(ctx, tx, "bob", "bob@example.com"); err != nil {
				t.Fatal(err)
			}
			if err := end(tx); err != nil {
				t.Fatal(err)
			}
			return a
		}

		inTx(func(tx bun.Tx) error { return tx.Rollback() })
		both.mustBe(ctx, t, s, 1)
		if _, err := s.Account(ctx, "bob"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("rolled back, the import left %v", err)
		}
		if got := users.email(ctx, t, "bob"); got != noUser {
			t.Errorf("rolled back, the host has %q", got)
		}

		told := inTx(func(tx bun.Tx) error { return tx.Commit() })
		both.mustBe(ctx, t, s, 2)
		bob := dbproof.Must(s.AccountByIdentifier(ctx, "email", []byte("bob@example.com")))(t)
		if bob.ID != "bob" || users.email(ctx, t, "bob") != "bob@example.com" {
			t.Errorf("committed, the account is %q and the host has %q", bob.ID, users.email(ctx, t, "bob"))
		}
		if again := dbproof.Must(r.Bind(ctx, p, "request"))(t); again.ID != told.ID {
			t.Error("the repeat was told of another association")
		}
	})
}

// hostRows keeps users.email what the associations say, in the same commit.
type hostRows struct {
	seen func() // where set, is called when all is written and nothing committed
	err  error  // what the host then returns
}

func (h *hostRows) inTx(ctx context.Context, tx bun.Tx, change store.Change) error {
	for _, a := range change.Accounts {
		if a.Version > 0 {
			continue
		}
		if err := addUser(ctx, tx, a.ID, ""); err != nil {
			return err
		}
	}
	for _, l := range change.Link {
		if l.Kind != "email" {
			continue
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET email = ? WHERE id = ?`, string(l.Value), l.Account); err != nil {
			return err
		}
	}
	if h.seen != nil {
		h.seen()
	}
	return h.err
}

func TestTheHostsRowIsInTheCommitOfTheBind(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		ctx := t.Context()
		host := &hostRows{}
		s, users := openHost(t, d, bunstore.Config{InTx: host.inTx})
		r := dbproof.Must(dbproof.NewRig(s))(t)
		is := func(when, email string, l ledger, done int) {
			t.Helper()
			if got := users.email(ctx, t, "ada"); got != email {
				t.Errorf("%s, the host has %q, want %q", when, got, email)
			}
			l.mustBe(ctx, t, s, done)
		}

		m := dbproof.Must(r.Member(ctx, "ada"))(t)
		first := dbproof.Must(r.Propose(ctx, m, "ada@example.com"))(t)
		l := ledger{"ada", []dbproof.Proposal{first}}
		is("imported", "", l, 0)
		calls := 0
		host.seen = func() {
			calls++
			is("not committed", "", l, 0)
		}
		dbproof.Must(r.Bind(ctx, first, "request"))(t)
		host.seen = nil
		is("bound", "ada@example.com", l, 1)
		dbproof.Must(r.Bind(ctx, first, "request"))(t)
		if calls != 1 {
			t.Errorf("the host was called %d times", calls)
		}

		second := dbproof.Must(r.Propose(ctx, m, "ada@example.net"))(t)
		l.Tried = append(l.Tried, second)
		host.err = errors.New("the host's own trouble")
		if _, err := r.Bind(ctx, second, "request"); !errors.Is(err, association.ErrUnavailable) {
			t.Errorf("the host failed: %v, want %v", err, association.ErrUnavailable)
		}
		is("failed", "ada@example.com", l, 1)
		host.err = nil
		dbproof.Must(r.Bind(ctx, second, "request"))(t)
		is("replaced", "ada@example.net", l, 2)

		// What the host calls a conflict is decided anew.
		third := dbproof.Must(r.Propose(ctx, m, "ada@example.org"))(t)
		l.Tried = append(l.Tried, third)
		host.err = store.ErrConflict
		host.seen = func() {
			if calls++; calls == 3 {
				host.err = nil
			}
		}
		dbproof.Must(r.Bind(ctx, third, "request"))(t)
		is("replaced at the second try", "ada@example.org", l, 3)

		host.seen, host.err = nil, errors.New("the host's own trouble")
		if _, err := r.Member(ctx, "bob"); !errors.Is(err, association.ErrUnavailable) {
			t.Errorf("an import where the host fails: %v, want %v", err, association.ErrUnavailable)
		}
		if _, err := s.Account(ctx, "bob"); !errors.Is(err, store.ErrNotFound) || users.email(ctx, t, "bob") != noUser {
			t.Errorf("an import that failed left %v and %q", err, users.email(ctx, t, "bob"))
		}
	})
}

// TestAHostWhoseTransactionIsOldWinsNothing: an address is bound while it is open. On
// SQLite nobody else writes meanwhile.
func TestAHostWhoseTransactionIsOldWinsNothing(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		if d.Dialect == bunstore.SQLite {
			return
		}
		ctx := t.Context()
		s, users := openHost(t, d, bunstore.Config{})
		r := dbproof.Must(dbproof.NewRig(s))(t)
		p := dbproof.Must(r.Propose(ctx, dbproof.Must(r.Member(ctx, "ada"))(t), "ada@example.com"))(t)

		tx := dbproof.Must(users.BeginTx(ctx, nil))(t)
		inside := &dbproof.Rig{r.With(bunstore.New(tx, bunstore.Config{})), r.Out}
		if err := addUser(ctx, tx, "ada", p.To); err != nil {
			t.Fatal(err)
		}
		dbproof.Must(inside.Account(ctx, "ada"))(t)
		dbproof.Must(r.Bind(ctx, p, ""))(t)
		if _, err := inside.Bind(ctx, p, ""); !errors.Is(err, association.ErrBusy) && !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("told %v, want %v or %v", err, association.ErrBusy, association.ErrInvalidProof)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		ledger{"ada", []dbproof.Proposal{p}}.mustBe(ctx, t, s, 1)
		if got := users.email(ctx, t, "ada"); got != noUser {
			t.Errorf("rolled back, the host has %q", got)
		}
	})
}
