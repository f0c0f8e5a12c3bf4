package minimum

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// code is the row of a slot: one purpose, asker, kind and address.
type code struct {
	version                                int64
	purpose, asker, account, session       string
	kind, target, typed                    string
	state, epoch, guesses                  int64
	mac, token                             []byte
	expires, tokenExpires                  int64
	accountEpoch, accountStatus, sudoEpoch int64
}

// The states of a code.
const (
	pending = iota
	verified
	spent
)

// send makes a code. Who asks settles what it is for.
func (s *server) send(r *http.Request) (any, error) {
	var body struct {
		Email string `json:"email"`
		Phone string `json:"phone_number"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	kind, to, err := address(body.Email, body.Phone)
	if err != nil {
		return nil, err
	}
	ctx, now := r.Context(), now()
	purpose, asker := "sign_in", "device:"+r.Header.Get("X-Device-Id")
	var v session
	own := []budget{{"sends/ip", ip(r), 20, time.Hour}}
	if r.Header.Get("Authorization") != "" {
		if v, err = bearer(r); err != nil {
			return nil, err
		}
		var owner string
		if err := s.db.QueryRowContext(ctx, s.sql.asked, kind, to, v.id).Scan(v.columns(&owner)...); err != nil {
			return nil, missing(err)
		}
		if err := s.live(v, now); err != nil {
			return nil, err
		}
		purpose, asker = "bind", "account:"+v.account
		if owner == v.account {
			purpose = "sudo"
		}
		own = append(own, budget{"sends/account", v.account, 10, time.Hour})
	}
	target := purpose + " " + kind + " " + to
	totals, err := s.count(ctx, now, 1, append(own,
		budget{"sends/target", target, 5, time.Hour}, budget{"sends/target/long", target, 10, 24 * time.Hour})...)
	if err != nil {
		return nil, err
	}
	for i, b := range own {
		if totals[i] > b.most {
			return nil, errTooMany
		}
	}

	id := fmt.Sprintf("%x", s.mac("slot", purpose, asker, kind, to)[:16])
	nonce, digits := random(16), digits()
	ok, err := s.ask(ctx, code{
		purpose: purpose, asker: asker, account: v.account, session: v.id, epoch: v.accountEpoch, kind: kind, target: to,
		typed: body.Email + body.Phone, mac: s.mac("code", id, nonce, digits), expires: now + micro(lifetime),
	}, id, now)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errTooMany
	}
	if most := totals[len(own):]; most[0] <= 5 && most[1] <= 10 {
		if err := s.deliver(ctx, to, digits); err != nil {
			return nil, err
		}
	}
	return struct {
		ID        string `json:"verification_id"`
		ExpiresIn int    `json:"expires_in"`
	}{id + "." + nonce, int(lifetime.Seconds())}, nil
}

// ask puts a code into its slot, unless the one before is too young.
func (s *server) ask(ctx context.Context, c code, id string, now int64) (bool, error) {
	result, err := s.db.ExecContext(ctx, s.sql.ask, id, c.purpose, c.asker, c.account, c.session, c.epoch, c.kind, c.target, c.typed,
		c.mac, c.expires, now, now+micro(time.Minute), []byte{})
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// verify judges a code.
func (s *server) verify(r *http.Request) (any, error) {
	var body struct {
		ID   string `json:"verification_id"`
		Code string `json:"verification_code"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	ctx, now := r.Context(), now()
	id, nonce, _ := strings.Cut(body.ID, ".")
	counted, accepted := false, false
	for range 8 {
		var c code
		err := s.db.QueryRowContext(ctx, s.sql.judged, id).Scan(&c.version, &c.purpose, &c.asker, &c.account, &c.epoch,
			&c.kind, &c.target, &c.state, &c.guesses, &c.mac, &c.expires, &c.accountEpoch, &c.accountStatus)
		if err != nil {
			return nil, missing(err)
		}
		if c.state != pending || now >= c.expires || c.guesses >= 5 || c.epoch != c.accountEpoch || c.accountStatus != 1 ||
			c.purpose == "sign_in" && c.asker != "device:"+r.Header.Get("X-Device-Id") {
			return nil, errBad
		}
		right := hmac.Equal(c.mac, s.mac("code", id, nonce, body.Code))
		if !counted {
			b, n := budget{"wrong/account", c.account, 20, time.Hour}, int64(1)
			if c.purpose == "sign_in" {
				b = budget{"wrong/target", c.kind + " " + c.target, 15, 24 * time.Hour}
			}
			if !right {
				n = wrong
			}
			totals, err := s.count(ctx, now, n, b)
			if err != nil {
				return nil, err
			}
			counted, accepted = true, totals[0]/wrong < b.most
		}
		right = right && accepted
		secret, expires, state, token := random(32), now+micro(lifetime), pending, []byte{}
		if right {
			state, token = verified, s.mac("verification", id, secret)
		}
		result, err := s.db.ExecContext(ctx, s.sql.settle, state, token, expires, id, c.version)
		if err != nil {
			return nil, err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			continue // another guess was faster
		}
		if !right {
			return nil, errBad
		}
		return struct {
			Token     string `json:"verification_token"`
			ExpiresIn int    `json:"expires_in"`
		}{id + "." + secret, int(lifetime.Seconds())}, nil
	}
	return nil, refusal{http.StatusServiceUnavailable, "unavailable"}
}

// redeemable reports whether this is the code's live token.
func (s *server) redeemable(c code, id, secret string, now int64) bool {
	return c.state == verified && now < c.tokenExpires && hmac.Equal(c.token, s.mac("verification", id, secret))
}

func digits() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return fmt.Sprintf("%06d", n)
}
