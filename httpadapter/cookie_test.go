package httpadapter_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// TestR62_EndingsAreFinal: scs brings a session back when a request was under way
// while it ended; it does not count any more, whichever way it ended.
func TestR62_EndingsAreFinal(t *testing.T) {
	for name, end := range map[string]func(a *cookieApp){
		"signed out": func(a *cookieApp) { a.ok(a.do("POST", "/v1/user/signout", nil)) },
		"signed out everywhere": func(a *cookieApp) {
			a.ok(a.do("DELETE", "/v1/user/revoke/all", nil))
		},
		"ended by its ID": func(a *cookieApp) {
			a.ok(a.do("DELETE", "/v1/user/authorized/devices/"+a.devices()[0]["id"].(string), nil))
		},
		"deleted with its account": func(a *cookieApp) {
			a.ok(a.do("DELETE", "/v1/user/me?sudo_token="+a.token, nil))
		},
		"signed in again": func(a *cookieApp) {
			a.signIn("ada")
			a.ok(a.do("POST", "/v1/user/signout", nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, letDelete)
			w.account("ada")
			a := newCookieApp(w)
			a.signIn("ada")
			a.token = a.sudo()
			old := a.underWay(func() {
				before := a.cookie()
				end(a)
				if _, alive, _ := a.sessions.Store.Find(before); alive {
					t.Error("the old cookie is left alive")
				}
			})
			before := w.store.snapshot()
			for name, c := range map[string]*client{"the old cookie": a.with(old), "the new cookie": a.client} {
				for _, route := range httpadapter.Routes() {
					if route.SignedIn && route.Cookie {
						nobody.of(c.do(route.Method, route.Path, everyField))
					}
				}
				if who := a.who(c); who != "" {
					t.Errorf("%s is %q for the application's own pages", name, who)
				}
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("the old cookie changed %v", changed)
			}
		})
	}
}

// TestR62_EndingsFromElsewhereAreFinal: nor does it count when it was ended by another
// session of the account, or by the host's word.
func TestR62_EndingsFromElsewhereAreFinal(t *testing.T) {
	for name, end := range map[string]func(w *world, other *client, session string){
		"all others": func(_ *world, other *client, _ string) { other.ok(other.do("DELETE", "/v1/user/revoke/others", nil)) },
		"all":        func(_ *world, other *client, _ string) { other.ok(other.do("DELETE", "/v1/user/revoke/all", nil)) },
		"by its ID": func(_ *world, other *client, session string) {
			other.ok(other.do("DELETE", "/v1/user/authorized/devices/"+session, nil))
		},
		"a removed address": func(_ *world, other *client, _ string) {
			other.ok(other.do("DELETE", "/v1/user/associations/"+other.method("email"), m{"sudo_token": other.sudo()}))
		},
		"a reset": func(w *world, other *client, _ string) {
			s := w.stranger(other.h)
			s.ok(s.do("POST", "/v1/reset", m{
				"email": "ada@example.com", "verification_token": s.prove("ada@example.com"), "new_password": "a new password",
			}))
		},
		"a deleted account": func(_ *world, other *client, _ string) {
			other.ok(other.do("DELETE", "/v1/user/me", m{"sudo_token": other.sudo()}))
		},
		"the host": func(w *world, _ *client, _ string) {
			if err := w.svc.EndAccountSessions(w.t.Context(), "ada"); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, letDelete)
			w.account("ada", "email", "ada@example.com")
			a := newCookieApp(w)
			a.signIn("ada")
			session := a.devices()[0]["id"].(string)
			other := w.signedIn(w.bearer(), "ada")
			old := a.underWay(func() { end(w, other, session) })
			nobody.of(a.with(old).do("GET", "/v1/user/me", nil))
			nobody.of(a.do("GET", "/v1/user/me", nil))
			if who := a.who(a.with(old)); who != "" {
				t.Errorf("it is %q for the application's own pages", who)
			}
		})
	}
}

