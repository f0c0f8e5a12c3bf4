package httpadapter_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ligature-auth/ligature/httpadapter"
)

// mounts are the ways to be mounted, each with how a client signs in.
var mounts = map[string]struct {
	handler func(*world) http.Handler
	signIn  func(*client)
	signsIn bool // by itself
	tokens  bool
}{
	"bearer": {(*world).bearerAlone, (*client).signInByToken, true, true},
	"cookie": {(*world).cookieAlone, (*client).signInByCookie, true, false},
	"host":   {(*world).hostAlone, (*client).signInAtHost, false, false},
}

func (w *world) bearerAlone() http.Handler { return w.bearer() }
func (w *world) cookieAlone() http.Handler { return w.cookie() }
func (w *world) hostAlone() http.Handler   { return w.host() }

func (c *client) signInByToken() {
	c.w.t.Helper()
	r := c.ok(c.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
	if r.text("token_type") != "Bearer" || r.body["expires_in"].(float64) <= 30 {
		c.w.t.Errorf("the client stores nothing of %s", r.raw)
	}
	c.header.Set("Authorization", r.text("token_type")+" "+r.text("access_token"))
}

func (c *client) signInByCookie() {
	c.w.t.Helper()
	c.ok(c.do("POST", "/v1/signin", m{"username": "ada", "password": password}))
}

func (c *client) signInAtHost() {
	c.header.Set("Test-Account", "ada")
	c.header.Set("Test-Session", "one")
}

// TestTheWholeCeremony goes through all of it, in each mode.
func TestTheWholeCeremony(t *testing.T) {
	for mode, mount := range mounts {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			c := w.stranger(mount.handler(w))
			nobody.of(c.do("GET", "/v1/user/me", nil))
			mount.signIn(c)

			me := c.ok(c.do("GET", "/v1/user/me", nil))
			if me.text("sub") != "ada" || me.text("username") != "ada" || me.body["hasPassword"] != true || me.body["email"] != nil {
				t.Errorf("at first: %s", me.raw)
			}

			// An email address and a phone number, under one sudo.
			sudo := c.ok(c.do("POST", "/v1/user/sudo", m{"password": password}))
			if sudo.body["expires_in"] != float64(600) {
				t.Errorf("sudo: %s", sudo.raw)
			}
			for _, to := range []string{"Ada@Example.com", "13800000000"} {
				r := c.bind(to, sudo.body, c.prove(to))
				if c.ok(r); r.raw != "{}\n" {
					t.Errorf("bound %s: %q", to, r.raw)
				}
			}
			me = c.ok(c.do("GET", "/v1/user/me", nil))
			if me.text("email") != "ada@example.com" || me.text("phone_number") != "+86 13800000000" {
				t.Errorf("bound: %s", me.raw)
			}

			// The calls of the client that carry no token.
			c.ok(c.verify(c.code("ada@example.org")))
			c.ok(c.do("POST", "/v1/user/basic/edit", m{"email": "ada@example.org", "nickname": "Ada"}))
			me = c.ok(c.do("GET", "/v1/user/me", nil))
			if me.text("email") != "ada@example.org" || me.text("name") != "Ada" {
				t.Errorf("edited: %s", me.raw)
			}
			// To the email address of the phone's coming, to both of the other's.
			if n, err := w.svc.Deliver(t.Context(), 10); n != 3 || err != nil {
				t.Errorf("%d notices were delivered, %v, want 3", n, err)
			}
			if told, ok := w.mail.Last("ada@example.com"); !ok || told.Code != "" {
				t.Errorf("the replaced address was told %q", told.Text)
			}

			// Sudo by a code to an address of the account; the password under it.
			w.clock.Advance(time.Hour)
			noSudo.of(c.do("PATCH", "/v1/user/password", m{"sudo_token": sudo.body, "new_password": "a new password"}))
			byCode := c.ok(c.do("POST", "/v1/user/sudo", m{"verification_token": c.prove("ada@example.org")}))
			c.ok(c.do("PATCH", "/v1/user/password", m{"sudo_token": byCode.body, "new_password": "a new password"}))
			badPassword.of(c.do("POST", "/v1/user/sudo", m{"password": password}))
			c.ok(c.do("POST", "/v1/user/sudo", m{"password": "a new password"}))
			if !mount.signsIn {
				return
			}

			// Out, and in again by a code.
			c.ok(c.do("POST", "/v1/user/signout", m{"redirect_uri": "x", "state": "y"}))
			nobody.of(c.do("GET", "/v1/user/me", nil))
			w.clock.Advance(time.Microsecond) // codes asked for before a new password are dead
			again := w.stranger(c.h)
			in := again.ok(again.do("POST", "/v1/signin", m{"username": "13800000000", "verification_token": again.prove("+86 13800000000")}))
			if in.text("sub") != "ada" {
				t.Errorf("by the phone signs in %s", in.raw)
			}
			if mount.tokens {
				refreshAndRevoke(t, again, in)
			}

			// Somebody new.
			eve := w.stranger(c.h)
			up := eve.ok(eve.do("POST", "/v1/signup", m{
				"email": "eve@example.com", "verification_token": eve.prove("eve@example.com"),
				"username": "eve", "name": "Eve", "verification_code": "ignored",
			}))
			if mount.tokens {
				eve.header.Set("Authorization", "Bearer "+up.text("access_token"))
			}
			if me := eve.ok(eve.do("GET", "/v1/user/me", nil)); me.text("username") != "eve" || me.text("name") != "Eve" || me.text("sub") != up.text("sub") {
				t.Errorf("signed up as %s", me.raw)
			}
		})
	}
}

