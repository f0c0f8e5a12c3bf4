package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"sync"
)

// role is what a process of its own serves: given to it as JSON.
type role struct {
	What    string // "ligature", "minimum" or atOnce
	Driver  string // for sql.Open; "memory" is none
	Dialect string
	DSN     string
	Idle    int  // how many connections may be idle
	Count   bool // statements, which costs time
}

// atOnce is the minimum that sends one statement where the other makes a transaction.
// It is for PostgreSQL alone.
const atOnce = "minimum, at once"

// open is how many connections a pool may have, for eight clients.
const open = 32

// addresses is the first line that a serving process writes.
type addresses struct{ App, Control string }

// subject of an import.
type imported struct{ ID, Phone string }

// serve is the process's whole life: it ends when its input does, that is with
// the one that started it.
func serve(config string) error {
	var r role
	if err := json.Unmarshal([]byte(config), &r); err != nil {
		return err
	}
	ctx := context.Background()
	s := &served{codes: map[string]string{}}
	var db *sql.DB
	if r.Driver != "memory" {
		var err error
		if db, err = s.statements.open(r); err != nil {
			return err
		}
		db.SetMaxOpenConns(open)
		db.SetMaxIdleConns(r.Idle)
		defer db.Close()
	}
	if err := s.start(ctx, r, db); err != nil {
		return err
	}
	app, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { panic(http.Serve(app, s.app)) }()
	go func() { panic(http.Serve(control, s.control())) }()
	if err := json.NewEncoder(os.Stdout).Encode(addresses{app.Addr().String(), control.Addr().String()}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// served is one of the contenders, with what the load generator needs beside it.
type served struct {
	app        http.Handler
	imports    func(ctx context.Context, in imported) error
	statements counter

	mu    sync.Mutex
	codes map[string]string // by address
}

func (s *served) start(ctx context.Context, r role, db *sql.DB) (err error) {
	switch r.What {
	case "ligature":
		return s.ligature(ctx, r, db)
	case "minimum", atOnce:
		return s.minimum(ctx, r, db)
	}
	return fmt.Errorf("nothing is called %q", r.What)
}

// deliver keeps a code for the load generator, in the place of sending it.
func (s *served) deliver(to, code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[to] = code
}

// control is the load generator's way in, on a listener of its own.
func (s *served) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /codes", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		codes := s.codes
		s.codes = map[string]string{}
		s.mu.Unlock()
		answer(w, codes, nil)
	})
	mux.HandleFunc("GET /usage", func(w http.ResponseWriter, _ *http.Request) {
		u, err := measure()
		u.Statements, u.Brackets = s.statements.statements.Load(), s.statements.brackets.Load()
		answer(w, u, err)
	})
	mux.HandleFunc("POST /accounts", func(w http.ResponseWriter, r *http.Request) {
		var all []imported
		err := json.NewDecoder(r.Body).Decode(&all)
		if err == nil {
			err = each(len(all), func(_, i int) error { return s.imports(r.Context(), all[i]) })
		}
		answer(w, len(all), err)
	})
	var profile bytes.Buffer
	mux.HandleFunc("POST /profile", func(w http.ResponseWriter, _ *http.Request) {
		profile.Reset()
		answer(w, "", pprof.StartCPUProfile(&profile))
	})
	mux.HandleFunc("GET /profile", func(w http.ResponseWriter, _ *http.Request) {
		pprof.StopCPUProfile()
		answer(w, profile.Bytes(), nil)
	})
	return mux
}

func answer(w http.ResponseWriter, v any, err error) {
	var b bytes.Buffer
	if err == nil {
		err = json.NewEncoder(&b).Encode(v)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(b.Bytes())
}
