package bunstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// The shapes of errors of drivers that are not imported here.
type sqliteError int

func (e sqliteError) Error() string { return "a message that nobody looks at" }
func (e sqliteError) Code() int     { return int(e) }

type pgdriverError string

func (e pgdriverError) Error() string { return "a message that nobody looks at" }
func (e pgdriverError) Field(k byte) string {
	if k == 'C' {
		return string(e)
	}
	return ""
}

func mysqlError(number uint16) error { return &mysql.MySQLError{Number: number} }

var transient = map[string]error{
	"PostgreSQL serialization":      &pgconn.PgError{Code: "40001"},
	"PostgreSQL deadlock":           &pgconn.PgError{Code: "40P01"},
	"pgdriver serialization":        pgdriverError("40001"),
	"MySQL deadlock":                mysqlError(1213),
	"MySQL lock wait":               mysqlError(1205),
	"MariaDB snapshot":              mysqlError(1020),
	"SQLite busy":                   sqliteError(5),
	"SQLite busy snapshot":          sqliteError(517),
	"SQLite locked":                 sqliteError(6),
	"wrapped":                       fmt.Errorf("somewhere: %w", mysqlError(1213)),
	"joined":                        errors.Join(errors.New("rollback"), mysqlError(1213)),
	"PostgreSQL in another's error": fmt.Errorf("somewhere: %w", &pgconn.PgError{Code: "40001"}),
}

// faults makes the writes of a store fail; it knows a write by its table.
type faults struct {
	err  error
	left atomic.Int64 // how many more times
	done atomic.Int64 // how many there were
}

func (f *faults) store(t *testing.T) *bunstore.Store {
	return faulty(t, func(ctx context.Context, conn driver.ExecerContext, query string, args []driver.NamedValue) (driver.Result, error) {
		if strings.Contains(query, "association_proof") && f.left.Add(-1) >= 0 {
			f.done.Add(1)
			return nil, f.err
		}
		return conn.ExecContext(ctx, query, args)
	})
}

var twoWrites = store.Change{
	Accounts: []store.Account{{ID: "ann"}},
	Proofs:   []store.Proof{{ID: "p", Account: "ann"}},
}

func TestR32_TransientErrorsAreTriedAgainAndTakeEffectOnce(t *testing.T) {
	for name, err := range transient {
		t.Run(name, func(t *testing.T) {
			for _, times := range []int64{1, 2, 5} {
				f := &faults{err: err}
				s := f.store(t)
				f.left.Store(times)
				if err := s.Apply(t.Context(), twoWrites); err != nil {
					t.Fatalf("after %d: %v", times, err)
				}
				if f.done.Load() != times {
					t.Errorf("it failed %d times, want %d", f.done.Load(), times)
				}
				p, a, err := s.Proof(t.Context(), "p")
				if err != nil || p.Version != 1 || a == nil || a.Version != 1 {
					t.Errorf("after %d: %+v, %+v, %v; want one effect", times, p, a, err)
				}
			}
		})
	}
}

// Each code is found in what drivers return, and only there.
func TestOtherErrorsAreNotTriedAgain(t *testing.T) {
	for name, err := range map[string]error{
		"PostgreSQL":              &pgconn.PgError{Code: "53300"},
		"MySQL":                   mysqlError(1406),
		"SQLite":                  sqliteError(13),
		"none of a database's":    errors.New("the network is gone"),
		"the words, not the code": errors.New("deadlock detected (SQLSTATE 40P01): database is locked"),
	} {
		t.Run(name, func(t *testing.T) {
			f := &faults{err: err}
			s := f.store(t)
			f.left.Store(2)
			var failed *bunstore.Error
			got := s.Apply(t.Context(), twoWrites)
			if !errors.As(got, &failed) || failed.Op != "apply" || errors.Is(got, store.ErrConflict) {
				t.Errorf("got %v, want an Error", got)
			}
			if !errors.Is(got, err) {
				t.Errorf("%v does not hold the driver's own", got)
			}
			if f.done.Load() != 1 {
				t.Errorf("it was tried %d times, want once", f.done.Load())
			}
			if _, err := s.Account(t.Context(), "ann"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("half of it was written: %v", err)
			}
		})
	}
}

// What never ends is a conflict for Apply, and nothing was written.
func TestR32_RetriesAreBounded(t *testing.T) {
	f := &faults{err: &pgconn.PgError{Code: "40001"}}
	s := f.store(t)
	f.left.Store(1 << 60)
	err := s.Apply(t.Context(), twoWrites)
	var failed *bunstore.Error
	if !errors.Is(err, store.ErrConflict) || !errors.As(err, &failed) || failed.Code != "SQLSTATE 40001" {
		t.Errorf("Apply: %v, want ErrConflict with the code", err)
	}
	if n := f.done.Load(); n < 5 || n > 50 {
		t.Errorf("it was tried %d times", n)
	}
	if _, err := s.Account(t.Context(), "ann"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("half of it was written: %v", err)
	}
}

// A context that ends between two tries ends the call, and says so.
func TestACancelledRetryEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &faults{err: mysqlError(1213)}
	s := faulty(t, func(dctx context.Context, conn driver.ExecerContext, query string, args []driver.NamedValue) (driver.Result, error) {
		if strings.Contains(query, "association_proof") {
			if f.done.Add(1) == 3 {
				cancel()
			}
			return nil, f.err
		}
		return conn.ExecContext(dctx, query, args)
	})
	if err := s.Apply(ctx, twoWrites); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if f.done.Load() != 3 {
		t.Errorf("it was tried %d times, want 3", f.done.Load())
	}
}

// Inside a host's transaction only the host can try again.
func TestNothingIsTriedAgainInsideATransaction(t *testing.T) {
	_, db := pool(t)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	calls := 0
	s := bunstore.New(tx, bunstore.Config{InTx: failing(&calls, mysqlError(1213))})
	if err := s.Apply(t.Context(), twoWrites); !errors.Is(err, store.ErrConflict) || calls != 1 {
		t.Errorf("%v after %d tries, want ErrConflict after one", err, calls)
	}
	if _, err := s.Account(t.Context(), "ann"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the host's transaction holds half of it: %v", err)
	}
}

// No message of a database's, which may repeat what was written, gets out.
func TestR67_ErrorsHoldNoValues(t *testing.T) {
	const secret = "ann@example.com"
	for _, err := range []error{
		&mysql.MySQLError{Number: 1406, Message: "Duplicate entry '" + secret + "'"},
		&pgconn.PgError{Code: "22001", Message: secret, Detail: secret},
		errors.New(`sql: Scan error on column index 0: converting "` + secret + `"`),
		fmt.Errorf("%s: %w", secret, driver.ErrBadConn),
	} {
		f := &faults{err: err}
		s := f.store(t)
		f.left.Store(9)
		got := s.Apply(t.Context(), twoWrites)
		for _, text := range []string{fmt.Sprint(got), fmt.Sprintf("%+v", got), fmt.Sprintf("%s", got), fmt.Sprintf("%q", got)} {
			if got == nil || strings.Contains(text, secret) {
				t.Errorf("%T: %s", err, text)
			}
		}
	}
}
