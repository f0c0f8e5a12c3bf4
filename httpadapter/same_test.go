package httpadapter_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// bytes is an answer in full, but for the ID in it.
func (r reply) bytes() string {
	body := r.raw
	if id, ok := r.body["verification_id"].(string); ok {
		body = strings.ReplaceAll(body, id, strings.Repeat("#", len(id)))
	}
	var out strings.Builder
	fmt.Fprintln(&out, r.status)
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		fmt.Fprintln(&out, name, r.header[name])
	}
	return out.String() + body
}

// from is a request from this address.
func from(ip string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = ip + ":1234" }
}

// exhaust uses up what may be sent to an address in an hour, each time by
// somebody else and from elsewhere.
func exhaust(w *world, h http.Handler, to string, signedIn bool) {
	w.t.Helper()
	for i := range 5 {
		c := w.stranger(h)
		if signedIn {
			name := fmt.Sprintf("crowd%d", i)
			w.account(name)
			c = w.signedIn(h, name)
		}
		c.ok(c.do("POST", "/v1/verification", m{"email": to}, from(fmt.Sprintf("198.51.100.%d", i))))
	}
}

// TestR54_EveryAddressIsAnsweredTheSame: who asks for a code learns nothing of
// the address.
func TestR54_EveryAddressIsAnsweredTheSame(t *testing.T) {
	for _, signUp := range []bool{true, false} {
		for _, signedIn := range []bool{true, false} {
			for _, target := range []string{"", "USER", "NOT_USER", "ANY"} {
				t.Run(fmt.Sprintf("sign-up %v, signed in %v, target %q", signUp, signedIn, target), func(t *testing.T) {
					w := newWorld(t, func(c *association.Config) { c.Policy.AllowSignUp = signUp })
					w.account("ada", "email", "own@example.com")
					w.account("eve", "email", "taken@example.com")
					w.account("mal", "email", "blocked@example.com")
					w.account("pop", "email", "popular@example.com")
					w.block("mal")
					h := w.bearer()
					// Whichever purpose target asks for, its budget is gone.
					exhaust(w, h, "popular@example.com", false)
					exhaust(w, h, "popular@example.com", true)
					c := w.stranger(h)
					if signedIn {
						c = w.signedIn(h, "ada")
					}
					answers := map[string]string{}
					for _, name := range []string{"free", "taken", "blocked", "popular", "own"} {
						r := c.ok(c.do("POST", "/v1/verification", m{"email": name + "@example.com", "target": target}))
						if _, told := r.body["is_user"]; told {
							t.Errorf("%s: is_user: %s", name, r.raw)
						}
						answers[name] = r.bytes()
					}
					for name, got := range answers {
						if got != answers["free"] {
							t.Errorf("%s is answered\n%s\nand free\n%s", name, got, answers["free"])
						}
					}
					// Asking again too soon is the same too.
					for _, name := range []string{"free", "taken", "blocked", "popular", "own"} {
						c.header.Set("X-Device-Id", "mine")
						c.do("POST", "/v1/verification", m{"email": name + "@example.com", "target": target})
						r := c.do("POST", "/v1/verification", m{"email": name + "@example.com", "target": target})
						tooMany.of(r)
						answers[name] = r.bytes()
					}
					for name, got := range answers {
						if got != answers["free"] {
							t.Errorf("too soon, %s is answered\n%s\nand free\n%s", name, got, answers["free"])
						}
					}
				})
			}
		}
	}
}

