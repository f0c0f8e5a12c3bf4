package app_test

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	app "github.com/ligature-auth/ligature/internal/adopting/after"
	"github.com/ligature-auth/ligature/internal/adopting/suite"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/mailbox"
)

func TestApp(t *testing.T) {
	suite.Run(t, func(t *testing.T) suite.App { return start(t, open(t)) })
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := app.Open(filepath.Join(t.TempDir(), "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func start(t *testing.T, db *sql.DB) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), app.Config{DB: db, PasswordCost: bcrypt.MinCost, Ligature: ligature(mailbox.New(mailbox.Options{}))})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var ringKey, indexKey = bytes.Repeat([]byte("ring"), 8), bytes.Repeat([]byte("index"), 8)

// ligature is what a program gives the application besides, as docs/adopting.md shows.
func ligature(mail sender.Sender) association.Config {
	config := association.Config{
		Name:   "Posts",
		Sender: sender.Mux{sender.Email: mail},
		Kinds:  []association.Kind{email.New()},
		Keys: association.Keys{ // 32 random bytes each, from your secret store
			Active: "2026-11",
			Ring:   map[string]association.Key{"2026-11": association.NewKey(ringKey)},
			Index:  association.NewKey(indexKey),
		},
	}
	return config
}

// Users outlive the program, and so does what a newer one has made of the database.
func TestDatabaseOutlivesTheProgram(t *testing.T) {
	db := open(t)
	start(t, db)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO users (email, password_hash) VALUES ('ada@example.com', 'x')`); err != nil {
		t.Fatal(err)
	}
	if err := start(t, db).SetDisabled(t.Context(), "ada@example.com", true); err != nil {
		t.Errorf("after another start: %v", err)
	}
	if _, err := db.ExecContext(t.Context(), `PRAGMA user_version = 1000`); err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(t.Context(), app.Config{DB: db, Ligature: ligature(mailbox.New(mailbox.Options{}))}); err == nil {
		t.Error("a newer database was accepted")
	}
}
