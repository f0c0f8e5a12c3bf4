package httpadapter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestNegativeSudo presents every sudo token that is none for the change at hand,
// with everything else right. The verification token is kept, and does with the
// right sudo token.
func TestNegativeSudo(t *testing.T) {
	// presenting makes a row of a sudo token that ada presents with an address
	// that she proved.
	presenting := func(name string, token func(w *world, ada *client) any) negative {
		return negative{name: name, want: noSudo, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "old@example.com")
			w.account("eve", "email", "eve@example.com")
			ada := w.signedIn(w.bearer(), "ada")
			bad, verification := token(w, ada), ada.prove("new@example.com")
			return func() reply { return ada.bind("new@example.com", bad, verification) },
				func() reply { return ada.bind("new@example.com", ada.sudo(), verification) }
		}}
	}
	rows := []negative{
		presenting("missing", func(*world, *client) any { return nil }),
		presenting("empty", func(*world, *client) any { return "" }),
		presenting("an empty object", func(*world, *client) any { return m{} }),
		presenting("made up", func(*world, *client) any { return "lgs1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43) }),
		presenting("missing, with a live grant", func(_ *world, ada *client) any { ada.sudo(); return nil }),
		presenting("with another secret", func(_ *world, ada *client) any {
			token := ada.sudo()
			return token[:strings.Index(token, ".")+1] + strings.Repeat("A", 43)
		}),
		presenting("spelled otherwise", func(_ *world, ada *client) any { return ada.sudo() + "=" }),
		presenting("of another account", func(w *world, ada *client) any { return w.signedIn(ada.h, "eve").sudo() }),
		presenting("of another session", func(w *world, ada *client) any { return w.signedIn(ada.h, "ada").sudo() }),
		presenting("replaced by a newer one", func(_ *world, ada *client) any { old := ada.sudo(); ada.sudo(); return old }),
		presenting("expired", func(w *world, ada *client) any {
			token := ada.sudo()
			w.clock.Advance(10 * time.Minute)
			return token
		}),
		presenting("a verification token", func(_ *world, ada *client) any { return ada.prove("other@example.com") }),
		presenting("an access token", func(_ *world, ada *client) any {
			return strings.TrimPrefix(ada.header.Get("Authorization"), "Bearer ")
		}),
		{
			// Ligature's own sessions die with their epoch; a host's live on, and
			// their sudo must not.
			name: "of an older epoch", want: noSudo,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada", "email", "old@example.com")
				h := w.host()
				ada, again := w.hosted(h, "ada", "one"), w.hosted(h, "ada", "two")
				sudo := ada.sudo()
				again.ok(again.bind("newer@example.com", again.sudo(), again.prove("newer@example.com")))
				verification := ada.prove("new@example.com")
				return func() reply { return ada.bind("new@example.com", sudo, verification) },
					func() reply { return ada.bind("new@example.com", ada.sudo(), verification) }
			},
		},
		{
			name: "used up", want: noSudo,
			edit: func(c *association.Config) { c.Policy.SudoMaxUses = 1 },
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				ada := w.signedIn(w.bearer(), "ada")
				sudo := ada.sudo()
				ada.ok(ada.bind("one@example.com", sudo, ada.prove("one@example.com")))
				verification := ada.prove("two@example.com")
				return func() reply { return ada.bind("two@example.com", sudo, verification) },
					func() reply { return ada.bind("two@example.com", ada.sudo(), verification) }
			},
		},
		{
			name: "resting on the address that is replaced", want: noSudo,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada", "email", "old@example.com")
				ada := w.signedIn(w.bearer(), "ada")
				byCode := ada.ok(ada.do("POST", "/v1/user/sudo", m{"verification_token": ada.prove("old@example.com")})).text("sudo_token")
				verification := ada.prove("new@example.com")
				return func() reply { return ada.bind("new@example.com", byCode, verification) },
					func() reply { return ada.bind("new@example.com", ada.sudo(), verification) }
			},
		},
		{
			name: "for a new password, of another session", want: noSudo,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				ada := w.signedIn(w.bearer(), "ada")
				other := w.signedIn(ada.h, "ada").sudo()
				set := func(sudo string) reply {
					return ada.do("PATCH", "/v1/user/password", m{"sudo_token": sudo, "new_password": "a new password"})
				}
				return func() reply { return set(other) }, func() reply { return set(ada.sudo()) }
			},
		},
		{
			name: "for an edit without tokens, of another session", want: noSudo,
			play: func(w *world) (refused, mended func() reply) {
				w.account("ada")
				ada := w.signedIn(w.bearer(), "ada")
				w.signedIn(ada.h, "ada").sudo()
				ada.prove("new@example.com")
				edit := func() reply { return ada.do("POST", "/v1/user/basic/edit", m{"email": "new@example.com"}) }
				return edit, func() reply { ada.sudo(); return edit() }
			},
		},
	}
	runNegative(t, rows)
}

