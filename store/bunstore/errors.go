package bunstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
)

// Error says what failed and never with which values: a database's own messages
// repeat them, so they are told only where nobody's records are touched, by Migrate
// and Check. errors.As finds the driver's error in it, for who must know more and
// prints it nowhere.
type Error struct {
	Op   string // what was being done, "apply"
	Code string // the database's code with its name, "SQLSTATE 40001"; empty if it gave none
	err  error
}

// The operations that nobody's records take part in.
const (
	opMigrate = "migrate"
	opCheck   = "check"
)

// Error reads "bunstore: op: code".
func (e *Error) Error() string { return "bunstore: " + e.Op + ": " + e.told() }

// Unwrap returns what failed.
func (e *Error) Unwrap() error { return e.err }

func (e *Error) told() string {
	if e.Op == opMigrate || e.Op == opCheck {
		return e.err.Error()
	}
	if e.Code != "" {
		return e.Code
	}
	var network *net.OpError
	if errors.As(e.err, &network) {
		return network.Error()
	}
	for _, known := range []error{
		context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone,
		io.EOF, io.ErrUnexpectedEOF,
	} {
		if errors.Is(e.err, known) {
			return known.Error()
		}
	}
	return fmt.Sprintf("%T", e.err)
}

// code is what a driver's typed error says: at most one of the three is set.
type code struct {
	state  string // PostgreSQL's SQLSTATE
	mysql  int
	sqlite int // with the extended code above the lowest byte
}

// codeOf knows the errors of bun's own driver for PostgreSQL, of pgx and lib/pq,
// of go-sql-driver/mysql, and of modernc.org/sqlite, by their shapes: importing
// their types would link every driver into every program.
func codeOf(err error) code {
	var field interface {
		error
		Field(k byte) string
	}
	var state interface {
		error
		SQLState() string
	}
	var number interface {
		error
		Code() int
	}
	switch {
	case errors.As(err, &state):
		return code{state: state.SQLState()}
	case errors.As(err, &field):
		return code{state: field.Field('C')}
	case errors.As(err, &number):
		return code{sqlite: number.Code()}
	}
	return code{mysql: mysqlNumber(err)}
}

// mysqlNumber finds the one typed error that has a field and no method to tell it.
func mysqlNumber(err error) int {
	v := reflect.Indirect(reflect.ValueOf(err))
	if v.Kind() == reflect.Struct && v.Type().Name() == "MySQLError" {
		if n := v.FieldByName("Number"); n.CanUint() {
			return int(n.Uint())
		}
	}
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		return mysqlNumber(err.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range err.Unwrap() {
			if n := mysqlNumber(e); n != 0 {
				return n
			}
		}
	}
	return 0
}

// String reads "SQLSTATE 40001", or is empty where nothing is known.
func (c code) String() string {
	switch {
	case c.state != "":
		return "SQLSTATE " + c.state
	case c.mysql != 0:
		return fmt.Sprintf("MySQL error %d", c.mysql)
	case c.sqlite != 0:
		return fmt.Sprintf("SQLite error %d", c.sqlite)
	}
	return ""
}

// isDuplicate reports that a key is taken.
func isDuplicate(err error) bool {
	if err == nil {
		return false
	}
	switch c := codeOf(err); {
	case c.state == "23505": // unique_violation
	case c.mysql == 1062: // ER_DUP_ENTRY
	case c.sqlite == 1555, c.sqlite == 2067: // SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE
	default:
		return false
	}
	return true
}

// isTransient reports that the database gave the transaction up for the sake of
// another one, and that the same may succeed when it is done again.
func isTransient(err error) bool {
	switch c := codeOf(err); {
	case c.state == "40001", c.state == "40P01": // serialization_failure, deadlock_detected
	case c.mysql == 1213, c.mysql == 1205: // ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT
	case c.mysql == 1020: // ER_CHECKREAD, MariaDB's snapshot isolation (11.6.2 and later)
	case c.sqlite&0xff == 5, c.sqlite&0xff == 6: // SQLITE_BUSY, SQLITE_LOCKED
	default:
		return false
	}
	return true
}
