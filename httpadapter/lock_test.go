package httpadapter_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// mechanism is something that is guessed at, with every path that judges it.
type mechanism struct {
	most   int           // wrong guesses
	window time.Duration // in which they count
	want   refusal       // of a wrong guess
	// guesses are bodies with a wrong guess, whatever the endpoint calls it.
	guesses []func(w *world, ada *client) m
	paths   []judge
}

// judge is a path that judges: an endpoint, and how it is used.
type judge struct {
	route, how string
	// prepare does, for one of the two in a test, whatever goes before the guess. What
	// one asks a code for the other does not, or the second would take the first's place.
	prepare func(w *world, mode string, c *client, role string) (guess func(right bool) reply)
}

// device is somebody signed out at the same handler, on a device of this name.
func (c *client) device(name string) *client {
	s := c.w.stranger(c.h)
	s.header.Set("X-Device-Id", name)
	return s
}

func passwordIf(right bool) string {
	if right {
		return password
	}
	return "wrong horse"
}

func codeIf(right bool, code string) string {
	if right {
		return code
	}
	return wrong(code)
}

// mechanisms are all that there are to guess at.
var mechanisms = map[string]mechanism{
	"the password": {
		most: 5, window: 15 * time.Minute, want: badPassword,
		guesses: []func(*world, *client) m{func(*world, *client) m {
			return m{"username": "ada", "password": "wrong horse", "old_password": "wrong horse", "new_password": "wrong horse"}
		}},
		paths: []judge{
			signingInBy("ada"), signingInBy("ada@example.com"), signingInBy("+86 13800000000"),
			{"POST /v1/signin", "beside a token", func(_ *world, _ string, c *client, role string) func(bool) reply {
				s := c.device(role)
				token := s.prove("ada@example.com")
				return func(right bool) reply {
					return s.do("POST", "/v1/signin", m{"verification_token": token, "password": passwordIf(right)})
				}
			}},
			{"POST /v1/user/sudo", "alone", func(_ *world, _ string, c *client, _ string) func(bool) reply {
				return func(right bool) reply { return c.do("POST", "/v1/user/sudo", m{"password": passwordIf(right)}) }
			}},
			{"POST /v1/user/sudo", "beside a token", func(_ *world, _ string, c *client, role string) func(bool) reply {
				// A code of the account is one for both roles: the other has the phone's.
				token := c.prove(map[string]string{"x": "ada@example.com", "y": "+86 13800000000"}[role])
				return func(right bool) reply {
					return c.do("POST", "/v1/user/sudo", m{"verification_token": token, "password": passwordIf(right)})
				}
			}},
		},
	},
	"codes to sign in by": {
		most: 4, window: 24 * time.Hour, want: badArgument,
		guesses: []func(*world, *client) m{func(w *world, ada *client) m {
			id, code := w.stranger(ada.h).code("ada@example.com")
			return m{"verification_id": id, "verification_code": wrong(code)}
		}},
		paths: []judge{
			{"POST /v1/verification/verify", "from a device", func(_ *world, _ string, c *client, role string) func(bool) reply {
				s := c.device(role)
				return guessing(s, s, m{"email": "ada@example.com"})
			}},
			{"POST /v1/verification/verify", "from none", func(w *world, _ string, c *client, _ string) func(bool) reply {
				s := w.stranger(c.h)
				return guessing(s, s, m{"email": "ada@example.com"})
			}},
			{"POST /v1/verification/verify", "signed in to another account", func(w *world, mode string, c *client, role string) func(bool) reply {
				eve := w.enter(mode, c.h, "eve", role)
				return guessing(eve, eve, m{"email": "ada@example.com", "target": "USER"})
			}},
		},
	},
	"codes of an account": {
		most: 4, window: time.Hour, want: badArgument,
		guesses: []func(*world, *client) m{func(_ *world, ada *client) m {
			id, code := ada.code("guessed@example.com")
			return m{"verification_id": id, "verification_code": wrong(code)}
		}},
		paths: []judge{
			{"POST /v1/verification/verify", "to bind an email address", func(_ *world, _ string, c *client, role string) func(bool) reply {
				return guessing(c, c, m{"email": role + "@example.com"})
			}},
			{"POST /v1/verification/verify", "to bind a phone number", func(_ *world, _ string, c *client, role string) func(bool) reply {
				return guessing(c, c, m{"phone_number": map[string]string{"x": "13900000001", "y": "13900000002"}[role]})
			}},
			{"POST /v1/verification/verify", "for sudo", func(_ *world, _ string, c *client, role string) func(bool) reply {
				to := map[string]m{"x": {"email": "ada@example.com"}, "y": {"phone_number": "13800000000"}}
				return guessing(c, c, to[role])
			}},
			{"POST /v1/verification/verify", "guessed signed out", func(w *world, _ string, c *client, role string) func(bool) reply {
				return guessing(c, w.stranger(c.h), m{"email": role + "@example.net"})
			}},
		},
	},
	"codes of an authenticator": {
		most: 4, window: 24 * time.Hour, want: badArgument,
		guesses: []func(*world, *client) m{
			func(w *world, ada *client) m { return m{"authenticator_code": wrong(w.totp(ada.enrol()))} },
			func(w *world, ada *client) m { return m{"authenticator_code": wrong(w.totp(ada.authenticator()))} },
		},
		paths: []judge{
			{"POST /v1/user/sudo", "by the app", func(w *world, _ string, c *client, _ string) func(bool) reply {
				return func(right bool) reply {
					return c.do("POST", "/v1/user/sudo", m{"authenticator_code": codeIf(right, w.totp(c.app()))})
				}
			}},
			{"POST /v1/user/authenticator/verify", "enrolling", func(w *world, _ string, c *client, _ string) func(bool) reply {
				var secret string
				return func(right bool) reply {
					if secret == "" {
						secret = c.enrol()
					}
					return c.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": codeIf(right, w.totp(secret))})
				}
			}},
		},
	},
}

