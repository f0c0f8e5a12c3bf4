package httpadapter_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// TestHostServesNoSignIn: the host signs in and out in its own way.
func TestHostServesNoSignIn(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	ada := w.hosted(w.host(), "ada", "one")
	before := w.store.snapshot()
	for _, path := range []string{
		"/v1/signin", "/v1/signup", "/v1/token", "/v1/revoke", "/v1/user/signout", "/v1/signin/anonymously", "/v1/signin/custom",
	} {
		noEndpoint.of(ada.do("POST", path, m{"username": "ada", "password": password, "grant_type": "refresh_token"}))
	}
	served := 0
	for _, route := range httpadapter.Routes() {
		if route.Proof == httpadapter.Ends && route.Host {
			served++
			continue // see TestR01_WhatEndsSessionsDoesNothingElse
		}
		r := ada.do(route.Method, route.Path, m{})
		if route.Host != (r.status != 404 || r.text("error") != "unimplemented") {
			t.Errorf("%s: served %v, want %v", r.what, !route.Host, route.Host)
		}
		if route.Host {
			served++
		}
	}
	if served != 20 {
		t.Errorf("a host is served %d endpoints, want 20", served)
	}
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("it changed %v", changed)
	}
}

// TestHostThatCannotSay: whoever the host is not sure of is nobody.
func TestHostThatCannotSay(t *testing.T) {
	for name, tt := range map[string]struct {
		actor association.Actor
		err   error
		want  refusal
	}{
		"nobody":           {want: nobody},
		"an account alone": {actor: association.Actor{Account: "ada"}, want: nobody},
		"a session alone":  {actor: association.Actor{Session: "one"}, want: nobody},
		"a time alone":     {actor: association.Actor{AuthenticatedAt: time.Now()}, want: nobody},
		"a failure":        {err: errors.New("dial tcp 10.0.0.1:5432: refused"), want: refusal{"unavailable", 14, 503}},
		"a failure and an actor": {
			actor: association.Actor{Account: "ada", Session: "one"}, err: errors.New("no"), want: refusal{"unavailable", 14, 503},
		},
		"a session that ended": {err: fmt.Errorf("host: %w", association.ErrUnauthenticated), want: nobody},
		"a client that left":   {err: context.Canceled, want: refusal{"unavailable", 14, 503}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			c := w.stranger(w.handler(httpadapter.Options{Sessions: httpadapter.Host(
				func(*http.Request) (association.Actor, error) { return tt.actor, tt.err })}))
			before := w.store.snapshot()
			for _, route := range httpadapter.Routes() {
				if !route.Host || !route.SignedIn {
					continue
				}
				r := c.do(route.Method, route.Path, everyField)
				tt.want.of(r)
				if strings.Contains(r.raw, "10.0.0.1") {
					t.Errorf("%s: the host's error is told: %s", r.what, r.raw)
				}
			}
			// A code for somebody who is nobody would be a code to sign in by.
			if name != "nobody" {
				tt.want.of(c.do("POST", "/v1/verification", m{"email": "new@example.com"}))
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("it changed %v", changed)
			}
		})
	}
}

// TestHostSessionsAreApart: a host's session is none of ligature's, whatever it
// is called.
func TestHostSessionsAreApart(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	own := w.signedIn(w.bearer(), "ada")
	actor, err := w.svc.Authenticate(t.Context(), association.NewToken(strings.TrimPrefix(own.header.Get("Authorization"), "Bearer ")))
	if err != nil {
		t.Fatal(err)
	}
	// The host says so itself: it is not believed.
	h := w.handler(httpadapter.Options{Sessions: httpadapter.Host(func(*http.Request) (association.Actor, error) { return actor, nil })})
	noSudo.of(w.stranger(h).bind("new@example.com", own.sudo(), own.prove("new@example.com")))
}

// TestHostUsersAppearLazily: the first thing that ligature hears of a host's user
// is an address to bind, right after a sign-in that the host dates.
func TestHostUsersAppearLazily(t *testing.T) {
	w := newWorld(t)
	at := w.clock.Now()
	h := w.handler(httpadapter.Options{Sessions: httpadapter.Host(func(*http.Request) (association.Actor, error) {
		return association.Actor{Account: "user:42", Session: "one", AuthenticatedAt: at}, nil
	})})
	c := w.stranger(h)
	profile := c.ok(c.do("GET", "/v1/user/me", nil))
	if profile.text("sub") != "user:42" || profile.body["email"] != nil || profile.body["has_password"] != false {
		t.Errorf("of a user that nobody knows: %s", profile.raw)
	}
	w.clock.Advance(5*time.Minute - time.Microsecond)
	sudo := c.ok(c.do("POST", "/v1/user/sudo", m{})).text("sudo_token")
	c.ok(c.bind("new@example.com", sudo, c.prove("new@example.com")))
	if got := c.ok(c.do("GET", "/v1/user/me", nil)).text("email"); got != "new@example.com" {
		t.Errorf("bound %q", got)
	}
	// There is a factor now, and the sign-in stands in for none any more.
	noSudo.of(c.do("POST", "/v1/user/sudo", m{}))
}
