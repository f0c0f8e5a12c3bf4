package httpadapter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestNegativeVerification presents every verification token that is none for
// the address at hand, with everything else right.
func TestNegativeVerification(t *testing.T) {
	const to = "new@example.com"
	// presenting makes a row of a token that ada presents under live sudo. Done
	// right is a token of her own, for the address, of this session.
	presenting := func(name string, token func(w *world, ada *client) any) negative {
		return negative{name: name, want: badArgument, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "old@example.com")
			w.account("eve", "email", "eve@example.com")
			ada := w.signedIn(w.bearer(), "ada")
			bad, sudo := token(w, ada), ada.sudo()
			bind := func(token any) reply {
				return ada.do("PATCH", "/v1/user/contact", m{"email": to, "sudo_token": sudo, "verification_token": token})
			}
			return func() reply { return bind(bad) },
				func() reply { w.clock.Advance(time.Minute); return bind(ada.prove(to)) }
		}}
	}
	runNegative(t, []negative{
		presenting("missing", func(*world, *client) any { return nil }),
		presenting("empty", func(*world, *client) any { return "" }),
		presenting("made up", func(*world, *client) any { return "lgv1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43) }),
		presenting("missing, though the address is proved", func(_ *world, ada *client) any { ada.prove(to); return nil }),
		presenting("with another secret", func(_ *world, ada *client) any {
			token := ada.prove(to)
			return token[:strings.Index(token, ".")+1] + strings.Repeat("A", 43)
		}),
		presenting("spelled otherwise", func(_ *world, ada *client) any { return ada.prove(to) + "=" }),
		presenting("of another account", func(w *world, ada *client) any { return w.signedIn(ada.h, "eve").prove(to) }),
		presenting("of another session", func(w *world, ada *client) any { return w.signedIn(ada.h, "ada").prove(to) }),
		presenting("for sudo", func(_ *world, ada *client) any { return ada.prove("old@example.com") }),
		presenting("to sign in by", func(w *world, ada *client) any { return w.stranger(ada.h).prove(to) }),
		presenting("of another address", func(_ *world, ada *client) any { return ada.prove("other@example.com") }),
		presenting("of another kind", func(_ *world, ada *client) any { return ada.prove("+86 13800000000") }),
		presenting("superseded by a new code", func(w *world, ada *client) any {
			token := ada.prove(to)
			w.clock.Advance(time.Minute)
			ada.code(to)
			return token
		}),
		presenting("expired", func(w *world, ada *client) any {
			token := ada.prove(to)
			w.clock.Advance(10 * time.Minute)
			return token
		}),
		presenting("of an older epoch", func(w *world, ada *client) any {
			token := ada.prove(to)
			ada.ok(ada.bind("newer@example.com", ada.sudo(), ada.prove("newer@example.com")))
			return token
		}),
		presenting("the sudo token", func(_ *world, ada *client) any { return ada.sudo() }),
		presenting("the code's ID", func(_ *world, ada *client) any { id, _ := ada.code(to); return id }),
		{
			name: "used twice", want: badArgument,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				ada := w.signedIn(w.bearer(), "ada")
				sudo, verification := ada.sudo(), ada.prove(to)
				bind := func() reply { return ada.bind(to, sudo, verification) }
				ada.ok(bind())
				return bind, nil
			},
		},
		{
			name: "of an address that is another account's", want: taken,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				w.account("eve", "email", to)
				ada, eve := w.signedIn(w.bearer(), "ada"), w.signedIn(w.bearer(), "eve")
				sudo, verification := ada.sudo(), ada.prove(to)
				bind := func() reply { return ada.bind(to, sudo, verification) }
				return bind, func() reply {
					eve.ok(eve.bind("eve@example.com", eve.sudo(), eve.prove("eve@example.com")))
					return bind()
				}
			},
		},
		{
			name: "for an edit without tokens, of another session", want: badArgument,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				ada := w.signedIn(w.bearer(), "ada")
				w.signedIn(ada.h, "ada").prove(to)
				ada.sudo()
				edit := func() reply { return ada.do("POST", "/v1/user/basic/edit", m{"email": to}) }
				return edit, func() reply { w.clock.Advance(time.Minute); ada.prove(to); return edit() }
			},
		},
		{
			name: "for an edit without tokens, spent", want: badArgument,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				ada := w.signedIn(w.bearer(), "ada")
				ada.ok(ada.bind(to, ada.sudo(), ada.prove(to)))
				return func() reply { return ada.do("POST", "/v1/user/basic/edit", m{"email": to}) }, nil
			},
		},
	})
}

