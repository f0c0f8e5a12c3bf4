// Package app is a small application as there are many: people register with an
// email address and a password, sign in, and write short posts. Its users, passwords
// and sessions are its own.
package app

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
	"github.com/ligature-auth/ligature/store/bunstore"
	"golang.org/x/crypto/bcrypt"
)

// Config is what an App needs.
type Config struct {
	DB           *sql.DB // as Open returns it; closing it is the caller's
	PasswordCost int     // bcrypt's; 0 means its default
	Ligature     association.Config
}

// App is the application. It answers forms with JSON, over HTTPS.
type App struct {
	http.Handler

	Methods  *association.Service // Deliver and DeleteExpired are the caller's to call
	records  *bunstore.Store
	db       *sql.DB
	sessions *scs.SessionManager
	cost     int
	decoy    []byte // the hash of nobody's password
}

// New brings the tables up to date and returns the application.
func New(ctx context.Context, c Config) (*App, error) {
	records, err := bunstore.Prepare(ctx, c.DB, bunstore.SQLite, bunstore.Config{})
	if err = errors.Join(err, migrate(ctx, c.DB)); err != nil {
		return nil, err
	}
	decoy, err := bcrypt.GenerateFromPassword([]byte(rand.Text()), c.PasswordCost)
	if err != nil {
		return nil, err
	}
	a := &App{db: c.DB, sessions: scs.New(), cost: c.PasswordCost, decoy: decoy, records: records}
	a.sessions.Cookie.Secure = true

	mux := http.NewServeMux()
	mux.HandleFunc("POST /register", answer(a.register))
	mux.HandleFunc("POST /signin", answer(a.signIn))
	mux.HandleFunc("POST /signout", answer(a.signOut))
	mux.HandleFunc("POST /signout/everywhere", answer(a.signedIn(a.signOutEverywhere)))
	mux.HandleFunc("GET /me", answer(a.signedIn(a.me)))
	mux.HandleFunc("POST /me/password", answer(a.signedIn(a.changePassword)))
	mux.HandleFunc("POST /me/delete", answer(a.signedIn(a.deleteAccount)))
	mux.HandleFunc("GET /posts", answer(a.signedIn(a.listPosts)))
	mux.HandleFunc("POST /posts", answer(a.signedIn(a.createPost)))
	mux.HandleFunc("DELETE /posts/{id}", answer(a.signedIn(a.deletePost)))
	c.Ligature.Store, c.Ligature.Revoker = records, a
	c.Ligature.Passwords = association.PasswordFunc(func(ctx context.Context, id, password string) (bool, error) {
		u, err := a.find(ctx, `id = ?`, id)
		return err == nil && a.isPassword(u, password), err
	})
	by := httpadapter.Host(func(r *http.Request) (association.Actor, error) {
		u, err := a.current(r.Context())
		return httpadapter.HostActor(u.id, a.sessions.Token(r.Context()), time.Unix(a.sessions.GetInt64(r.Context(), signedInAt), 0)), err
	})
	a.Methods, err = association.New(c.Ligature)
	if err = errors.Join(err, httpadapter.Mount(mux, "/auth", a.Methods, httpadapter.Options{Sessions: by})); err != nil {
		return nil, err
	}
	a.Handler = http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(a.sessions.LoadAndSave(mux), 64<<10))
	return a, nil
}

// RevokeSessions signs a user out for ligature, but for the session to keep if the request is of it.
func (a *App) RevokeSessions(ctx context.Context, id, except string, _ time.Time) error {
	err := a.endSessions(ctx, id)
	if err == nil && except != "" && except == httpadapter.ActorFrom(ctx).Session {
		a.sessions.Put(ctx, generation, a.sessions.GetInt64(ctx, generation)+1)
	}
	return err
}

// page is what the application does with a request. What it returns is answered as
// JSON.
type page func(*http.Request) (any, error)

// done is the answer where there is nothing to say.
var done = struct{}{}

// refusal is an error that the client is told.
type refusal struct {
	status  int
	message string
}

// Error is what the client is told.
func (r refusal) Error() string { return r.message }

func answer(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		body, err := p(r)
		if err != nil {
			var no refusal
			if !errors.As(err, &no) {
				slog.ErrorContext(r.Context(), "a page failed", "path", r.URL.Path, "error", err)
				no = refusal{http.StatusInternalServerError, "something went wrong"}
			}
			status, body = no.status, map[string]string{"error": no.message}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body) // the client has gone: nobody to tell
	}
}
