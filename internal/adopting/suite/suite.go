// Package suite is what the application promises its users, as tests that see no
// more of it than a browser does. It runs on the application as it was before it had
// ligature, and as it is after.
//
//	func TestApp(t *testing.T) {
//		suite.Run(t, func(t *testing.T) suite.App { return newApp(t) })
//	}
package suite

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// App is the application with what its administrator does.
type App interface {
	http.Handler

	// SetDisabled shuts a user out, or lets them sign in again.
	SetDisabled(ctx context.Context, email string, disabled bool) error
}

// Run checks an application. It calls newApp once for each subtest, which must give
// it one that nobody has registered with, and clean up by t.Cleanup.
func Run(t *testing.T, newApp func(t *testing.T) App) {
	t.Helper()
	for _, c := range []struct {
		promise string
		check   func(*testing.T, site)
	}{
		{"register", register},
		{"an address is one user's", oneAddress},
		{"what cannot be registered", malformed},
		{"sign in", signIn},
		{"a long password is not cut", longPassword},
		{"sign out", signOut},
		{"sign out everywhere", signOutEverywhere},
		{"signing in changes the cookie", fixation},
		{"a page of another site is refused", otherSite},
		{"nothing for who is not signed in", closed},
		{"posts", posts},
		{"a post is its author's to delete", othersPosts},
		{"change the password", changePassword},
		{"a disabled user is out", disabled},
		{"delete the account", deleteAccount},
		{"a session does not pass to another user", reborn},
	} {
		t.Run(c.promise, func(t *testing.T) { c.check(t, open(t, newApp(t))) })
	}
}

const (
	password = "correct horse"
	another  = "battery staple"
)

func register(t *testing.T, s site) {
	ada := s.browser(t)
	ada.does(200, "POST", "/register", "email", " Ada@Example.com ", "password", password)
	if got := ada.gets("/me")["email"]; got != "ada@example.com" {
		t.Errorf("signed in as %v, want ada@example.com", got)
	}
}

func oneAddress(t *testing.T, s site) {
	s.registered(t, "ada@example.com")
	other := s.browser(t)
	for _, same := range []string{"ada@example.com", "ADA@example.com"} {
		other.does(409, "POST", "/register", "email", same, "password", another)
	}
	other.does(401, "GET", "/me")
	s.browser(t).does(403, "POST", "/signin", "email", "ada@example.com", "password", another)
}

func malformed(t *testing.T, s site) {
	b := s.browser(t)
	for _, email := range []string{"", "ada", "@example.com", "ada@"} {
		b.does(400, "POST", "/register", "email", email, "password", password)
	}
	for _, bad := range []string{"", "short", strings.Repeat("long", 19)} {
		b.does(400, "POST", "/register", "email", "ada@example.com", "password", bad)
	}
	b.does(400, "POST", "/register?email=ada@example.com", "password", password)
	b.does(400, "POST", "/register?password=correct+horse", "email", "ada@example.com")
	b.does(401, "GET", "/me")
}

func signIn(t *testing.T, s site) {
	s.registered(t, "ada@example.com")
	b := s.browser(t)
	wrong := b.does(403, "POST", "/signin", "email", "ada@example.com", "password", another)
	unknown := b.does(403, "POST", "/signin", "email", "bob@example.com", "password", another)
	if wrong != unknown {
		t.Errorf("a wrong password is answered %q, an unknown address %q", wrong, unknown)
	}
	b.does(403, "POST", "/signin", "email", "ada@example.com")
	b.does(401, "GET", "/me")
	b.does(200, "POST", "/signin", "email", "ADA@example.com", "password", password)
	me := b.gets("/me")
	if me["email"] != "ada@example.com" {
		t.Errorf("signed in as %v, want ada@example.com", me["email"])
	}
	if at, _ := me["signed_in_at"].(float64); time.Since(time.Unix(int64(at), 0)).Abs() > time.Minute {
		t.Errorf("signed in at %v, want now in Unix seconds", me["signed_in_at"])
	}
}

func longPassword(t *testing.T, s site) {
	longest := strings.Repeat("x", 72)
	s.browser(t).does(200, "POST", "/register", "email", "ada@example.com", "password", longest)
	b := s.browser(t)
	b.does(403, "POST", "/signin", "email", "ada@example.com", "password", longest+"y")
	b.does(200, "POST", "/signin", "email", "ada@example.com", "password", longest)
}

func signOut(t *testing.T, s site) {
	ada := s.registered(t, "ada@example.com")
	elsewhere := s.signedIn(t, "ada@example.com", password)
	kept := ada.cookies()
	ada.does(200, "POST", "/signout")
	ada.does(401, "GET", "/me")
	ada.setCookies(kept)
	ada.does(401, "GET", "/me")
	elsewhere.does(200, "GET", "/me")
	s.browser(t).does(200, "POST", "/signout") // nobody
}

func signOutEverywhere(t *testing.T, s site) {
	ada, bob := s.registered(t, "ada@example.com"), s.registered(t, "bob@example.com")
	elsewhere := s.signedIn(t, "ada@example.com", password)
	ada.does(200, "POST", "/signout/everywhere")
	ada.does(401, "GET", "/me")
	elsewhere.does(401, "GET", "/me")
	bob.does(200, "GET", "/me")
	s.signedIn(t, "ada@example.com", password)
}

// fixation: a cookie that somebody else knows is of no use to them once its bearer
// has signed in.
func fixation(t *testing.T, s site) {
	s.registered(t, "ada@example.com")
	mallory := s.registered(t, "mallory@example.com")
	planted := mallory.cookies()

	ada := s.browser(t)
	ada.setCookies(planted)
	ada.does(200, "POST", "/signin", "email", "ada@example.com", "password", password)
	if got := ada.gets("/me")["email"]; got != "ada@example.com" {
		t.Errorf("signed in as %v, want ada@example.com", got)
	}
	if ada.cookies()[0].Value == planted[0].Value {
		t.Error("the cookie is the one that was planted")
	}
	mallory.does(401, "GET", "/me")
}