func signingInBy(name string) judge {
	return judge{"POST /v1/signin", "by " + name, func(w *world, _ string, c *client, _ string) func(bool) reply {
		s := w.stranger(c.h)
		return func(right bool) reply {
			return s.do("POST", "/v1/signin", m{"username": name, "password": passwordIf(right)})
		}
	}}
}

// guessing asks for a code by one client and guesses at it by another.
func guessing(asks, guesses *client, what m) func(bool) reply {
	asks.w.t.Helper()
	id := asks.ok(asks.do("POST", "/v1/verification", what)).text("verification_id")
	all := asks.w.mail.Messages()
	code := all[len(all)-1].Code
	return func(right bool) reply { return guesses.verify(id, codeIf(right, code)) }
}

// enrol sets up an authenticator app that has shown no code yet, in the place of the one
// that there is, and returns its secret.
func (c *client) enrol() string {
	c.w.t.Helper()
	sudo := c.sudo()
	for _, v := range c.ok(c.do("GET", "/v1/user/associations", nil)).body["data"].([]any) {
		if v := v.(m); v["kind"] == "authenticator" {
			c.ok(c.do("DELETE", "/v1/user/associations/"+v["id"].(string), m{"sudo_token": sudo}))
		}
	}
	return c.ok(c.do("POST", "/v1/user/authenticator", m{"sudo_token": sudo})).text("secret")
}

// app is the secret of the account's authenticator, which the first to ask sets up.
func (c *client) app() string {
	c.w.t.Helper()
	if c.w.app == "" {
		c.w.app = c.authenticator()
	}
	return c.w.app
}

