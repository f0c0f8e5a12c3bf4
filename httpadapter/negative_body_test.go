package httpadapter_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/httpadapter"
)

// TestNegativeActor sends every endpoint for somebody signed in what stands for
// nobody.
func TestNegativeActor(t *testing.T) {
	dead := func(end func(w *world, c *client)) func(*world) *client {
		return func(w *world) *client {
			c := w.signedIn(w.bearer(), "ada")
			end(w, c)
			return c
		}
	}
	authorization := func(values ...string) func(*world) *client {
		return func(w *world) *client {
			c := w.stranger(w.bearer())
			c.header["Authorization"] = values
			return c
		}
	}
	// withToken shows a token to a handler whose sessions are cookies, or a live
	// cookie to one that knows tokens alone.
	withCookie := func(w *world, token string, cookieMode bool) *client {
		c := w.signedIn(w.cookie(), "ada")
		if len(c.cookies) != 1 {
			w.t.Fatalf("want one cookie, got %d", len(c.cookies))
		}
		c.ok(c.do("GET", "/v1/user/me", nil)) // it is alive
		c.header.Set("Authorization", "Bearer "+token)
		if !cookieMode {
			c.h = w.bearer()
		}
		return c
	}
	madeUp := "lga1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43)
	ended := func(w *world) string {
		c := w.signedIn(w.bearer(), "ada")
		token := strings.TrimPrefix(c.header.Get("Authorization"), "Bearer ")
		c.ok(c.do("POST", "/v1/user/signout", nil))
		return token
	}

	for name, make := range map[string]func(w *world) *client{
		"nothing":                     authorization(),
		"an empty header":             authorization(""),
		"no token":                    authorization("Bearer"),
		"another scheme":              authorization("Basic YWRhOnBhc3N3b3Jk"),
		"another system's token":      authorization("Bearer PUBLISHABLE_KEY"),
		"a made-up token":             authorization("Bearer " + madeUp),
		"two headers":                 authorization("Bearer "+madeUp, "Bearer PUBLISHABLE_KEY"),
		"a session that has ended":    dead(func(_ *world, c *client) { c.ok(c.do("POST", "/v1/user/signout", nil)) }),
		"a token that has run out":    dead(func(w *world, _ *client) { w.clock.Advance(2 * time.Hour) }),
		"a session of an older epoch": dead(raiseEpochElsewhere),
		"a cookie of a token handler": func(w *world) *client {
			c := withCookie(w, "", false)
			c.header.Del("Authorization")
			return c
		},
		"a dead token with a live cookie":                      func(w *world) *client { return withCookie(w, ended(w), false) },
		"a dead token with a live cookie, where cookies count": func(w *world) *client { return withCookie(w, ended(w), true) },
		"a live token where cookies count": func(w *world) *client {
			live := w.signedIn(w.bearer(), "ada").header.Get("Authorization")
			return withCookie(w, strings.TrimPrefix(live, "Bearer "), true)
		},
		"no cookie":            func(w *world) *client { return w.stranger(w.cookie()) },
		"a made-up cookie":     func(w *world) *client { c := w.stranger(w.cookie()); c.cookies["session"] = madeUp; return c },
		"nobody of the host's": func(w *world) *client { return w.stranger(w.host()) },
		"no session of theirs": func(w *world) *client { return w.hosted(w.host(), "ada", "") },
		"no account of theirs": func(w *world) *client { return w.hosted(w.host(), "", "one") },
		"a token where a host is asked": func(w *world) *client {
			c := w.signedIn(w.bearer(), "ada")
			c.h = w.host()
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com")
			c := make(w)
			before := w.store.snapshot()
			asked := 0
			for _, route := range httpadapter.Routes() {
				if !route.SignedIn {
					continue
				}
				r := c.do(route.Method, route.Path, everyField)
				if r.status == 404 {
					continue // not served here
				}
				nobody.of(r)
				asked++
			}
			if asked < 17 {
				t.Errorf("only %d endpoints were asked", asked)
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("the refusals changed %v", changed)
			}
		})
	}
}