// TestR62_SudoIsTheNewCookiesAlone: nor does a request that was under way bring
// back a session that has sudo.
func TestR62_SudoIsTheNewCookiesAlone(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	a.signIn("ada")
	old := a.underWay(func() { a.sudo() })
	id, code := a.code("new@example.com")
	a.ok(a.verify(id, code))

	before := w.store.snapshot()
	for _, route := range httpadapter.Routes() {
		if route.SignedIn && route.Cookie {
			if r := a.with(old).do(route.Method, route.Path, everyField); r.status != 401 {
				t.Errorf("the old cookie: %s: want 401, got %d %s", r.what, r.status, r.raw)
			}
		}
	}
	edit := m{"email": "new@example.com"}
	nobody.of(a.with(old).do("POST", "/v1/user/basic/edit", edit))
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("the old cookie changed %v", changed)
	}
	a.ok(a.do("POST", "/v1/user/basic/edit", edit))
}

// TestR62_SigningInAgainEndsTheSessionBefore: one cookie, one session.
func TestR62_SigningInAgainEndsTheSessionBefore(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	a.signIn("ada")
	var first string
	for _, values := range a.blobs() {
		first = values["ligature.session"].(string)
	}
	a.signIn("ada")
	if _, err := w.svc.ResumeSession(t.Context(), first); !errors.Is(err, association.ErrUnauthenticated) {
		t.Errorf("the first session: %v, want ErrUnauthenticated", err)
	}
	a.ok(a.do("GET", "/v1/user/me", nil))
}

// TestR62_OtherSessionsEndWithTheEpoch: what ends every other session ends those
// that cookies name.
func TestR62_OtherSessionsEndWithTheEpoch(t *testing.T) {
	w := newWorld(t)
	w.account("ada", "email", "ada@example.com")
	thief, ada := newCookieApp(w), newCookieApp(w)
	thief.signIn("ada")
	ada.signIn("ada")
	ada.ok(ada.bind("new@example.com", ada.sudo(), ada.prove("new@example.com")))
	nobody.of(thief.do("GET", "/v1/user/me", nil))
	ada.ok(ada.do("GET", "/v1/user/me", nil))
}

// TestR62_RenewedAtSignInAndSudo: a cookie from before is worth nothing after,
// and a session lives no longer for it.
func TestR62_RenewedAtSignInAndSudo(t *testing.T) {
	w := newWorld(t, letAnonymous, letDelete, takeTickets)
	w.account("ada")
	a := newCookieApp(w)
	a.own("/visit")
	visited := a.own("/deadline")
	if !strings.HasSuffix(visited, " three pears") {
		t.Fatalf("the application lost its own: %q", visited)
	}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"sign-in", func() { a.signIn("ada") }},
		{"sudo", func() { a.sudo() }},
		{"sign-in again", func() { a.signIn("ada") }},
		{"sign-out", func() { a.ok(a.do("POST", "/v1/user/signout", nil)) }},
		{"an anonymous sign-in", func() { a.ok(a.do("POST", "/v1/signin/anonymously", nil)) }},
		{"its upgrade", func() {
			a.ok(a.do("POST", "/v1/signup", m{"email": "eve@example.com", "verification_token": a.prove("eve@example.com")}))
		}},
		{"a ticket", func() { a.ok(a.do("POST", "/v1/signin/custom", m{"ticket": w.ticket("ada")})) }},
		{"signing out everywhere", func() { a.ok(a.do("DELETE", "/v1/user/revoke/all", nil)) }},
		{"sign-in once more", func() { a.signIn("ada") }},
		{"ending this session", func() {
			for _, d := range a.devices() {
				if d["current"] == true {
					a.ok(a.do("DELETE", "/v1/user/authorized/devices/"+d["id"].(string), nil))
				}
			}
		}},
		{"sign-in on a device with a name", func() {
			a.ok(a.do("POST", "/v1/signin", m{"username": "ada", "password": password}, header("X-Device-Id", "a phone")))
		}},
		{"ending this device", func() { a.ok(a.do("DELETE", "/v1/user/authorized/devices/a%20phone", nil)) }},
		{"sign-in a last time", func() { a.signIn("ada") }},
		{"deletion", func() { a.ok(a.do("DELETE", "/v1/user/me?sudo_token="+a.sudo(), nil)) }},
	} {
		old := a.cookie()
		step.do()
		if a.cookie() == old {
			t.Errorf("%s: the cookie stays", step.name)
		}
		nobody.of(a.with(old).do("GET", "/v1/user/me", nil))
		if got := a.own("/deadline"); got != visited {
			t.Errorf("%s: deadline and cart were %q, are %q", step.name, visited, got)
		}
	}
	// What fails renews nothing.
	w.account("bob")
	a.signIn("bob")
	old := a.cookie()
	badPassword.of(a.do("POST", "/v1/user/sudo", m{"password": "wrong horse"}))
	badPassword.of(a.do("POST", "/v1/signin", m{"username": "ada", "password": "wrong horse"}))
	noSudo.of(a.do("DELETE", "/v1/user/me?sudo_token=x", nil))
	badArgument.of(a.do("POST", "/v1/signin/custom", m{"ticket": "x"}))
	if a.cookie() != old {
		t.Error("a refusal renewed the cookie")
	}
}

