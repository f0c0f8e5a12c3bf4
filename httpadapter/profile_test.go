package httpadapter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestProfile: the answer to an edit is the whole profile, which the client puts in
// the place of what it knew.
func TestProfile(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com")
			c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
			edit := func(body m) reply {
				t.Helper()
				r := c.ok(c.do("PATCH", "/v1/user/profile", body))
				if me := c.ok(c.do("GET", "/v1/user/me", nil)); me.raw != r.raw {
					t.Errorf("%v is answered %s, and me is %s", body, r.raw, me.raw)
				}
				return r
			}
			r := edit(m{"name": "Ada", "picture": "https://example.com/ada.png", "locale": "en-GB"})
			if r.text("name") != "Ada" || r.text("picture") != "https://example.com/ada.png" || r.text("locale") != "en-GB" ||
				r.text("uid") != "ada" || r.text("email") != "ada@example.com" || r.text("username") != "ada" {
				t.Errorf("edited: %s", r.raw)
			}
			// What is not named stays; what is empty goes; what is nobody's to change is ignored.
			r = edit(m{"locale": "", "email": "new@example.com", "phone_number": "13800000000", "sub": "eve", "email_verified": true})
			if r.text("name") != "Ada" || r.body["locale"] != nil || r.text("email") != "ada@example.com" || r.body["phone_number"] != nil {
				t.Errorf("edited again: %s", r.raw)
			}
			edit(m{})
			edit(m{"username": "ada", "name": "Ada L."}) // her own, as the client sends what it knows
		})
	}
}

// TestBasicEdit: every field that the client's forms have.
func TestBasicEdit(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t, func(c *association.Config) { c.Policy.AllowUsernameChange = true })
			w.account("ada", "email", "ada@example.com")
			c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
			edit := func(body m) reply {
				t.Helper()
				if r := c.ok(c.do("POST", "/v1/user/basic/edit", body)); r.raw != "{}\n" {
					t.Errorf("%v is answered %q", body, r.raw)
				}
				return c.ok(c.do("GET", "/v1/user/me", nil))
			}
			edit(m{})
			me := edit(m{
				"nickname": "Ada", "avatar_url": "https://example.com/ada.png", "locale": "en-GB",
				"description": "ignored", "gender": "FEMALE", "data": m{"x": 1}, "nonce": "123456",
			})
			if me.text("name") != "Ada" || me.text("picture") != "https://example.com/ada.png" || me.text("locale") != "en-GB" {
				t.Errorf("shown: %s", me.raw)
			}
			// updateUser({email, username, nickname}) sends the rest first, then all of it.
			c.sudo()
			rest := m{"username": "countess", "nickname": "Countess"}
			edit(rest)
			c.ok(c.verify(c.code("new@example.com")))
			me = edit(m{"email": "new@example.com", "username": "countess", "nickname": "Countess"})
			if me.text("email") != "new@example.com" || me.text("username") != "countess" || me.text("name") != "Countess" {
				t.Errorf("all of it: %s", me.raw)
			}
			// The phone number stands as it was typed, though the code went to the whole one.
			c.ok(c.verify(c.code("+86 13800000000")))
			if me = edit(m{"phone": "13800000000"}); me.text("phone_number") != "+86 13800000000" {
				t.Errorf("by phone: %s", me.raw)
			}
			if me = edit(m{"nickname": "", "avatar_url": ""}); me.body["name"] != nil || me.body["picture"] != nil {
				t.Errorf("taken away: %s", me.raw)
			}
		})
	}
}

