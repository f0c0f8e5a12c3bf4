package minimum

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// session is a session with its account, as read together.
type session struct {
	id, secret            string // of the access token
	account               string
	access                []byte
	accessExpires         int64
	epoch, ended, expires int64
	accountEpoch, status  int64
}

// bearer takes the access token of a request apart.
func bearer(r *http.Request) (session, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	id, secret, cut := strings.Cut(token, ".")
	if !ok || !cut {
		return session{}, errNobody
	}
	return session{id: id, secret: secret}, nil
}

func (v *session) columns(more ...any) []any {
	return append([]any{&v.account, &v.access, &v.accessExpires, &v.epoch, &v.ended, &v.expires, &v.accountEpoch, &v.status}, more...)
}

// live refuses a session that does not count, or whose token this is not.
func (s *server) live(v session, now int64) error {
	if !hmac.Equal(v.access, s.mac("access", v.id, v.account, v.secret)) ||
		now >= v.accessExpires || now >= v.expires || v.ended != 0 || v.epoch != v.accountEpoch || v.status != 1 {
		return errNobody
	}
	return nil
}

// event is a line of an account's history.
func event(r *http.Request, account, kind, session, subject string, now int64) []any {
	return []any{
		account, strconv.FormatInt(now, 16) + "-" + random(16), now, now + micro(365*24*time.Hour),
		kind, session, subject, ip(r), r.Header.Get("X-Device-Id"), r.UserAgent(),
	}
}

// signIn opens a session for whoever holds the token of a sign-in code.
func (s *server) signIn(r *http.Request) (any, error) {
	var body struct {
		Token string `json:"verification_token"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	ctx, now := r.Context(), now()
	id, secret, _ := strings.Cut(body.Token, ".")
	var c code
	var account string
	var epoch, status int64
	err := s.db.QueryRowContext(ctx, s.sql.signingIn, id).Scan(
		&c.version, &c.purpose, &c.asker, &c.state, &c.token, &c.tokenExpires, &account, &epoch, &status)
	if err != nil {
		return nil, missing(err)
	}
	if c.purpose != "sign_in" || c.asker != "device:"+r.Header.Get("X-Device-Id") || status != 1 || !s.redeemable(c, id, secret, now) {
		return nil, errBad
	}
	session, access, refresh := random(16), random(32), random(32)
	err = s.spending(ctx, id, c.version, s.sql.open, s.sql.signInAtOnce,
		[]any{
			session, account, epoch,
			s.mac("access", session, account, access), now + micro(2*time.Hour), s.mac("refresh", session, account, refresh), now + micro(30*24*time.Hour),
			r.Header.Get("X-Device-Id"), r.UserAgent(), now,
		},
		event(r, account, "sign_in", session, "", now))
	if err != nil {
		return nil, err
	}
	return struct {
		Type      string `json:"token_type"`
		Access    string `json:"access_token"`
		Refresh   string `json:"refresh_token"`
		ExpiresIn int    `json:"expires_in"`
		Subject   string `json:"sub"`
	}{"Bearer", session + "." + access, session + "." + refresh, 7200, account}, nil
}

// spending spends a code, makes something for it and writes the event: all of it, or
// nothing.
func (s *server) spending(ctx context.Context, id string, version int64, makes, whole string, made, happened []any) error {
	if s.atOnce {
		return s.one(ctx, s.db, errBad, whole, append(append([]any{id, version}, made...), happened...)...)
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := s.one(ctx, tx, errBad, s.sql.spend, id, version); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, makes, made...); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.sql.happen, happened...)
		return err
	})
}

// inTx does something and commits it, or nothing.
func (s *server) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // err says more
		return err
	}
	return tx.Commit()
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// one executes a statement that changes one row, or refuses.
func (s *server) one(ctx context.Context, db execer, refused error, query string, args ...any) error {
	result, err := db.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return refused
	}
	return nil
}

func missing(err error) error {
	if err == sql.ErrNoRows {
		return errBad
	}
	return err
}