// TestNegativeSudoProofs presents what is no proof of who ada is.
func TestNegativeSudoProofs(t *testing.T) {
	sudo := func(name string, want refusal, may []string, proof func(w *world, ada *client) m) negative {
		return negative{name: name, want: want, may: may, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "ada@example.com")
			w.account("eve", "email", "eve@example.com")
			ada := w.signedIn(w.bearer(), "ada")
			body := proof(w, ada)
			return func() reply { return ada.do("POST", "/v1/user/sudo", body) },
				func() reply { return ada.do("POST", "/v1/user/sudo", m{"password": password}) }
		}}
	}
	token := func(v string) m { return m{"verification_token": v} }
	runNegative(t, []negative{
		sudo("nothing", noSudo, nil, func(*world, *client) m { return m{} }),
		sudo("a wrong password", badPassword, aTry, func(*world, *client) m { return m{"password": "wrong horse"} }),
		// A password may stand beside a token (R53), and then both must be right.
		sudo("a token and a wrong password", badPassword, aTry, func(_ *world, ada *client) m {
			return m{"password": "wrong horse", "verification_token": ada.prove("ada@example.com")}
		}),
		sudo("a password and a token of no code", badArgument, aTry, func(*world, *client) m {
			return m{"password": password, "verification_token": "lgv1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43)}
		}),
		sudo("a password and a token for a new address", badArgument, aTry, func(_ *world, ada *client) m {
			return m{"password": password, "verification_token": ada.prove("new@example.com")}
		}),
		sudo("a password and an authenticator's code", badArgument, nil, func(*world, *client) m {
			return m{"password": password, "authenticator_code": "123456"}
		}),
		sudo("a token and an authenticator's code", badArgument, nil, func(_ *world, ada *client) m {
			return m{"verification_token": ada.prove("ada@example.com"), "authenticator_code": "123456"}
		}),
		sudo("an authenticator's code, without one", badArgument, nil, func(*world, *client) m {
			return m{"authenticator_code": "123456"}
		}),
		sudo("a token for a new address", badArgument, nil, func(_ *world, ada *client) m {
			return token(ada.prove("new@example.com"))
		}),
		sudo("a token to sign in by", badArgument, nil, func(w *world, ada *client) m {
			return token(w.stranger(ada.h).prove("ada@example.com"))
		}),
		sudo("a token of another account", badArgument, nil, func(w *world, ada *client) m {
			return token(w.signedIn(ada.h, "eve").prove("eve@example.com"))
		}),
		sudo("a token of another session", badArgument, nil, func(w *world, ada *client) m {
			return token(w.signedIn(ada.h, "ada").prove("ada@example.com"))
		}),
		sudo("a token used before", badArgument, nil, func(_ *world, ada *client) m {
			t := token(ada.prove("ada@example.com"))
			ada.ok(ada.do("POST", "/v1/user/sudo", t))
			return t
		}),
		sudo("another account's sudo token", badArgument, nil, func(w *world, ada *client) m {
			return token(w.signedIn(ada.h, "eve").sudo())
		}),
		{
			name: "a password where none is set", want: refusal{"password_not_set", 9, 400},
			play: func(w *world) (refused, mended func() reply) {
				ada := w.hosted(w.host(), "ada", "one")
				return func() reply { return ada.do("POST", "/v1/user/sudo", m{"password": password}) }, nil
			},
		},
		{
			name: "a sign-in that the host does not date", want: noSudo,
			play: func(w *world) (refused, mended func() reply) {
				ada := w.hosted(w.host(), "ada", "one")
				return func() reply { return ada.do("POST", "/v1/user/sudo", m{}) }, nil
			},
		},
	})
}

// TestNegativeBoundaries looks at each proof a microsecond before the end of its
// life and at the end.
func TestNegativeBoundaries(t *testing.T) {
	for _, tt := range []struct {
		name string
		life time.Duration
		want refusal
		play func(w *world, ada *client) func() reply
	}{
		{"a sudo token", 10 * time.Minute, noSudo, func(w *world, ada *client) func() reply {
			sudo := ada.sudo()
			// Proved as late as may be, so that it outlives the sudo token.
			return func() reply { return ada.bind("new@example.com", sudo, ada.prove("new@example.com")) }
		}},
		{"a verification token", 10 * time.Minute, badArgument, func(w *world, ada *client) func() reply {
			verification := ada.prove("new@example.com")
			return func() reply { return ada.bind("new@example.com", ada.sudo(), verification) }
		}},
		{"an emailed code", 10 * time.Minute, badArgument, func(w *world, ada *client) func() reply {
			id, code := ada.code("new@example.com")
			return func() reply { return ada.verify(id, code) }
		}},
		{"a texted code", 5 * time.Minute, badArgument, func(w *world, ada *client) func() reply {
			id, code := ada.code("+86 13800000000")
			return func() reply { return ada.verify(id, code) }
		}},
		{"an access token", 2 * time.Hour, nobody, func(w *world, ada *client) func() reply {
			return func() reply { return ada.do("GET", "/v1/user/me", nil) }
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, early := range []time.Duration{time.Microsecond, 0} {
				w := newWorld(t)
				w.account("ada")
				use := tt.play(w, w.signedIn(w.bearer(), "ada"))
				w.clock.Advance(tt.life - early)
				r := use()
				if early == 0 {
					tt.want.of(r)
				} else if r.status != 200 {
					t.Errorf("%v before its end: %d %s", early, r.status, r.raw)
				}
			}
		})
	}
}
