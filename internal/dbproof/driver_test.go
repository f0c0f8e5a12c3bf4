package dbproof_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
)

// tap sees what database/sql asks of a driver, one call at a time.
type tap struct {
	// before, where set, is called before BEGIN, COMMIT, and each statement between
	// them or by itself.
	before func(statement string, inTx bool)
}

// openTapped is d.Connect with a tap.
func openTapped(t *testing.T, d bundb.Database, dsn string) (*sql.DB, *tap) {
	t.Helper()
	c := &tappedConnector{tap: &tap{}, dsn: dsn}
	real := dbproof.Must(sql.Open(d.Driver, dsn))(t) // connects to nothing
	c.driver = real.Driver()
	if err := real.Close(); err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, c.tap
}

type tappedConnector struct {
	*tap
	dsn    string
	driver driver.Driver
}

func (c *tappedConnector) Driver() driver.Driver { return c.driver }

func (c *tappedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	var conn driver.Conn
	var err error
	if d, ok := c.driver.(driver.DriverContext); ok {
		connector, failed := d.OpenConnector(c.dsn)
		if failed != nil {
			return nil, failed
		}
		conn, err = connector.Connect(ctx)
	} else {
		conn, err = c.driver.Open(c.dsn)
	}
	if err != nil {
		return nil, err
	}
	all, ok := conn.(realConn)
	if !ok {
		return nil, errors.New("the driver's connections lack what a tap passes on")
	}
	return &tappedConn{realConn: all, tap: c.tap}, nil
}

// realConn is what the connections of all three drivers can do.
type realConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

// tappedConn passes everything on.
type tappedConn struct {
	realConn
	*tap
	inTx bool
}

func (c *tappedConn) tell(statement string) {
	if c.before != nil {
		c.before(statement, c.inTx)
	}
}

func (c *tappedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.tell(query)
	return c.realConn.ExecContext(ctx, query, args)
}

func (c *tappedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.tell(query)
	return c.realConn.QueryContext(ctx, query, args)
}

// PrepareContext fails: nothing is prepared but by a driver itself, and what is would
// be missed.
func (c *tappedConn) PrepareContext(context.Context, string) (driver.Stmt, error) {
	return nil, errors.New("a statement was prepared")
}

func (c *tappedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	c.tell("BEGIN")
	tx, err := c.realConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	c.inTx = true
	return &tappedTx{tx, c}, nil
}

// IsValid and CheckNamedValue are not every driver's.
func (c *tappedConn) IsValid() bool {
	v, ok := c.realConn.(driver.Validator)
	return !ok || v.IsValid()
}

func (c *tappedConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.realConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type tappedTx struct {
	driver.Tx
	conn *tappedConn
}

func (tx *tappedTx) Commit() error {
	tx.conn.tell("COMMIT")
	tx.conn.inTx = false
	return tx.Tx.Commit()
}

func (tx *tappedTx) Rollback() error {
	tx.conn.inTx = false
	return tx.Tx.Rollback()
}
