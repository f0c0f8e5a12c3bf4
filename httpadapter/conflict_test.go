package httpadapter_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// granting is a policy of the host's that notes what it is asked.
type granting struct {
	grant  bool
	err    error
	asked  []association.Transfer
	merged int
}

func (g *granting) MayTransfer(_ context.Context, t association.Transfer) (bool, error) {
	g.asked = append(g.asked, t)
	return g.grant, g.err
}

func (g *granting) Merge(context.Context, association.Transfer) error { g.merged++; return nil }

// conflicting is a world in which ada has proved an address that is eve's.
func conflicting(t *testing.T, mode string, g *granting) (w *world, ada, eve *client, body m) {
	w = newWorld(t, letAnonymous, func(c *association.Config) { c.Transfers = g })
	w.account("ada")
	w.account("eve", "email", "shared@example.com")
	h := mounts[mode].handler(w)
	// Of the other account a token is shown, whoever keeps the acting one's session.
	ada, eve = w.enter(mode, h, "ada", "one"), w.signedIn(w.bearer(), "eve")
	body = m{"email": "shared@example.com", "sudo_token": ada.sudo(), "verification_token": ada.prove("shared@example.com")}
	return w, ada, eve, body
}

// TestConflictIsTheHostsToResolve: the client asks, by name or number; the host grants;
// and with the other account proved too, both are heard of.
func TestConflictIsTheHostsToResolve(t *testing.T) {
	for _, mode := range modes {
		for _, ask := range []any{"TRANSFER", 2, "DELETE_ACCOUNT_TRANSFER", 1} {
			g := &granting{grant: true}
			_, ada, eve, body := conflicting(t, mode, g)
			taken.of(ada.do("PATCH", "/v1/user/contact", body))
			body["conflict_resolution"] = ask
			taken.of(ada.do("PATCH", "/v1/user/contact", body)) // eve has a password, too
			if len(g.asked) != 0 {
				t.Fatalf("the host was asked to give away %v", g.asked)
			}
			body["other_access_token"] = strings.TrimPrefix(eve.header.Get("Authorization"), "Bearer ")
			body["other_sudo_token"] = m{"sudo_token": eve.sudo()} // as it came
			ada.ok(ada.do("PATCH", "/v1/user/contact", body))
			deleting := ask == 1 || ask == "DELETE_ACCOUNT_TRANSFER"
			if n := len(g.asked); n != 1 || g.merged != 1 || g.asked[0].Delete != deleting || !g.asked[0].FromProved ||
				g.asked[0].To.ID != "ada" || g.asked[0].From.ID != "eve" || g.asked[0].Value != "shared@example.com" {
				t.Errorf("%s, %v: the host was asked %+v, and merged %d", mode, ask, g.asked, g.merged)
			}
			if me := ada.ok(ada.do("GET", "/v1/user/me", nil)); me.text("email") != "shared@example.com" {
				t.Errorf("%s, %v: ada is %s", mode, ask, me.raw)
			}
			nobody.of(eve.do("GET", "/v1/user/me", nil))
			in := eve.do("POST", "/v1/signin", m{"username": "eve", "password": password})
			if (in.status == 200) == deleting {
				t.Errorf("%s, %v: eve signs in: %d %s", mode, ask, in.status, in.raw)
			}
		}
	}
}

