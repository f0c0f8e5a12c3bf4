package app_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/ligature-auth/ligature/association"
	app "github.com/ligature-auth/ligature/internal/adopting/after"
	"github.com/ligature-auth/ligature/sender/mailbox"
)

const password = "correct horse"

// site is the application with ligature, served, and the mail it sends.
type site struct {
	*app.App
	t      *testing.T
	db     *sql.DB
	mail   *mailbox.Mailbox
	server *httptest.Server
}

// newSite serves an application that nobody has registered with; each edit may change
// what ligature is given first.
func newSite(t *testing.T, edits ...func(*association.Config)) *site {
	t.Helper()
	mail := mailbox.New(mailbox.Options{})
	config := ligature(mail)
	for _, edit := range edits {
		edit(&config)
	}
	db := open(t)
	a, err := app.New(t.Context(), app.Config{DB: db, PasswordCost: bcrypt.MinCost, Ligature: config})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(a)
	t.Cleanup(server.Close)
	return &site{a, t, db, mail, server}
}

// exec changes the database behind the application's back.
func (s *site) exec(statement string) {
	s.t.Helper()
	if _, err := s.db.ExecContext(s.t.Context(), statement); err != nil {
		s.t.Fatal(err)
	}
}

// browser keeps cookies. Its pages are the application's forms and ligature's JSON.
type browser struct {
	s      *site
	client http.Client
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{s, http.Client{Transport: s.server.Client().Transport, Jar: jar}}
}

func (s *site) registered(email string) *browser {
	s.t.Helper()
	b := s.browser()
	b.form(200, "/register", "email", email, "password", password)
	return b
}

func (s *site) signedIn(email string) *browser {
	s.t.Helper()
	b := s.browser()
	b.form(200, "/signin", "email", email, "password", password)
	return b
}

// does wants the status and returns the answer.
func (b *browser) does(status int, method, path, contentType, body string) map[string]any {
	b.s.t.Helper()
	r, err := http.NewRequestWithContext(b.s.t.Context(), method, b.s.server.URL+path, strings.NewReader(body))
	if err != nil {
		b.s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	answer, err := b.client.Do(r)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil || answer.StatusCode != status {
		b.s.t.Fatalf("%s %s: %d %v %v, want %d", method, path, answer.StatusCode, out, err, status)
	}
	return out
}

// form sends one of the application's, names and values in turn.
func (b *browser) form(status int, path string, fields ...string) map[string]any {
	b.s.t.Helper()
	values := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return b.does(status, "POST", path, "application/x-www-form-urlencoded", values.Encode())
}

// me is the application's page about who is signed in, or wants its refusal.
func (b *browser) me(status int) map[string]any {
	b.s.t.Helper()
	return b.does(status, "GET", "/me", "", "")
}

// auth calls ligature.
func (b *browser) auth(status int, method, path string, body map[string]any) map[string]any {
	b.s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return b.does(status, method, "/auth/v1"+path, "application/json", string(text))
}

// address is what ligature knows as the user's own.
func (b *browser) address() any {
	b.s.t.Helper()
	return b.auth(200, "GET", "/user/me", nil)["email"]
}

// sudo proves the user by the application's own password.
func (b *browser) sudo() any {
	b.s.t.Helper()
	return b.auth(200, "POST", "/user/sudo", map[string]any{"password": password})["sudo_token"]
}

// proves has a code sent to the address and verifies it.
func (b *browser) proves(address string) any {
	b.s.t.Helper()
	sent := b.auth(200, "POST", "/verification", map[string]any{"email": address})
	letter, _ := b.s.mail.Last(address)
	return b.auth(200, "POST", "/verification/verify", map[string]any{
		"verification_id": sent["verification_id"], "verification_code": letter.Code,
	})["verification_token"]
}

// binds goes through the whole ceremony.
func (b *browser) binds(address string) {
	b.s.t.Helper()
	b.auth(200, "PATCH", "/user/contact", map[string]any{
		"email": address, "sudo_token": b.sudo(), "verification_token": b.proves(address),
	})
}

// refused wants ligature's refusal of a kind.
func refused(t *testing.T, answer map[string]any, want string) {
	t.Helper()
	if got := fmt.Sprint(answer["error"]); got != want {
		t.Errorf("refused as %s, want %s", got, want)
	}
}