// refreshAndRevoke is the end of a session that is tokens.
func refreshAndRevoke(t *testing.T, c *client, in reply) {
	t.Helper()
	refresh := func(token string) reply {
		return c.do("POST", "/v1/token", m{"client_id": "x", "client_secret": "", "grant_type": "refresh_token", "refresh_token": token})
	}
	next := c.ok(refresh(in.text("refresh_token")))
	if same := c.ok(refresh(in.text("refresh_token"))); same.raw != next.raw {
		t.Error("a lost answer is not had again")
	}
	c.header.Set("Authorization", "Bearer "+next.text("access_token"))
	c.ok(c.do("GET", "/v1/user/me", nil))
	c.header.Del("Authorization")
	for range 2 { // a dead token is no error
		c.ok(c.do("POST", "/v1/revoke", m{"token": next.text("access_token")}))
	}
	c.ok(c.do("POST", "/v1/revoke", m{"token": "another system's"}))
	c.header.Set("Authorization", "Bearer "+next.text("access_token"))
	nobody.of(c.do("GET", "/v1/user/me", nil))
	deadGrant.of(refresh(next.text("refresh_token")))
}

// TestPrefixes mounts the adapter under what an application likes.
func TestPrefixes(t *testing.T) {
	for _, prefix := range []string{"", "/auth", "/a/b/c"} {
		w := newWorld(t)
		w.account("ada")
		mux := http.NewServeMux()
		mux.Handle(prefix+"/", http.StripPrefix(prefix, w.bearer()))
		c := w.stranger(mux)
		c.prefix = prefix
		c.signInByToken()
		c.ok(c.bind("new@example.com", c.sudo(), c.prove("new@example.com")))
		noEndpoint.of(c.do("GET", "/v1/nothing", nil))
		noEndpoint.of(c.do("GET", "/", nil))
	}
}

