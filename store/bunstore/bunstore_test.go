package bunstore_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"

	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/storetest"
)

func TestMain(m *testing.M) {
	if name := os.Getenv("BUNSTORE_MIGRATE"); name != "" {
		if err := migrateChild(name, os.Getenv("BUNSTORE_DSN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	testdb.Main(m)
}

// TestStore empties the tables between the checks: to make a database for each
// takes longer than all that is asked of it.
func TestStore(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		s, db := d.Open(t, bunstore.Config{})
		storetest.Run(t, func(t *testing.T) store.Store {
			bundb.Empty(t, db)
			return s
		}, storetest.Options{})
	})
}

// What the documentation says of poolers.
func TestStoreWithNothingPrepared(t *testing.T) {
	d := kind(bunstore.PostgreSQL)
	db := d.Connect(t, d.DSN(t)+"&default_query_exec_mode=exec")
	s := d.On(t, db, bunstore.Config{})
	if err := errors.Join(s.Migrate(t.Context()), s.Check(t.Context())); err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(t *testing.T) store.Store {
		bundb.Empty(t, db)
		return s
	}, storetest.Options{})
}

// bunOf returns a host's own *bun.DB on a fresh database.
func bunOf(t testing.TB, d bundb.Database) *bun.DB {
	t.Helper()
	_, db := d.Open(t, bunstore.Config{})
	speaks := map[bunstore.Dialect]func() schema.Dialect{
		bunstore.SQLite:     func() schema.Dialect { return sqlitedialect.New() },
		bunstore.PostgreSQL: func() schema.Dialect { return pgdialect.New() },
		bunstore.MySQL:      func() schema.Dialect { return mysqldialect.New() },
	}[d.Dialect]
	return bun.NewDB(db, speaks())
}

// pool returns a store in SQLite, where nothing depends on the kind of database.
func pool(t testing.TB) (*bunstore.Store, *bun.DB) {
	t.Helper()
	db := bunOf(t, bundb.All[0])
	return bunstore.New(db, bunstore.Config{}), db
}

func TestOpenKnowsItsDialects(t *testing.T) {
	if s, err := bunstore.Open(nil, "oracle", bunstore.Config{}); s != nil || err == nil {
		t.Errorf("%v, %v; want an error", s, err)
	}
}

// A bun that speaks another language is told at the first call, not by wrong SQL.
func TestANewStoreOfAnotherDialectFails(t *testing.T) {
	_, db := pool(t)
	s := bunstore.New(other{db}, bunstore.Config{})
	for name, err := range map[string]error{
		"Apply":  s.Apply(t.Context(), store.Change{Accounts: []store.Account{{ID: "ann"}}}),
		"Events": second(s.Events(t.Context(), "ann", "", 1)),
		"Count":  second(s.Count(t.Context(), []store.Counter{{N: 1}})),
	} {
		if err == nil || !strings.Contains(err.Error(), "dialect") {
			t.Errorf("%s: %v, want an error that names the dialect", name, err)
		}
	}
}

func second[V any](_ V, err error) error { return err }

// other is a bun of a language that there are no tables for.
type other struct{ *bun.DB }

func (o other) Dialect() schema.Dialect { return mssql{o.DB.Dialect()} }

type mssql struct{ schema.Dialect }

func (mssql) Name() dialect.Name { return dialect.MSSQL }