// TestDeadTokensAskForNoCode: whoever shows a token means to be somebody, and is
// not taken for nobody where nobody would do.
func TestDeadTokensAskForNoCode(t *testing.T) {
	madeUp := "Bearer lga1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43)
	runNegative(t, []negative{
		{name: "made up", want: nobody, play: func(w *world) (refused, mended func() reply) {
			c := w.stranger(w.bearer())
			send := func() reply { return c.do("POST", "/v1/verification", m{"email": "new@example.com"}) }
			c.header.Set("Authorization", madeUp)
			return send, func() reply { c.header.Set("Authorization", "Bearer PUBLISHABLE_KEY"); return send() }
		}},
		{name: "two", want: nobody, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			c := w.signedIn(w.bearer(), "ada")
			send := func() reply { return c.do("POST", "/v1/verification", m{"email": "new@example.com"}) }
			c.header.Add("Authorization", "Bearer PUBLISHABLE_KEY")
			return send, func() reply { c.header.Set("Authorization", c.header.Get("Authorization")); return send() }
		}},
		{name: "about an address of nobody's own", want: nobody, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "ada@example.com")
			c := w.stranger(w.bearer())
			send := func() reply {
				return c.do("POST", "/v1/verification", m{"email": "ada@example.com", "target": "CUR_USER"})
			}
			return send, func() reply { c.signInByToken(); return send() }
		}},
		{name: "where cookies count", want: nobody, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			c := w.signedIn(w.cookie(), "ada")
			send := func() reply { return c.do("POST", "/v1/verification", m{"email": "new@example.com"}) }
			c.header.Set("Authorization", madeUp)
			return send, func() reply { c.header.Del("Authorization"); return send() }
		}},
	})
}

// raiseEpochElsewhere has another session of ada's replace her address.
func raiseEpochElsewhere(w *world, c *client) {
	other := w.signedIn(c.h, "ada")
	other.ok(other.bind("newer@example.com", other.sudo(), other.prove("newer@example.com")))
}

// everyField is a plausible body for any endpoint, without any proof.
var everyField = m{
	"email": "new@example.com", "username": "newname", "name": "New Name", "new_password": "a new password",
	"grant_type": "refresh_token", "verification_id": "lgc1_x.y", "verification_code": "123456",
	"nickname": "New Name", "picture": "https://example.com/new.png", "avatar_url": "https://example.com/new.png",
	"locale": "de-CH", "authenticator_code": "123456", "conflict_resolution": "TRANSFER", "provider_id": "custom",
}

// The most bytes that a body may have.
const maxBody = 8192

// TestNegativeBodies sends every endpoint what is no body (R61).
func TestNegativeBodies(t *testing.T) {
	filler := func(n int) string { return fmt.Sprintf(`{"zzz":"%s"}`, strings.Repeat("z", n-len(`{"zzz":""}`))) }
	for name, body := range map[string]string{
		"an array":              `[]`,
		"an array of an object": `[{"email":"new@example.com"}]`,
		"a string":              `"email"`,
		"null":                  `null`,
		"a number":              `1`,
		"not JSON":              `email=new@example.com`,
		"cut off":               `{"email":"new@example.com"`,
		"something after it":    `{} {}`,
		"a comma after it":      `{},`,
		"a name twice":          `{"zzz":1,"zzz":2}`,
		"a name twice, inside":  `{"zzz":{"a":1,"a":2}}`,
		"a name twice, escaped": `{"zzz":1,"\u007azz":2}`,
		"too long":              filler(maxBody + 1),
		"a NUL":                 "{\"zzz\":\"\x00\"}",
		"a byte order mark":     "\ufeff{}",
		"broken UTF-8":          "{\"zzz\":\"\xff\"}",
		"half a character":      `{"zzz":"\ud800"}`,
		"comments":              `{} // comment`,
		"only spaces":           ` `,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			c := w.signedIn(w.bearer(), "ada")
			before := w.store.snapshot()
			for _, route := range bodied(t) {
				badArgument.of(c.do(route.Method, route.Path, body))
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("the refusals changed %v", changed)
			}
		})
	}
	t.Run("as long as may be", func(t *testing.T) {
		w := newWorld(t)
		w.account("ada")
		c := w.signedIn(w.bearer(), "ada")
		c.ok(c.do("POST", "/v1/user/sudo", `{"password":"`+password+`"}`+strings.Repeat(" ", maxBody-len(`{"password":""}`)-len(password))))
	})
}

// bodied are the endpoints that read a body.
func bodied(t *testing.T) (all []httpadapter.Route) {
	t.Helper()
	for _, route := range httpadapter.Routes() {
		if route.Method != "GET" && route.Path != "/v1/user/signout" {
			all = append(all, route)
		}
	}
	if len(all) < 21 {
		t.Fatalf("only %d endpoints read a body", len(all))
	}
	return all
}

