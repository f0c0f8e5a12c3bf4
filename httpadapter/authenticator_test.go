package httpadapter_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestAuthenticator: enrolled under sudo, confirmed by a code, and then as good as a
// password, but for one code at a time.
func TestAuthenticator(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com")
			c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
			sudo := c.ok(c.do("POST", "/v1/user/sudo", m{"password": password}))
			e := c.ok(c.do("POST", "/v1/user/authenticator", m{"sudo_token": sudo.body}))
			uri, err := url.Parse(e.text("uri"))
			if err != nil || uri.Scheme != "otpauth" || uri.Host != "totp" || uri.Query().Get("secret") != e.text("secret") ||
				uri.Query().Get("issuer") != "Acme" || strings.Contains(uri.Path, "ada@example.com") {
				t.Errorf("the app is set up by %q, %v", e.text("uri"), err)
			}
			picture, ok := strings.CutPrefix(e.text("qr_code"), "data:image/png;base64,")
			raw, err := base64.StdEncoding.DecodeString(picture)
			if _, bad := png.Decode(bytes.NewReader(raw)); !ok || err != nil || bad != nil {
				t.Errorf("the QR code is no picture: %v, %v", err, bad)
			}
			if e.body["expires_in"] != float64(600) || e.text("id") == "" || len(e.body) != 5 {
				t.Errorf("enrolled: %v", e.fields())
			}
			bySudo := func(code any) reply { return c.do("POST", "/v1/user/sudo", m{"authenticator_code": code}) }
			badArgument.of(bySudo(w.totp(e.text("secret")))) // not before it is confirmed

			// A code that is a number is read as one, as elsewhere.
			confirm := func(code any) reply {
				return c.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": code})
			}
			badArgument.of(confirm(wrong(w.totp(e.text("secret")))))
			code := w.totp(e.text("secret"))
			for range 2 { // the second is the repeat of a lost answer
				if r := c.ok(confirm(code)); r.raw != "{}\n" {
					t.Errorf("confirmed: %q", r.raw)
				}
			}
			badArgument.of(bySudo(code)) // it has been used
			w.clock.Advance(30 * time.Second)
			state := c.ok(c.do("GET", "/v1/user/sudo", nil))
			// For a day it is worth the password that set it, and stands beside it.
			if second := state.body["factors"].([]any)[1].(m); second["id"] != e.text("id") || second["kind"] != "authenticator" {
				t.Errorf("sudo could be had by %v", state.raw)
			}
			byApp := c.ok(bySudo(w.totp(e.text("secret")))).text("sudo_token")
			badArgument.of(bySudo(w.totp(e.text("secret"))))
			c.ok(c.do("PATCH", "/v1/user/password", m{"sudo_token": byApp, "new_password": "a new password"}))

			// One at a time.
			badArgument.of(c.do("POST", "/v1/user/authenticator", m{"sudo_token": byApp}))
			c.ok(c.do("DELETE", "/v1/user/associations/"+e.text("id"), m{"sudo_token": byApp}))
			w.clock.Advance(30 * time.Second)
			badArgument.of(bySudo(w.totp(e.text("secret"))))
		})
	}
}

// TestAuthenticatorSignsNobodyIn: its code is no way in, beside nothing or a name.
func TestAuthenticatorSignsNobodyIn(t *testing.T) {
	for _, mode := range signingIn() {
		w := newWorld(t)
		w.account("ada", "email", "ada@example.com")
		c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
		secret := c.authenticator()
		s := w.stranger(c.h)
		before := w.store.snapshot()
		badArgument.of(s.do("POST", "/v1/signin", m{"username": "ada", "authenticator_code": w.totp(secret)}))
		if changed := w.store.snapshot().since(before); len(changed) != 0 {
			t.Errorf("it changed %v", changed)
		}
		badPassword.of(s.do("POST", "/v1/signin", m{"username": "ada", "password": w.totp(secret)}))
	}
}

// TestAuthenticatorEnrolledAgain: a lost answer is had again with the secret in it; a new
// enrolment takes the place of the one before.
func TestAuthenticatorEnrolledAgain(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	body := m{"sudo_token": c.sudo()}
	id := header("X-Request-Id", "0123456789abcdef0123456789abcdef")
	first := c.ok(c.do("POST", "/v1/user/authenticator", body, id))
	before := w.store.snapshot()
	if again := c.ok(c.do("POST", "/v1/user/authenticator", body, id)); again.raw != first.raw {
		t.Error("a lost answer is not had again")
	}
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("the repeat changed %v", changed)
	}
	second := c.ok(c.do("POST", "/v1/user/authenticator", body))
	if second.text("secret") == first.text("secret") {
		t.Error("two enrolments have one secret")
	}
	badArgument.of(c.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": w.totp(first.text("secret"))}))
	c.ok(c.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": w.totp(second.text("secret"))}))
	for cell, v := range w.store.snapshot() {
		if strings.Contains(v, second.text("secret")) {
			t.Errorf("the secret stands in %v", cell)
		}
	}
}
