package testdb_test

import (
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// TestNamed: of servers that the environment names only databases are taken, and
// those go again.
func TestNamed(t *testing.T) {
	postgresql, mariadb, addr := testdb.PostgreSQL(t), testdb.MariaDB(t, "utf8mb4_general_ci"), testdb.Redis(t)
	c := startChild(t,
		"LIGATURE_TEST_POSTGRESQL="+postgresql, "LIGATURE_TEST_MARIADB="+mariadb, "LIGATURE_TEST_REDIS="+addr)
	if below := descendants(t, c.Process.Pid); len(below) > 0 {
		t.Errorf("the child has started %v", below)
	}
	if c.redis != addr {
		t.Errorf("the child was given the Redis at %s, not that at %s", c.redis, addr)
	}
	redis(t, addr, "SET key value")
	databases := []struct{ driver, named, given string }{
		{"pgx", postgresql, c.postgresql},
		{"mysql", mariadb, c.mariadb},
	}
	for _, d := range databases {
		if d.given == d.named || testdb.Addr(t, d.given) != testdb.Addr(t, d.named) {
			t.Errorf("%s: the child was not given another database of the named server", d.driver)
		}
		if err := open(t, d.driver, d.given).PingContext(t.Context()); err != nil {
			t.Errorf("%s: while the child holds its database: %v", d.driver, err)
		}
	}

	c.finish(t)
	for _, d := range databases {
		if err := open(t, d.driver, d.given).PingContext(t.Context()); err == nil {
			t.Errorf("%s: the database outlived the child", d.driver)
		}
		if err := open(t, d.driver, d.named).PingContext(t.Context()); err != nil {
			t.Errorf("%s: the named database after the child: %v", d.driver, err)
		}
	}
	if got := redis(t, addr, "DBSIZE"); got != ":0" {
		t.Errorf("the child left %s keys", got)
	}
}

// TestRedisInUse: a Redis with keys in it is somebody's, and is not flushed.
func TestRedisInUse(t *testing.T) {
	addr := testdb.Redis(t)
	redis(t, addr, "SET key value")
	t.Setenv("LIGATURE_TEST_REDIS", addr)
	if got := testdb.Outcome(t, func(t testing.TB) { testdb.Redis(t) }); got != "fails" {
		t.Errorf("given a Redis in use the test %s", got)
	}
	if got := redis(t, addr, "DBSIZE"); got != ":1" {
		t.Errorf("of one key %s are left", got)
	}
}
