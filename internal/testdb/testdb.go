// Package testdb gives tests real databases and takes them away again:
// PostgreSQL, MariaDB, Redis, and a MariaDB Galera cluster.
//
//	func TestMain(m *testing.M) { testdb.Main(m) }
//
//	func TestStore(t *testing.T) {
//		db, err := sql.Open("pgx", testdb.PostgreSQL(t))
//
// A server starts with the first test that asks for it, in a data directory of its
// own, on a port of its own of 127.0.0.1, whatever else runs on the machine. It
// serves all tests of the process and ends with it, even when the process is
// killed; the directory goes, too. What is inside is not safe from a crash of the
// server, and not from other users of the machine either: there are no passwords.
// For root the servers run as the user nobody, to whom TMPDIR must be open.
//
// A test whose server is not installed is skipped, and the reason names the Debian
// package. Where the environment variable CI is not empty, it fails.
//
// Servers are started on Linux alone. The environment may name running ones
// instead, and then none is started:
//
//   - LIGATURE_TEST_POSTGRESQL: the URL of a database, for a role that may create
//     databases
//   - LIGATURE_TEST_MARIADB: a DSN of github.com/go-sql-driver/mysql, likewise
//   - LIGATURE_TEST_REDIS: host:port of an empty Redis that the tests may flush
//
// On these, too, each test has a database of its own, with a random name, dropped
// at its end; a process that is killed leaves its databases behind.
package testdb

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// Main runs the tests, stops every server that they started, removes the data,
// and exits. It is all that a package's TestMain has to do.
func Main(m *testing.M) {
	code := m.Run()
	if err := stopAll(); err != nil {
		fmt.Fprintln(os.Stderr, "testdb:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// must ends the test unless err is nil. A server that is not installed is a reason
// to skip it, except in CI.
func must(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if _, ok := errors.AsType[*missingError](err); ok && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	t.Fatal(err)
}

// newName returns a name that no other database has.
func newName() string { return "ligature_" + strings.ToLower(rand.Text()) }
