package bunstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// recorder keeps the statements that a driver is given.
type recorder struct {
	mu         sync.Mutex
	statements []recorded
}

type recorded struct {
	query string
	args  []any
}

func (r *recorder) add(query string, args []driver.NamedValue) {
	r.mu.Lock()
	defer r.mu.Unlock()
	values := []any{}
	for _, a := range args {
		values = append(values, a.Value)
	}
	r.statements = append(r.statements, recorded{query, values})
}

// recordingConn is a connection that a recorder listens to.
type recordingConn struct {
	connection
	*recorder
}

func (c recordingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.add(query, args)
	return c.connection.QueryContext(ctx, query, args)
}

type recordingConnector struct {
	connector
	*recorder
}

func (c recordingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return recordingConn{conn.(connection), c.recorder}, nil
}

// recording returns a pool whose statements are recorded.
func recording(t *testing.T, plain *sql.DB, dsn string) (*sql.DB, *recorder) {
	t.Helper()
	log := &recorder{}
	db := sql.OpenDB(recordingConnector{connector{plain.Driver(), dsn,
		func(ctx context.Context, conn driver.ExecerContext, query string, args []driver.NamedValue) (driver.Result, error) {
			log.add(query, args)
			return conn.ExecContext(ctx, query, args)
		}}, log})
	t.Cleanup(func() { _ = db.Close() })
	return db, log
}

// Every statement that looks for a record finds it by an index, however many there
// are.
func TestEveryQueryUsesAnIndex(t *testing.T) {
	const many, now = 3000, 1_000_000
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		dsn := d.DSN(t)
		db := d.Connect(t, dsn)
		s := d.On(t, db, bunstore.Config{})
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		fill(t, s, many, now)
		execute(t, db, map[bunstore.Dialect]string{
			bunstore.SQLite: `ANALYZE`, bunstore.PostgreSQL: `ANALYZE`,
			bunstore.MySQL: `ANALYZE TABLE association_account, association_association, association_proof, association_counter, association_event, association_notice`,
		}[d.Dialect])

		listened, log := recording(t, db, dsn)
		everyQuery(t, d.On(t, listened, bunstore.Config{}), now)
		seen := 0
		for _, statement := range log.statements {
			if !strings.Contains(statement.query, "association_") || strings.HasPrefix(statement.query, "INSERT") {
				continue
			}
			seen++
			if scan := scanned(t, db, d.Dialect, statement); scan != "" {
				t.Errorf("%s\nreads a whole table: %s", statement.query, scan)
			}
		}
		if seen < 15 {
			t.Errorf("only %d statements were seen: %q", seen, log.statements)
		}
	})
}

func fill(t *testing.T, s *bunstore.Store, many int, now int64) {
	t.Helper()
	for i := 0; i < many; i += 20 {
		var c store.Change
		for j := i; j < i+20; j++ {
			id := fmt.Sprintf("%06d", j)
			c.Accounts = append(c.Accounts, store.Account{ID: id})
			c.Proofs = append(c.Proofs, store.Proof{ID: id, Account: id, Kind: uint8(j % 3), Expires: now + int64(j)})
			c.Link = append(c.Link, store.Association{ID: id, Account: id, Kind: "email", Value: []byte(id)})
			c.Events = append(c.Events, store.Event{ID: id, Account: id, Expires: now + int64(j)})
			c.Notices = append(c.Notices, store.Notice{ID: id, Account: id, Due: now + int64(j), Expires: now + int64(j)})
		}
		if err := s.Apply(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for j := i; j < i+20; j += 5 {
			counter := store.Counter{N: 1, Expires: now + int64(j)}
			copy(counter.Key[:], fmt.Sprintf("%032d", j))
			if _, err := s.Count(t.Context(), []store.Counter{counter}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// everyQuery calls each method so that each of its statements is made.
func everyQuery(t *testing.T, s *bunstore.Store, now int64) {
	t.Helper()
	ctx, id := t.Context(), "000100"
	link := store.Association{ID: id, Account: id, Kind: "email", Value: []byte(id)}
	var key [32]byte
	copy(key[:], fmt.Sprintf("%032d", 100))
	for name, err := range map[string]error{
		"Account": second(s.Account(ctx, id)), "AccountByIdentifier": second(s.AccountByIdentifier(ctx, "email", []byte(id))),
		"Proofs": second(s.Proofs(ctx, id, 1)), "Events": second(s.Events(ctx, id, "", 5)), "Events before": second(s.Events(ctx, id, "9", 5)),
		"Notices": second(s.Notices(ctx, now+10, 5)), "Count": second(s.Count(ctx, []store.Counter{{Key: key}})),
		"DeleteExpired": second(s.DeleteExpired(ctx, now+10, 100)),
		"Apply": s.Apply(ctx, store.Change{
			Accounts: []store.Account{{ID: id, Version: 1}}, Proofs: []store.Proof{{ID: id, Account: id, Version: 1}},
			Notices: []store.Notice{{ID: id, Version: 1}}, Unlink: []store.Association{link}, Link: []store.Association{link},
		}),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.Proof(ctx, id); err != nil {
		t.Error(err)
	}
}

// scanned returns the line of the database's plan that reads a table from one end
// to the other, or nothing.
func scanned(t *testing.T, db *sql.DB, d bunstore.Dialect, statement recorded) string {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	explain := "EXPLAIN "
	if d == bunstore.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := conn.QueryContext(t.Context(), explain+statement.query, statement.args...)
	if err != nil {
		t.Fatalf("%s: %v", statement.query, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for rows.Next() {
		fields, places := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range fields {
			places[i] = &fields[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		lines++
		line := fmt.Sprint(fields)
		bad := strings.Contains(line, "Seq Scan") // PostgreSQL
		switch d {
		case bunstore.SQLite:
			bad = strings.HasPrefix(fields[len(fields)-1].String, "SCAN ")
		case bunstore.MySQL:
			access := fields[slices.Index(columns, "type")].String
			bad = access == "ALL" || access == "index"
		}
		if bad {
			return line
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if lines == 0 {
		t.Fatalf("no plan for %s", statement.query)
	}
	return ""
}
