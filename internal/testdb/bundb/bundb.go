// Package bundb gives tests each kind of database that package bunstore serves,
// reached as docs/databases.md says.
package bundb

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// Database is a kind of database.
type Database struct {
	Name    string
	Driver  string // for sql.Open
	Dialect bunstore.Dialect

	// DSN makes a fresh and empty database, dropped when t ends, and says how to
	// reach it.
	DSN func(t testing.TB) string
}

// All are the kinds that everything is proved on.
var All = []Database{
	{"SQLite", "sqlite", bunstore.SQLite, sqliteDSN},
	{"PostgreSQL", "pgx", bunstore.PostgreSQL, testdb.PostgreSQL},
	{"PostgreSQL serializable", "pgx", bunstore.PostgreSQL, testdb.PostgreSQLSerializable},
	{"MariaDB general_ci", "mysql", bunstore.MySQL, func(t testing.TB) string { return testdb.MariaDB(t, "utf8mb4_general_ci") }},
	{"MariaDB unicode_ci", "mysql", bunstore.MySQL, func(t testing.TB) string { return testdb.MariaDB(t, "utf8mb4_unicode_ci") }},
}

// Each runs a test on every kind of database.
func Each(t *testing.T, test func(t *testing.T, d Database)) {
	for _, d := range All {
		t.Run(d.Name, func(t *testing.T) { test(t, d) })
	}
}

func sqliteDSN(t testing.TB) string {
	dir, err := os.MkdirTemp("", "bunstore") // t.TempDir has the test's name, wildcards and all
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return "file:" + filepath.Join(dir, "db") + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"
}

// Connect opens a pool of up to 32 connections, closed when t ends.
func (d Database) Connect(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.Driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(32)
	db.SetMaxIdleConns(32)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Open returns a store in a fresh database, and the pool that it works by.
func (d Database) Open(t testing.TB, config bunstore.Config) (*bunstore.Store, *sql.DB) {
	t.Helper()
	db := d.Connect(t, d.DSN(t))
	s := d.On(t, db, config)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, db
}

// On returns a store in a database that has its tables.
func (d Database) On(t testing.TB, db *sql.DB, config bunstore.Config) *bunstore.Store {
	t.Helper()
	s, err := bunstore.Open(db, d.Dialect, config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Empty deletes every record.
func Empty(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"account", "association", "proof", "counter", "event", "notice"} {
		if _, err := db.ExecContext(t.Context(), "DELETE FROM association_"+table); err != nil {
			t.Fatal(err)
		}
	}
}
