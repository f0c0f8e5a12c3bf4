package httpadapter_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alexedwards/scs/v2"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// TestR62_SignOutIsFinal: scs brings a session back when a request was under way
// while it ended; it does not count any more.
func TestR62_SignOutIsFinal(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	a.signIn("ada")
	old := a.cookie()

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r := httptest.NewRequest("GET", "http://app.example.com/slow", nil)
		r.AddCookie(&http.Cookie{Name: a.sessions.Cookie.Name, Value: old})
		a.h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-a.entered
	a.ok(a.do("POST", "/v1/user/signout", nil))
	if _, alive, _ := a.sessions.Store.Find(old); alive {
		t.Fatal("signing out left the old cookie alive")
	}
	a.leave <- struct{}{}
	<-ended
	if _, alive, _ := a.sessions.Store.Find(old); !alive {
		t.Fatal("scs did not bring the old cookie back: the experiment shows nothing")
	}

	before := w.store.snapshot()
	for name, c := range map[string]*client{"the old cookie": a.with(old), "the new cookie": a.client} {
		for _, route := range httpadapter.Routes() {
			if route.SignedIn && route.Cookie {
				if r := c.do(route.Method, route.Path, everyField); r.status != 401 {
					t.Errorf("%s: %s: want 401, got %d %s", name, r.what, r.status, r.raw)
				}
			}
		}
	}
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("the old cookie changed %v", changed)
	}
}

// TestR62_SudoIsTheNewCookiesAlone: nor does a request that was under way bring
// back a session that has sudo.
func TestR62_SudoIsTheNewCookiesAlone(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	a.signIn("ada")
	old := a.cookie()

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r := httptest.NewRequest("GET", "http://app.example.com/slow", nil)
		r.AddCookie(&http.Cookie{Name: a.sessions.Cookie.Name, Value: old})
		a.h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-a.entered
	a.sudo()
	a.leave <- struct{}{}
	<-ended
	if _, alive, _ := a.sessions.Store.Find(old); !alive {
		t.Fatal("scs did not bring the old cookie back: the experiment shows nothing")
	}
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
	w := newWorld(t)
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
	a.signIn("ada")
	old := a.cookie()
	badPassword.of(a.do("POST", "/v1/user/sudo", m{"password": "wrong horse"}))
	badPassword.of(a.do("POST", "/v1/signin", m{"username": "ada", "password": "wrong horse"}))
	if a.cookie() != old {
		t.Error("a refusal renewed the cookie")
	}
}

// TestR63_TheCookieSessionHoldsANameAlone: what is counted or spent is in the
// store, where two requests cannot undo each other.
func TestR63_TheCookieSessionHoldsANameAlone(t *testing.T) {
	w := newWorld(t)
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
		"sign-out": func(a *cookieApp) reply { return a.do("POST", "/v1/user/signout", nil) },
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
