package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/ligature-auth/ligature/internal/pause"
)

// The versions are a table before there are any. Migration 1 has the same line.
const versions = `CREATE TABLE IF NOT EXISTS association_migration (version INTEGER PRIMARY KEY)`

// migrationLock is the number of PostgreSQL's advisory lock: "ligature" in ASCII.
const migrationLock = 0x6c69676174757265

// alone calls do while no other program migrates this database, with a connection
// on which the table association_migration exists. The lock ends with its
// connection, so a program that dies leaves none; a Galera cluster's alone does not.
func (s *Store) alone(ctx context.Context, do func(bun.IConn) error) error {
	switch s.dialect {
	case SQLite:
		// The first statement writes: who waits for the lock has read nothing yet.
		if _, err := s.db.ExecContext(ctx, versions+` STRICT`); err != nil {
			return err
		}
		return s.inTx(ctx, nil, `DELETE FROM association_migration WHERE version < 0`, do)
	case PostgreSQL:
		// At any higher isolation, who has waited would not see what was done meanwhile.
		committed := &sql.TxOptions{Isolation: sql.LevelReadCommitted}
		return s.inTx(ctx, committed, fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, migrationLock), func(tx bun.IConn) error {
			if _, err := tx.ExecContext(ctx, versions); err != nil {
				return err
			}
			return do(tx)
		})
	default:
		return s.withLock(ctx, do)
	}
}

// inTx is for databases that can roll the making of a table back.
func (s *Store) inTx(ctx context.Context, o *sql.TxOptions, lock string, do func(bun.IConn) error) error {
	return s.db.RunInTx(ctx, o, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, lock); err != nil {
			return err
		}
		return do(tx)
	})
}

// withLock is for MySQL.
func (s *Store) withLock(ctx context.Context, do func(bun.IConn) error) (err error) {
	pool, ok := s.db.(*bun.DB)
	if !ok {
		return errors.New("not a pool")
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for locked := false; !locked; {
		var answer sql.NullBool
		if err := conn.QueryRowContext(ctx, `SELECT GET_LOCK('association_migration', 1)`).Scan(&answer); err != nil {
			return err
		}
		if !answer.Valid {
			return errors.New("GET_LOCK failed")
		}
		locked = answer.Bool
	}
	defer func() {
		_, unlocked := conn.ExecContext(context.WithoutCancel(ctx), `DO RELEASE_LOCK('association_migration')`)
		err = errors.Join(err, unlocked)
	}()
	if _, err := conn.ExecContext(ctx, versions+` ENGINE = InnoDB`); err != nil {
		return err
	}
	var name, galera string
	err = conn.QueryRowContext(ctx, `SHOW VARIABLES LIKE 'wsrep_on'`).Scan(&name, &galera)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if galera != "ON" {
		return do(conn)
	}
	return withClaim(ctx, pool, conn, do)
}

// The row that a program of a Galera cluster inserts to be the only one that migrates:
// GET_LOCK locks one node alone, and two nodes at which views are made at once hang for
// good. It does not end with its connection.
const claim = `-1`

const (
	claimTries, claimPause = 600, 200 * time.Millisecond
	releasing              = 10 * time.Second
)

func withClaim(ctx context.Context, pool *bun.DB, conn bun.Conn, do func(bun.IConn) error) (err error) {
	for try := 1; ; try++ {
		// A statement alone may be done although ctx cut it short: who knows? A
		// transaction is not, and ctx cuts no COMMIT.
		err := conn.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO association_migration (version) VALUES (`+claim+`)`)
			return err
		})
		if err == nil {
			break
		}
		if !isDuplicate(err) && !isTransient(err) {
			return err
		}
		if try == claimTries {
			return &plainError{errors.New("bunstore: another program is migrating this cluster; if none is, one died: delete the row " + claim + " of association_migration")}
		}
		if err := pause.Jittered(ctx, claimPause); err != nil {
			return err
		}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releasing)
		defer cancel()
		const release = `DELETE FROM association_migration WHERE version = ` + claim
		_, released := conn.ExecContext(ctx, release)
		if released != nil { // ctx may have cut the connection
			_, released = pool.ExecContext(ctx, release)
		}
		if codeOf(released).mysql != 1146 { // ER_NO_SUCH_TABLE: down to version 0
			err = errors.Join(err, released)
		}
	}()
	return do(conn)
}
