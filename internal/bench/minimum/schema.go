package minimum

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// Dialect is a sort of SQL.
type Dialect string

// The dialects, named as package bunstore names them.
const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgresql"
	MariaDB    Dialect = "mysql" // not MySQL, which has no RETURNING
)

// One account has one identifier of a kind; the key says so in every race.
const tables = `
CREATE TABLE account (id NAME PRIMARY KEY, epoch BIGINT NOT NULL, status BIGINT NOT NULL, created_at BIGINT NOT NULL);
CREATE TABLE identifier (kind NAME NOT NULL, value NAME NOT NULL, account NAME NOT NULL, typed NAME NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (kind, value), UNIQUE (account, kind));
CREATE TABLE session (id NAME PRIMARY KEY, account NAME NOT NULL, epoch BIGINT NOT NULL, ended BIGINT NOT NULL,
  access BYTES NOT NULL, access_expires BIGINT NOT NULL, refresh BYTES NOT NULL, expires BIGINT NOT NULL,
  device NAME NOT NULL, user_agent NAME NOT NULL, created_at BIGINT NOT NULL);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires ON session (expires);
CREATE TABLE code (id NAME PRIMARY KEY, version BIGINT NOT NULL, purpose NAME NOT NULL, asker NAME NOT NULL, account NAME NOT NULL, session NAME NOT NULL, epoch BIGINT NOT NULL,
  kind NAME NOT NULL, target NAME NOT NULL, typed NAME NOT NULL, state BIGINT NOT NULL, guesses BIGINT NOT NULL,
  mac BYTES NOT NULL, expires BIGINT NOT NULL, asked_at BIGINT NOT NULL, paused_until BIGINT NOT NULL, token BYTES NOT NULL, token_expires BIGINT NOT NULL);
CREATE INDEX code_expires ON code (expires);
CREATE TABLE sudo (session NAME PRIMARY KEY, account NAME NOT NULL, epoch BIGINT NOT NULL, factor NAME NOT NULL, mac BYTES NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX sudo_expires ON sudo (expires);
CREATE TABLE counter (id BYTES PRIMARY KEY, n BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX counter_expires ON counter (expires);
CREATE TABLE event (account NAME NOT NULL, id NAME NOT NULL, at BIGINT NOT NULL, expires BIGINT NOT NULL, kind NAME NOT NULL,
  session NAME NOT NULL, subject NAME NOT NULL, ip NAME NOT NULL, device NAME NOT NULL, user_agent NAME NOT NULL,
  PRIMARY KEY (account, id));
CREATE INDEX event_expires ON event (expires);
CREATE TABLE notice (id NAME NOT NULL, kind NAME NOT NULL, target NAME NOT NULL, account NAME NOT NULL, tells NAME NOT NULL,
  at BIGINT NOT NULL, due BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (id, kind, target));
CREATE INDEX notice_due ON notice (due);
CREATE INDEX notice_expires ON notice (expires);`

var types = map[Dialect]*strings.Replacer{
	SQLite:     strings.NewReplacer("NAME", "TEXT", "BYTES", "BLOB", "BIGINT", "INTEGER"),
	PostgreSQL: strings.NewReplacer("NAME", "text", "BYTES", "bytea"),
	MariaDB:    strings.NewReplacer("NAME", "VARBINARY(320)", "BYTES", "VARBINARY(64)"),
}

// Migrate makes the tables.
func Migrate(ctx context.Context, db *sql.DB, d Dialect) error {
	for statement := range strings.SplitSeq(tables, ";") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := db.ExecContext(ctx, types[d].Replace(statement)); err != nil {
			return err
		}
	}
	return nil
}

// Import makes an account with a phone number, as if it had been proved.
func Import(ctx context.Context, db *sql.DB, d Dialect, id, phone string) error {
	if _, err := db.ExecContext(ctx, d.text(`INSERT INTO account (id, epoch, status, created_at) VALUES (?, 0, 1, 0)`), id); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, d.text(`INSERT INTO identifier (kind, value, account, typed, created_at) VALUES ('phone', ?, ?, ?, 0)`), phone, id, phone)
	return err
}

// text writes a statement's ? in the dialect's way. No statement has one in a
// literal.
func (d Dialect) text(query string) string {
	if d != PostgreSQL {
		return query
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			fmt.Fprintf(&b, "$%d", n)
		}
		b.WriteString(part)
		n++
	}
	return b.String()
}