// authenticator sets up an authenticator app whose next code is good.
func (c *client) authenticator() string {
	c.w.t.Helper()
	secret := c.enrol()
	c.ok(c.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": c.w.totp(secret)}))
	c.w.clock.Advance(30 * time.Second)
	return secret
}

// locking is a world with budgets that four wrong guesses use up.
func locking(t *testing.T) *world {
	w := newWorld(t, func(c *association.Config) {
		c.Policy.Budgets.WrongCodesPerTarget = association.Limit{N: 4, Per: 24 * time.Hour}
		c.Policy.Budgets.WrongCodesPerAccount = association.Limit{N: 4, Per: time.Hour}
		c.Policy.Budgets.WrongAuthenticatorCodes = association.Limit{N: 4, Per: 24 * time.Hour}
	})
	w.account("ada", "email", "ada@example.com", "phone", "+86 13800000000")
	w.account("eve", "email", "eve@example.com")
	return w
}

// used is a judge in a mode.
type used struct {
	judge
	mode string
}

func (u used) String() string { return u.route + " " + u.how + ", " + u.mode }

// everywhere are the paths of a mechanism in every mode that serves them.
func (k mechanism) everywhere(t *testing.T) (all []used) {
	t.Helper()
	for _, path := range k.paths {
		routes := slices.DeleteFunc(httpadapter.Routes(), func(r httpadapter.Route) bool { return r.Name() != path.route })
		if len(routes) != 1 {
			t.Fatalf("%s is not there", path.route)
		}
		for _, mode := range modes {
			if serves(mode, routes[0]) {
				all = append(all, used{path, mode})
			}
		}
	}
	return all
}

// TestR07_EveryPathThatJudgesIsKnown looks for endpoints that judge a guess: each that
// counts a wrong one is among the paths of its mechanism.
func TestR07_EveryPathThatJudgesIsKnown(t *testing.T) {
	for name, k := range mechanisms {
		known, judges := map[string]bool{}, map[string]bool{}
		for _, path := range k.paths {
			known[path.route] = true
		}
		for _, route := range httpadapter.Routes() {
			if route.Method == "GET" {
				continue // it counts nothing: see TestR61_GetChangesNothing
			}
			for _, guess := range k.guesses {
				tokens := []string{"none", "sign-in", "sudo", "bind"}
				if name == "codes of an authenticator" {
					tokens = tokens[:1] // they stand alone, and each app costs a picture
				}
				for _, token := range tokens {
					if countsWrong(t, route, guess, token) {
						judges[route.Name()] = true
					}
				}
			}
		}
		if !maps.Equal(known, judges) {
			t.Errorf("%s: judged by %v, and known are %v", name, judges, known)
		}
	}
}

// countsWrong reports whether an endpoint counts a wrong guess that comes with
// everything else, and with a token of this sort.
func countsWrong(t *testing.T, route httpadapter.Route, guess func(*world, *client) m, token string) bool {
	w := locking(t)
	ada := w.signedIn(w.bearer(), "ada")
	body := maps.Clone(everyField)
	delete(body, "authenticator_code")
	delete(body, "verification_code")
	maps.Copy(body, guess(w, ada))
	body["sudo_token"] = ada.sudo()
	switch token {
	case "sign-in":
		body["verification_token"] = w.stranger(ada.h).prove("ada@example.com")
		delete(body, "email")
		delete(body, "username")
	case "sudo":
		body["verification_token"] = ada.prove("ada@example.com")
	case "bind":
		body["verification_token"] = ada.prove("new@example.com")
	}
	before := w.store.snapshot().total()
	ada.do(route.Method, route.Path, body)
	// The upper half of a budget's total is how many guesses were wrong.
	return (w.store.snapshot().total()-before)>>32 > 0
}

// TestR07_ALockHoldsOnEveryPath: wrong guesses by one path use up the guesses of every
// other, in every mode; and being locked looks like being wrong.
func TestR07_ALockHoldsOnEveryPath(t *testing.T) {
	for name, k := range mechanisms {
		paths := k.everywhere(t)
		for _, x := range paths {
			for _, y := range paths {
				if x.mode != y.mode && (x.route != y.route || x.how != y.how) {
					continue // of two modes, the same path is enough
				}
				if x.route == "POST /v1/user/authenticator/verify" && y.route == "POST /v1/user/sudo" {
					continue // no app can be confirmed any more: see TestR07_EnrollingAndSudoShareOneCount
				}
				t.Run(fmt.Sprintf("%s: %v, then %v", name, x, y), func(t *testing.T) {
					w := locking(t)
					adaX := w.enter(x.mode, mounts[x.mode].handler(w), "ada", "x")
					adaY := w.enter(y.mode, mounts[y.mode].handler(w), "ada", "y")
					guessX := x.prepare(w, x.mode, adaX, "x")
					guessY := y.prepare(w, y.mode, adaY, "y")
					var said string
					for range k.most {
						r := guessX(false)
						k.want.of(r)
						said = r.raw
					}
					r := guessY(true)
					k.want.of(r)
					if wrong := guessY(false).bytes(); r.raw != said || r.bytes() != wrong {
						t.Errorf("locked is answered\n%s\nand wrong\n%s", r.bytes(), wrong)
					}
					// It was the lock.
					w.clock.Advance(k.window)
					adaY = w.enter(y.mode, mounts[y.mode].handler(w), "ada", "y")
					adaY.ok(y.prepare(w, y.mode, adaY, "y")(true))
				})
			}
		}
	}
}

// TestR07_EnrollingAndSudoShareOneCount: wrong codes of an app that is being enrolled
// count where it is used.
func TestR07_EnrollingAndSudoShareOneCount(t *testing.T) {
	for _, mode := range modes {
		w := locking(t)
		ada := w.enter(mode, mounts[mode].handler(w), "ada", "one")
		secret := ada.enrol()
		for range 3 {
			badArgument.of(ada.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": wrong(w.totp(secret))}))
		}
		ada.ok(ada.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": w.totp(secret)}))
		w.clock.Advance(30 * time.Second)
		badArgument.of(ada.do("POST", "/v1/user/sudo", m{"authenticator_code": wrong(w.totp(secret))}))
		badArgument.of(ada.do("POST", "/v1/user/sudo", m{"authenticator_code": w.totp(secret)}))
	}
}

// TestR07_ALockIsItsMechanismsAlone: whoever is locked out of one has the others.
func TestR07_ALockIsItsMechanismsAlone(t *testing.T) {
	for name, k := range mechanisms {
		for other, o := range mechanisms {
			if name == other {
				continue
			}
			t.Run(name+", not "+other, func(t *testing.T) {
				w := locking(t)
				h := w.bearer()
				x, y := w.signedIn(h, "ada"), w.signedIn(h, "ada")
				y.app() // which takes the password
				right := o.paths[0].prepare(w, "bearer", y, "y")
				guess := k.paths[0].prepare(w, "bearer", x, "x")
				for range k.most + 1 {
					k.want.of(guess(false))
				}
				y.ok(right(true))
			})
		}
	}
}