// TestNegativeSignIn presents what opens no session.
func TestNegativeSignIn(t *testing.T) {
	// asking makes a row of a request of somebody signed out, who can sign in by
	// the password all the same.
	asking := func(name string, want refusal, may []string, path string, body func(w *world, c *client) m) negative {
		return negative{name: name, want: want, may: may, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "ada@example.com")
			c := w.stranger(w.bearer())
			b := body(w, c)
			return func() reply { return c.do("POST", path, b) },
				func() reply { return c.do("POST", "/v1/signin", m{"username": "ada", "password": password}) }
		}}
	}
	token := func(v string) m { return m{"verification_token": v} }
	const in, up, again = "/v1/signin", "/v1/signup", "/v1/token"
	runNegative(t, []negative{
		asking("with nothing", badArgument, nil, in, func(*world, *client) m { return m{} }),
		asking("with a wrong password", badPassword, aTry, in, func(*world, *client) m {
			return m{"username": "ada", "password": "wrong horse"}
		}),
		asking("with an unknown username", badPassword, aTry, in, func(*world, *client) m {
			return m{"username": "nobody", "password": password}
		}),
		asking("with a token to bind by", badArgument, nil, in, func(w *world, c *client) m {
			return token(w.signedIn(c.h, "ada").prove("new@example.com"))
		}),
		asking("with a token for sudo", badArgument, nil, in, func(w *world, c *client) m {
			return token(w.signedIn(c.h, "ada").prove("ada@example.com"))
		}),
		asking("with a token of another device", badArgument, nil, in, func(w *world, c *client) m {
			other := w.stranger(c.h)
			other.header.Set("X-Device-Id", "another")
			return token(other.prove("ada@example.com"))
		}),
		asking("with another address than the token's", badArgument, nil, in, func(_ *world, c *client) m {
			return m{"username": "eve@example.com", "verification_token": c.prove("ada@example.com")}
		}),
		asking("with a used token", badArgument, nil, in, func(_ *world, c *client) m {
			t := token(c.prove("ada@example.com"))
			c.ok(c.do("POST", in, t))
			return t
		}),
		asking("with an old token", badArgument, nil, in, func(w *world, c *client) m {
			t := token(c.prove("ada@example.com"))
			w.clock.Advance(10 * time.Minute)
			return t
		}),
		asking("with a sudo token", badArgument, nil, in, func(w *world, c *client) m {
			return token(w.signedIn(c.h, "ada").sudo())
		}),
		asking("up, with another address than the token's", badArgument, nil, up, func(_ *world, c *client) m {
			return m{"email": "other@example.com", "verification_token": c.prove("new@example.com")}
		}),
		asking("up, without a token", badArgument, nil, up, func(*world, *client) m {
			return m{"email": "new@example.com", "verification_code": "123456"}
		}),
		asking("again, with no refresh token", deadGrant, nil, again, func(*world, *client) m {
			return m{"grant_type": "refresh_token", "refresh_token": "lgr1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43)}
		}),
		asking("again, with the access token", deadGrant, nil, again, func(_ *world, c *client) m {
			r := c.ok(c.do("POST", in, m{"username": "ada", "password": password}))
			return m{"grant_type": "refresh_token", "refresh_token": r.text("access_token")}
		}),
		asking("again, with another grant", badArgument, nil, again, func(*world, *client) m {
			return m{"grant_type": "password", "refresh_token": ""}
		}),
		{
			name: "with an address that has no account", want: unregistered,
			play: func(w *world) (refused, mended func() reply) {
				c := w.stranger(w.bearer())
				body := m{"email": "new@example.com", "verification_token": c.prove("new@example.com")}
				return func() reply { return c.do("POST", in, token(body["verification_token"].(string))) },
					func() reply { return c.do("POST", up, body) }
			},
		},
		{
			name: "up, with a username that is taken", want: usernameHad, may: aTry,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				c := w.stranger(w.bearer())
				body := m{"email": "new@example.com", "verification_token": c.prove("new@example.com"), "username": "ada"}
				return func() reply { return c.do("POST", up, body) },
					func() reply { body["username"] = "eve"; return c.do("POST", up, body) }
			},
		},
		{
			name: "up, where sign-up is closed", want: notAllowed,
			edit: func(c *association.Config) { c.Policy.AllowSignUp = false },
			play: func(w *world) (refused, mended func() reply) {
				// Only an address that loses its account between the code and the
				// sign-up gets this far.
				w.account("ada", "email", "ada@example.com")
				h := w.bearer()
				c, ada := w.stranger(h), w.signedIn(h, "ada")
				body := m{"email": "ada@example.com", "verification_token": c.prove("ada@example.com")}
				ada.ok(ada.bind("new@example.com", ada.sudo(), ada.prove("new@example.com")))
				return func() reply { return c.do("POST", up, body) }, nil
			},
		},
	})
}
