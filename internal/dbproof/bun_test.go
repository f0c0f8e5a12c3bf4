package dbproof_test

import (
	"database/sql"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// bunOf is the pool as a host that uses bun has it.
func bunOf(t *testing.T, d bundb.Database, db *sql.DB) *bun.DB {
	t.Helper()
	var speaks schema.Dialect
	switch d.Dialect {
	case bunstore.SQLite:
		speaks = sqlitedialect.New()
	case bunstore.PostgreSQL:
		speaks = pgdialect.New()
	case bunstore.MySQL:
		speaks = mysqldialect.New()
	default:
		t.Fatalf("what does %q speak?", d.Dialect)
	}
	return bun.NewDB(db, speaks)
}
