package app_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// The ceremony, in an application that keeps its own users, passwords and sessions.
func TestBind(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	elsewhere := s.signedIn("ada@example.com")
	if got := ada.auth(200, "GET", "/user/me", nil); got["sub"] != "1" || got["email"] != nil || got["has_password"] != true {
		t.Errorf("of a user who has bound nothing: %v", got)
	}
	refused(t, s.browser().auth(401, "GET", "/user/me", nil), "unauthenticated")

	proof := ada.proves("ada@example.org")
	bind := map[string]any{"email": "ada@example.org", "verification_token": proof}
	refused(t, ada.auth(401, "PATCH", "/user/contact", bind), "permission_denied")
	refused(t, ada.auth(400, "POST", "/user/sudo", map[string]any{"password": "wrong horse"}), "invalid_password")
	refused(t, ada.auth(401, "POST", "/user/sudo", map[string]any{}), "permission_denied") // a fresh sign-in is not enough
	bind["sudo_token"] = ada.sudo()
	ada.auth(200, "PATCH", "/user/contact", bind)

	if got := ada.address(); got != "ada@example.org" {
		t.Errorf("bound %v", got)
	}
	elsewhere.me(200) // a first address ends nothing
	for _, typed := range []string{"ada@example.com", "ada@example.org", " ADA@Example.org "} {
		if got := s.signedIn(typed).address(); got != "ada@example.org" {
			t.Errorf("signed in as %q, the address is %v", typed, got)
		}
	}
	s.browser().form(403, "/signin", "email", "ada@example.org", "password", "wrong horse")
}

// What ligature does not take over it does not serve.
func TestWhatStaysTheApplications(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	for _, path := range []string{"/signin", "/signup", "/token", "/user/signout", "/signin/custom"} {
		refused(t, ada.auth(404, "POST", path, map[string]any{}), "unimplemented")
	}
	set := map[string]any{"sudo_token": ada.sudo(), "new_password": "battery staple"}
	refused(t, ada.auth(501, "PATCH", "/user/password", set), "unimplemented")
	refused(t, ada.auth(403, "DELETE", "/user/me", map[string]any{"sudo_token": ada.sudo()}), "permission_denied")
	s.signedIn("ada@example.com")
}

