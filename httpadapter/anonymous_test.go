package httpadapter_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// fields are the names in an answer.
func (r reply) fields() []string { return slices.Sorted(maps.Keys(r.body)) }

// signingIn are the modes that sign in by themselves.
func signingIn() (all []string) {
	for _, mode := range modes {
		if mounts[mode].signsIn {
			all = append(all, mode)
		}
	}
	return all
}

// take keeps the tokens of an answer to signing in, where there are any.
func (c *client) take(r reply) reply {
	c.w.t.Helper()
	if token, ok := c.ok(r).body["access_token"].(string); ok {
		c.header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// guest is a client in a session of a new anonymous account.
func (w *world) guest(h http.Handler) (*client, reply) {
	w.t.Helper()
	c := w.stranger(h)
	return c, c.take(c.do("POST", "/v1/signin/anonymously", m{}))
}

func letAnonymous(c *association.Config) { c.Policy.AllowAnonymous = true }

// TestAnonymousAccount: whoever signs in anonymously is somebody, whom the client
// knows for what they are, and can do nothing but sign up.
func TestAnonymousAccount(t *testing.T) {
	credentials := map[string][]string{
		"bearer": {"access_token", "expires_in", "refresh_token", "scope", "sub", "token_type"},
		"cookie": {"expires_in", "scope", "sub"},
	}
	for _, mode := range signingIn() {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t, letAnonymous)
			c, in := w.guest(mounts[mode].handler(w))
			if !slices.Equal(in.fields(), credentials[mode]) || in.text("scope") != "anonymous" || in.body["expires_in"].(float64) <= 30 {
				t.Errorf("signed in: %s", in.raw)
			}
			me := c.ok(c.do("GET", "/v1/user/me", nil))
			want := []string{"created_at", "hasPassword", "has_password", "name", "providers", "status", "sub", "uid", "user_id"}
			if !slices.Equal(me.fields(), want) || me.text("name") != "anonymous" || me.text("sub") != in.text("sub") || me.body["hasPassword"] != false {
				t.Errorf("me: %s", me.raw)
			}
			before := w.store.snapshot()
			for _, route := range httpadapter.Routes() {
				if route.SignedIn && route.Name() != "GET /v1/user/me" {
					notAllowed.of(c.do(route.Method, route.Path, everyField))
				}
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("it changed %v", changed)
			}
			_, another := w.guest(c.h)
			if another.text("sub") == in.text("sub") {
				t.Error("two strangers are one account")
			}
			c.ok(c.do("POST", "/v1/user/signout", nil))
			nobody.of(c.do("GET", "/v1/user/me", nil))
		})
	}
}

// TestAnonymousSignInAsTheClientAsks: with whatever it puts in the body, with its own
// name for a password, and over the session of somebody else; and not where the
// policy is closed.
func TestAnonymousSignInAsTheClientAsks(t *testing.T) {
	for _, mode := range signingIn() {
		w := newWorld(t)
		c := w.stranger(mounts[mode].handler(w))
		before := w.store.snapshot()
		notAllowed.of(c.do("POST", "/v1/signin/anonymously", m{}))
		if changed := w.store.snapshot().since(before); len(changed) != 0 {
			t.Errorf("closed, it changed %v", changed)
		}

		w = newWorld(t, letAnonymous)
		w.account("ada")
		c = w.stranger(mounts[mode].handler(w))
		c.ok(c.do("POST", "/v1/signin/anonymously", nil))
		c.ok(c.do("POST", "/v1/signin/anonymously", m{"provider_token": "x", "options": m{"data": m{}}}))
		// What the client does when a refresh has failed, whatever the reason.
		basic := c.ok(c.do("POST", "/v1/signin/anonymously?client_id=demo", m{}, header("Authorization", "Basic ZGVtbzo=")))
		if basic.text("scope") != "anonymous" {
			t.Errorf("%s: %s", mode, basic.raw)
		}
		ada := w.signedIn(c.h, "ada")
		if r := ada.ok(ada.do("POST", "/v1/signin/anonymously", m{})); r.text("sub") == "ada" {
			t.Errorf("%s: a signed-in account is anonymous: %s", mode, r.raw)
		}
	}
}

