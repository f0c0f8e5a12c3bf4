package bunstore_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// database is a kind of database that everything is proved on. dsn makes a fresh
// and empty one and says how to reach it, as the package's documentation does.
type database struct {
	name    string
	driver  string
	dialect bunstore.Dialect
	dsn     func(t testing.TB) string
}

var databases = []database{
	{"SQLite", "sqlite", bunstore.SQLite, sqliteDSN},
	{"PostgreSQL", "pgx", bunstore.PostgreSQL, simple(testdb.PostgreSQL)},
	{"PostgreSQL serializable", "pgx", bunstore.PostgreSQL, simple(testdb.PostgreSQLSerializable)},
	{"MariaDB general_ci", "mysql", bunstore.MySQL, func(t testing.TB) string { return testdb.MariaDB(t, "utf8mb4_general_ci") }},
	{"MariaDB unicode_ci", "mysql", bunstore.MySQL, func(t testing.TB) string { return testdb.MariaDB(t, "utf8mb4_unicode_ci") }},
}

// each runs a test on every kind of database.
func each(t *testing.T, test func(t *testing.T, d database)) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) { test(t, d) })
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
	return "file:" + filepath.Join(dir, "db") + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
}

// simple makes pgx send a statement as it is, in one message: bun has put the
// arguments into it, so preparing it would serve nothing.
func simple(dsn func(t testing.TB) string) func(t testing.TB) string {
	return func(t testing.TB) string {
		u, err := url.Parse(dsn(t))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("default_query_exec_mode", "simple_protocol")
		u.RawQuery = q.Encode()
		return u.String()
	}
}

// connect opens a pool on a database that exists.
func (d database) connect(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, dsn)
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

// open returns a store in tables of its own, with the pool that it works by.
func (d database) open(t testing.TB, config bunstore.Config) (*bunstore.Store, *sql.DB) {
	t.Helper()
	db := d.connect(t, d.dsn(t))
	s := d.on(t, db, config)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, db
}

func (d database) on(t testing.TB, db *sql.DB, config bunstore.Config) *bunstore.Store {
	t.Helper()
	s, err := bunstore.Open(db, d.dialect, config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// empty deletes every record.
func empty(t testing.TB, db *sql.DB) {
	t.Helper()
	for _, table := range []string{"account", "association", "proof", "counter", "event", "notice"} {
		if _, err := db.ExecContext(t.Context(), "DELETE FROM association_"+table); err != nil {
			t.Fatal(err)
		}
	}
}