// TestNegativeFields sends fields that a laxer reader would make something of
// (R47, R61): no code goes out, and the same request with a plain field does.
func TestNegativeFields(t *testing.T) {
	for name, body := range map[string]string{
		"two addresses":             `{"email":["new@example.com","eve@example.com"]}`,
		"one address in an array":   `{"email":["new@example.com"]}`,
		"an object":                 `{"email":{"0":"new@example.com"}}`,
		"a number":                  `{"phone_number":13800000000}`,
		"true":                      `{"email":true}`,
		"twice":                     `{"email":"new@example.com","email":"eve@example.com"}`,
		"twice the same":            `{"email":"new@example.com","email":"new@example.com"}`,
		"twice, once in capitals":   `{"email":"new@example.com","EMAIL":"eve@example.com"}`,
		"in capitals":               `{"Email":"new@example.com"}`,
		"another field in capitals": `{"email":"new@example.com","TARGET":"USER"}`,
		"an email and a phone":      `{"email":"new@example.com","phone_number":"+86 13800000000"}`,
		"neither":                   `{"target":"USER"}`,
		"null":                      `{"email":null}`,
		"a NUL, escaped":            `{"email":"new\u0000@example.com"}`,
		"a newline":                 `{"email":"new@example.com\nBcc: eve@example.com"}`,
		"a list":                    `{"email":"new@example.com,eve@example.com"}`,
		"Unicode digits":            `{"phone_number":"+٨٦ ١٣٨٠٠٠٠٠٠٠٠"}`,
		"a username":                `{"email":"ada"}`,
		"a phone as an email":       `{"email":"+86 13800000000"}`,
	} {
		runNegative(t, []negative{{name: name, want: badArgument, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			ada := w.signedIn(w.bearer(), "ada")
			return func() reply { return ada.do("POST", "/v1/verification", body) },
				func() reply {
					return ada.do("POST", "/v1/verification", `{"email":"new@example.com","zzz":["ignored"]}`)
				}
		}}})
	}
}

// TestNegativeBindFields does the same where an address is bound with both proofs
// in hand: they outlive it.
func TestNegativeBindFields(t *testing.T) {
	for name, body := range map[string]string{
		"two addresses":               `{"email":["new@example.com","eve@example.com"],"sudo_token":%q,"verification_token":%q}`,
		"an address twice":            `{"email":"new@example.com","email":"eve@example.com","sudo_token":%q,"verification_token":%q}`,
		"an address in two cases":     `{"email":"new@example.com","Email":"new@example.com","sudo_token":%q,"verification_token":%q}`,
		"sudo in another case":        `{"email":"new@example.com","SUDO_TOKEN":%q,"verification_token":%q}`,
		"sudo in Unicode's other s":   `{"email":"new@example.com","\u017fudo_token":%q,"verification_token":%q}`,
		"sudo in another case inside": `{"email":"new@example.com","sudo_token":{"SUDO_TOKEN":%q},"verification_token":%q}`,
		"sudo twice inside":           `{"email":"new@example.com","sudo_token":{"sudo_token":"x","sudo_token":%q},"verification_token":%q}`,
		"sudo in an array":            `{"email":"new@example.com","sudo_token":[%q],"verification_token":%q}`,
		"sudo two objects deep":       `{"email":"new@example.com","sudo_token":{"sudo_token":{"sudo_token":%q}},"verification_token":%q}`,
		"verification in an object":   `{"email":"new@example.com","sudo_token":%q,"verification_token":{"verification_token":%q}}`,
		"an email and a phone":        `{"email":"new@example.com","phone_number":"+86 13800000000","sudo_token":%q,"verification_token":%q}`,
		"a NUL in the address":        `{"email":"new@example.com\u0000","sudo_token":%q,"verification_token":%q}`,
	} {
		runNegative(t, []negative{{name: name, want: badArgument, play: func(w *world) (refused, mended func() reply) {
			w.account("ada")
			ada := w.signedIn(w.bearer(), "ada")
			sudo, verification := ada.sudo(), ada.prove("new@example.com")
			return func() reply { return ada.do("PATCH", "/v1/user/contact", fmt.Sprintf(body, sudo, verification)) },
				func() reply { return ada.bind("new@example.com", sudo, verification) }
		}}})
	}
}
