package app

import (
	"context"
	"database/sql"
	"fmt"

	_ "modernc.org/sqlite"
)

// Open opens the database in a file, which is made if it is not there.
func Open(file string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+file+
		"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
}

// migrations are the steps from an empty database to this one. A step that was
// released is never edited: add another.
var migrations = []string{
	// Users' IDs are never given twice: a session may outlive its user.
	`CREATE TABLE users (
		id            INTEGER PRIMARY KEY AUTOINCREMENT,
		email         TEXT    NOT NULL UNIQUE, -- in small letters
		password_hash TEXT    NOT NULL
	)`,
	`CREATE TABLE posts (
		id      INTEGER PRIMARY KEY AUTOINCREMENT,
		user_id INTEGER NOT NULL REFERENCES users (id),
		text    TEXT    NOT NULL
	)`,
	`CREATE INDEX posts_by_user ON posts (user_id)`,
	`ALTER TABLE users ADD COLUMN disabled BOOLEAN NOT NULL DEFAULT FALSE`,
	// The sessions of an older generation are over.
	`ALTER TABLE users ADD COLUMN generation INTEGER NOT NULL DEFAULT 0`,
}

// migrate takes the steps that the database has not taken yet.
func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit there is nothing left to roll back

	taken := 0
	if err := tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&taken); err != nil {
		return err
	}
	if taken > len(migrations) {
		return fmt.Errorf("the database is newer than this program: %d steps, not %d", taken, len(migrations))
	}
	for _, step := range migrations[taken:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA user_version = %d`, len(migrations))); err != nil {
		return err
	}
	return tx.Commit()
}