// TestAnonymousRefresh: who refreshes stays who they are, and anonymous.
func TestAnonymousRefresh(t *testing.T) {
	w := newWorld(t, letAnonymous)
	c, in := w.guest(w.bearer())
	refresh := func(r reply) reply {
		return c.do("POST", "/v1/token", m{"grant_type": "refresh_token", "refresh_token": r.text("refresh_token")})
	}
	w.clock.Advance(2 * time.Hour)
	nobody.of(c.do("GET", "/v1/user/me", nil))
	next := c.take(refresh(in))
	if !slices.Equal(next.fields(), in.fields()) || next.text("scope") != "anonymous" || next.text("sub") != in.text("sub") {
		t.Errorf("refreshed: %s", next.raw)
	}
	if me := c.ok(c.do("GET", "/v1/user/me", nil)); me.text("name") != "anonymous" || me.text("sub") != in.text("sub") {
		t.Errorf("me: %s", me.raw)
	}
	// Unused for as long as a session lives, it is over, and the client gets another.
	w.clock.Advance(30 * 24 * time.Hour)
	deadGrant.of(refresh(next))
}

// TestAnonymousUpgrade: signing up keeps the account, in a session of its own, whose
// scope is not anonymous any more; whoever else had the anonymous one is out.
func TestAnonymousUpgrade(t *testing.T) {
	type upgrade struct {
		mode string
		late time.Duration // between the token and the sign-up
		how  func(c *client, in reply, body m) reply
	}
	for name, up := range map[string]upgrade{
		"by its token": {"bearer", 0, func(c *client, in reply, body m) reply {
			body["anonymous_token"] = in.text("access_token")
			return c.w.stranger(c.h).do("POST", "/v1/signup", body)
		}},
		"by its token, which has just expired": {"bearer", 2*time.Hour + 20*time.Minute - time.Microsecond, func(c *client, in reply, body m) reply {
			body["anonymous_token"] = in.text("access_token")
			return c.w.stranger(c.h).do("POST", "/v1/signup", body)
		}},
		"signed in": {"bearer", 0, func(c *client, _ reply, body m) reply { return c.do("POST", "/v1/signup", body) }},
		"signed in, and by its token": {"bearer", 0, func(c *client, in reply, body m) reply {
			body["anonymous_token"] = in.text("access_token")
			return c.do("POST", "/v1/signup", body)
		}},
		"by its cookie": {"cookie", 0, func(c *client, _ reply, body m) reply { return c.do("POST", "/v1/signup", body) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, letAnonymous)
			c, in := w.guest(mounts[up.mode].handler(w))
			before := *c
			before.cookies = maps.Clone(c.cookies)
			before.header = c.header.Clone()
			w.clock.Advance(up.late)
			body := m{
				"email": "new@example.com", "verification_token": w.stranger(c.h).prove("new@example.com"),
				"name": "Ada", "username": "ada", "password": "a password of hers",
			}
			r := c.take(up.how(c, in, body))
			if r.text("sub") != in.text("sub") || r.body["scope"] != nil {
				t.Errorf("upgraded: %s", r.raw)
			}
			me := c.ok(c.do("GET", "/v1/user/me", nil))
			if me.text("name") != "Ada" || me.text("email") != "new@example.com" || me.text("sub") != in.text("sub") || me.body["hasPassword"] != true {
				t.Errorf("me: %s", me.raw)
			}
			nobody.of(before.do("GET", "/v1/user/me", nil))
			if epoch := w.store.snapshot()[cell{"account", in.text("sub"), "epoch"}]; epoch != "1" {
				t.Errorf("the epoch is %s, want 1", epoch)
			}
			c.ok(c.do("POST", "/v1/user/sudo", m{"password": "a password of hers"}))
			if up.mode == "bearer" {
				refresh := func(r reply) reply {
					return c.do("POST", "/v1/token", m{"grant_type": "refresh_token", "refresh_token": r.text("refresh_token")})
				}
				deadGrant.of(refresh(in))
				if next := c.ok(refresh(r)); next.body["scope"] != nil || next.text("sub") != in.text("sub") {
					t.Errorf("refreshed: %s", next.raw)
				}
			}
		})
	}
}

