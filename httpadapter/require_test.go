package httpadapter_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// guarded is an application in one mode: the handler, and below /app pages of its own
// behind each middleware, which say who is there.
func (w *world) guarded(mode string, host func(*http.Request) (association.Actor, error)) http.Handler {
	w.t.Helper()
	var by httpadapter.Sessions
	wrap := func(h http.Handler) http.Handler { return h }
	switch mode {
	case "bearer":
		by = httpadapter.Bearer()
	case "cookie":
		s := scs.New()
		by, wrap = httpadapter.Cookie(s), s.LoadAndSave
	case "host":
		if host == nil {
			host = func(r *http.Request) (association.Actor, error) {
				return association.Actor{Account: r.Header.Get("Test-Account"), Session: r.Header.Get("Test-Session")}, nil
			}
		}
		by = httpadapter.Host(host)
	}
	page := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		rw.Header().Set("Cache-Control", "no-store")
		actor := httpadapter.ActorFrom(r.Context())
		_, _ = fmt.Fprintf(rw, `{"account":%q,"anonymous":%v}`, actor.Account, actor.Anonymous)
	})
	mux := http.NewServeMux()
	for path, middleware := range map[string]func(http.Handler) http.Handler{
		"/app/signed-in": httpadapter.RequireSignIn(w.svc, by),
		"/app/sudo":      httpadapter.RequireSudo(w.svc, by),
		"/app/phone":     httpadapter.RequireAssociation(w.svc, by, "phone"),
		"/app/fax":       httpadapter.RequireAssociation(w.svc, by, "fax"),
		"/app/fresh":     httpadapter.RequireFresh(w.svc, by, 5*time.Minute),
		"/app/open":      func(h http.Handler) http.Handler { return h },
	} {
		mux.Handle(path, middleware(page))
	}
	mux.Handle("/", w.handler(httpadapter.Options{Sessions: by}))
	return wrap(mux)
}

// passes wants a page to have been served to the account.
func passes(t *testing.T, r reply, account string) {
	t.Helper()
	if r.status != 200 || r.body["account"] != account {
		t.Errorf("%s: want it served to %q, got %d %s", r.what, account, r.status, r.raw)
	}
}

var requirePages = []string{"/app/signed-in", "/app/sudo", "/app/phone", "/app/fresh"}

// TestRequireRefusesNobody: nor who is somebody no longer, or disabled; and no page of
// theirs runs.
func TestRequireRefusesNobody(t *testing.T) {
	blocked := refusal{"user_blocked", 7, 403}
	for _, mode := range modes {
		w := newWorld(t)
		w.account("ada", "phone", "+86 13800000000")
		h := w.guarded(mode, nil)
		c := w.stranger(h)
		for _, page := range requirePages {
			nobody.of(c.do("GET", page, nil))
		}
		passes(t, c.do("GET", "/app/open", nil), "")
		c = w.enter(mode, h, "ada", "one")
		token := c.sudo()
		for _, page := range requirePages {
			passes(t, c.do("POST", page, nil, header("X-Sudo-Token", token)), "ada")
		}
		passes(t, c.do("GET", "/app/open", nil), "") // nobody is told where nobody asked
		w.block("ada")
		for _, page := range requirePages {
			blocked.of(c.do("GET", page, nil, header("X-Sudo-Token", token)))
		}
		if mode == "host" {
			continue
		}
		w.unblock("ada")
		c.ok(c.do("POST", "/v1/user/signout", nil))
		for _, page := range requirePages {
			nobody.of(c.do("GET", page, nil, header("X-Sudo-Token", token)))
		}
	}
}

// TestRequireTakesNoSecondWord: a dead bearer does not fall back to a live cookie, and two
// are nobody's.
func TestRequireTakesNoSecondWord(t *testing.T) {
	for _, mode := range signingIn() {
		w := newWorld(t)
		w.account("ada")
		c := w.enter(mode, w.guarded(mode, nil), "ada", "one")
		passes(t, c.do("GET", "/app/signed-in", nil), "ada")
		nobody.of(c.do("GET", "/app/signed-in", nil, func(r *http.Request) { r.Header.Add("Authorization", "Bearer lga1_x") }))
		passes(t, c.do("GET", "/app/open", nil, func(r *http.Request) { r.Header.Add("Authorization", "Bearer lga1_x") }), "")
	}
}

// TestRequireSudo: with tokens, the sudo token is to be shown too, since an access token
// alone may be stolen; with cookies and at a host, it is looked at where it is shown.
func TestRequireSudo(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t, func(c *association.Config) { c.Policy.SudoMaxUses = 1 })
			w.account("ada")
			w.account("eve")
			h := w.guarded(mode, nil)
			c := w.enter(mode, h, "ada", "one")
			another := w.enter(mode, h, "ada", "two").sudo()
			eves := w.enter(mode, h, "eve", "eve's").sudo()
			call := func(token string) reply {
				return c.do("POST", "/app/sudo", m{"sudo_token": token}, func(r *http.Request) {
					if token != "" {
						r.Header.Set("X-Sudo-Token", token)
					}
				})
			}
			refused := func(token string) {
				t.Helper()
				before := w.store.snapshot()
				r := call(token)
				noSudo.of(r)
				checkChallenge(t, r, 0)
				if changed := w.store.snapshot().since(before); len(changed) != 0 {
					t.Errorf("it changed %v", changed)
				}
			}
			for _, token := range []string{"", another, eves, "x"} {
				refused(token)
			}
			own := c.sudo()
			for _, token := range []string{another, eves, "x", own + "="} {
				refused(token)
			}
			if mode == "bearer" {
				refused("")
			} else {
				passes(t, call(""), "ada")
			}
			before := w.store.snapshot()
			for range 3 {
				passes(t, call(own), "ada")
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("to be let through changed %v", changed)
			}
			w.clock.Advance(10*time.Minute - time.Microsecond)
			passes(t, call(own), "ada")
			w.clock.Advance(time.Microsecond)
			refused(own)
			refused("")
			// Of one use, it is used up by a change.
			own = c.sudo()
			c.ok(c.do("PATCH", "/v1/user/password", m{"sudo_token": own, "new_password": "a new password"}))
			refused(own)
			refused("")
		})
	}
}

