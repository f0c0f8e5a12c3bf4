package httpadapter_test

import (
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// associations are the items of the list of sign-in methods, by kind.
func (c *client) associations() map[string]m {
	c.w.t.Helper()
	r := c.ok(c.do("GET", "/v1/user/associations", nil))
	all := map[string]m{}
	for _, v := range r.body["data"].([]any) {
		all[v.(m)["kind"].(string)] = v.(m)
	}
	if r.body["total"] != float64(len(all)) {
		c.w.t.Errorf("the total is wrong: %s", r.raw)
	}
	return all
}

// TestAssociations: one list of all that the account has, and what may be done to each.
func TestAssociations(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com")
			c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
			c.authenticator()
			all := c.associations()
			for kind, want := range map[string]m{
				"username":      {"value": "ada", "signs_in": false, "sudo": false, "removable": true, "replaceable": false},
				"email":         {"value": "ada@example.com", "signs_in": true, "sudo": true, "removable": true, "replaceable": true},
				"password":      {"id": "password", "signs_in": true, "sudo": true, "removable": true, "replaceable": true},
				"authenticator": {"signs_in": false, "sudo": true, "removable": true, "replaceable": false},
			} {
				for field, v := range want {
					if all[kind][field] != v {
						t.Errorf("%s: %s is %v, want %v", kind, field, all[kind][field], v)
					}
				}
			}
			if masked := all["email"]["masked"]; masked == nil || masked == all["email"]["value"] || all["email"]["added_at"] != "2026-11-22T12:00:00Z" {
				t.Errorf("the address is %v", all["email"])
			}

			// What the list calls removable is, until the last is left.
			sudo := c.sudo()
			w.clock.Advance(time.Second)
			remove := func(kind string) reply {
				return c.do("DELETE", "/v1/user/associations/"+c.associations()[kind]["id"].(string), m{"sudo_token": sudo})
			}
			c.ok(remove("authenticator"))
			c.ok(remove("email"))
			for _, kind := range []string{"username", "password"} {
				if c.associations()[kind]["removable"] != false {
					t.Errorf("the last %s is removable", kind)
				}
				before := w.store.snapshot()
				taken.of(remove(kind)) // failed_precondition
				if changed := w.store.snapshot().since(before); len(changed) != 0 {
					t.Errorf("it changed %v", changed)
				}
			}
			if told, ok := w.mail.Last("ada@example.com"); ok && told.Code != "" {
				t.Errorf("the address was told %q", told.Text)
			}
			// Of the authenticator that came and went, and of its own removal.
			if n, err := w.svc.Deliver(t.Context(), 10); n != 3 || err != nil {
				t.Errorf("%d notices were delivered, %v, want 3", n, err)
			}
			if _, ok := w.mail.Last("ada@example.com"); !ok {
				t.Error("the removed address was not told")
			}
		})
	}
}

// TestRemoval: with either way to show the token, the method signs nobody in any more,
// and every other session is over.
func TestRemoval(t *testing.T) {
	for _, mode := range modes {
		for _, by := range []string{"body", "body, as it came", "header"} {
			t.Run(mode+" "+by, func(t *testing.T) {
				w := newWorld(t)
				w.account("ada", "email", "ada@example.com")
				h := mounts[mode].handler(w)
				c, other, s := w.enter(mode, h, "ada", "one"), w.signedIn(w.bearer(), "ada"), w.stranger(w.bearer())
				proof := s.prove("ada@example.com")
				sudo := c.ok(c.do("POST", "/v1/user/sudo", m{"password": password}))
				path := "/v1/user/associations/" + c.method("email")
				id := header("X-Request-Id", "0123456789abcdef0123456789abcdef")
				remove := map[string]func() reply{
					"body":             func() reply { return c.do("DELETE", path, m{"sudo_token": sudo.text("sudo_token")}, id) },
					"body, as it came": func() reply { return c.do("DELETE", path, m{"sudo_token": sudo.body}, id) },
					"header":           func() reply { return c.do("DELETE", path, nil, id, header("X-Sudo-Token", sudo.text("sudo_token"))) },
				}[by]
				if r := c.ok(remove()); r.raw != "{}\n" {
					t.Errorf("it says %q", r.raw)
				}
				before := w.store.snapshot()
				c.ok(remove()) // a lost answer
				unregistered.of(c.do("DELETE", path, m{"sudo_token": sudo.text("sudo_token")}))
				if changed := w.store.snapshot().since(before); len(changed) != 0 {
					t.Errorf("the repeat changed %v", changed)
				}
				nobody.of(other.do("GET", "/v1/user/me", nil))
				unregistered.of(s.do("POST", "/v1/signin", m{"verification_token": proof}))
				if me := c.ok(c.do("GET", "/v1/user/me", nil)); me.body["email"] != nil {
					t.Errorf("me: %s", me.raw)
				}
			})
		}
	}
}

// TestRemovalRefused: what is not the account's own is not there.
func TestRemovalRefused(t *testing.T) {
	remove := func(name string, want refusal, path func(w *world, ada *client) string) negative {
		return negative{name: name, want: want, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "ada@example.com")
			w.account("eve", "email", "eve@example.com")
			ada := w.signedIn(w.bearer(), "ada")
			p, sudo := path(w, ada), ada.sudo()
			own := ada.method("email")
			call := func(id string) reply { return ada.do("DELETE", "/v1/user/associations/"+id, m{"sudo_token": sudo}) }
			return func() reply { return call(p) }, func() reply { return call(own) }
		}}
	}
	notThere := refusal{"not_found", 5, 404}
	runNegative(t, []negative{
		remove("another account's", notThere, func(w *world, ada *client) string { return w.signedIn(ada.h, "eve").method("email") }),
		remove("nobody's", notThere, func(*world, *client) string { return "AAAAAAAAAAAAAAAAAAAAAA" }),
		remove("an address by its value", notThere, func(*world, *client) string { return "ada@example.com" }),
		remove("a kind", notThere, func(*world, *client) string { return "email" }),
		remove("an authenticator where there is none", notThere, func(*world, *client) string { return "authenticator" }),
		remove("nothing", noEndpoint, func(*world, *client) string { return "" }),
		{name: "under the very address", want: noSudo, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "ada@example.com")
			ada := w.signedIn(w.bearer(), "ada")
			path := "/v1/user/associations/" + ada.method("email")
			sudo := ada.ok(ada.do("POST", "/v1/user/sudo", m{"verification_token": ada.prove("ada@example.com")})).text("sudo_token")
			return func() reply { return ada.do("DELETE", path, m{"sudo_token": sudo}) },
				func() reply { return ada.do("DELETE", path, m{"sudo_token": ada.sudo()}) }
		}},
		{name: "a password that the host keeps", want: unsupported,
			edit: func(c *association.Config) { c.Passwords = users{passwords: map[string]string{"ada": password}} },
			play: func(w *world) (refused, mended func() reply) {
				ada := w.hosted(w.host(), "ada", "one")
				sudo := ada.sudo()
				return func() reply {
					return ada.do("DELETE", "/v1/user/associations/password", m{"sudo_token": sudo})
				}, nil
			}},
	})
}
