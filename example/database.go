package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/memstore"
)

// openStore opens what -db names, brings its tables up to date and checks it. The
// caller calls done at the end.
func openStore(ctx context.Context, name string) (records store.Store, done func() error, err error) {
	if name == "memory" {
		return memstore.New(memstore.Limits{}), func() error { return nil }, nil
	}
	driver, dialect, dsn, err := database(name)
	if err != nil {
		return nil, nil, err
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, nil, errors.New("-db: not a DSN of " + driver) // its own text repeats the password
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	s, err := bunstore.Open(db, dialect, bunstore.Config{})
	if err == nil {
		err = s.Migrate(ctx)
	}
	if err == nil {
		err = s.Check(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("-db: %w", err), db.Close())
	}
	return s, db.Close, nil
}

// database says how to reach what -db names.
func database(name string) (driver string, dialect bunstore.Dialect, dsn string, err error) {
	scheme, rest, ok := strings.Cut(name, ":")
	switch {
	case !ok || filepath.VolumeName(name) != "":
		// In a file name these would end it.
		path := strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(name)
		return "sqlite", bunstore.SQLite, "file:" + path +
			"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)", nil
	case scheme == "postgres", scheme == "postgresql":
		return "pgx", bunstore.PostgreSQL, name, nil
	case scheme == "mysql":
		return "mysql", bunstore.MySQL, rest, nil
	}
	return "", "", "", fmt.Errorf(`-db: %q is neither a file, nor "memory", postgres://…, or mysql:user:password@tcp(host)/name`, scheme+":")
}
