package bunstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/ligature-auth/ligature/store"
)

// Dialect is a family of databases that speak the same SQL.
type Dialect string

// The dialects that there are migrations for.
const (
	SQLite     Dialect = "sqlite"     // 3.37 or later
	PostgreSQL Dialect = "postgresql" // 12 or later, and what behaves like it
	MySQL      Dialect = "mysql"      // MySQL 8.0 or later, MariaDB 10.5 or later
)

// Config is how a Store differs from the plain one. The zero value is fine.
type Config struct {
	// InTx, if not nil, is called in the transaction of each Change that holds
	// accounts or associations, after all of it was written and before it is
	// committed: what the host writes by tx commits or rolls back together with
	// it. The *sql.Tx is tx.Tx. An error rolls both back and is what Apply
	// returns; store.ErrConflict makes the core decide anew. InTx is called again
	// when the transaction is tried again, so it must do nothing but by tx. It must
	// return every error that tx gives it: some have ended the transaction already,
	// and what is acknowledged then was never written.
	InTx func(ctx context.Context, tx bun.Tx, change store.Change) error
}

// Store is a [store.Store] in a database. Make one with [Prepare], [Open] or [New].
type Store struct {
	db      bun.IDB
	dialect Dialect
	config  Config

	numbered sync.Map // the statements with $1, $2, … by those with question marks
	joined   sync.Map // those of several writes, by the writes
}

var _ store.Store = (*Store)(nil)

// New returns a Store that works by db, which is a *bun.DB or a transaction that
// the host has begun: then everything commits or rolls back with it, nothing is
// retried, and the Store is no safer for concurrent use than the transaction. It
// does no I/O; with a dialect that is none of the three, every method fails.
func New(db bun.IDB, config Config) *Store {
	return &Store{db: db, dialect: dialects[db.Dialect().Name()], config: config}
}

var dialects = map[dialect.Name]Dialect{
	dialect.SQLite: SQLite,
	dialect.PG:     PostgreSQL,
	dialect.MySQL:  MySQL,
}

// Open is [New] for a host that has no bun: db stays the host's, and so does its
// closing. With MySQL it asks the server's version. An error says that there is
// no such dialect.
func Open(db *sql.DB, d Dialect, config Config) (*Store, error) {
	var speaks schema.Dialect
	switch d {
	case SQLite:
		speaks = sqlitedialect.New()
	case PostgreSQL:
		speaks = pgdialect.New()
	case MySQL:
		speaks = mysqldialect.New()
	default:
		return nil, fmt.Errorf("bunstore: %q is no dialect", d)
	}
	return New(bun.NewDB(db, speaks), config), nil
}

// Prepare is Open with all that a program does before it serves: Migrate and Check.
func Prepare(ctx context.Context, db *sql.DB, d Dialect, config Config) (*Store, error) {
	s, err := Open(db, d, config)
	if err != nil {
		return nil, err
	}
	if err := s.Migrate(ctx); err != nil {
		return nil, err
	}
	if err := s.Check(ctx); err != nil {
		return nil, err
	}
	return s, nil
}
