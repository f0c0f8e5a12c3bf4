package testdb

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// PostgreSQL returns the DSN, a URL, of an empty PostgreSQL database for this test
// alone: UTF-8, the collation C, 400 connections for all tests together. It is
// dropped when the test ends, with whatever connections are left.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	return newPostgreSQL(t, "")
}

// PostgreSQLSerializable is [PostgreSQL] with a database whose transactions are
// serializable unless they ask for another isolation.
func PostgreSQLSerializable(t testing.TB) string {
	t.Helper()
	return newPostgreSQL(t, "SET default_transaction_isolation = 'serializable'")
}

type postgreSQL struct {
	admin *sql.DB
	url   *url.URL
}

var thePostgreSQL = sync.OnceValues(func() (*postgreSQL, error) {
	if named := os.Getenv("LIGATURE_TEST_POSTGRESQL"); named != "" {
		u, err := url.Parse(named)
		if err != nil || !isPostgreSQL(u) {
			return nil, errors.New("testdb: LIGATURE_TEST_POSTGRESQL is not a URL of PostgreSQL")
		}
		admin, err := sql.Open("pgx", named)
		return &postgreSQL{admin, u}, err
	}
	return startPostgreSQL()
})

func startPostgreSQL() (*postgreSQL, error) {
	initdb, err := find("initdb", "postgresql")
	if err != nil {
		return nil, err
	}
	postgres, err := find("postgres", "postgresql")
	if err != nil {
		return nil, err
	}
	dir, err := newDir("postgresql")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	if err := run(dir, initdb, "--pgdata="+data, "--no-sync", "--no-instructions",
		"--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"); err != nil {
		return nil, err
	}
	// SIGQUIT is the immediate shutdown. SIGKILL would leave shared memory behind.
	s, err := start(dir, syscall.SIGQUIT, postgres, "-D", data,
		"-c", "listen_addresses="+loopback, "-c", "port="+strconv.Itoa(port), "-c", "unix_socket_directories=",
		"-c", "max_connections=400",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "log_checkpoints=off")
	if err != nil {
		return nil, err
	}
	u := &url.URL{
		Scheme: "postgres", User: url.User("postgres"), Host: hostPort(port), Path: "/postgres",
		RawQuery: "sslmode=disable",
	}
	admin, err := sql.Open("pgx", u.String())
	if err != nil {
		return nil, err
	}
	return &postgreSQL{admin, u}, s.await(admin.PingContext)
}

// newPostgreSQL makes a database, alters it unless alter is empty, and returns its
// URL.
func newPostgreSQL(t testing.TB, alter string) string {
	t.Helper()
	p, err := thePostgreSQL()
	must(t, err)
	name := newName()
	// A named server may have another encoding, and more than nothing in template1.
	must(t, execute(p.admin, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"))
	t.Cleanup(func() {
		if err := execute(p.admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	if alter != "" {
		must(t, execute(p.admin, "ALTER DATABASE "+name+" "+alter))
	}
	u := *p.url
	u.Path = "/" + name
	return u.String()
}

// execute runs a statement, whatever has become of the test.
func execute(db *sql.DB, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := db.ExecContext(ctx, statement)
	return err
}
