package httpadapter_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// kinds are the kinds of what sudo could be had by.
func (r reply) kinds() (all []string) {
	for _, v := range r.body["factors"].([]any) {
		all = append(all, v.(m)["kind"].(string))
	}
	return all
}

// TestSudoState: whether this session is elevated, for how long, and by what it could be.
func TestSudoState(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com")
			h := mounts[mode].handler(w)
			c, other := w.enter(mode, h, "ada", "one"), w.enter(mode, h, "ada", "two")
			state := func(c *client) reply { return c.ok(c.do("GET", "/v1/user/sudo", nil)) }
			r := state(c)
			if r.body["elevated"] != false || !slices.Equal(r.fields(), []string{"elevated", "factors"}) || !slices.Equal(r.kinds(), []string{"password", "email"}) {
				t.Errorf("at first: %s", r.raw)
			}
			address := r.body["factors"].([]any)[1].(m)
			if address["id"] != c.method("email") || address["masked"] != c.associations()["email"]["masked"] {
				t.Errorf("an address is %v", address)
			}
			// A code goes to the address as it is shown.
			c.ok(c.do("POST", "/v1/verification", m{"email": address["masked"], "target": "CUR_USER"}))

			c.sudo()
			w.clock.Advance(4*time.Minute + time.Microsecond)
			r = state(c)
			if r.body["elevated"] != true || r.body["expires_in"] != float64(360) || r.text("factor") != "password" {
				t.Errorf("elevated: %s", r.raw)
			}
			if r := state(other); r.body["elevated"] != false {
				t.Errorf("another session is %s", r.raw)
			}
			w.clock.Advance(6*time.Minute - time.Microsecond)
			if r := state(c); r.body["elevated"] != false || r.body["expires_in"] != nil {
				t.Errorf("ten minutes later: %s", r.raw)
			}
		})
	}
}

// TestSudoStateTellsWhatWouldDo: with the strongest asked for, that alone; without any
// factor, to sign in again.
func TestSudoStateTellsWhatWouldDo(t *testing.T) {
	w := newWorld(t, func(c *association.Config) { c.Policy.StrongestAvailable = true })
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	c.authenticator()
	w.clock.Advance(24 * time.Hour) // until then it is worth the password
	c = w.signedIn(c.h, "ada")
	if r := c.ok(c.do("GET", "/v1/user/sudo", nil)); !slices.Equal(r.kinds(), []string{"authenticator"}) {
		t.Errorf("of the strongest: %s", r.raw)
	}
	noSudo.of(c.do("POST", "/v1/user/sudo", m{"password": password}))

	w = newWorld(t)
	c = w.hosted(w.host(), "user:42", "one")
	if r := c.ok(c.do("GET", "/v1/user/sudo", nil)); !slices.Equal(r.kinds(), []string{"sign_in"}) {
		t.Errorf("of none: %s", r.raw)
	}
}

// TestSudoByAPasswordBesideAToken: where an address does not vouch alone any more, both
// are asked for, and both are judged (R53).
func TestSudoByAPasswordBesideAToken(t *testing.T) {
	const month = 30 * 24 * time.Hour
	twoFactors := refusal{"two_factor_required", 9, 403}
	for _, mode := range modes {
		w := newWorld(t, func(c *association.Config) { c.Policy.ReproveAfter = map[string]time.Duration{"email": month} })
		w.account("ada", "email", "ada@example.com")
		h := mounts[mode].handler(w)
		w.clock.Advance(month)
		c := w.enter(mode, h, "ada", "one")
		proof := c.prove("ada@example.com")
		before := w.store.snapshot()
		twoFactors.of(c.do("POST", "/v1/user/sudo", m{"verification_token": proof}))
		if changed := w.store.snapshot().since(before); len(changed) != 0 {
			t.Errorf("%s: it changed %v", mode, changed)
		}
		c.ok(c.do("POST", "/v1/user/sudo", m{"verification_token": proof, "password": password}))
		w.clock.Advance(time.Minute)
		c.ok(c.do("POST", "/v1/user/sudo", m{"verification_token": c.prove("ada@example.com")}))
		if mode == "host" {
			continue
		}
		// So it is with signing in.
		w.clock.Advance(month)
		s := w.stranger(h)
		proof = s.prove("ada@example.com")
		twoFactors.of(s.do("POST", "/v1/signin", m{"verification_token": proof}))
		s.ok(s.do("POST", "/v1/signin", m{"verification_token": proof, "password": password}))
	}
}
