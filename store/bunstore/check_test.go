package bunstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

func kind(d bunstore.Dialect) bundb.Database {
	return bundb.All[slices.IndexFunc(bundb.All, func(one bundb.Database) bool { return one.Dialect == d })]
}

func TestCheckRefusesADatabaseThatLies(t *testing.T) {
	for _, tt := range []struct {
		name    string
		dialect bunstore.Dialect
		dsn     string // added to it
		lie     []string
		want    string
	}{
		{"no strict mode", bunstore.MySQL, "&sql_mode=''", nil, "strict"},
		{"text with a collation", bunstore.MySQL, "", []string{
			`ALTER TABLE association_association MODIFY value VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL`,
		}, "identifier"},
		{"text with a binary collation, which pads", bunstore.MySQL, "", []string{
			`ALTER TABLE association_association MODIFY value VARCHAR(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`,
		}, "identifier"},
		{"no transactions", bunstore.MySQL, "", []string{
			`ALTER TABLE association_account ENGINE = MyISAM`,
			`ALTER TABLE association_association ENGINE = MyISAM`,
		}, "rolled back"},
		{"counters that are text", bunstore.MySQL, "", []string{`ALTER TABLE association_counter MODIFY n VARCHAR(64) NOT NULL`}, "counter"},
		{"counters that are floats", bunstore.MySQL, "", []string{`ALTER TABLE association_counter MODIFY n DOUBLE NOT NULL`}, ""},
		{"times that are floats", bunstore.MySQL, "", []string{`ALTER TABLE association_proof MODIFY expires DOUBLE NOT NULL`}, ""},
		{"times of 32 bits", bunstore.PostgreSQL, "", []string{`ALTER TABLE association_proof ALTER expires TYPE integer`}, ""},
		{"an insert that does nothing", bunstore.PostgreSQL, "", []string{
			`CREATE RULE nothing AS ON INSERT TO association_account DO INSTEAD NOTHING`,
		}, ""},
		{"no table", bunstore.SQLite, "", []string{`DROP TABLE association_notice`, `DROP TABLE association_migration`}, "Migrate"},
		{"an old version", bunstore.SQLite, "", []string{`DELETE FROM association_migration`}, "Migrate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := kind(tt.dialect)
			dsn := d.DSN(t)
			if tt.dsn != "" {
				dsn += map[bool]string{true: "&", false: "?"}[strings.Contains(dsn, "?")] + tt.dsn[1:]
			}
			db := d.Connect(t, dsn)
			s := d.On(t, db, bunstore.Config{})
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tt.dsn == "" {
				if err := s.Check(t.Context()); err != nil {
					t.Fatalf("before it lies: %v", err)
				}
			}
			execute(t, db, tt.lie...)
			err := s.Check(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Check: %v, want an error that says %q", err, tt.want)
			}
		})
	}
}

// A driver that does not tell how many rows changed makes every guard a
// decoration.
func TestCheckRefusesADriverThatMiscounts(t *testing.T) {
	for _, told := range []int64{0, 1} {
		s, rows := miscounting(t)
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		*rows = told
		if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "unsafe database") {
			t.Errorf("always %d rows: %v, want a refusal", told, err)
		}
	}
}

// Check leaves nothing behind.
func TestCheckWritesNothing(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		s, db := d.Open(t, bunstore.Config{})
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"account", "association", "proof", "counter", "event", "notice"} {
			if n := column(t, db, "SELECT COUNT(*) FROM association_"+table); n[0] != "0" {
				t.Errorf("association_%s has %s rows", table, n[0])
			}
		}
	})
}

// miscounting returns a store in SQLite and the number of rows that every
// statement says it changed, or -1 for the truth.
func miscounting(t *testing.T) (*bunstore.Store, *int64) {
	rows := int64(-1)
	s := faulty(t, func(ctx context.Context, conn driver.ExecerContext, query string, args []driver.NamedValue) (driver.Result, error) {
		result, err := conn.ExecContext(ctx, query, args)
		if err == nil && rows >= 0 {
			return driver.RowsAffected(rows), nil
		}
		return result, err
	})
	return s, &rows
}

// faulty returns a store in a migrated SQLite database whose statements go
// through exec.
func faulty(t *testing.T, exec func(context.Context, driver.ExecerContext, string, []driver.NamedValue) (driver.Result, error)) *bunstore.Store {
	t.Helper()
	d := kind(bunstore.SQLite)
	dsn := d.DSN(t)
	plain := d.Connect(t, dsn)
	if err := d.On(t, plain, bunstore.Config{}).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector{plain.Driver(), dsn, exec})
	t.Cleanup(func() { _ = db.Close() })
	return d.On(t, db, bunstore.Config{})
}

type connector struct {
	driver driver.Driver
	dsn    string
	exec   func(context.Context, driver.ExecerContext, string, []driver.NamedValue) (driver.Result, error)
}

func (c connector) Driver() driver.Driver { return c.driver }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return connection{conn, c.exec}, nil
}

type connection struct {
	driver.Conn
	exec func(context.Context, driver.ExecerContext, string, []driver.NamedValue) (driver.Result, error)
}

func (c connection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.exec(ctx, c.Conn.(driver.ExecerContext), query, args)
}

func (c connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c connection) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}
