package httpadapter_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// TestCookieSignInRepeated: the cookie arrives, the body is lost, and the client
// asks again with that cookie. It is signed in, once.
func TestCookieSignInRepeated(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	id := header("X-Request-Id", "0123456789abcdef0123456789abcdef")
	body := m{"username": "ada", "password": password}
	a.ok(a.do("POST", "/v1/signin", body, id))
	a.ok(a.do("POST", "/v1/signin", body, id))
	a.ok(a.do("GET", "/v1/user/me", nil))
	sudo := a.sudo()
	a.ok(a.do("POST", "/v1/signin", body, id)) // after a sudo, too
	a.ok(a.do("GET", "/v1/user/me", nil))
	id2, code := a.code("new@example.com")
	proof := a.ok(a.verify(id2, code)).text("verification_token")
	a.ok(a.bind("new@example.com", sudo, proof))
}

// TestSignOutRepeated: whoever asks to be signed out twice is, twice.
func TestSignOutRepeated(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	for range 2 {
		c.ok(c.do("POST", "/v1/user/signout", nil))
	}
	nobody.of(c.do("GET", "/v1/user/me", nil))
	a := newCookieApp(w)
	a.signIn("ada")
	for range 2 {
		a.ok(a.do("POST", "/v1/user/signout", nil))
	}
	nobody.of(a.do("GET", "/v1/user/me", nil))
}

// TestRevokeTakesTheRefreshToken: RFC 7009, and nothing else ends the session.
func TestRevokeTakesTheRefreshToken(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	h := w.bearer()
	c := w.stranger(h)
	s := c.ok(c.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
	refresh := m{"grant_type": "refresh_token", "refresh_token": s.text("refresh_token")}
	c.ok(c.do("POST", "/v1/revoke", m{"token": s.text("refresh_token")}))
	deadGrant.of(c.do("POST", "/v1/token", refresh))
}

// TestSignOutEndsWhatIsLeft: an access token that has expired, or whose account is
// disabled, still names a session, and signing out ends it.
func TestSignOutEndsWhatIsLeft(t *testing.T) {
	for name, late := range map[string]func(w *world){
		"expired": func(w *world) { w.clock.Advance(3 * time.Hour) },
		"blocked": func(w *world) { w.block("ada") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			c := w.stranger(w.bearer())
			s := c.ok(c.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
			late(w)
			c.ok(c.do("POST", "/v1/user/signout", nil, header("Authorization", "Bearer "+s.text("access_token"))))
			if name == "blocked" {
				w.unblock("ada")
			}
			deadGrant.of(c.do("POST", "/v1/token", m{"grant_type": "refresh_token", "refresh_token": s.text("refresh_token")}))
		})
	}
}

// TestADeadBearerDoesNothingByCookie: not sign in, and not sign out.
func TestADeadBearerDoesNothingByCookie(t *testing.T) {
	w := newWorld(t)
	w.account("ada", "email", "ada@example.com")
	a := newCookieApp(w)
	a.signIn("ada")
	proof := a.with("").prove("ada@example.com")
	bearer := header("Authorization", "Bearer lga1_x")
	before := w.store.snapshot()
	nobody.of(a.do("POST", "/v1/user/signout", nil, bearer))
	nobody.of(a.do("POST", "/v1/signin", m{"verification_token": proof}, bearer))
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("a dead bearer changed %v", changed)
	}
	a.ok(a.do("GET", "/v1/user/me", nil))
}

// TestActorTakesNoSecondWord: for the host's own pages too, a dead bearer does not
// fall back to a live cookie, and two headers are nobody's.
func TestActorTakesNoSecondWord(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	a := newCookieApp(w)
	s := a.signIn("ada")
	by := httpadapter.Cookie(a.sessions)
	bearers := w.stranger(w.bearer())
	live := "Bearer " + bearers.ok(bearers.do("POST", "/v1/signin", m{"username": "ada", "password": password})).text("access_token")
	for name, tt := range map[string]struct {
		by      httpadapter.Sessions
		headers []string
		want    string
		err     error
	}{
		"the cookie":                         {by, nil, s.text("sub"), nil},
		"the cookie and a foreign bearer":    {by, []string{"Bearer PUBLISHABLE_KEY"}, s.text("sub"), nil},
		"the cookie and a dead bearer":       {by, []string{"Bearer lga1_x"}, "", association.ErrUnauthenticated},
		"the cookie, a foreign and a dead":   {by, []string{"Bearer KEY", "Bearer lga1_x"}, "", association.ErrUnauthenticated},
		"a bearer":                           {httpadapter.Bearer(), []string{live}, s.text("sub"), nil},
		"a bearer twice":                     {httpadapter.Bearer(), []string{live, live}, "", association.ErrUnauthenticated},
		"a dead bearer, whatever the cookie": {httpadapter.Bearer(), []string{"Bearer lga1_x"}, "", association.ErrUnauthenticated},
		"no bearer, whatever the cookie":     {httpadapter.Bearer(), nil, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.AddCookie(&http.Cookie{Name: a.sessions.Cookie.Name, Value: a.cookie()})
			for _, h := range tt.headers {
				r.Header.Add("Authorization", h)
			}
			var got association.Actor
			var err error
			a.sessions.LoadAndSave(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, err = httpadapter.Actor(w.svc, tt.by, r)
			})).ServeHTTP(httptest.NewRecorder(), r)
			if got.Account != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %v, want %q, %v", got.Account, err, tt.want, tt.err)
			}
		})
	}
}
