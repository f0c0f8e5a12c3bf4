package bunstore_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// What a person with a database console would see of us.
var tablesOf = map[bunstore.Dialect]string{
	bunstore.SQLite:     `SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name`,
	bunstore.PostgreSQL: `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY table_name`,
	bunstore.MySQL:      `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name`,
}

func column(t testing.TB, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	found := []string{}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		found = append(found, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func execute(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

var ourTables = []string{
	"association_account", "association_association", "association_counter", "association_event",
	"association_migration", "association_notice", "association_proof", "association_readable",
}

func TestMigrateUpDownUp(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		s, db := d.Open(t, bunstore.Config{})
		execute(t, db, `CREATE TABLE hosts_own (id INTEGER)`)
		for range 2 {
			if err := s.Migrate(t.Context()); err != nil { // already there: nothing to do
				t.Fatal(err)
			}
			if err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Apply(t.Context(), store.Change{Accounts: []store.Account{{ID: "ann"}}}); err != nil {
				t.Fatal(err)
			}
			if got, want := column(t, db, tablesOf[d.Dialect]), append(slices.Clone(ourTables), "hosts_own"); !slices.Equal(got, want) {
				t.Errorf("up: tables %v, want %v", got, want)
			}
			if err := s.MigrateTo(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			if got := column(t, db, tablesOf[d.Dialect]); !slices.Equal(got, []string{"hosts_own"}) {
				t.Errorf("down: tables %v, want the host's alone", got)
			}
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Account(t.Context(), "ann"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("up again: %v, want ErrNotFound", err)
			}
		}
	})
}

// The child that TestProcessesMigrateAtOnce starts; see TestMain.
func migrateChild(name, dsn string) error {
	i := slices.IndexFunc(bundb.All, func(d bundb.Database) bool { return d.Name == name })
	db, err := sql.Open(bundb.All[i].Driver, dsn)
	if err != nil {
		return err
	}
	s, err := bunstore.Open(db, bundb.All[i].Dialect, bunstore.Config{})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background()), s.Check(context.Background()), db.Close())
}

func TestProcessesMigrateAtOnce(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		dsn := d.DSN(t)
		for range 3 {
			var all sync.WaitGroup
			for range 6 {
				all.Go(func() {
					child := exec.CommandContext(t.Context(), os.Args[0])
					child.Env = append(os.Environ(), "BUNSTORE_MIGRATE="+d.Name, "BUNSTORE_DSN="+dsn)
					if out, err := child.CombinedOutput(); err != nil {
						t.Errorf("%v: %s", err, out)
					}
				})
			}
			all.Wait()
			if err := d.On(t, d.Connect(t, dsn), bunstore.Config{}).MigrateTo(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		s, db := d.Open(t, bunstore.Config{})
		execute(t, db, fmt.Sprintf(`INSERT INTO association_migration (version) VALUES (%d)`, bunstore.Latest+1))
		_, unprepared := bunstore.Prepare(t.Context(), db, d.Dialect, bunstore.Config{})
		for name, err := range map[string]error{
			"Prepare": unprepared, "Migrate": s.Migrate(t.Context()), "MigrateTo": s.MigrateTo(t.Context(), 0), "Check": s.Check(t.Context()),
		} {
			if !errors.Is(err, bunstore.ErrNewer) || !strings.Contains(err.Error(), fmt.Sprint("version ", bunstore.Latest+1)) {
				t.Errorf("%s: %v, want ErrNewer with the version", name, err)
			}
		}
		if got := column(t, db, tablesOf[d.Dialect]); !slices.Equal(got, ourTables) {
			t.Errorf("it changed to %v", got)
		}
	})
}

// Prepare makes the tables, and looks whether the database is one to serve on.
func TestPrepare(t *testing.T) {
	d := kind(bunstore.SQLite)
	db := d.Connect(t, d.DSN(t))
	for range 2 {
		s, err := bunstore.Prepare(t.Context(), db, bunstore.SQLite, bunstore.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
	execute(t, db, `CREATE TRIGGER lie AFTER INSERT ON association_proof BEGIN UPDATE association_proof SET data = x'00' WHERE id = NEW.id; END`)
	if s, err := bunstore.Prepare(t.Context(), db, bunstore.SQLite, bunstore.Config{}); err == nil || s != nil {
		t.Errorf("a database that loses bytes: %v, %v", s, err)
	}
	if s, err := bunstore.Prepare(t.Context(), db, "dBase", bunstore.Config{}); err == nil || s != nil {
		t.Errorf("no dialect: %v, %v", s, err)
	}
}

// What is in the way is the host's table of the same name as our view.
func TestAFailedMigrationHasNotHappened(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		db := d.Connect(t, d.DSN(t))
		s := d.On(t, db, bunstore.Config{})
		execute(t, db, `CREATE TABLE association_readable (id INTEGER)`)
		var failed *bunstore.Error
		if err := s.Migrate(t.Context()); !errors.As(err, &failed) || failed.Op != "migrate" || failed.Code == "" {
			t.Errorf("Migrate: %v, want an Error with its code", err)
		}
		if err := s.Check(t.Context()); err == nil {
			t.Error("Check found nothing amiss")
		}
		execute(t, db, `DROP TABLE association_readable`)
		if err := errors.Join(s.Migrate(t.Context()), s.Check(t.Context())); err != nil {
			t.Errorf("when nothing is in the way: %v", err)
		}
	})
}

