package httpadapter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestReset: whoever holds an address of the account sets its password, signed out.
// Everything from before is dead, and nobody is signed in by it.
func TestReset(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com", "phone", "+86 13800000000")
			h := mounts[mode].handler(w)
			before, s := w.enter(mode, h, "ada", "one"), w.stranger(h)
			sudo := before.sudo()
			other := s.prove("ada@example.com")
			// The client asks for a code to the whole number, and resets by the bare one.
			r := s.ok(s.do("POST", "/v1/reset", m{
				"phone_number": "13800000000", "verification_token": s.prove("+86 13800000000"), "new_password": "a new password",
			}))
			if r.raw != "{}\n" || len(s.cookies) != 0 {
				t.Errorf("it says %q, with cookies %v", r.raw, s.cookies)
			}
			if mode == "host" {
				noSudo.of(before.do("PATCH", "/v1/user/password", m{"sudo_token": sudo, "new_password": "another password"}))
			} else {
				nobody.of(before.do("GET", "/v1/user/me", nil))
			}
			// So is a code from before.
			badArgument.of(s.do("POST", "/v1/reset", m{"email": "ada@example.com", "verification_token": other, "new_password": "another password"}))
			own := w.stranger(w.bearer())
			badPassword.of(own.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
			own.ok(own.do("POST", "/v1/signin", m{"username": "ada", "password": "a new password"}))
		})
	}
}

// TestResetByTheMailboxIsWorthTheMailbox: the password that a code to an address has
// set does not let its holder replace that address, while there is something else.
func TestResetByTheMailboxIsWorthTheMailbox(t *testing.T) {
	w := newWorld(t)
	w.account("ada", "email", "ada@example.com", "phone", "+86 13800000000")
	thief := w.stranger(w.bearer())
	thief.ok(thief.do("POST", "/v1/reset", m{
		"email": "ada@example.com", "verification_token": thief.prove("ada@example.com"), "new_password": "a new password",
	}))
	thief.take(thief.do("POST", "/v1/signin", m{"username": "ada", "password": "a new password"}))
	sudo := thief.ok(thief.do("POST", "/v1/user/sudo", m{"password": "a new password"})).text("sudo_token")
	before := w.store.snapshot()
	noSudo.of(thief.do("DELETE", "/v1/user/associations/"+thief.method("email"), m{"sudo_token": sudo}))
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("it changed %v", changed)
	}
	noSudo.of(thief.bind("new@example.com", sudo, thief.prove("new@example.com")))
}

// TestResetRefused: the token outlives what is refused.
func TestResetRefused(t *testing.T) {
	reset := func(name string, want refusal, body func(w *world, s *client) m) negative {
		return negative{name: name, want: want, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "ada@example.com")
			s := w.stranger(w.bearer())
			b := body(w, s)
			return func() reply { return s.do("POST", "/v1/reset", b) }, func() reply {
				w.clock.Advance(time.Minute)
				return s.do("POST", "/v1/reset", m{
					"email": "ada@example.com", "verification_token": s.prove("ada@example.com"), "new_password": "a new password",
				})
			}
		}}
	}
	with := func(email string, token any, password string) m {
		return m{"email": email, "verification_token": token, "new_password": password}
	}
	const own, fine = "ada@example.com", "a new password"
	runNegative(t, []negative{
		reset("without a token", badArgument, func(*world, *client) m { return with(own, nil, fine) }),
		reset("with a code in its place", badArgument, func(_ *world, s *client) m {
			_, code := s.code(own)
			return m{"email": own, "verification_code": code, "new_password": fine}
		}),
		reset("of no address", badArgument, func(_ *world, s *client) m { return with("", s.prove(own), fine) }),
		reset("of two", badArgument, func(_ *world, s *client) m {
			return m{"email": own, "phone_number": "13800000000", "verification_token": s.prove(own), "new_password": fine}
		}),
		reset("of another address", badArgument, func(_ *world, s *client) m { return with("eve@example.com", s.prove(own), fine) }),
		reset("by a made-up token", badArgument, func(*world, *client) m {
			return with(own, "lgv1_AAAAAAAAAAAAAAAAAAAAAA."+strings.Repeat("A", 43), fine)
		}),
		reset("by a token for sudo", badArgument, func(w *world, s *client) m {
			return with(own, w.signedIn(s.h, "ada").prove(own), fine)
		}),
		reset("by a token to bind by", badArgument, func(w *world, s *client) m {
			return with("new@example.com", w.signedIn(s.h, "ada").prove("new@example.com"), fine)
		}),
		reset("by a token of another device", badArgument, func(w *world, s *client) m {
			return with(own, s.device("another").prove(own), fine)
		}),
		reset("by a token that is over", badArgument, func(w *world, s *client) m {
			token := s.prove(own)
			w.clock.Advance(10 * time.Minute)
			return with(own, token, fine)
		}),
		reset("without a password", badArgument, func(_ *world, s *client) m { return with(own, s.prove(own), "") }),
		reset("to a short password", badArgument, func(_ *world, s *client) m { return with(own, s.prove(own), "short") }),
		reset("of an address without an account", unregistered, func(_ *world, s *client) m {
			return with("new@example.com", s.prove("new@example.com"), fine)
		}),
		{name: "twice", want: badArgument, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", own)
			s := w.stranger(w.bearer())
			b := with(own, s.prove(own), fine)
			s.ok(s.do("POST", "/v1/reset", b))
			b["new_password"] = "another password"
			return func() reply { return s.do("POST", "/v1/reset", b) }, nil
		}},
		{name: "of a disabled account", want: refusal{"user_blocked", 7, 403}, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", own)
			s := w.stranger(w.bearer())
			b := with(own, s.prove(own), fine)
			w.block("ada")
			reset := func() reply { return s.do("POST", "/v1/reset", b) }
			return reset, func() reply { w.unblock("ada"); return reset() }
		}},
		{name: "where the host keeps the passwords", want: unsupported,
			edit: func(c *association.Config) { c.Passwords = users{passwords: map[string]string{"ada": password}} },
			play: func(w *world) (refused, mended func() reply) {
				s := w.stranger(w.host())
				b := with("new@example.com", s.prove("new@example.com"), fine)
				return func() reply { return s.do("POST", "/v1/reset", b) }, nil
			}},
	})
}