// TestTwoMounts: one Service, tokens for apps and cookies for pages, over a real
// connection. Neither takes the other's.
func TestTwoMounts(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	sessions := scs.New()
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", w.bearer()))
	mux.Handle("/app/auth/", sessions.LoadAndSave(http.StripPrefix("/app/auth", w.handler(httpadapter.Options{Sessions: httpadapter.Cookie(sessions)}))))
	server := httptest.NewServer(mux)
	defer server.Close()

	call := func(method, path, body string, edits ...func(*http.Request)) (reply, []*http.Cookie) {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, edit := range edits {
			edit(r)
		}
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		return check(t, r, []byte(body), answer), answer.Cookies()
	}
	const in = `{"username":"ada","password":"` + password + `"}`
	byToken, none := call("POST", "/auth/v1/signin", in)
	byCookie, cookies := call("POST", "/app/auth/v1/signin", in)
	if byToken.status != 200 || byCookie.status != 200 || len(none) != 0 || len(cookies) != 1 {
		t.Fatalf("signed in: %s with %d cookies, %s with %d", byToken.raw, len(none), byCookie.raw, len(cookies))
	}
	token := header("Authorization", "Bearer "+byToken.text("access_token"))
	cookie := func(r *http.Request) { r.AddCookie(cookies[0]) }
	for _, tt := range []struct {
		name, path string
		edits      []func(*http.Request)
		status     int
	}{
		{"the token at its mount", "/auth", []func(*http.Request){token}, 200},
		{"the token with a cookie", "/auth", []func(*http.Request){token, cookie}, 200},
		{"the cookie at its mount", "/app/auth", []func(*http.Request){cookie}, 200},
		{"the cookie at the other", "/auth", []func(*http.Request){cookie}, 401},
		{"the token at the other", "/app/auth", []func(*http.Request){token}, 401},
		{"the token at the other, with a cookie", "/app/auth", []func(*http.Request){token, cookie}, 401},
		{"another system's token with the cookie", "/app/auth", []func(*http.Request){header("Authorization", "Bearer PUBLISHABLE_KEY"), cookie}, 200},
	} {
		if r, _ := call("GET", tt.path+"/v1/user/me", "", tt.edits...); r.status != tt.status {
			t.Errorf("%s: want %d, got %d %s", tt.name, tt.status, r.status, r.raw)
		}
	}
	if r, _ := call("POST", "/app/auth/v1/token", `{}`); r.status != 404 {
		t.Errorf("tokens for a cookie: %s", r.raw)
	}
	if r, _ := call("POST", "/auth/v1/token", `{}`); r.status != 400 {
		t.Errorf("no tokens at their own mount: %s", r.raw)
	}
}

// TestRepeatedRequests: the client sends a request again, with its name, when an
// answer is lost. It gets the same answer, and the request has one effect.
func TestRepeatedRequests(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	c.header.Set("X-Device-Id", "0123456789abcdef0123456789abcdef")
	named := 0
	twice := func(method, path string, body m) reply {
		t.Helper()
		named++
		id := header("X-Request-Id", strings.Repeat("0", 30)+string(rune('a'+named)))
		first := c.ok(c.do(method, path, body, id))
		before := w.store.snapshot()
		if second := c.do(method, path, body, id); second.raw != first.raw {
			t.Errorf("%s: %s, and again %s", first.what, first.raw, second.raw)
		}
		for _, changed := range w.store.snapshot().since(before) {
			// A password is judged again, and counted as any that is.
			if changed != "counter.n" || body["password"] == nil {
				t.Errorf("%s: its repeat changed %v", first.what, changed)
			}
		}
		return first
	}
	sudo := twice("POST", "/v1/user/sudo", m{"password": password})
	sent := twice("POST", "/v1/verification", m{"email": "new@example.com"})
	letter, _ := w.mail.Last("new@example.com")
	if n := len(w.mail.Messages()); n != 1 {
		t.Errorf("%d messages for one request", n)
	}
	proof := twice("POST", "/v1/verification/verify", m{"verification_id": sent.text("verification_id"), "verification_code": letter.Code})
	twice("PATCH", "/v1/user/contact", m{
		"email": "new@example.com", "sudo_token": sudo.body, "verification_token": proof.text("verification_token"),
	})
}
