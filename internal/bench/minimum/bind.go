package minimum

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"net/http"
	"slices"
	"strings"
	"time"
)

// sudo trades the token of a code to an address of the account for a grant.
func (s *server) sudo(r *http.Request) (any, error) {
	var body struct {
		Token string `json:"verification_token"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	v, err := bearer(r)
	if err != nil {
		return nil, err
	}
	ctx, now := r.Context(), now()
	id, secret, _ := strings.Cut(body.Token, ".")
	var c code
	var owner string
	if err := s.db.QueryRowContext(ctx, s.sql.sudoing, id, v.id).Scan(v.columns(&c.version, &c.purpose, &c.account, &c.session, &c.epoch,
		&c.state, &c.token, &c.tokenExpires, &owner, &c.kind)...); err != nil {
		return nil, missing(err)
	}
	if err := s.live(v, now); err != nil {
		return nil, err
	}
	if c.purpose != "sudo" || !c.asked(v) || owner != v.account || !s.redeemable(c, id, secret, now) {
		return nil, errBad
	}
	grant, expires := random(32), now+micro(lifetime)
	err = s.spending(ctx, id, c.version, s.sql.grant, s.sql.sudoAtOnce,
		[]any{v.id, v.account, v.epoch, c.kind, s.mac("sudo", v.id, v.account, grant), expires},
		event(r, v.account, "sudo", v.id, c.kind, now))
	if err != nil {
		return nil, err
	}
	return struct {
		Token     string `json:"sudo_token"`
		ExpiresIn int    `json:"expires_in"`
	}{grant, int(lifetime.Seconds())}, nil
}

// asked reports whether the code was asked for by this account in this session,
// in the epoch that the account is in.
func (c code) asked(v session) bool {
	return c.account == v.account && c.session == v.id && c.epoch == v.accountEpoch
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// bind makes a proved address the account's, if it has none of that kind.
func (s *server) bind(r *http.Request) (any, error) {
	var body struct {
		Email string `json:"email"`
		Phone string `json:"phone_number"`
		Sudo  string `json:"sudo_token"`
		Token string `json:"verification_token"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	kind, to, err := address(body.Email, body.Phone)
	if err != nil {
		return nil, err
	}
	v, err := bearer(r)
	if err != nil {
		return nil, err
	}
	ctx, now := r.Context(), now()
	id, secret, _ := strings.Cut(body.Token, ".")
	var c code
	var grant []byte
	may := func(db querier) error {
		var grantExpires int64
		if err := db.QueryRowContext(ctx, s.sql.binding, id, v.id).Scan(v.columns(&c.version, &c.purpose, &c.account, &c.session, &c.epoch,
			&c.state, &c.token, &c.tokenExpires, &c.kind, &c.target, &c.typed, &c.sudoEpoch, &grant, &grantExpires)...); err != nil {
			return missing(err)
		}
		if err := s.live(v, now); err != nil {
			return err
		}
		if now >= grantExpires || c.sudoEpoch != v.accountEpoch || !hmac.Equal(grant, s.mac("sudo", v.id, v.account, body.Sudo)) {
			return errSudo
		}
		if c.purpose != "bind" || !c.asked(v) || c.kind != kind || c.target != to || !s.redeemable(c, id, secret, now) {
			return errBad
		}
		return nil
	}
	happened := func() []any { return event(r, v.account, "bind", v.id, kind, now) }
	// To each address that was there.
	owed := func() []any { return []any{random(16), now, now, now + micro(72*time.Hour), v.account, kind} }
	if s.atOnce {
		if err := may(s.db); err != nil {
			return nil, err
		}
		var spent, linked bool
		err := s.db.QueryRowContext(ctx, s.sql.bindAtOnce, slices.Concat([]any{
			v.id, v.accountEpoch, grant, id, c.version, kind, to, v.account, c.typed, now,
		}, happened(), owed())...).Scan(&spent, &linked)
		switch {
		case err != nil:
			return nil, err
		case !spent:
			return nil, errBad
		case !linked:
			return nil, errTaken
		}
		return struct{}{}, nil
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		if err := may(tx); err != nil {
			return err
		}
		if err := s.one(ctx, tx, errBad, s.sql.spend, id, c.version); err != nil {
			return err
		}
		if err := s.one(ctx, tx, errTaken, s.sql.link, kind, to, v.account, c.typed, now); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, s.sql.happen, happened()...); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.sql.owe, owed()...)
		return err
	})
	return struct{}{}, err
}