// TestR63_TheCookieSessionHoldsANameAlone: what is counted or spent is in the
// store, where two requests cannot undo each other.
func TestR63_TheCookieSessionHoldsANameAlone(t *testing.T) {
	w := newWorld(t, letAnonymous, letDelete, takeTickets)
	w.account("ada", "email", "ada@example.com")
	a := newCookieApp(w)
	names := map[string]bool{}
	look := func(step string, want ...string) {
		for _, values := range a.blobs() {
			if got := slices.Sorted(maps.Keys(values)); !slices.Equal(got, want) {
				t.Errorf("%s: scs keeps %v, want %v", step, got, want)
			}
			for _, v := range values {
				name, ok := v.(string)
				if !ok || len(name) != 22+1+22 || strings.Count(name, ".") != 1 {
					t.Errorf("%s: scs keeps %v, which is no bare name", step, v)
				}
				names[name] = true
			}
		}
	}
	look("at first")
	a.signIn("ada")
	look("signed in", "ligature.session")
	sudo := a.sudo()
	look("sudo", "ligature.session")
	id, code := a.code("new@example.com")
	badArgument.of(a.verify(id, wrong(code)))
	look("a wrong code", "ligature.session")
	verification := a.ok(a.verify(id, code)).text("verification_token")
	look("verified", "ligature.session")
	a.ok(a.bind("new@example.com", sudo, verification))
	look("bound", "ligature.session")
	if len(names) != 2 {
		t.Errorf("one session, elevated once, had %d names", len(names))
	}
	a.ok(a.do("POST", "/v1/user/signout", nil))
	look("signed out")
	a.signIn("ada")
	look("signed in again", "ligature.session")
	if len(names) != 3 {
		t.Errorf("another session made it %d names", len(names))
	}
	a.ok(a.do("DELETE", "/v1/user/revoke/others", nil))
	look("others signed out", "ligature.session")
	a.ok(a.do("DELETE", "/v1/user/revoke/all", nil))
	look("signed out everywhere")
	a.ok(a.do("POST", "/v1/signin/anonymously", nil))
	look("anonymous", "ligature.session")
	a.ok(a.do("POST", "/v1/signup", m{"email": "eve@example.com", "verification_token": a.prove("eve@example.com")}))
	look("signed up", "ligature.session")
	w.clock.Advance(time.Second) // a ticket names the second it is of
	a.ok(a.do("POST", "/v1/signin/custom", m{"ticket": w.ticket("ada")}))
	look("handed over", "ligature.session")
	if len(names) != 6 {
		t.Errorf("three sessions more made it %d names", len(names))
	}
	token := a.sudo()
	a.ok(a.do("POST", "/v1/user/authenticator", m{"sudo_token": token}))
	look("enrolling", "ligature.session")
	a.ok(a.do("DELETE", "/v1/user/me?sudo_token="+token, nil))
	look("deleted")
}