// TestAnonymousUpgradeRefused: what is no token of a live anonymous session is an
// argument at fault, never a session that has ended: the call shows no session. The
// proof of the address outlives it.
func TestAnonymousUpgradeRefused(t *testing.T) {
	up := func(token func(w *world, c *client, in reply) string) func(w *world) (refused, mended func() reply) {
		return func(w *world) (refused, mended func() reply) {
			w.account("ada")
			c, in := w.guest(w.bearer())
			anonymous := token(w, c, in)
			body := m{"email": "new@example.com", "verification_token": w.stranger(c.h).prove("new@example.com"), "anonymous_token": anonymous}
			s := w.stranger(c.h)
			return func() reply { return s.do("POST", "/v1/signup", body) },
				func() reply { delete(body, "anonymous_token"); return s.do("POST", "/v1/signup", body) }
		}
	}
	var rows []negative
	for name, token := range map[string]func(w *world, c *client, in reply) string{
		"no token of ours":  func(*world, *client, reply) string { return "PUBLISHABLE_KEY" },
		"the refresh token": func(_ *world, _ *client, in reply) string { return in.text("refresh_token") },
		"with another secret": func(_ *world, _ *client, in reply) string {
			id, _, _ := strings.Cut(in.text("access_token"), ".")
			return id + "." + strings.Repeat("A", 43)
		},
		"of an account that is not anonymous": func(w *world, c *client, _ reply) string {
			return strings.TrimPrefix(w.signedIn(c.h, "ada").header.Get("Authorization"), "Bearer ")
		},
		"of a session that has ended": func(_ *world, c *client, in reply) string {
			c.ok(c.do("POST", "/v1/user/signout", nil))
			return in.text("access_token")
		},
		"expired too long ago": func(w *world, _ *client, in reply) string {
			w.clock.Advance(2*time.Hour + 20*time.Minute)
			return in.text("access_token")
		},
		"of one that has signed up": func(w *world, c *client, in reply) string {
			s := w.stranger(c.h)
			c.ok(s.do("POST", "/v1/signup", m{
				"email": "first@example.com", "verification_token": s.prove("first@example.com"), "anonymous_token": in.text("access_token"),
			}))
			return in.text("access_token")
		},
	} {
		rows = append(rows, negative{name: name, want: badArgument, edit: letAnonymous, play: up(token)})
	}
	runNegative(t, rows)
}

// TestAnonymousSignUpWithAKnownAddress signs in to the account that has it, and merges
// nothing into it: the anonymous account stays what it is.
func TestAnonymousSignUpWithAKnownAddress(t *testing.T) {
	w := newWorld(t, letAnonymous)
	w.account("ada", "email", "ada@example.com")
	c, in := w.guest(w.bearer())
	s := w.stranger(c.h)
	r := c.ok(s.do("POST", "/v1/signup", m{
		"email": "ada@example.com", "verification_token": s.prove("ada@example.com"), "anonymous_token": in.text("access_token"), "name": "Eve",
	}))
	if r.text("sub") != "ada" || r.body["scope"] != nil {
		t.Errorf("signed in as %s", r.raw)
	}
	if me := c.ok(c.do("GET", "/v1/user/me", nil)); me.text("sub") != in.text("sub") || me.text("name") != "anonymous" {
		t.Errorf("the anonymous account is %s", me.raw)
	}

	// By a cookie, the browser has one session, and it is ada's.
	b, _ := w.guest(w.cookie())
	w.clock.Advance(time.Minute)
	b.ok(b.do("POST", "/v1/signup", m{"email": "ada@example.com", "verification_token": b.prove("ada@example.com")}))
	if me := b.ok(b.do("GET", "/v1/user/me", nil)); me.text("sub") != "ada" {
		t.Errorf("by the cookie is %s", me.raw)
	}
}

// TestOnlyAnonymousIsCalledSo: the client takes whoever has that name for anonymous.
func TestOnlyAnonymousIsCalledSo(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	for _, r := range []reply{
		c.do("PATCH", "/v1/user/profile", m{"name": "anonymous", "locale": "de"}),
		c.do("POST", "/v1/user/basic/edit", m{"nickname": "anonymous"}),
		c.do("GET", "/v1/user/me", nil),
	} {
		if c.ok(r).body["name"] != nil {
			t.Errorf("%s: %s", r.what, r.raw)
		}
	}
}
