package httpadapter_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

func letDelete(c *association.Config) { c.Policy.AllowDelete = true }

// TestDeleteMe: by whatever way the token is shown, everything of the account is gone.
func TestDeleteMe(t *testing.T) {
	shown := map[string]func(c *client, sudo reply) reply{
		"in the query": func(c *client, sudo reply) reply {
			return c.do("DELETE", "/v1/user/me?sudo_token="+sudo.text("sudo_token"), nil)
		},
		"in the body": func(c *client, sudo reply) reply {
			return c.do("DELETE", "/v1/user/me", m{"sudo_token": sudo.text("sudo_token")})
		},
		"in the body, as it came": func(c *client, sudo reply) reply { return c.do("DELETE", "/v1/user/me", m{"sudo_token": sudo.body}) },
		"in the header": func(c *client, sudo reply) reply {
			return c.do("DELETE", "/v1/user/me", nil, header("X-Sudo-Token", sudo.text("sudo_token")))
		},
	}
	for _, mode := range modes {
		for how, do := range shown {
			t.Run(mode+" "+how, func(t *testing.T) {
				host := &hostDuties{}
				w := newWorld(t, letDelete, func(c *association.Config) { c.Deleter, c.Revoker = host, host })
				w.account("ada", "email", "ada@example.com")
				h := mounts[mode].handler(w)
				c, other := w.enter(mode, h, "ada", "one"), w.signedIn(w.bearer(), "ada")
				sudo := c.ok(c.do("POST", "/v1/user/sudo", m{"password": password}))
				before := *c
				before.cookies = maps.Clone(c.cookies)
				if r := c.ok(do(c, sudo)); r.raw != "{}\n" {
					t.Errorf("it says %q", r.raw)
				}
				if !slices.Equal(host.deleted, []string{"ada"}) || !slices.Equal(host.revoked, []string{"ada but "}) {
					t.Errorf("the host was told %q and %q", host.deleted, host.revoked)
				}
				gone := nobody
				if mode == "host" {
					gone = refusal{"user_blocked", 7, 403} // the host still says that it is ada
				}
				for _, was := range []*client{c, &before} {
					gone.of(was.do("GET", "/v1/user/me", nil))
					gone.of(do(was, sudo))
				}
				nobody.of(other.do("GET", "/v1/user/me", nil))
				badPassword.of(other.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
				if mode == "bearer" {
					// The client keeps what it has stored until it is told to leave.
					token := c.header.Get("Authorization")[len("Bearer "):]
					c.ok(w.stranger(h).do("POST", "/v1/revoke", m{"token": token}))
				}
				// The address is free, for somebody else.
				eve := w.stranger(w.bearer())
				up := eve.ok(eve.do("POST", "/v1/signup", m{
					"email": "ada@example.com", "verification_token": eve.prove("ada@example.com"), "username": "ada",
				}))
				if up.text("sub") == "ada" {
					t.Error("an account's ID is used again")
				}
			})
		}
	}
}

// hostDuties notes what the host is called for.
type hostDuties struct{ deleted, revoked []string }

func (d *hostDuties) DeleteAccount(_ context.Context, account string) error {
	d.deleted = append(d.deleted, account)
	return nil
}

func (d *hostDuties) RevokeSessions(_ context.Context, account, except string, _ time.Time) error {
	d.revoked = append(d.revoked, account+" but "+except)
	return nil
}

// TestR38_ASudoTokenInTheQueryIsSpent: the one secret that the real client puts in a
// URL, where others may read it, is good for nothing after, whatever came of the call.
func TestR38_ASudoTokenInTheQueryIsSpent(t *testing.T) {
	for name, tt := range map[string]struct {
		want  refusal
		body  any
		edits []func(*association.Config)
	}{
		"accounts are not deleted":   {want: notAllowed},
		"another token in the body":  {want: notAllowed, body: m{"sudo_token": "lgs1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43)}},
		"a body that cannot be read": {want: notAllowed, body: "[]"},
		"a body that is too long":    {want: notAllowed, body: strings.Repeat(" ", maxBody+1)},
		"the store fails":            {want: refusal{"unavailable", 14, 503}, edits: []func(*association.Config){letDelete}},
	} {
		for _, mode := range modes {
			t.Run(name+" "+mode, func(t *testing.T) {
				w := newWorld(t, tt.edits...)
				w.account("ada", "email", "ada@example.com")
				c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
				sudo := c.sudo()
				if name == "the store fails" {
					w.store.failing = 1
				}
				before := w.store.snapshot()
				tt.want.of(c.do("DELETE", "/v1/user/me?sudo_token="+sudo, tt.body))
				if changed := w.store.snapshot().since(before); !slices.Equal(changed, []string{"proof.data.sudo", "proof.version"}) {
					t.Errorf("it changed %v", changed)
				}
				noSudo.of(c.do("PATCH", "/v1/user/password", m{"sudo_token": sudo, "new_password": "a new password"}))
				if state := c.ok(c.do("GET", "/v1/user/sudo", nil)); state.body["elevated"] != false {
					t.Errorf("the session is %s", state.raw)
				}
			})
		}
	}
}

// TestR38_ASudoTokenInTheQueryIsSpentUnread: nor does it help that nobody reads the
// request to its end, or that the access token beside it has died.
func TestR38_ASudoTokenInTheQueryIsSpentUnread(t *testing.T) {
	for name, tt := range map[string]struct {
		want  refusal
		query string
		later time.Duration
	}{
		"twice":                  {want: badArgument, query: "sudo_token=x&sudo_token="},
		"five times":             {want: badArgument, query: "sudo_token=a&sudo_token=b&sudo_token=c&sudo_token=d&sudo_token="},
		"in capitals":            {want: badArgument, query: "Sudo_Token="},
		"after a semicolon":      {want: badArgument, query: "x=1;sudo_token="},
		"beside a secret":        {want: badArgument, query: "code=1&sudo_token="},
		"beside what is no pair": {want: badArgument, query: "x=%zz&sudo_token="},
		"by a dead access token": {want: nobody, query: "sudo_token=", later: time.Minute},
	} {
		for _, mode := range modes {
			if tt.later > 0 && mode != "bearer" {
				continue // the others know nobody by an access token
			}
			t.Run(name+" "+mode, func(t *testing.T) {
				w := newWorld(t, letDelete, func(c *association.Config) { c.Policy.AccessTTL = time.Minute })
				w.account("ada", "email", "ada@example.com")
				c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
				sudo := c.sudo()
				w.clock.Advance(tt.later)
				before := w.store.snapshot()
				tt.want.of(c.do("DELETE", "/v1/user/me?"+tt.query+sudo, nil))
				if changed := w.store.snapshot().since(before); !slices.Equal(changed, []string{"proof.data.sudo", "proof.version"}) {
					t.Errorf("it changed %v", changed)
				}
			})
		}
	}
}

// TestR38_ASudoTokenInAnyQueryIsSpent, wherever else somebody shows it.
func TestR38_ASudoTokenInAnyQueryIsSpent(t *testing.T) {
	for _, route := range httpadapter.Routes() {
		w := newWorld(t)
		w.account("ada", "email", "ada@example.com")
		c := w.signedIn(w.bearer(), "ada")
		sudo := c.sudo()
		c.do(route.Method, route.Path+"?sudo_token="+sudo, nil)
		if state := c.ok(c.do("GET", "/v1/user/sudo", nil)); state.body["elevated"] != false {
			t.Errorf("%s: the session is %s", route.Name(), state.raw)
		}
	}
}

// TestR38_NoOtherSudoTokenIsSpent: what is shown where nobody else reads stays good, and
// nobody spends a token that is not the session's own.
func TestR38_NoOtherSudoTokenIsSpent(t *testing.T) {
	delete := func(name string, want refusal, do func(w *world, c *client, sudo string) reply) negative {
		return negative{name: name, want: want, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			c := w.signedIn(w.bearer(), "ada")
			sudo := c.sudo()
			return func() reply { return do(w, c, sudo) }, func() reply {
				return c.do("PATCH", "/v1/user/password", m{"sudo_token": sudo, "new_password": "a new password"})
			}
		}}
	}
	const me = "/v1/user/me"
	rows := []negative{
		delete("in the body", notAllowed, func(_ *world, c *client, sudo string) reply {
			return c.do("DELETE", me, m{"sudo_token": sudo})
		}),
		delete("in the header", notAllowed, func(_ *world, c *client, sudo string) reply {
			return c.do("DELETE", me, nil, header("X-Sudo-Token", sudo))
		}),
		delete("with another's in the query", noSudo, func(_ *world, c *client, sudo string) reply {
			return c.do("DELETE", me+"?sudo_token=lgs1_AAAAAAAAAAAAAAAAAAAAAA."+strings.Repeat("A", 43), m{"sudo_token": sudo})
		}),
		delete("as the client writes an object", noSudo, func(_ *world, c *client, _ string) reply {
			return c.do("DELETE", me+"?sudo_token=%5Bobject%20Object%5D", nil)
		}),
		delete("empty", noSudo, func(_ *world, c *client, _ string) reply { return c.do("DELETE", me+"?sudo_token=", nil) }),
		delete("none", noSudo, func(_ *world, c *client, _ string) reply { return c.do("DELETE", me+"?", nil) }),
		delete("twice", badArgument, func(_ *world, c *client, _ string) reply { return c.do("DELETE", me+"?sudo_token=x&sudo_token=y", nil) }),
		delete("by nobody", nobody, func(w *world, c *client, sudo string) reply {
			return w.stranger(c.h).do("DELETE", me+"?sudo_token="+sudo, nil)
		}),
	}
	rows = append(rows, negative{name: "of another session", want: noSudo, edit: letDelete, play: func(w *world) (refused, mended func() reply) {
		w.account("ada")
		c, thief := w.signedIn(w.bearer(), "ada"), w.signedIn(w.bearer(), "ada")
		sudo := c.sudo()
		return func() reply { return thief.do("DELETE", me+"?sudo_token="+sudo, nil) },
			func() reply { return c.do("DELETE", me+"?sudo_token="+sudo, nil) }
	}})
	runNegative(t, rows)
}

// TestDeleteMeRepeated: once it is done the session that asked is no more. The repeat that
// still shows its token is told what the first was; a cookie is gone, and nobody left.
// Nothing else is done by it.
func TestDeleteMeRepeated(t *testing.T) {
	for _, mode := range signingIn() {
		w := newWorld(t, letDelete)
		w.account("ada")
		c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
		id := header("X-Request-Id", "0123456789abcdef0123456789abcdef")
		path := "/v1/user/me?sudo_token=" + c.sudo()
		c.ok(c.do("DELETE", path, nil, id))
		before := w.store.snapshot()
		if again := c.do("DELETE", path, nil, id); mode == "bearer" {
			c.ok(again)
		} else {
			nobody.of(again)
		}
		if changed := w.store.snapshot().since(before); len(changed) != 0 {
			t.Errorf("%s: the repeat changed %v", mode, changed)
		}
	}
}