// A replaced address is of no use, and whoever it signed in is out; who replaced it is
// not. The old address is told.
func TestReplace(t *testing.T) {
	s := newSite(t)
	ada, bob := s.registered("ada@example.com"), s.registered("bob@example.com")
	ada.binds("ada@example.org")
	elsewhere := s.signedIn("ada@example.org")

	ada.binds("ada@example.net")
	ada.me(200)
	if got := ada.address(); got != "ada@example.net" {
		t.Errorf("the address is %v", got)
	}
	if got := ada.auth(200, "GET", "/user/sudo", nil)["elevated"]; got != true {
		t.Error("the sudo is gone with the replaced address")
	}
	elsewhere.me(401)
	refused(t, elsewhere.auth(401, "GET", "/user/me", nil), "unauthenticated")
	bob.me(200)
	s.browser().form(403, "/signin", "email", "ada@example.org", "password", password)
	again := s.signedIn("ada@example.net")

	if _, err := s.Methods.Deliver(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if letter, _ := s.mail.Last("ada@example.org"); !strings.Contains(letter.Text, "taken its place") {
		t.Errorf("the old address was told %q", letter.Text)
	}
	ada.me(200)
	again.me(200)

	again.auth(200, "DELETE", "/user/revoke/others", map[string]any{})
	ada.me(401)
	again.me(200)
	again.auth(200, "DELETE", "/user/revoke/all", map[string]any{})
	again.me(401)
}

// Ligature may have to tell the application later, outside of any request: then there
// is no session to spare, and that is all.
func TestRevokedOutsideOfARequest(t *testing.T) {
	s := newSite(t)
	ada, bob := s.registered("ada@example.com"), s.registered("bob@example.com")
	for _, id := range []string{"1", "12345"} {
		if err := s.RevokeSessions(t.Context(), id, "some session", time.Now()); err != nil {
			t.Errorf("user %s: %v", id, err)
		}
	}
	ada.me(401)
	bob.me(200)
}

// Where the application cannot revoke at once, nobody is let back in by what is
// revoked next.
func TestARevocationThatFails(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	ada.binds("ada@example.org")
	eve := s.signedIn("ada@example.com")
	sudo, proof := eve.sudo(), eve.proves("eve@example.org")
	s.exec(`CREATE TRIGGER stuck BEFORE UPDATE OF generation ON users BEGIN SELECT RAISE(ABORT, 'stuck'); END`)
	eve.auth(200, "PATCH", "/user/contact", map[string]any{"email": "eve@example.org", "sudo_token": sudo, "verification_token": proof})
	s.exec(`DROP TRIGGER stuck`)
	ada.form(200, "/signout/everywhere")
	ada.me(401)
	eve.me(401)
}

// The application never asked for proof of the addresses people register with. Who
// has proved one comes before who claims it.
func TestAProvedAddressComesBeforeAClaim(t *testing.T) {
	s := newSite(t)
	mallory, ada := s.registered("ada@example.org"), s.registered("ada@example.com")
	if got := mallory.address(); got != nil {
		t.Errorf("of a claim alone ligature says %v", got)
	}
	ada.form(200, "/me/password", "password", password, "new_password", "battery staple")
	sudo := ada.auth(200, "POST", "/user/sudo", map[string]any{"password": "battery staple"})["sudo_token"]
	ada.auth(200, "PATCH", "/user/contact", map[string]any{
		"email": "ada@example.org", "sudo_token": sudo, "verification_token": ada.proves("ada@example.org"),
	})
	s.browser().form(403, "/signin", "email", "ada@example.org", "password", password)
	in := s.browser()
	in.form(200, "/signin", "email", "ada@example.org", "password", "battery staple")
	if got := in.me(200)["email"]; got != "ada@example.com" {
		t.Errorf("signed in as %v", got)
	}
}

// Changing the password in the application ends its other sessions and with them their
// sudo; the session that changed it has a new name and none either.
func TestAChangedPasswordEndsSudo(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	sudo, proof := ada.sudo(), ada.proves("ada@example.org")
	ada.form(200, "/me/password", "password", password, "new_password", "battery staple")
	bind := map[string]any{"email": "ada@example.org", "sudo_token": sudo, "verification_token": proof}
	refused(t, ada.auth(401, "PATCH", "/user/contact", bind), "permission_denied")
	refused(t, ada.auth(400, "POST", "/user/sudo", map[string]any{"password": password}), "invalid_password")
}

// The application shuts people out in its own way, and is believed.
func TestDisable(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	ada.binds("ada@example.org")
	disabled := func(yes bool) {
		t.Helper()
		if err := s.SetDisabled(t.Context(), "ada@example.com", yes); err != nil {
			t.Fatal(err)
		}
	}
	disabled(true)
	ada.me(401)
	refused(t, ada.auth(401, "GET", "/user/me", nil), "unauthenticated")
	s.browser().form(403, "/signin", "email", "ada@example.org", "password", password)

	bob := s.registered("bob@example.com")
	taken := map[string]any{"email": "ada@example.org", "sudo_token": bob.sudo(), "verification_token": bob.proves("ada@example.org")}
	refused(t, bob.auth(400, "PATCH", "/user/contact", taken), "failed_precondition") // it stays hers

	disabled(false)
	s.signedIn("ada@example.org")
}

// Ligature may be told besides: then it refuses what the application still lets in.
func TestDisableInLigature(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	ada.binds("ada@example.org")
	if err := s.Methods.Disable(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	ada.me(401) // RevokeSessions was called
	ada = s.signedIn("ada@example.com")
	refused(t, ada.auth(403, "GET", "/user/me", nil), "user_blocked")
	s.browser().form(403, "/signin", "email", "ada@example.org", "password", password)
	if err := s.Methods.Enable(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if got := s.signedIn("ada@example.org").address(); got != "ada@example.org" {
		t.Errorf("enabled, the address is %v", got)
	}
}

// Deleting the user and all that ligature has of them is one commit.
func TestDelete(t *testing.T) {
	s := newSite(t)
	ada, bob := s.registered("ada@example.com"), s.registered("bob@example.com")
	ada.binds("ada@example.org")
	ada.form(403, "/me/delete", "password", "wrong horse")
	if got := ada.address(); got != "ada@example.org" {
		t.Errorf("a refused deletion left %v", got)
	}
	execute := func(statement string) {
		t.Helper()
		if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	execute(`CREATE TRIGGER refuse BEFORE UPDATE ON association_account BEGIN SELECT RAISE(ABORT, 'no'); END`)
	ada.form(500, "/me/delete", "password", password)
	ada.me(200)
	execute(`DROP TRIGGER refuse`)
	ada.form(200, "/me/delete", "password", password)
	ada.me(401)
	refused(t, ada.auth(401, "GET", "/user/me", nil), "unauthenticated")
	s.browser().form(403, "/signin", "email", "ada@example.org", "password", password)
	if _, err := s.Methods.Deliver(t.Context(), 100); err != nil {
		t.Fatal(err)
	}
	if letter, _ := s.mail.Last("ada@example.org"); !strings.Contains(letter.Text, "deletion") {
		t.Errorf("the address was told %q", letter.Text)
	}
	if left, err := s.Methods.Deliver(t.Context(), 100); left != 0 || err != nil {
		t.Errorf("still owed: %d, %v", left, err)
	}
	// The ID is used up, the address is free.
	if _, err := s.Methods.Import(t.Context(), association.ImportedAccount{ID: "1"}); !errors.Is(err, association.ErrAccountExists) {
		t.Errorf("the ID of a deleted user: %v", err)
	}
	bob.binds("ada@example.org")
	if got := s.signedIn("ada@example.org").me(200)["email"]; got != "bob@example.com" {
		t.Errorf("signed in as %v", got)
	}

	// A user of whom ligature has nothing is deleted as well.
	cy := s.registered("cy@example.com")
	cy.form(200, "/me/delete", "password", password)
	cy.me(401)
}

// A user ID that is given twice is the deleted user's.
func TestAnIDIsUsedUp(t *testing.T) {
	s := newSite(t)
	ada := s.registered("ada@example.com")
	if err := s.Methods.DeleteAccount(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	ada.me(401) // RevokeSessions was called
	refused(t, s.signedIn("ada@example.com").auth(403, "GET", "/user/me", nil), "user_blocked")
}

// Clients with tokens beside the application's own pages: two handlers of one Service,
// and a ticket from the one to the other.
func TestTokensBesideSessions(t *testing.T) {
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *association.Config) {
		c.Tickets = association.Tickets{Audience: "posts", Keys: map[string]ed25519.PublicKey{"2026-11": public}}
	})
	api := http.NewServeMux()
	if err := httpadapter.Mount(api, "/api", s.Methods, httpadapter.Options{Sessions: httpadapter.Bearer()}); err != nil {
		t.Fatal(err)
	}
	call := func(status int, method, path, access, body string) map[string]any {
		t.Helper()
		r, w := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body)), httptest.NewRecorder()
		r.Header.Set("Content-Type", "application/json")
		if access != "" {
			r.Header.Set("Authorization", "Bearer "+access)
		}
		api.ServeHTTP(w, r)
		var out map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != status {
			t.Fatalf("%s %s: %d %s, want %d", method, path, w.Code, w.Body, status)
		}
		return out
	}
	s.registered("ada@example.com").binds("ada@example.org")
	ticket, err := association.NewTicket(key, association.TicketRequest{KeyID: "2026-11", Audience: "posts", Account: "1", At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	trade := fmt.Sprintf(`{"provider_id": "custom", "ticket": %q}`, ticket.Reveal())
	access := fmt.Sprint(call(200, "POST", "/signin/custom", "", trade)["access_token"])
	if got := call(200, "GET", "/user/me", access, "")["email"]; got != "ada@example.org" {
		t.Errorf("the ticket's address is %v", got)
	}
	refused(t, call(400, "POST", "/signin/custom", "", trade), "invalid_argument")

	// Here the application's word alone is not enough.
	if err := s.SetDisabled(t.Context(), "ada@example.com", true); err != nil {
		t.Fatal(err)
	}
	call(200, "GET", "/user/me", access, "")
	if err := s.Methods.Disable(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	refused(t, call(401, "GET", "/user/me", access, ""), "unauthenticated")
}

// An application that cannot ask for the password again yet.
func TestFirstBindWithoutSudo(t *testing.T) {
	s := newSite(t, func(c *association.Config) { c.Policy.UnsafeFirstBindWithoutSudo = true })
	ada := s.registered("ada@example.com")
	bind := func(status int, address string) map[string]any {
		return ada.auth(status, "PATCH", "/user/contact", map[string]any{"email": address, "verification_token": ada.proves(address)})
	}
	bind(200, "ada@example.org")
	refused(t, bind(401, "ada@example.net"), "permission_denied") // the first alone
	if got := ada.address(); got != "ada@example.org" {
		t.Errorf("the address is %v", got)
	}
}
