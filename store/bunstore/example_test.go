package bunstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/uptrace/bun"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// scratch is a SQLite file that is removed at the end.
func scratch() (db *sql.DB, remove func()) {
	dir, err := os.MkdirTemp("", "bunstore")
	if err != nil {
		log.Fatal(err)
	}
	db, err = sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)")
	if err != nil {
		log.Fatal(err)
	}
	return db, func() { _ = errors.Join(db.Close(), os.RemoveAll(dir)) }
}

// At the start of a program: the tables are brought up to date, and the database
// is asked whether it keeps its promises.
func ExampleOpen() {
	ctx := context.Background()
	db, remove := scratch()
	defer remove()

	records, err := bunstore.Open(db, bunstore.SQLite, bunstore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(records.Migrate(ctx), records.Check(ctx)); err != nil {
		log.Fatal(err)
	}
	_, err = records.Account(ctx, "nobody")
	fmt.Println(err)
	// Output: store: not found
}

// The host's own table changes in the commit that binds a phone.
func ExampleConfig() {
	ctx := context.Background()
	db, remove := scratch()
	defer remove()
	if _, err := db.ExecContext(ctx, `CREATE TABLE users (id TEXT, phone TEXT)`); err != nil {
		log.Fatal(err)
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO users (id) VALUES ('ann')`); err != nil {
		log.Fatal(err)
	}

	records, err := bunstore.Open(db, bunstore.SQLite, bunstore.Config{
		InTx: func(ctx context.Context, tx bun.Tx, change store.Change) error {
			for _, linked := range change.Link {
				if linked.Kind != "phone" {
					continue
				}
				if _, err := tx.ExecContext(ctx, `UPDATE users SET phone = ? WHERE id = ?`, string(linked.Value), linked.Account); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := records.Migrate(ctx); err != nil {
		log.Fatal(err)
	}

	// What Service.Bind does, among more.
	err = records.Apply(ctx, store.Change{Link: []store.Association{{ID: "x", Account: "ann", Kind: "phone", Value: []byte("+8613800000000")}}})
	if err != nil {
		log.Fatal(err)
	}
	var phone string
	if err := db.QueryRowContext(ctx, `SELECT phone FROM users WHERE id = 'ann'`).Scan(&phone); err != nil {
		log.Fatal(err)
	}
	fmt.Println(phone)
	// Output: +8613800000000
}
