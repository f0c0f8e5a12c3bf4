package bunstore

import (
	"context"
	"database/sql"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// In returns a Store that works inside tx, a transaction that the host has begun in the
// same database: as New does with a bun.Tx, for a host that has no bun. Config.InTx is
// not called there: the host writes what is its own by tx.
func (s *Store) In(tx *sql.Tx) *Store {
	return &Store{db: hostTx{tx: tx, speaks: s.db.Dialect()}, dialect: s.dialect}
}

// hosted reports whether the Store is inside a transaction that is not its own to
// begin, end or repeat.
func (s *Store) hosted() bool {
	_, pool := s.db.(*bun.DB)
	return !pool
}

// hostTx is as much of a bun.IDB as a Store uses inside a transaction. The rest is nil.
type hostTx struct {
	bun.IDB
	tx     *sql.Tx
	speaks schema.Dialect
}

// Dialect says how the database speaks.
func (h hostTx) Dialect() schema.Dialect { return h.speaks }

// ExecContext writes the arguments into the text, as bun does: see native.
func (h hostTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return h.tx.ExecContext(ctx, h.text(query, args))
}

// QueryContext does as ExecContext.
func (h hostTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return h.tx.QueryContext(ctx, h.text(query, args))
}

// QueryRowContext does as ExecContext.
func (h hostTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return h.tx.QueryRowContext(ctx, h.text(query, args))
}

func (h hostTx) text(query string, args []any) string {
	return schema.NewQueryGen(h.speaks).FormatQuery(query, args...)
}

// savepoint takes back what do has written, if it fails, and nothing else of the
// host's transaction. ctx outlives the call's, so that this much is sure.
func (h hostTx) savepoint(ctx context.Context, do func() error) error {
	if _, err := h.tx.ExecContext(ctx, `SAVEPOINT association_change`); err != nil {
		return err
	}
	if err := do(); err != nil {
		// Where the database has ended the whole, there is none to go back to.
		_, _ = h.tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT association_change`)
		return err
	}
	_, err := h.tx.ExecContext(ctx, `RELEASE SAVEPOINT association_change`)
	return err
}
