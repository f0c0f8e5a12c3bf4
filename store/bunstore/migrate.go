package bunstore

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/uptrace/bun"
)

// Latest is the version of the tables that this package works with.
const Latest = 1

// ErrNewer says that a newer version of this package has migrated the database.
// To run on it could lose what only the newer one knows.
var ErrNewer = errors.New("bunstore: the database is newer than this program")

//go:embed migrations
var files embed.FS

// Migrations returns a dialect's migrations, 0001_name.up.sql and
// 0001_name.down.sql, for hosts that run them by a tool of their own. Each notes in
// the table association_migration that it ran, and each statement ends with a
// semicolon at the end of a line. A dialect that is none of the three has none.
func Migrations(d Dialect) fs.FS {
	sub, err := fs.Sub(files, "migrations/"+string(d))
	if err != nil || d == "" {
		return embed.FS{}
	}
	return sub
}

// Migrate brings the tables to version Latest. Any number of programs may do so
// at once: one does it, and the others wait. What failed or was cut off has not
// happened; with MySQL, which commits each statement by itself, the next one
// begins it anew.
//
// In a Galera cluster the lock is a row: if a program dies or loses the cluster while
// it migrates, the next waits up to two minutes and then says which row to delete.
//
// It needs a pool, not a transaction, and the right to make tables. ErrNewer, an
// *Error.
func (s *Store) Migrate(ctx context.Context) error { return s.MigrateTo(ctx, Latest) }

// MigrateTo brings the tables up or down to a version. Down deletes what the lower
// version has no place for: at version 0, everything.
func (s *Store) MigrateTo(ctx context.Context, version int) error {
	if version < 0 || version > Latest {
		return fmt.Errorf("bunstore: there is no version %d", version)
	}
	if s.hosted() {
		return errors.New("bunstore: to migrate takes a pool, not a transaction")
	}
	return s.retry(ctx, opMigrate, func(ctx context.Context) error {
		return s.alone(ctx, func(db bun.IConn) error {
			return s.migrate(ctx, db, version)
		})
	})
}

func (s *Store) migrate(ctx context.Context, db bun.IConn, want int) error {
	have, err := versionOf(ctx, db)
	if err != nil {
		return err
	}
	if have > Latest {
		return &plainError{newer(have)}
	}
	if have == 0 && want == 0 { // the one table that asking made
		_, err := db.ExecContext(ctx, `DROP TABLE association_migration`)
		return err
	}
	for ; have < want; have++ {
		if err := s.run(ctx, db, have+1, "up"); err != nil {
			return err
		}
	}
	for ; have > want; have-- {
		if err := s.run(ctx, db, have, "down"); err != nil {
			return err
		}
	}
	return nil
}

// versionOf returns the version of the tables, 0 when there are none.
func versionOf(ctx context.Context, db bun.IConn) (version int, err error) {
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM association_migration WHERE version > 0`).Scan(&version)
	return version, err
}

func newer(have int) error {
	return fmt.Errorf("%w: its tables have version %d, the program knows %d", ErrNewer, have, Latest)
}

// run executes one file.
func (s *Store) run(ctx context.Context, db bun.IConn, version int, direction string) error {
	all := Migrations(s.dialect)
	names, err := fs.Glob(all, fmt.Sprintf("%04d_*.%s.sql", version, direction))
	if err != nil || len(names) != 1 {
		return &plainError{fmt.Errorf("bunstore: version %d has %d files %s: %w", version, len(names), direction, err)}
	}
	text, err := fs.ReadFile(all, names[0])
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(string(text), ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