func otherSite(t *testing.T, s site) {
	ada := s.registered(t, "ada@example.com")
	ada.header.Set("Sec-Fetch-Site", "cross-site")
	ada.does(403, "POST", "/posts", "text", "not mine")
	ada.does(403, "POST", "/me/delete", "password", password)
	ada.header.Set("Sec-Fetch-Site", "same-origin")
	if got := ada.posts(); len(got) != 0 {
		t.Errorf("another site has posted %v", got)
	}
}

func closed(t *testing.T, s site) {
	ada := s.registered(t, "ada@example.com")
	id := ada.post("hello")
	stranger := s.browser(t)
	for _, request := range []string{
		"GET /me", "POST /me/password", "POST /me/delete", "POST /signout/everywhere", "GET /posts", "POST /posts", "DELETE /posts/" + id,
	} {
		method, path, _ := strings.Cut(request, " ")
		stranger.does(401, method, path, "text", "hello", "password", password, "new_password", another)
	}
	if got := ada.posts(); len(got) != 1 {
		t.Errorf("afterwards there are %v", got)
	}
}

func posts(t *testing.T, s site) {
	ada, bob := s.registered(t, "ada@example.com"), s.registered(t, "bob@example.com")
	first := ada.post("first")
	bob.post("<second>")
	for _, bad := range []string{"", "  ", strings.Repeat("é", 281)} {
		ada.does(400, "POST", "/posts", "text", bad)
	}
	longest := strings.Repeat("é", 280)
	ada.post(longest)
	want := []post{{"ada@example.com", longest}, {"bob@example.com", "<second>"}, {"ada@example.com", "first"}}
	bob.sees(want...)
	ada.does(200, "DELETE", "/posts/"+first)
	ada.does(404, "DELETE", "/posts/"+first)
	bob.sees(want[:2]...)
}

func othersPosts(t *testing.T, s site) {
	ada, bob := s.registered(t, "ada@example.com"), s.registered(t, "bob@example.com")
	id := ada.post("mine")
	none := bob.does(404, "DELETE", "/posts/12345")
	if not := bob.does(404, "DELETE", "/posts/"+id); not != none {
		t.Errorf("another's post is answered %q, none %q", not, none)
	}
	ada.sees(post{"ada@example.com", "mine"})
}

func changePassword(t *testing.T, s site) {
	ada, bob := s.registered(t, "ada@example.com"), s.registered(t, "bob@example.com")
	elsewhere := s.signedIn(t, "ada@example.com", password)
	ada.does(403, "POST", "/me/password", "password", another, "new_password", another)
	ada.does(400, "POST", "/me/password", "password", password, "new_password", "short")
	elsewhere.does(200, "GET", "/me")
	before := ada.cookies()

	ada.does(200, "POST", "/me/password", "password", password, "new_password", another)
	ada.does(200, "GET", "/me")
	elsewhere.does(401, "GET", "/me")
	bob.does(200, "GET", "/me")
	copied := s.browser(t)
	copied.setCookies(before)
	copied.does(401, "GET", "/me")
	s.browser(t).does(403, "POST", "/signin", "email", "ada@example.com", "password", password)
	s.signedIn(t, "ada@example.com", another)
	s.signedIn(t, "bob@example.com", password)
}

func disabled(t *testing.T, s site) {
	ada, bob := s.registered(t, "ada@example.com"), s.registered(t, "bob@example.com")
	s.setDisabled(t, "ada@example.com", true)
	ada.does(401, "GET", "/me")
	ada.does(401, "POST", "/posts", "text", "hello")
	bob.does(200, "GET", "/me")
	again := s.browser(t)
	again.does(403, "POST", "/signin", "email", "ada@example.com", "password", password)
	again.does(401, "GET", "/me")
	wrong := again.does(403, "POST", "/signin", "email", "ada@example.com", "password", another)
	if unknown := again.does(403, "POST", "/signin", "email", "eve@example.com", "password", another); wrong != unknown {
		t.Errorf("who does not know the password is told %q, not %q", wrong, unknown)
	}

	s.setDisabled(t, "ada@example.com", false)
	ada.does(401, "GET", "/me") // what ended stays so
	s.signedIn(t, "ada@example.com", password)
	if err := s.app.SetDisabled(t.Context(), "eve@example.com", true); err == nil {
		t.Error("nobody was disabled without an error")
	}
}

func deleteAccount(t *testing.T, s site) {
	ada, bob := s.registered(t, "ada@example.com"), s.registered(t, "bob@example.com")
	elsewhere := s.signedIn(t, "ada@example.com", password)
	ada.post("mine")
	bob.post("yours")
	ada.does(403, "POST", "/me/delete", "password", another)
	ada.does(200, "GET", "/me")

	ada.does(200, "POST", "/me/delete", "password", password)
	ada.does(401, "GET", "/me")
	elsewhere.does(401, "GET", "/me")
	bob.sees(post{"bob@example.com", "yours"})
	s.browser(t).does(403, "POST", "/signin", "email", "ada@example.com", "password", password)
}

// reborn: whoever registers after a user was deleted, be it with the same address, is
// somebody else, and a session that the deleted one had is not theirs.
func reborn(t *testing.T, s site) {
	ada := s.registered(t, "ada@example.com")
	elsewhere := s.signedIn(t, "ada@example.com", password)
	ada.does(200, "POST", "/me/delete", "password", password)
	s.registered(t, "ada@example.com")
	elsewhere.does(401, "GET", "/me")
}