// MySQL commits each statement by itself, so it must be possible to begin anew
// after any of them.
func TestAMigrationThatWasCutOffIsBegunAnew(t *testing.T) {
	d := bundb.All[slices.IndexFunc(bundb.All, func(d bundb.Database) bool { return d.Dialect == bunstore.MySQL })]
	for _, direction := range []string{"up", "down"} {
		statements := statementsOf(t, d.Dialect, direction)
		for done := range len(statements) + 1 {
			t.Run(fmt.Sprint(direction, " after ", done), func(t *testing.T) {
				db := d.Connect(t, d.DSN(t))
				s, to := d.On(t, db, bunstore.Config{}), bunstore.Latest
				if direction == "down" {
					to = 0
					if err := s.Migrate(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				execute(t, db, statements[:done]...)
				if err := s.MigrateTo(t.Context(), to); err != nil {
					t.Fatal(err)
				}
				want := ourTables
				if direction == "down" {
					want = []string{}
				} else if err := s.Check(t.Context()); err != nil {
					t.Error(err)
				}
				if got := column(t, db, tablesOf[d.Dialect]); !slices.Equal(got, want) {
					t.Errorf("tables %v, want %v", got, want)
				}
			})
		}
	}
}

func statementsOf(t *testing.T, d bunstore.Dialect, direction string) []string {
	t.Helper()
	text, err := fs.ReadFile(bunstore.Migrations(d), "0001_init."+direction+".sql")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(string(text), ";\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// A host's own tool runs the files as they are.
func TestTheFilesAreEnough(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		db := d.Connect(t, d.DSN(t))
		s := d.On(t, db, bunstore.Config{})
		execute(t, db, statementsOf(t, d.Dialect, "up")...)
		if err := errors.Join(s.Check(t.Context()), s.Migrate(t.Context())); err != nil {
			t.Error(err)
		}
		execute(t, db, statementsOf(t, d.Dialect, "down")...)
		if got := column(t, db, tablesOf[d.Dialect]); len(got) != 0 {
			t.Errorf("left: %v", got)
		}
	})
}

// Times are integers on every database (R14), and keys are bytes (R45).
func TestR14_NoColumnHasATimeType(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		_, db := d.Open(t, bunstore.Config{})
		types := column(t, db, map[bunstore.Dialect]string{
			bunstore.SQLite: `SELECT DISTINCT lower(c.type) FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1`,
			bunstore.PostgreSQL: `SELECT DISTINCT data_type FROM information_schema.columns
				WHERE table_schema = current_schema() AND table_name <> 'association_readable' ORDER BY 1`,
			bunstore.MySQL: `SELECT DISTINCT data_type FROM information_schema.columns
				WHERE table_schema = DATABASE() AND table_name <> 'association_readable' ORDER BY 1`,
		}[d.Dialect])
		want := map[bunstore.Dialect][]string{
			bunstore.SQLite:     {"blob", "integer"},
			bunstore.PostgreSQL: {"bigint", "bytea", "integer", "smallint"},
			bunstore.MySQL:      {"bigint", "int", "mediumblob", "tinyint", "varbinary"},
		}[d.Dialect]
		if !slices.Equal(types, want) {
			t.Errorf("columns have the types %v, want only %v", types, want)
		}
	})
}

var update = flag.Bool("update", false, "rewrite testdata")

// A migration that somebody has run is never changed: a new one is added.
func TestMigrationsArePinned(t *testing.T) {
	var sums strings.Builder
	for _, d := range []bunstore.Dialect{bunstore.MySQL, bunstore.PostgreSQL, bunstore.SQLite} {
		files, err := fs.ReadDir(bunstore.Migrations(d), ".")
		if err != nil || len(files) != 2*bunstore.Latest {
			t.Errorf("%s has %d files for %d versions: %v", d, len(files), bunstore.Latest, err)
		}
		for i, f := range files {
			if !regexp.MustCompile(fmt.Sprintf(`^%04d_\w+\.%s\.sql$`, i/2+1, []string{"down", "up"}[i%2])).MatchString(f.Name()) {
				t.Errorf("%s: file %d is %s", d, i, f.Name())
			}
			text, err := fs.ReadFile(bunstore.Migrations(d), f.Name())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&sums, "%x %s/%s\n", sha256.Sum256(text), d, f.Name())
		}
	}
	const golden = "testdata/migrations.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(sums.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if sums.String() != string(want) {
		t.Errorf("the migrations are\n%swant\n%s", sums.String(), want)
	}
	for _, d := range []bunstore.Dialect{"oracle", ""} {
		if files, err := fs.ReadDir(bunstore.Migrations(d), "."); err == nil && len(files) > 0 {
			t.Errorf("the unknown dialect %q has migrations: %v", d, files)
		}
	}
}

func TestNoMigrationInsideATransaction(t *testing.T) {
	s, bundle := pool(t)
	tx, err := bundle.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	inside := bunstore.New(tx, bunstore.Config{})
	if inside.Migrate(t.Context()) == nil || inside.Check(t.Context()) == nil {
		t.Error("it migrated or checked inside a transaction")
	}
	for _, version := range []int{-1, bunstore.Latest + 1} {
		if s.MigrateTo(t.Context(), version) == nil {
			t.Errorf("it migrated to version %d", version)
		}
	}
}
