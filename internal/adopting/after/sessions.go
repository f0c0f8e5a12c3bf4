package app

import (
	"context"
	"net/http"
	"time"
)

// What a session holds.
const (
	userID     = "user_id"
	generation = "generation"
	signedInAt = "signed_in_at" // in Unix seconds
)

var errSignedOut = refusal{http.StatusUnauthorized, "sign in first"}

// begin signs the user in, in a session with a new cookie: whoever knew the old one
// does not know this one.
func (a *App) begin(ctx context.Context, u user) error {
	if err := a.sessions.RenewToken(ctx); err != nil {
		return err
	}
	a.sessions.Put(ctx, userID, u.id)
	a.sessions.Put(ctx, generation, u.generation)
	a.sessions.Put(ctx, signedInAt, time.Now().Unix())
	return nil
}

// current returns who is signed in, as they are now, or nobody.
func (a *App) current(ctx context.Context) (user, error) {
	id := a.sessions.GetInt64(ctx, userID)
	if id == 0 {
		return user{}, nil
	}
	u, err := a.find(ctx, `id = ?`, id)
	if err != nil || u.generation != a.sessions.GetInt64(ctx, generation) {
		return user{}, err
	}
	return u, nil
}

// signedIn is a page for who is signed in.
func (a *App) signedIn(p func(*http.Request, user) (any, error)) page {
	return func(r *http.Request) (any, error) {
		u, err := a.current(r.Context())
		if err != nil {
			return nil, err
		}
		if u.id == 0 {
			return nil, errSignedOut
		}
		return p(r, u)
	}
}

// endSessions signs a user out everywhere.
func (a *App) endSessions(ctx context.Context, id any) error {
	_, err := a.db.ExecContext(ctx, `UPDATE users SET generation = generation + 1 WHERE id = ?`, id)
	return err
}

func (a *App) signOut(r *http.Request) (any, error) { return done, a.sessions.Destroy(r.Context()) }

func (a *App) signOutEverywhere(r *http.Request, u user) (any, error) {
	return done, a.endSessions(r.Context(), u.id)
}