// TestEditRefused: one bad field refuses the whole, whatever proofs there are.
func TestEditRefused(t *testing.T) {
	const profile, basic = "PATCH /v1/user/profile", "POST /v1/user/basic/edit"
	allow := func(c *association.Config) { c.Policy.AllowUsernameChange = true }
	// edit makes a row of an edit under sudo, with both addresses proved.
	edit := func(name string, want refusal, call string, edits func(*association.Config), body m) negative {
		return negative{name: call + " " + name, want: want, edit: edits, play: func(w *world) (refused, mended func() reply) {
			w.account("ada", "email", "ada@example.com")
			w.account("eve", "email", "eve@example.com")
			ada := w.signedIn(w.bearer(), "ada")
			ada.sudo()
			ada.prove("new@example.com")
			ada.prove("eve@example.com")
			method, path, _ := strings.Cut(call, " ")
			return func() reply { return ada.do(method, path, body) },
				func() reply {
					return ada.do("POST", "/v1/user/basic/edit", m{"email": "new@example.com", "nickname": "Ada"})
				}
		}}
	}
	rows := []negative{
		edit("an email and a phone", badArgument, basic, nil, m{"email": "new@example.com", "phone": "13800000000", "nickname": "A"}),
		edit("a phone that is not proved", badArgument, basic, nil, m{"phone": "13800000000", "nickname": "A"}),
		edit("an email that is not proved", badArgument, basic, nil, m{"email": "other@example.com", "nickname": "A"}),
		edit("an email that is taken", taken, basic, nil, m{"email": "eve@example.com", "nickname": "A"}),
		edit("with a nickname too long", badArgument, basic, nil, m{"email": "new@example.com", "nickname": strings.Repeat("a", 129)}),
		edit("with a nickname that does not print", badArgument, basic, nil, m{"email": "new@example.com", "nickname": "A\u202e"}),
		edit("with a picture that is a script", badArgument, basic, nil, m{"email": "new@example.com", "avatar_url": "javascript:alert(1)"}),
		edit("with a locale that is none", badArgument, basic, nil, m{"email": "new@example.com", "locale": "de\nCH"}),
		edit("a name too long", badArgument, profile, nil, m{"name": strings.Repeat("a", 129), "locale": "de"}),
		edit("a picture that is not https", badArgument, profile, nil, m{"picture": "http://example.com/x.png", "name": "A"}),
		edit("a locale too long", badArgument, profile, nil, m{"locale": strings.Repeat("a", 65), "name": "A"}),
		edit("a name that is a number", badArgument, profile, nil, m{"name": 1}),
	}
	for _, call := range []string{profile, basic} {
		rows = append(rows,
			edit("a username, which is chosen once", notAllowed, call, nil, m{"username": "newname", "name": "A", "nickname": "A"}),
			counted(edit("a username that is taken", usernameHad, call, allow, m{"username": "eve", "name": "A", "nickname": "A"})),
			edit("a username that is an address", badArgument, call, allow, m{"username": "new@example.com", "name": "A", "nickname": "A"}),
		)
	}
	runNegative(t, rows)
}

// TestEditIsDoneInOrder: each part of an edit is a commit of its own, and the first
// that is refused ends it.
func TestEditIsDoneInOrder(t *testing.T) {
	w := newWorld(t)
	w.account("ada", "email", "ada@example.com")
	ada := w.signedIn(w.bearer(), "ada")
	ada.sudo()
	ada.prove("new@example.com")
	notAllowed.of(ada.do("POST", "/v1/user/basic/edit", m{"email": "new@example.com", "username": "newname", "nickname": "New"}))
	me := ada.ok(ada.do("GET", "/v1/user/me", nil))
	if me.text("email") != "new@example.com" || me.text("username") != "ada" || me.body["name"] != nil {
		t.Errorf("it is %s", me.raw)
	}
	// A grant of which one use is left has one part done.
	w = newWorld(t, func(c *association.Config) { c.Policy.AllowUsernameChange, c.Policy.SudoMaxUses = true, 1 })
	w.account("ada", "email", "ada@example.com")
	ada = w.signedIn(w.bearer(), "ada")
	w.clock.Advance(time.Minute)
	ada.sudo()
	ada.prove("new@example.com")
	noSudo.of(ada.do("POST", "/v1/user/basic/edit", m{"email": "new@example.com", "username": "newname"}))
	if me := ada.ok(ada.do("GET", "/v1/user/me", nil)); me.text("email") != "new@example.com" || me.text("username") != "ada" {
		t.Errorf("of one use is left %s", me.raw)
	}
}
