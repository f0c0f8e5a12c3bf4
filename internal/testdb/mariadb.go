package testdb

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
)

const mariadbPackages = "mariadb-server-core mariadb-client-core"

// MariaDB returns the DSN, one of github.com/go-sql-driver/mysql, of an empty MariaDB
// database for this test alone: CHARACTER SET utf8mb4 and the given collation, such
// as "utf8mb4_general_ci"; 400 connections for all tests together. It is dropped when
// the test ends, which must have ended its transactions.
//
// The DSN has no parameters, unless the environment's has: whoever needs parseTime or
// the like parses it and sets them.
func MariaDB(t testing.TB, collation string) string {
	t.Helper()
	m, err := theMariaDB()
	must(t, err)
	name := newName()
	must(t, execute(m.admin, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE "+collation))
	t.Cleanup(func() {
		if err := execute(m.admin, "DROP DATABASE "+name); err != nil {
			t.Error(err)
		}
	})
	cfg := m.cfg.Clone()
	cfg.DBName = name
	return cfg.FormatDSN()
}

type mariaDB struct {
	admin *sql.DB
	cfg   *mysql.Config
}

var theMariaDB = sync.OnceValues(func() (*mariaDB, error) {
	if named := os.Getenv("LIGATURE_TEST_MARIADB"); named != "" {
		cfg, err := mysql.ParseDSN(named)
		if err != nil {
			return nil, errors.New("testdb: LIGATURE_TEST_MARIADB is not a DSN of MariaDB")
		}
		return openMariaDB(cfg)
	}
	return startMariaDB()
})

func startMariaDB() (*mariaDB, error) {
	mariadbd, err := find("mariadbd", mariadbPackages)
	if err != nil {
		return nil, err
	}
	dir, err := newDir("mariadb")
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if err := installMariaDB(dir); err != nil {
		return nil, err
	}
	file, err := mariadbConfig(dir, port,
		"skip-log-bin", "innodb-flush-log-at-trx-commit=0", "skip-innodb-doublewrite", "debug-no-sync")
	if err != nil {
		return nil, err
	}
	s, err := start(dir, syscall.SIGKILL, mariadbd, "--defaults-file="+file)
	if err != nil {
		return nil, err
	}
	m, err := openMariaDB(mariadbRoot(port))
	if err != nil {
		return nil, err
	}
	return m, s.await(m.admin.PingContext)
}

// installMariaDB makes a data directory, with a root who has no password.
func installMariaDB(dir string) error {
	install, err := find("mariadb-install-db", mariadbPackages)
	if err != nil {
		return err
	}
	if _, err := find("my_print_defaults", mariadbPackages); err != nil {
		return err // what the script would say is not what to install
	}
	return run(dir, install, "--no-defaults", "--datadir="+filepath.Join(dir, "data"), "--innodb-log-file-size=16M",
		"--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")
}

// mariadbConfig writes a configuration file, the only one to be read, and returns its
// path. Options are as on the command line, without the dashes. It is a file because
// the scripts of a Galera node read it, too.
func mariadbConfig(dir string, port int, options ...string) (string, error) {
	options = append([]string{
		"[mysqld]",
		"datadir=" + filepath.Join(dir, "data"),
		"pid-file=" + filepath.Join(dir, "pid"),
		"socket=mysqld.sock", // in the data directory; a whole path may be too long
		"bind-address=" + loopback,
		fmt.Sprintf("port=%d", port),
		"skip-name-resolve",
		"max-connections=400",
		"innodb-log-file-size=16M",
	}, options...)
	file := filepath.Join(dir, "my.cnf")
	return file, os.WriteFile(file, []byte(strings.Join(options, "\n")+"\n"), 0o644)
}

// mariadbRoot is how to connect to a server that was started here.
func mariadbRoot(port int) *mysql.Config {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Net, cfg.Addr = "root", "tcp", hostPort(port)
	return cfg
}

func openMariaDB(cfg *mysql.Config) (*mariaDB, error) {
	quiet := cfg.Clone()
	quiet.Logger = &mysql.NopLogger{} // it would tell of servers that are just starting
	connector, err := mysql.NewConnector(quiet)
	if err != nil {
		return nil, err
	}
	return &mariaDB{sql.OpenDB(connector), cfg}, nil
}
