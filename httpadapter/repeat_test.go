package httpadapter_test

import "testing"

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
