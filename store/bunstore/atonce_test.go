package bunstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// A Change of several records is one statement on PostgreSQL, unless it unlinks; and
// where a database will not take that, a transaction. Either way it is refused whole,
// for the same reason.
func TestAChangeIsOneStatementOnPostgreSQL(t *testing.T) {
	for _, unable := range []bool{false, true} {
		d := kind(bunstore.PostgreSQL)
		dsn := d.DSN(t)
		plain := d.Connect(t, dsn)
		seen := &watched{driver: plain.Driver(), dsn: dsn, unable: unable}
		db := sql.OpenDB(seen)
		t.Cleanup(func() { _ = db.Close() })
		s := d.On(t, db, bunstore.Config{})
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		link := store.Association{ID: "1", Account: "ann", Kind: "email", Value: []byte("ann@example.com")}
		another, other := link, link
		another.ID = "2"
		other.ID, other.Value = "3", []byte("ann@example.org")
		for _, tt := range []struct {
			name                 string
			change               store.Change
			want                 error
			atOnce, transactions int // by a database that is able
		}{
			{"linking", store.Change{Accounts: []store.Account{{ID: "ann"}}, Link: []store.Association{link}}, nil, 1, 0},
			{"an old version, and taken", store.Change{Accounts: []store.Account{{ID: "ann", Version: 2}}, Link: []store.Association{another}}, store.ErrConflict, 1, 1},
			{"taken", store.Change{Accounts: []store.Account{{ID: "ann", Version: 1}}, Link: []store.Association{another}}, store.ErrTaken, 1, 1},
			{"unlinking", store.Change{Accounts: []store.Account{{ID: "ann", Version: 1}}, Unlink: []store.Association{link}, Link: []store.Association{another}}, nil, 0, 1},
			{"one record", store.Change{Accounts: []store.Account{{ID: "ann", Version: 2}}}, nil, 0, 0},
			{"linking another", store.Change{Accounts: []store.Account{{ID: "ann", Version: 3}}, Link: []store.Association{other}}, nil, 1, 0},
		} {
			seen.atOnce, seen.transactions = 0, 0
			if err := s.Apply(t.Context(), tt.change); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
			transactions := tt.transactions
			if unable {
				transactions = max(transactions, tt.atOnce)
			}
			if seen.atOnce != tt.atOnce || seen.transactions != transactions {
				t.Errorf("%s, unable %t: %d statements at once and %d transactions, want %d and %d",
					tt.name, unable, seen.atOnce, seen.transactions, tt.atOnce, transactions)
			}
		}
		a, err := s.Account(t.Context(), "ann")
		if err != nil || a.Version != 4 || len(a.Associations) != 2 {
			t.Errorf("%+v, %v", a, err)
		}
	}
}

// watched counts what a driver is asked, and may be unable to write a table twice.
type watched struct {
	driver               driver.Driver
	dsn                  string
	unable               bool
	atOnce, transactions int
}

func (w *watched) Driver() driver.Driver { return w.driver }

func (w *watched) Connect(context.Context) (driver.Conn, error) {
	conn, err := w.driver.Open(w.dsn)
	if err != nil {
		return nil, err
	}
	pass := func(ctx context.Context, conn driver.ExecerContext, query string, args []driver.NamedValue) (driver.Result, error) {
		return conn.ExecContext(ctx, query, args)
	}
	return watchedConn{connection{conn, pass}, w}, nil
}

type watchedConn struct {
	connection
	w *watched
}

func (c watchedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.w.transactions++
	return c.connection.BeginTx(ctx, o)
}

func (c watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(query, "WITH ") {
		c.w.atOnce++
		if c.w.unable {
			return nil, &pgconn.PgError{Code: "0A000"}
		}
	}
	return c.connection.ExecContext(ctx, query, args)
}