// TestRequireSudoInAnURL: the token is not looked for there.
func TestRequireSudoInAnURL(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.enter("bearer", w.guarded("bearer", nil), "ada", "one")
	noSudo.of(c.do("POST", "/app/sudo?sudo_token="+c.sudo(), nil))
}

// TestRequireAssociation: an address of the kind, which vouches now.
func TestRequireAssociation(t *testing.T) {
	needed := refusal{"failed_precondition", 9, 403}
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			const month = 30 * 24 * time.Hour
			w := newWorld(t, func(c *association.Config) { c.Policy.ReproveAfter = map[string]time.Duration{"phone": month} })
			w.account("ada", "email", "ada@example.com")
			h := w.guarded(mode, nil)
			c := w.enter(mode, h, "ada", "one")
			needed.of(c.do("POST", "/app/phone", nil))
			c.ok(c.bind("13800000000", c.sudo(), c.prove("13800000000")))
			passes(t, c.do("POST", "/app/phone", nil), "ada")
			unsupported.of(c.do("POST", "/app/fax", nil))
			w.clock.Advance(month)
			c = w.enter(mode, h, "ada", "one")
			needed.of(c.do("POST", "/app/phone", nil))
			c.ok(c.do("POST", "/v1/user/sudo", m{"password": password, "verification_token": c.prove("13800000000")}))
			passes(t, c.do("POST", "/app/phone", nil), "ada")
			c.ok(c.do("DELETE", "/v1/user/associations/"+c.method("phone"), m{"sudo_token": c.sudo()}))
			needed.of(c.do("POST", "/app/phone", nil))
		})
	}
}

// TestR10_RequireFresh: who signed in or proved themselves of late; else the challenge
// says how long ago is late.
func TestR10_RequireFresh(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			at := w.clock.Now()
			h := w.guarded(mode, func(*http.Request) (association.Actor, error) {
				return association.Actor{Account: "ada", Session: "one", AuthenticatedAt: at}, nil
			})
			c := w.enter(mode, h, "ada", "one")
			fresh := func() reply { return c.do("GET", "/app/fresh", nil) }
			stale := func() {
				t.Helper()
				r := fresh()
				noSudo.of(r)
				checkChallenge(t, r, 5*time.Minute)
				for _, secret := range []string{"ada", "lga1_", "lgs1_", "one", strings.TrimPrefix(c.header.Get("Authorization"), "Bearer ")} {
					if secret != "" && strings.Contains(r.header.Get("WWW-Authenticate")+r.raw, secret) {
						t.Errorf("the challenge holds %q: %s", secret, r.raw)
					}
				}
			}
			passes(t, fresh(), "ada")
			w.clock.Advance(5 * time.Minute)
			passes(t, fresh(), "ada")
			w.clock.Advance(time.Microsecond)
			stale()
			c.sudo()
			passes(t, fresh(), "ada")
			w.clock.Advance(5*time.Minute + time.Microsecond)
			stale() // though the grant lives
		})
	}
}

// TestRequireFreshOfAHostThatDoesNotDate: nothing is known of when, so it is not fresh; nor
// is what has yet to come.
func TestRequireFreshOfAHostThatDoesNotDate(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	for _, at := range []time.Time{{}, w.clock.Now().Add(time.Second)} {
		c := w.stranger(w.guarded("host", func(*http.Request) (association.Actor, error) {
			return association.Actor{Account: "ada", Session: "one", AuthenticatedAt: at}, nil
		}))
		noSudo.of(c.do("GET", "/app/fresh", nil))
	}
	c := w.stranger(w.guarded("host", func(*http.Request) (association.Actor, error) {
		return association.Actor{}, errors.New("dial tcp 10.0.0.1:5432: refused")
	}))
	for _, page := range requirePages {
		r := c.do("GET", page, nil)
		refusal{"unavailable", 14, 503}.of(r)
		if strings.Contains(r.raw, "10.0.0.1") {
			t.Errorf("the host's error is told: %s", r.raw)
		}
	}
}

// TestRequireOfAnonymous: an anonymous account is signed in, and proves nothing.
func TestRequireOfAnonymous(t *testing.T) {
	for _, mode := range signingIn() {
		w := newWorld(t, letAnonymous)
		c, in := w.guest(w.guarded(mode, nil))
		r := c.do("GET", "/app/signed-in", nil)
		passes(t, r, in.text("sub"))
		if r.body["anonymous"] != true {
			t.Errorf("%s: %s", mode, r.raw)
		}
		for _, page := range requirePages[1:] {
			if r := c.do("GET", page, nil, header("X-Sudo-Token", "x")); r.status != 403 {
				t.Errorf("%s: %d %s", page, r.status, r.raw)
			}
		}
	}
}
