package bunstore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
)

// conn is what a statement is sent by.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// native returns how the driver itself takes a statement: its text and its arguments
// apart. The text is then always the same, so that PostgreSQL plans it once for each
// connection, and no address is in it for a hook to log.
//
// Bun's way, which writes the arguments into the text, is left for MySQL, whose
// driver would send three messages for each statement with arguments, and for a
// bun.IDB that is somebody's own.
func (s *Store) native(db bun.IConn, query string) (conn, string) {
	if s.dialect == MySQL {
		return db, query
	}
	var c conn
	switch db := db.(type) {
	case *bun.DB:
		c = db.DB
	case bun.Tx:
		c = db.Tx
	case bun.Conn:
		c = db.Conn
	case hostTx:
		c = db.tx
	default:
		return db, query
	}
	if s.dialect != PostgreSQL {
		return c, query
	}
	text, ok := s.numbered.Load(query)
	if !ok {
		text, _ = s.numbered.LoadOrStore(query, numbered(query))
	}
	return c, text.(string)
}

// numbered writes $1, $2, … for the question marks. None of our statements has one
// that is anything else.
func numbered(query string) string {
	var b strings.Builder
	for i, part := range strings.Split(query, "?") {
		if i > 0 {
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}
