package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// user is a row of the table. The zero user is nobody.
type user struct {
	id           int64
	email        string
	passwordHash string
	disabled     bool
	generation   int64
}

// find returns the user of whom the condition holds, or nobody.
func (a *App) find(ctx context.Context, where string, arg any) (user, error) {
	var u user
	err := a.db.QueryRowContext(ctx, `SELECT id, email, password_hash, disabled, generation FROM users WHERE `+where, arg).
		Scan(&u.id, &u.email, &u.passwordHash, &u.disabled, &u.generation)
	if errors.Is(err, sql.ErrNoRows) {
		return user{}, nil
	}
	return u, err
}

// The longest password is bcrypt's: it does not look at what comes after.
const (
	minPassword = 8
	maxPassword = 72
)

func (a *App) hash(password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", refusal{http.StatusBadRequest, fmt.Sprintf("a password has %d to %d bytes", minPassword, maxPassword)}
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), a.cost)
	return string(hash), err
}

// isPassword reports whether it is the user's password. It is never nobody's, and
// takes as long.
func (a *App) isPassword(u user, password string) bool {
	hash := []byte(u.passwordHash)
	if u.id == 0 {
		hash = a.decoy
	}
	right := bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil
	return right && u.id != 0 && len(password) <= maxPassword
}

// register makes a user and signs them in.
func (a *App) register(r *http.Request) (any, error) {
	email := address(r)
	if name, domain, _ := strings.Cut(email, "@"); name == "" || domain == "" {
		return nil, refusal{http.StatusBadRequest, "that is no email address"}
	}
	hash, err := a.hash(r.PostFormValue("password"))
	if err != nil {
		return nil, err
	}
	u := user{email: email, passwordHash: hash}
	err = a.db.QueryRowContext(r.Context(),
		`INSERT INTO users (email, password_hash) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id`, email, hash).Scan(&u.id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, refusal{http.StatusConflict, "that address is taken"}
	}
	if err != nil {
		return nil, err
	}
	return done, a.begin(r.Context(), u)
}

func (a *App) signIn(r *http.Request) (any, error) {
	u, err := a.find(r.Context(), `email = ?`, address(r))
	if owner, none := a.Methods.Find(r.Context(), address(r)); none == nil { // who has proved it comes first
		u, err = a.find(r.Context(), `id = ?`, owner.ID)
	}
	if err != nil {
		return nil, err
	}
	if !a.isPassword(u, r.PostFormValue("password")) {
		return nil, refusal{http.StatusForbidden, "wrong email address or password"}
	}
	if u.disabled {
		return nil, refusal{http.StatusForbidden, "this account is disabled"}
	}
	return done, a.begin(r.Context(), u)
}

func address(r *http.Request) string {
	return strings.ToLower(strings.TrimSpace(r.PostFormValue("email")))
}

func (a *App) me(r *http.Request, u user) (any, error) {
	return map[string]any{"email": u.email, "signed_in_at": a.sessions.GetInt64(r.Context(), signedInAt)}, nil
}

// changePassword signs the user out everywhere else.
func (a *App) changePassword(r *http.Request, u user) (any, error) {
	if !a.isPassword(u, r.PostFormValue("password")) {
		return nil, refusal{http.StatusForbidden, "wrong password"}
	}
	hash, err := a.hash(r.PostFormValue("new_password"))
	if err != nil {
		return nil, err
	}
	// Not if the session came to its end meanwhile.
	err = a.db.QueryRowContext(r.Context(), `UPDATE users SET password_hash = ?, generation = generation + 1
		WHERE id = ? AND generation = ? RETURNING generation`, hash, u.id, u.generation).Scan(&u.generation)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, errSignedOut
	}
	if err != nil {
		return nil, err
	}
	return done, a.begin(r.Context(), u)
}

// deleteAccount deletes the user and all that is theirs.
func (a *App) deleteAccount(r *http.Request, u user) (any, error) {
	if !a.isPassword(u, r.PostFormValue("password")) {
		return nil, refusal{http.StatusForbidden, "wrong password"}
	}
	tx, err := a.db.BeginTx(r.Context(), nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // after Commit there is nothing left to roll back
	for _, statement := range []string{`DELETE FROM posts WHERE user_id = ?`, `DELETE FROM users WHERE id = ?`} {
		if _, err := tx.ExecContext(r.Context(), statement, u.id); err != nil {
			return nil, err
		}
	}
	if err := a.Methods.With(a.records.In(tx)).DeleteAccount(r.Context(), fmt.Sprint(u.id)); err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, err
	}
	return done, a.sessions.Destroy(r.Context())
}

// SetDisabled shuts a user out at once, or lets them sign in again. It is the administrator's:
// no page leads here.
func (a *App) SetDisabled(ctx context.Context, email string, disabled bool) error {
	u, err := a.find(ctx, `email = ?`, email)
	if err != nil {
		return err
	}
	if u.id == 0 {
		return fmt.Errorf("there is no user %q", email)
	}
	_, err = a.db.ExecContext(ctx, `UPDATE users SET disabled = ?, generation = generation + 1 WHERE id = ?`, disabled, u.id)
	return err
}