// TestConflictRefused: whatever is wrong with the proof of the other account is said of
// that: it never looks as if the caller's own session were at fault, or the client would
// forget it. Every proof outlives it.
func TestConflictRefused(t *testing.T) {
	type edit func(w *world, ada, eve *client, g *granting, body m)
	for name, tt := range map[string]struct {
		want refusal
		edit edit
	}{
		"no resolution":        {taken, func(_ *world, _, _ *client, _ *granting, body m) { delete(body, "conflict_resolution") }},
		"the default":          {taken, func(_ *world, _, _ *client, _ *granting, body m) { body["conflict_resolution"] = "DEFAULT" }},
		"no such resolution":   {badArgument, func(_ *world, _, _ *client, _ *granting, body m) { body["conflict_resolution"] = "MERGE" }},
		"the host says no":     {taken, func(_ *world, _, _ *client, g *granting, _ m) { g.grant = false }},
		"the host cannot say":  {refusal{"unavailable", 14, 503}, func(_ *world, _, _ *client, g *granting, _ m) { g.err = errors.New("no") }},
		"a token of no system": {noSudo, func(_ *world, _, _ *client, _ *granting, body m) { body["other_access_token"] = "PUBLISHABLE_KEY" }},
		"a made-up token": {noSudo, func(_ *world, _, _ *client, _ *granting, body m) {
			body["other_access_token"] = "lga1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43)
		}},
		"no sudo":        {noSudo, func(_ *world, _, _ *client, _ *granting, body m) { delete(body, "other_sudo_token") }},
		"ada's own sudo": {noSudo, func(_ *world, _, _ *client, _ *granting, body m) { body["other_sudo_token"] = body["sudo_token"] }},
		"sudo of another session": {noSudo, func(w *world, _, eve *client, _ *granting, body m) {
			body["other_sudo_token"] = w.signedIn(eve.h, "eve").sudo()
		}},
		"a third account": {noSudo, func(w *world, _, eve *client, _ *granting, body m) {
			w.account("mal")
			mal := w.signedIn(eve.h, "mal")
			body["other_access_token"], body["other_sudo_token"] = strings.TrimPrefix(mal.header.Get("Authorization"), "Bearer "), mal.sudo()
		}},
		"a session that has ended": {noSudo, func(_ *world, _, eve *client, _ *granting, _ m) { eve.ok(eve.do("POST", "/v1/user/signout", nil)) }},
		"a disabled account":       {noSudo, func(w *world, _, _ *client, _ *granting, _ m) { w.block("eve") }},
		"an anonymous account": {noSudo, func(w *world, _, eve *client, _ *granting, body m) {
			_, in := w.guest(eve.h)
			body["other_access_token"] = in.text("access_token")
		}},
	} {
		for _, mode := range modes {
			t.Run(name+" "+mode, func(t *testing.T) {
				g := &granting{grant: true}
				w, ada, eve, body := conflicting(t, mode, g)
				body["conflict_resolution"] = "TRANSFER"
				body["other_access_token"] = strings.TrimPrefix(eve.header.Get("Authorization"), "Bearer ")
				body["other_sudo_token"] = eve.sudo()
				right := maps.Clone(body)
				tt.edit(w, ada, eve, g, body)
				before := w.store.snapshot()
				tt.want.of(ada.do("PATCH", "/v1/user/contact", body))
				if changed := w.store.snapshot().since(before); len(changed) != 0 {
					t.Errorf("it changed %v", changed)
				}
				if name == "a session that has ended" || name == "a disabled account" {
					return // with its sudo
				}
				g.grant, g.err = true, nil
				ada.ok(ada.do("PATCH", "/v1/user/contact", right))
			})
		}
	}
}

// TestConflictOverTheSoleFactor: whoever holds the one address by which the other account
// could prove itself has that account anyway; the host still decides.
func TestConflictOverTheSoleFactor(t *testing.T) {
	for _, mode := range modes {
		for _, grant := range []bool{false, true} {
			g := &granting{grant: grant}
			w := newWorld(t, func(c *association.Config) { c.Transfers = g })
			w.account("ada")
			eve := w.stranger(w.bearer())
			eve.take(eve.do("POST", "/v1/signup", m{"email": "eve@example.com", "verification_token": eve.prove("eve@example.com")}))
			ada := w.enter(mode, mounts[mode].handler(w), "ada", "one")
			r := ada.do("PATCH", "/v1/user/contact", m{
				"email": "eve@example.com", "sudo_token": ada.sudo(), "verification_token": ada.prove("eve@example.com"), "conflict_resolution": "TRANSFER",
			})
			if len(g.asked) != 1 || g.asked[0].FromProved || g.merged != 0 || (r.status == 200) != grant {
				t.Errorf("%s, granted %v: %d %s, asked %+v", mode, grant, r.status, r.raw, g.asked)
			}
			if grant {
				nobody.of(eve.do("GET", "/v1/user/me", nil))
			} else {
				taken.of(r)
				eve.ok(eve.do("GET", "/v1/user/me", nil))
			}
		}
	}
}
