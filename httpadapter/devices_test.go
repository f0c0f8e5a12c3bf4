package httpadapter_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// refreshing is the request of a client that signed in with this answer.
func (c *client) refreshing(in reply) reply {
	c.w.t.Helper()
	return c.do("POST", "/v1/token", m{"grant_type": "refresh_token", "refresh_token": in.text("refresh_token")})
}

// devices are the items of the list of sessions.
func (c *client) devices() (all []m) {
	c.w.t.Helper()
	r := c.ok(c.do("GET", "/v1/user/authorized/devices", nil))
	for _, v := range r.body["data"].([]any) {
		all = append(all, v.(m))
	}
	if r.body["total"] != float64(len(all)) {
		c.w.t.Errorf("the total is wrong: %s", r.raw)
	}
	return all
}

// TestDevices: each session of the account is listed, with what its owner knows it by,
// and none of anybody else.
func TestDevices(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			w.account("eve")
			h := mounts[mode].handler(w)
			phone := w.stranger(w.bearer())
			phone.header.Set("X-Device-Id", "a-phone-of-hers")
			phone.header.Set("User-Agent", "Phone/1.0")
			in := phone.take(phone.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
			w.enter(mode, h, "eve", "eve's")
			w.clock.Advance(time.Hour)
			phone.take(phone.refreshing(in))
			c := w.enter(mode, h, "ada", "one")
			all := c.devices()
			if mode == "host" { // whose own sessions are the host's to list
				if len(all) != 1 || all[0]["current"] != false {
					t.Fatalf("listed are %v", all)
				}
			} else if len(all) != 2 || all[1]["current"] != true || all[0]["current"] != false {
				t.Fatalf("listed are %v", all)
			}
			want := m{
				"id": w.sessionOf(phone), "device_id": "a-phone-of-hers", "user_agent": "Phone/1.0", "signed_in_by": "password",
				"created_at": "2026-11-22T12:00:00Z", "last_used_at": "2026-11-22T13:00:00Z", "expires_at": "2026-12-22T13:00:00Z",
				"current": false,
			}
			for field, v := range want {
				if all[0][field] != v {
					t.Errorf("%s is %v, want %v", field, all[0][field], v)
				}
			}
			if len(all[0]) != len(want) {
				t.Errorf("listed is %v", all[0])
			}
		})
	}
}

// TestEndOneDevice ends the one that is named, if it is the account's, and says the same
// whether it was.
func TestEndOneDevice(t *testing.T) {
	const path = "/v1/user/authorized/devices/"
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			w.account("eve")
			h := mounts[mode].handler(w)
			c, other, third := w.enter(mode, h, "ada", "one"), w.signedIn(w.bearer(), "ada"), w.signedIn(w.bearer(), "ada")
			eve := w.signedIn(w.bearer(), "eve")
			before := w.store.snapshot()
			said := map[string]string{}
			for _, id := range []string{w.sessionOf(eve), "AAAAAAAAAAAAAAAAAAAAAA", "undefined", "x.y"} {
				said[id] = c.ok(c.do("DELETE", path+id, nil)).bytes()
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("what is not hers changed %v", changed)
			}
			said["hers"] = c.ok(c.do("DELETE", path+w.sessionOf(third), nil)).bytes()
			id := w.sessionOf(other)
			for range 2 {
				said["again"] = c.ok(c.do("DELETE", path+id, nil)).bytes()
			}
			for name, got := range said {
				if got != said["hers"] {
					t.Errorf("%s is answered\n%s\nand hers\n%s", name, got, said["hers"])
				}
			}
			nobody.of(other.do("GET", "/v1/user/me", nil))
			nobody.of(third.do("GET", "/v1/user/me", nil))
			eve.ok(eve.do("GET", "/v1/user/me", nil))
			c.ok(c.do("GET", "/v1/user/me", nil))
			noEndpoint.of(c.do("DELETE", path, nil))
			noEndpoint.of(c.do("DELETE", path+"d/1%20x", nil))

			// Her own is the last of them.
			if mode == "host" {
				return
			}
			all := c.devices()
			c.ok(c.do("DELETE", path+all[len(all)-1]["id"].(string), nil))
			nobody.of(c.do("GET", "/v1/user/me", nil))
		})
	}
}