// TestR19_EveryBadCodeIsAnsweredTheSame: nobody learns why a code is not good.
func TestR19_EveryBadCodeIsAnsweredTheSame(t *testing.T) {
	answers := map[string]string{}
	for name, play := range map[string]func(w *world, c *client, id, code string) reply{
		"unknown": func(_ *world, c *client, _, code string) reply {
			return c.verify("lgc1_AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA", code)
		},
		"wrong": func(_ *world, c *client, id, code string) reply { return c.verify(id, wrong(code)) },
		"expired": func(w *world, c *client, id, code string) reply {
			w.clock.Advance(10 * time.Minute)
			return c.verify(id, code)
		},
		"used": func(_ *world, c *client, id, code string) reply {
			c.ok(c.verify(id, code))
			return c.verify(id, code)
		},
		"superseded": func(w *world, c *client, id, code string) reply {
			w.clock.Advance(time.Minute)
			c.code("new@example.com")
			return c.verify(id, code)
		},
		"exhausted": func(_ *world, c *client, id, code string) reply {
			for range 5 {
				c.verify(id, wrong(code))
			}
			return c.verify(id, code)
		},
		"somebody else's": func(w *world, c *client, id, code string) reply {
			other := w.stranger(c.h)
			other.header.Set("X-Device-Id", "another")
			return other.verify(id, code)
		},
		"malformed":          func(_ *world, c *client, id, _ string) reply { return c.verify(id, "no code") },
		"under no ID at all": func(_ *world, c *client, _, code string) reply { return c.verify("", code) },
	} {
		w := newWorld(t)
		c := w.stranger(w.bearer())
		c.header.Set("X-Device-Id", "mine")
		id, code := c.code("new@example.com")
		r := play(w, c, id, code)
		badArgument.of(r)
		answers[name] = r.bytes()
	}
	for name, got := range answers {
		if got != answers["wrong"] {
			t.Errorf("%s is answered\n%s\nand wrong\n%s", name, got, answers["wrong"])
		}
	}
}

// TestR60_RetryAfter: who asks too often is told how long to wait, to the second
// that is enough.
func TestR60_RetryAfter(t *testing.T) {
	wait := func(t *testing.T, r reply, seconds int) {
		t.Helper()
		tooMany.of(r)
		if got := r.header.Get("Retry-After"); got != fmt.Sprint(seconds) || r.body["retry_after"] != float64(seconds) {
			t.Errorf("want %d seconds, got %q and %s", seconds, got, r.raw)
		}
	}
	t.Run("the same code too soon", func(t *testing.T) {
		w := newWorld(t)
		w.account("ada")
		c := w.signedIn(w.bearer(), "ada")
		send := func() reply { return c.do("POST", "/v1/verification", m{"email": "new@example.com"}) }
		c.ok(send())
		wait(t, send(), 60)
		w.clock.Advance(18*time.Second + 500*time.Millisecond)
		wait(t, send(), 42)
		w.clock.Advance(41*time.Second + 500*time.Millisecond - time.Microsecond)
		wait(t, send(), 1)
		w.clock.Advance(time.Microsecond)
		c.ok(send())
	})
	t.Run("too many from one address", func(t *testing.T) {
		w := newWorld(t)
		h := w.bearer()
		w.clock.Advance(15 * time.Minute) // into the hour that is counted
		send := func(i int, ip string) reply {
			return w.stranger(h).do("POST", "/v1/verification", m{"email": fmt.Sprintf("p%d@example.com", i)}, from(ip))
		}
		for i := range 20 {
			if r := send(i, fmt.Sprintf("[2001:db8::%d]", i)); r.status != 200 {
				t.Fatalf("send %d: %s", i, r.raw)
			}
		}
		wait(t, send(20, "[2001:db8::ffff]"), 45*60)
		if r := send(21, "[2001:db8:0:1::1]"); r.status != 200 {
			t.Errorf("another network pays for it: %s", r.raw)
		}
		w.clock.Advance(45 * time.Minute)
		if r := send(22, "[2001:db8::ffff]"); r.status != 200 {
			t.Errorf("after the wait: %s", r.raw)
		}
	})
	t.Run("too many of one account", func(t *testing.T) {
		w := newWorld(t)
		w.account("ada")
		c := w.signedIn(w.bearer(), "ada")
		for i := range 10 {
			c.ok(c.do("POST", "/v1/verification", m{"email": fmt.Sprintf("p%d@example.com", i)}, from(fmt.Sprintf("198.51.100.%d", i))))
		}
		wait(t, c.do("POST", "/v1/verification", m{"email": "new@example.com"}, from("203.0.113.1")), 60*60)
	})
	t.Run("a refusal that is no limit", func(t *testing.T) {
		w := newWorld(t)
		c := w.stranger(w.bearer())
		if r := c.do("GET", "/v1/user/me", nil); r.header.Get("Retry-After") != "" || r.body["retry_after"] != nil {
			t.Errorf("it names a time: %s", r.raw)
		}
	})
}
