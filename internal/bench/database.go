package main

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/uptrace/bun/driver/pgdriver" // the driver "pg"

	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// scope stands in for a test where package testdb wants one. Servers end with the
// process; a database goes when the scope is closed.
type scope struct {
	testing.TB
	cleanups []func()
}

// Helper does nothing: nobody is told of lines.
func (*scope) Helper() {}

// Cleanup keeps f for when the scope is closed.
func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Error prints what went wrong, and goes on.
func (*scope) Error(args ...any) { fmt.Fprintln(os.Stderr, args...) }

// Skip is Fatal: a benchmark that leaves something out is none.
func (s *scope) Skip(args ...any) { s.Fatal(args...) }

// Fatal ends the scope; within returns what it says.
func (s *scope) Fatal(args ...any) { panic(failure(fmt.Sprint(args...))) }

// failure is what ends a scope.
type failure string

func (s *scope) close() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
	s.cleanups = nil
}

// within calls do with a scope, and returns its failure as an error.
func within(do func(s *scope) error) (err error) {
	s := &scope{}
	defer func() {
		switch failed := recover().(type) {
		case nil:
		case failure:
			err = fmt.Errorf("%s", failed)
		default:
			panic(failed)
		}
	}()
	defer s.close()
	return do(s)
}

type database struct {
	name, driver string
	dialect      bunstore.Dialect
	dsn          func(testing.TB) string
}

// databases are those that the flow runs on.
var databases = []database{
	{"PostgreSQL", "pgx", bunstore.PostgreSQL, func(t testing.TB) string { return postgresql(t, recommended) }},
	{"MariaDB", "mysql", bunstore.MySQL, mariadb},
	{"SQLite", "sqlite", bunstore.SQLite, func(t testing.TB) string { return bundb.All[0].DSN(t) + "&_pragma=synchronous(OFF)" }},
}

// How pgx sends a statement.
const (
	prepared = "cache_statement" // as it comes
	simple   = "simple_protocol"

	recommended = prepared // by package bunstore
)

// postgresql makes a database, to be reached by pgx in a mode, or by bun's own
// driver where the mode is empty.
func postgresql(t testing.TB, mode string) string {
	u, err := url.Parse(testdb.PostgreSQL(t))
	if err != nil {
		t.Fatal(err)
	}
	if mode != "" {
		q := u.Query()
		q.Set("default_query_exec_mode", mode)
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// mariadb writes arguments into the statement, which bun does anyway; else the
// minimum would prepare each statement and forget it.
func mariadb(t testing.TB) string {
	config, err := mysql.ParseDSN(testdb.MariaDB(t, "utf8mb4_general_ci"))
	if err != nil {
		t.Fatal(err)
	}
	config.InterpolateParams = true
	return config.FormatDSN()
}