// TestEndOthersAndAll: with "others" the acting session stays, with its sudo; with "all"
// it goes too. The host is told to end its own, but for the acting one.
func TestEndOthersAndAll(t *testing.T) {
	for _, mode := range modes {
		for _, what := range []string{"others", "all"} {
			t.Run(mode+" "+what, func(t *testing.T) {
				host := &hostDuties{}
				w := newWorld(t, func(c *association.Config) { c.Revoker = host })
				w.account("ada")
				w.account("eve")
				h := mounts[mode].handler(w)
				c, same, eve := w.enter(mode, h, "ada", "one"), w.enter(mode, h, "ada", "two"), w.signedIn(w.bearer(), "eve")
				other := w.stranger(w.bearer())
				in := other.take(other.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
				sudo, theirs := c.sudo(), same.sudo()
				id, code := same.code("new@example.com")
				if r := c.ok(c.do("DELETE", "/v1/user/revoke/"+what, nil)); r.raw != "{}\n" {
					t.Errorf("it says %q", r.raw)
				}
				nobody.of(other.do("GET", "/v1/user/me", nil))
				deadGrant.of(other.refreshing(in))
				badArgument.of(same.verify(id, code))
				eve.ok(eve.do("GET", "/v1/user/me", nil))
				change := func(c *client, sudo string) reply {
					return c.do("PATCH", "/v1/user/password", m{"sudo_token": sudo, "new_password": "a new password"})
				}
				except := ""
				if mode == "host" { // whose sessions live on, until the host has ended them
					noSudo.of(change(same, theirs))
					if what == "others" {
						except = "one"
					}
				} else {
					nobody.of(same.do("GET", "/v1/user/me", nil))
				}
				if want := []string{"ada but " + except}; !slices.Equal(host.revoked, want) {
					t.Errorf("the host was told %q, want %q", host.revoked, want)
				}
				switch {
				case what == "others":
					c.ok(change(c, sudo))
				case mode == "host":
					noSudo.of(change(c, sudo))
				default:
					nobody.of(c.do("GET", "/v1/user/me", nil))
				}
			})
		}
	}
}

// TestEndAllRepeated: once it is done nobody is signed in. The repeat that still shows its
// token is told what the first was; with "others" it may be done again.
func TestEndAllRepeated(t *testing.T) {
	for _, mode := range signingIn() {
		w := newWorld(t)
		w.account("ada")
		c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
		id := header("X-Request-Id", "0123456789abcdef0123456789abcdef")
		for range 2 {
			c.ok(c.do("DELETE", "/v1/user/revoke/others", nil, id))
		}
		c.ok(c.do("DELETE", "/v1/user/revoke/all", nil, id))
		before := w.store.snapshot()
		if again := c.do("DELETE", "/v1/user/revoke/all", nil, id); mode == "bearer" {
			c.ok(again)
		} else {
			nobody.of(again)
		}
		if changed := w.store.snapshot().since(before); len(changed) != 0 {
			t.Errorf("%s: the repeat changed %v", mode, changed)
		}
		c.take(c.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
		c.ok(c.do("GET", "/v1/user/me", nil))
	}
}

// TestR64_OtherSessionsEndWithABind: whoever binds an address may have every other
// session ended with it; a first one ends none by itself.
func TestR64_OtherSessionsEndWithABind(t *testing.T) {
	for _, mode := range modes {
		for _, end := range []bool{false, true} {
			w := newWorld(t)
			w.account("ada")
			h := mounts[mode].handler(w)
			c, other := w.enter(mode, h, "ada", "one"), w.signedIn(w.bearer(), "ada")
			sudo := c.sudo()
			c.ok(c.do("PATCH", "/v1/user/contact", m{
				"email": "new@example.com", "sudo_token": sudo, "verification_token": c.prove("new@example.com"), "end_other_sessions": end,
			}))
			if r := other.do("GET", "/v1/user/me", nil); (r.status == 401) != end {
				t.Errorf("%s, ending others %v: the other session is answered %d", mode, end, r.status)
			}
			c.ok(c.do("PATCH", "/v1/user/password", m{"sudo_token": sudo, "new_password": "a new password"}))
		}
	}
}
