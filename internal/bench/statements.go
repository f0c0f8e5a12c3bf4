package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync/atomic"
)

// counter counts at the driver: statements, and apart from them what begins and
// ends a transaction.
type counter struct{ statements, brackets atomic.Int64 }

// open is sql.Open, counting if the role asks for it.
func (c *counter) open(r role) (*sql.DB, error) {
	db, err := sql.Open(r.Driver, r.DSN)
	if err != nil || !r.Count {
		return db, err
	}
	return sql.OpenDB(connector{db.Driver(), r.DSN, c}), db.Close()
}

type connector struct {
	driver driver.Driver
	dsn    string
	c      *counter
}

// Driver is the one that is counted.
func (k connector) Driver() driver.Driver { return k.driver }

// Connect opens a connection that counts.
func (k connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := k.driver.Open(k.dsn)
	return counted{conn, k.c}, err
}

// counted passes on all that database/sql asks a connection for. The drivers here
// have every one of these but CheckNamedValue and ResetSession.
type counted struct {
	driver.Conn
	c *counter
}

// ExecContext counts one.
func (k counted) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := k.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	k.c.statement(err)
	return result, err
}

// QueryContext counts one.
func (k counted) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := k.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	k.c.statement(err)
	return rows, err
}

// statement counts one, unless the driver declined: what it has prepared instead is
// counted there.
func (c *counter) statement(err error) {
	if err != driver.ErrSkip {
		c.statements.Add(1)
	}
}

// PrepareContext counts one: database/sql executes once what it prepares for a driver
// that declined.
func (k counted) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	k.c.statements.Add(1)
	return k.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

// BeginTx counts a bracket.
func (k counted) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	k.c.brackets.Add(1)
	tx, err := k.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return countedTx{tx, k.c}, err
}

// CheckNamedValue is the driver's own, where it has one.
func (k counted) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := k.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ResetSession is the driver's own, where it has one.
func (k counted) ResetSession(ctx context.Context) error {
	if resetter, ok := k.Conn.(driver.SessionResetter); ok {
		return resetter.ResetSession(ctx)
	}
	return nil
}

type countedTx struct {
	driver.Tx
	c *counter
}

// Commit counts a bracket.
func (t countedTx) Commit() error {
	t.c.brackets.Add(1)
	return t.Tx.Commit()
}

// Rollback counts a bracket.
func (t countedTx) Rollback() error {
	t.c.brackets.Add(1)
	return t.Tx.Rollback()
}
