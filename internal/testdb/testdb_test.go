package testdb_test

import (
	"bufio"
	"database/sql"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func TestMain(m *testing.M) {
	occupy()
	testdb.Main(m)
}

// occupy takes the usual ports of the servers, for as long as the process lives.
func occupy() {
	for _, port := range []string{"5432", "3306", "6379"} {
		_, _ = net.Listen("tcp", "127.0.0.1:"+port) // no matter if somebody has it
	}
}

// query returns the one value that a query has.
func query(t *testing.T, driver, dsn, query string) string {
	t.Helper()
	db := open(t, driver, dsn)
	var value string
	if err := db.QueryRowContext(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// redis sends a command and returns the first line of the answer.
func redis(t *testing.T, addr, command string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// kinds are the databases with SQL, and what must hold in each.
var kinds = []struct {
	name, driver string
	dsn          func(t testing.TB) string
	query, want  string
	tables       string // counts the tables of the database
}{
	{
		"PostgreSQL", "pgx", testdb.PostgreSQL,
		"SELECT current_setting('default_transaction_isolation') || ' ' || current_setting('server_encoding')",
		"read committed UTF8",
		"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
	},
	{
		"PostgreSQLSerializable", "pgx", testdb.PostgreSQLSerializable,
		"SHOW transaction_isolation", "serializable",
		"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'",
	},
	{
		"MariaDB general", "mysql", func(t testing.TB) string { return testdb.MariaDB(t, "utf8mb4_general_ci") },
		"SELECT @@collation_database", "utf8mb4_general_ci",
		"SELECT count(*) FROM information_schema.tables WHERE table_schema = database()",
	},
	{
		"MariaDB unicode", "mysql", func(t testing.TB) string { return testdb.MariaDB(t, "utf8mb4_unicode_ci") },
		"SELECT @@collation_database", "utf8mb4_unicode_ci",
		"SELECT count(*) FROM information_schema.tables WHERE table_schema = database()",
	},
}

func TestSQL(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			var ended string
			t.Run("two at once", func(t *testing.T) {
				one, two := k.dsn(t), k.dsn(t)
				ended = one
				if _, err := open(t, k.driver, one).ExecContext(t.Context(), "CREATE TABLE thing (id int PRIMARY KEY)"); err != nil {
					t.Fatal(err)
				}
				if got := query(t, k.driver, one, k.tables); got != "1" {
					t.Errorf("the first database has %s tables, not the one that was made", got)
				}
				if got := query(t, k.driver, two, k.tables); got != "0" {
					t.Errorf("the second database has %s tables", got)
				}
				if got := query(t, k.driver, two, k.query); got != k.want {
					t.Errorf("%s: got %q, want %q", k.query, got, k.want)
				}
			})
			if ended == "" {
				return // the subtest says why
			}
			if err := open(t, k.driver, ended).PingContext(t.Context()); err == nil {
				t.Error("the database outlived its test")
			}
		})
	}
}

func TestRedis(t *testing.T) {
	var ended string
	t.Run("two at once", func(t *testing.T) {
		one, two := testdb.Redis(t), testdb.Redis(t)
		ended = one
		if got := redis(t, one, "SET key value"); got != "+OK" {
			t.Fatalf("SET: %s", got)
		}
		if got := redis(t, one, "DBSIZE"); got != ":1" {
			t.Errorf("the first holds %s keys, not the one that was set", got)
		}
		if got := redis(t, two, "DBSIZE"); got != ":0" {
			t.Errorf("the second holds %s keys", got)
		}
	})
	if os.Getenv("LIGATURE_TEST_REDIS") != "" {
		return // a named one lives on
	}
	if _, err := net.Dial("tcp", ended); err == nil {
		t.Error("the server outlived its test")
	}
}

// TestManyConnections holds as many connections as a test with many callers may.
func TestManyConnections(t *testing.T) {
	for _, k := range kinds[1:3] {
		t.Run(k.name, func(t *testing.T) {
			db := open(t, k.driver, k.dsn(t))
			for n := range 350 {
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Fatalf("after %d connections: %v", n, err)
				}
				defer conn.Close()
			}
		})
	}
}

func TestThrough(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			dsn := k.dsn(t)
			addr := testdb.Addr(t, dsn)
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatalf("Addr: %v", err)
			}
			conn.Close()

			via := testdb.Through(t, dsn, "127.0.0.1:1")
			if got := testdb.Addr(t, via); got != "127.0.0.1:1" {
				t.Errorf("the proxy's address in the DSN is %q", got)
			}
			if got := testdb.Through(t, via, addr); got != dsn {
				t.Errorf("there and back: got %q, want %q", got, dsn)
			}
		})
	}
}