// TestR63_ParallelGuessesAllCount: two requests of one session at once are two.
func TestR63_ParallelGuessesAllCount(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	a.signIn("ada")
	id, code := a.code("new@example.com")
	for what, guess := range map[string]func(*client) reply{
		"code":     func(c *client) reply { return c.verify(id, wrong(code)) },
		"password": func(c *client) reply { return c.do("POST", "/v1/user/sudo", m{"password": "wrong horse"}) },
	} {
		before := w.store.snapshot().total()
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() {
				if r := guess(a.with(a.cookie())); r.status != 400 {
					t.Errorf("%s: %d %s", what, r.status, r.raw)
				}
			})
		}
		group.Wait()
		// The upper half of a budget's total is how many guesses were wrong.
		if counted := (w.store.snapshot().total() - before) >> 32; counted != 2 {
			t.Errorf("two wrong guesses at a %s counted as %d", what, counted)
		}
	}
	for c, v := range w.store.snapshot() {
		if c.field == "data.guesses" && v != "2" {
			t.Errorf("two wrong guesses at a code left %s", v)
		}
	}
}

// TestCookieModeHandsOutNoTokens: not in an answer, and at no endpoint.
func TestCookieModeHandsOutNoTokens(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	body := m{"email": "new@example.com", "verification_token": a.prove("new@example.com")}
	for what, r := range map[string]reply{
		"sign-in": a.signIn("ada"),
		"sign-up": a.ok(a.do("POST", "/v1/signup", body)),
	} {
		if got := slices.Sorted(maps.Keys(r.body)); !slices.Equal(got, []string{"expires_in", "sub"}) {
			t.Errorf("%s: %v", what, got)
		}
		if strings.Contains(r.raw, "lga1_") || strings.Contains(r.raw, "lgr1_") {
			t.Errorf("%s: a token: %s", what, r.raw)
		}
	}
	for _, path := range []string{"/v1/token", "/v1/revoke"} {
		noEndpoint.of(a.do("POST", path, m{"grant_type": "refresh_token"}))
	}
}

// TestCookieStoreFails: a cookie session that cannot be renewed is refused, and
// says nothing of why.
func TestCookieStoreFails(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	unavailable := refusal{"unavailable", 14, 503}
	for what, call := range map[string]func(a *cookieApp) reply{
		"sudo": func(a *cookieApp) reply { return a.do("POST", "/v1/user/sudo", m{"password": password}) },
		"sign-in": func(a *cookieApp) reply {
			return a.do("POST", "/v1/signin", m{"username": "ada", "password": password})
		},
		"sign-out":               func(a *cookieApp) reply { return a.do("POST", "/v1/user/signout", nil) },
		"signing out everywhere": func(a *cookieApp) reply { return a.do("DELETE", "/v1/user/revoke/all", nil) },
	} {
		t.Run(what, func(t *testing.T) {
			a := newCookieApp(w)
			a.signIn("ada")
			a.sessions.Store = failingDelete{a.sessions.Store}
			unavailable.of(call(a))
			// Ligature's session has ended, or has a name that the cookie has not.
			nobody.of(a.do("GET", "/v1/user/me", nil))
		})
	}
}

type failingDelete struct{ scs.Store }

func (failingDelete) Delete(string) error { return fmt.Errorf("redis at 10.0.0.1 is gone") }

// TestABlockedAccountDoesNotKeepTheBrowser: whoever signs in next, by the same
// cookie, does.
func TestABlockedAccountDoesNotKeepTheBrowser(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	w.account("bob")
	a := newCookieApp(w)
	a.signIn("ada")
	w.block("ada")
	if r := a.do("GET", "/v1/user/me", nil); r.status != 403 {
		t.Fatalf("ada, blocked: %d %s", r.status, r.raw)
	}
	a.signIn("bob")
	if got := a.ok(a.do("GET", "/v1/user/me", nil)).text("username"); got != "bob" {
		t.Errorf("signed in is %q, want bob", got)
	}
}
