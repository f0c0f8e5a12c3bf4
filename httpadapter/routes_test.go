package httpadapter_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/httpadapter"
)

// modes are the names of mounts, in order.
var modes = slices.Sorted(maps.Keys(mounts))

// serves reports whether the route is served in a mode.
func serves(mode string, route httpadapter.Route) bool {
	return mode == "bearer" || mode == "cookie" && route.Cookie || mode == "host" && route.Host
}

// enter is a client in a session of its own.
func (w *world) enter(mode string, h http.Handler, account, session string) *client {
	w.t.Helper()
	if mode == "host" {
		return w.hosted(h, account, session)
	}
	return w.signedIn(h, account)
}

// TestR01_RoutesAreListed: what each endpoint asks is in the documentation, and an
// endpoint that says nothing of it is none. To write the table anew:
// go test ./httpadapter -run TestR01_RoutesAreListed -update
func TestR01_RoutesAreListed(t *testing.T) {
	var out strings.Builder
	out.WriteString(`# Routes

Every endpoint of ` + "`httpadapter`" + `, and what it asks of somebody signed in before it changes anything. The table is made from
` + "`httpadapter/routes.go`" + ` by ` + "`go test ./httpadapter -run TestR01_RoutesAreListed -update`" + `; a test holds it to the code, and each
endpoint to what it says here. What they take and answer is in [http.md](http.md).

| method | path | who | what it asks | bearer | cookie | host |
|---|---|---|---|---|---|---|
`)
	seen := map[string]bool{}
	for _, route := range httpadapter.Routes() {
		if !slices.Contains(httpadapter.Proofs(), route.Proof) || route.Proof == "" {
			t.Errorf("%s asks for %q, which is no proof that there is", route.Name(), route.Proof)
		}
		if route.Who == "" {
			t.Errorf("%s is for nobody", route.Name())
		}
		if (route.Method == "GET") != (route.Proof == httpadapter.Reads) {
			t.Errorf("%s asks for %q: what changes nothing is GET, and nothing else is", route.Name(), route.Proof)
		}
		if seen[route.Name()] {
			t.Errorf("%s is there twice", route.Name())
		}
		seen[route.Name()] = true
		asks := string(route.Proof)
		if route.InQuery != "" {
			asks += ", also as `" + route.InQuery + "` in the query, which spends it"
		}
		fmt.Fprintf(&out, "| %s | `%s` | %s | %s |", route.Method, route.Path, route.Who, asks)
		for _, mode := range []string{"bearer", "cookie", "host"} {
			mark := ""
			if serves(mode, route) {
				mark = " yes"
			}
			fmt.Fprintf(&out, "%s |", mark)
		}
		out.WriteString("\n")
	}
	doc := filepath.Join("..", "docs", "routes.md")
	if *update {
		if err := os.WriteFile(doc, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("%s is not what the routes are; they are\n%s", doc, out.String())
	}
}

// complete is a request that lacks nothing but sudo.
type complete struct {
	route string
	what  string
	// ready proves whatever else there is to prove and returns the request.
	ready func(c *client) (path string, body m)
}

// completes has one at least of every endpoint that asks for sudo.
var completes = []complete{
	{"PATCH /v1/user/contact", "an email address", func(c *client) (string, m) {
		return "/v1/user/contact", m{"email": "new@example.com", "verification_token": c.prove("new@example.com")}
	}},
	{"PATCH /v1/user/contact", "a first phone number", func(c *client) (string, m) {
		return "/v1/user/contact", m{"phone_number": "13800000000", "verification_token": c.prove("13800000000")}
	}},
	{"POST /v1/user/basic/edit", "an email address", func(c *client) (string, m) {
		c.prove("new@example.com")
		return "/v1/user/basic/edit", m{"email": "new@example.com", "nickname": "New"}
	}},
	{"POST /v1/user/basic/edit", "a first phone number", func(c *client) (string, m) {
		c.prove("13800000000")
		return "/v1/user/basic/edit", m{"phone": "13800000000", "avatar_url": "https://example.com/new.png"}
	}},
	{"POST /v1/user/basic/edit", "a username", func(*client) (string, m) {
		return "/v1/user/basic/edit", m{"username": "newname", "nickname": "New"}
	}},
	{"PATCH /v1/user/profile", "a username", func(*client) (string, m) {
		return "/v1/user/profile", m{"username": "newname", "name": "New"}
	}},
	{"PATCH /v1/user/password", "a password", func(*client) (string, m) {
		return "/v1/user/password", m{"new_password": "a new password"}
	}},
	{"POST /v1/user/authenticator", "an authenticator", func(*client) (string, m) {
		return "/v1/user/authenticator", m{}
	}},
	{"DELETE /v1/user/associations/{id}", "an email address", func(c *client) (string, m) {
		return "/v1/user/associations/" + c.method("email"), m{}
	}},
	{"DELETE /v1/user/associations/{id}", "the password", func(*client) (string, m) {
		return "/v1/user/associations/" + association.PasswordID, m{}
	}},
	{"DELETE /v1/user/associations/{id}", "the username", func(c *client) (string, m) {
		return "/v1/user/associations/" + c.method("username"), m{}
	}},
	{"DELETE /v1/user/me", "everything", func(*client) (string, m) { return "/v1/user/me", m{} }},
}

// method is the ID of the account's sign-in method of a kind.
func (c *client) method(kind string) string {
	c.w.t.Helper()
	r := c.ok(c.do("GET", "/v1/user/associations", nil))
	for _, v := range r.body["data"].([]any) {
		if v := v.(m); v["kind"] == kind {
			return v["id"].(string)
		}
	}
	c.w.t.Fatalf("there is no %s in %s", kind, r.raw)
	return ""
}

// lacks is a way in which sudo is missing.
type lacks struct {
	name string
	own  bool // the token is of this very session
	// play returns the token to be shown, nil for none.
	play func(w *world, mode string, c *client) any
}

var withoutSudo = []lacks{
	{"none", false, func(*world, string, *client) any { return nil }},
	{"made up", false, func(*world, string, *client) any {
		return "lgs1_AAAAAAAAAAAAAAAAAAAAAA." + strings.Repeat("A", 43)
	}},
	{"another session's", false, func(w *world, mode string, c *client) any {
		return w.enter(mode, c.h, "ada", "two").sudo()
	}},
	{"another account's", false, func(w *world, mode string, c *client) any {
		return w.enter(mode, c.h, "eve", "eve's").sudo()
	}},
	{"dead", true, func(w *world, _ string, c *client) any {
		token := c.sudo()
		w.clock.Advance(10 * time.Minute)
		return token
	}},
	{"of an older epoch", true, func(w *world, mode string, c *client) any {
		token := c.sudo()
		other := w.enter(mode, c.h, "ada", "two")
		other.ok(other.do("DELETE", "/v1/user/revoke/others", nil))
		return token
	}},
}

// carried are the ways to show a sudo token to an endpoint.
func carried(route httpadapter.Route) []string {
	switch {
	case route.InQuery != "":
		return []string{"body", "header", "query"}
	case route.Method == "DELETE":
		return []string{"body", "header"}
	}
	return []string{"body"}
}

// show makes the request of a token that is shown so.
func (c *client) show(route httpadapter.Route, path string, body m, token any, by string) reply {
	c.w.t.Helper()
	body = maps.Clone(body)
	switch {
	case token == nil:
	case by == "body":
		body["sudo_token"] = token
	case by == "header":
		return c.do(route.Method, path, body, header("X-Sudo-Token", token.(string)))
	case by == "query":
		path += "?sudo_token=" + token.(string)
	}
	return c.do(route.Method, path, body)
}

// changing is a world in which everything may be changed that can be.
func changing(t *testing.T) *world {
	w := newWorld(t, func(c *association.Config) { c.Policy.AllowDelete, c.Policy.AllowUsernameChange = true, true })
	w.account("ada", "email", "ada@example.com")
	w.account("eve", "email", "eve@example.com")
	return w
}

// TestR01_SudoOnEveryChange: what changes how an account signs in asks for a fresh
// proof of this session. Without it the answer is the challenge, and nothing changes;
// with it the very same request is done.
func TestR01_SudoOnEveryChange(t *testing.T) {
	for _, route := range httpadapter.Routes() {
		asks := route.Proof == httpadapter.UnderSudo || route.Proof == httpadapter.UnderGrant
		if has := slices.ContainsFunc(completes, func(c complete) bool { return c.route == route.Name() }); has != asks {
			t.Errorf("%s: there is a request under sudo: %v, want %v", route.Name(), has, asks)
			continue
		}
		for _, request := range completes {
			if request.route != route.Name() {
				continue
			}
			for _, mode := range modes {
				for _, by := range carried(route) {
					for _, lack := range withoutSudo {
						t.Run(strings.Join([]string{route.Name(), request.what, mode, by, lack.name}, ", "), func(t *testing.T) {
							refusedWithoutSudo(t, mode, route, request, by, lack)
						})
					}
				}
			}
		}
	}
}

func refusedWithoutSudo(t *testing.T, mode string, route httpadapter.Route, request complete, by string, lack lacks) {
	w := changing(t)
	ada := w.enter(mode, mounts[mode].handler(w), "ada", "one")
	token := lack.play(w, mode, ada)
	if lack.name == "of an older epoch" && mode != "host" {
		// Ligature's own session ended with its epoch.
		nobody.of(ada.show(route, strings.ReplaceAll(route.Path, "{id}", "x"), everyField, token, by))
		return
	}
	path, body := request.ready(ada)
	before := w.store.snapshot()
	r := ada.show(route, path, body, token, by)
	noSudo.of(r)
	checkChallenge(t, r, 0)
	var may []string
	if by == "query" && lack.own {
		may = []string{"proof.data.sudo", "proof.version"} // it is spent all the same
	}
	if changed := w.store.snapshot().since(before); !slices.Equal(changed, may) {
		t.Errorf("without sudo it changed %v, want %v", changed, may)
	}
	right := ada.sudo()
	if route.Proof == httpadapter.UnderGrant {
		ada.ok(ada.do(route.Method, path, body))
	} else {
		noSudo.of(ada.do(route.Method, path, body)) // the session alone is not enough
		ada.ok(ada.show(route, path, body, right, by))
	}
	if len(w.store.snapshot().since(before)) == 0 {
		t.Error("with sudo it changed nothing: the request shows nothing")
	}
}

// TestR01_WhatIsShownNeedsNoSudo: an endpoint that takes the session's grant for what
// somebody signs in by takes the session for the rest, and changes nothing but that.
func TestR01_WhatIsShownNeedsNoSudo(t *testing.T) {
	shown := map[string]m{
		"POST /v1/user/basic/edit": {"nickname": "New", "avatar_url": "https://example.com/new.png", "locale": "de-CH"},
		"PATCH /v1/user/profile":   {"name": "New", "picture": "https://example.com/new.png", "locale": "de-CH"},
	}
	for _, route := range httpadapter.Routes() {
		body, ok := shown[route.Name()]
		if ok != (route.Proof == httpadapter.UnderGrant) {
			t.Errorf("%s shows something: %v", route.Name(), ok)
		}
		if !ok {
			continue
		}
		for _, mode := range modes {
			t.Run(route.Name()+" "+mode, func(t *testing.T) {
				w := changing(t)
				ada := w.enter(mode, mounts[mode].handler(w), "ada", "one")
				body := maps.Clone(body)
				// What is no field of theirs.
				maps.Copy(body, m{
					"sub": "eve", "user_id": "eve", "password": "x", "new_password": "a new password", "phone_number": "13800000000",
					"email_verified": true, "groups": []string{"admin"}, "status": "BLOCKED", "providers": []string{"x"}, "hasPassword": false,
				})
				before := w.store.snapshot()
				ada.ok(ada.do(route.Method, route.Path, body))
				want := []string{"account.data.locale", "account.data.name", "account.data.picture", "account.version"}
				var changed []string
				for _, c := range w.store.snapshot().since(before) {
					if !strings.HasPrefix(c, "event.") && c != "proof.version" {
						changed = append(changed, c)
					}
				}
				if !slices.Equal(changed, want) {
					t.Errorf("it changed %v, want %v", changed, want)
				}
			})
		}
	}
}

// TestR01_WhatEndsSessionsDoesNothingElse: ending sessions needs no sudo, since it only
// takes away; so it takes away access of this account, and nothing else of anybody.
func TestR01_WhatEndsSessionsDoesNothingElse(t *testing.T) {
	for _, route := range httpadapter.Routes() {
		if route.Proof != httpadapter.Ends {
			continue
		}
		for _, mode := range modes {
			if !serves(mode, route) {
				continue
			}
			t.Run(route.Name()+" "+mode, func(t *testing.T) {
				w := changing(t)
				h := mounts[mode].handler(w)
				ada, eve := w.enter(mode, h, "ada", "one"), w.enter(mode, h, "eve", "eve's")
				other := w.signedIn(w.bearer(), "ada") // which every mode may end
				verification := ada.prove("new@example.com")
				sudo := ada.sudo()
				body := maps.Clone(everyField)
				maps.Copy(body, m{
					"sudo_token": sudo, "verification_token": verification, "password": password, "sub": "eve", "user_id": "eve",
					"token": strings.TrimPrefix(other.header.Get("Authorization"), "Bearer "),
				})
				path := strings.ReplaceAll(route.Path, "{id}", w.sessionOf(other))
				before := w.store.snapshot()
				ada.ok(ada.do(route.Method, path, body, header("X-Sudo-Token", sudo)))
				after := w.store.snapshot()
				if len(after.since(before)) == 0 {
					t.Error("it ended nothing")
				}
				for c, v := range after {
					if before[c] == v || c.record == "counter" { // it is counted
						continue
					}
					account := after[cell{c.record, c.id, "account"}]
					if c.record == "account" {
						account = c.id
					}
					ends := c.record == "proof" || c.record == "event" ||
						c.record == "account" && slices.Contains([]string{"version", "epoch", "data.epochAt"}, c.field)
					if account != "ada" || !ends {
						t.Errorf("%s %s of %q: %s was %q, is %q", c.record, c.id, account, c.field, before[c], v)
					}
				}
				for c := range before {
					if _, ok := after[c]; !ok && c.record != "proof" {
						t.Errorf("%s %s: %s is gone", c.record, c.id, c.field)
					}
				}
				eve.ok(eve.do("GET", "/v1/user/me", nil))
			})
		}
	}
}

// sessionOf is the ID of the session of a client with a token.
func (w *world) sessionOf(c *client) string {
	w.t.Helper()
	actor, err := w.svc.Authenticate(w.t.Context(), association.NewToken(strings.TrimPrefix(c.header.Get("Authorization"), "Bearer ")))
	if err != nil {
		w.t.Fatal(err)
	}
	return actor.Session
}

// TestR01_WhatReadsChangesNothing: with every proof at hand.
func TestR01_WhatReadsChangesNothing(t *testing.T) {
	for _, route := range httpadapter.Routes() {
		if route.Proof != httpadapter.Reads {
			continue
		}
		for _, mode := range modes {
			w := changing(t)
			ada := w.enter(mode, mounts[mode].handler(w), "ada", "one")
			body := maps.Clone(everyField)
			maps.Copy(body, m{"password": password, "verification_token": ada.prove("new@example.com"), "sudo_token": ada.sudo()})
			before := w.store.snapshot()
			ada.ok(ada.do(route.Method, route.Path+"?email=new@example.com&username=newname", body,
				header("X-Sudo-Token", body["sudo_token"].(string))))
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("%s, %s: it changed %v", route.Name(), mode, changed)
			}
		}
	}
}

// TestR01_WhatProvesLeavesTheAccount: an endpoint that opens a session, or is a step of
// proving something, changes nothing of an account by a session of its own and whatever
// proofs of something else.
func TestR01_WhatProvesLeavesTheAccount(t *testing.T) {
	free := []httpadapter.Proof{httpadapter.Proves, httpadapter.Opens, httpadapter.Completes}
	for _, route := range httpadapter.Routes() {
		if !slices.Contains(free, route.Proof) {
			continue
		}
		for _, mode := range modes {
			if !serves(mode, route) {
				continue
			}
			t.Run(route.Name()+" "+mode, func(t *testing.T) {
				for _, has := range [][]string{
					{}, {"password"}, {"verification_token"}, {"sudo_token"}, {"verification_token", "sudo_token", "password"},
				} {
					leavesTheAccount(t, mode, route, has)
				}
			})
		}
	}
}

func leavesTheAccount(t *testing.T, mode string, route httpadapter.Route, has []string) {
	t.Helper()
	w := newWorld(t, func(c *association.Config) { c.Policy.AllowSignUp, c.Policy.AllowAnonymous = true, true })
	w.account("ada", "email", "ada@example.com")
	ada := w.enter(mode, mounts[mode].handler(w), "ada", "one")
	proofs := m{"password": password, "verification_token": ada.prove("new@example.com"), "sudo_token": ada.sudo()}
	body := m{"user_id": "ada", "sub": "ada"}
	maps.Copy(body, everyField)
	for _, name := range has {
		body[name] = proofs[name]
	}
	before := w.store.snapshot()
	ada.do(route.Method, route.Path, body)
	after := w.store.snapshot()
	for c, v := range before {
		if (c.record == "account" || c.record == "association") && after[c] != v {
			t.Errorf("with %v: %s %s: %s was %s, is %s", has, c.record, c.id, c.field, v, after[c])
		}
	}
	for c, v := range after {
		if c.record == "association" && c.field == "account" && v == "ada" && before[c] != v {
			t.Errorf("with %v: %s is ada's now", has, c.id)
		}
	}
}

// TestR01_WhatIsCompletedWasBegunUnderSudo: the second half of a change asks for no
// sudo token, because it takes the first half, of this session and of late.
func TestR01_WhatIsCompletedWasBegunUnderSudo(t *testing.T) {
	seen := 0
	for _, route := range httpadapter.Routes() {
		if route.Proof != httpadapter.Completes {
			continue
		}
		seen++
		if route.Name() != "POST /v1/user/authenticator/verify" {
			t.Errorf("%s completes something that is not looked at here", route.Name())
		}
	}
	if seen != 1 {
		t.Errorf("%d endpoints complete something, want 1", seen)
	}
	for _, mode := range modes {
		w := changing(t)
		h := mounts[mode].handler(w)
		ada, other := w.enter(mode, h, "ada", "one"), w.enter(mode, h, "ada", "two")
		confirm := func(c *client, code string) reply {
			return c.do("POST", "/v1/user/authenticator/verify", m{"authenticator_code": code})
		}
		unchanged := func(c *client, code string) {
			t.Helper()
			before := w.store.snapshot()
			badArgument.of(confirm(c, code))
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("%s: it changed %v", mode, changed)
			}
		}
		unchanged(ada, "123456")
		enrolled := ada.ok(ada.do("POST", "/v1/user/authenticator", m{"sudo_token": ada.sudo()}))
		unchanged(other, w.totp(enrolled.text("secret")))
		other.sudo()
		unchanged(other, w.totp(enrolled.text("secret"))) // a sudo of its own is none of this
		w.clock.Advance(10 * time.Minute)
		unchanged(ada, w.totp(enrolled.text("secret")))
		enrolled = ada.ok(ada.do("POST", "/v1/user/authenticator", m{"sudo_token": ada.sudo()}))
		w.clock.Advance(10*time.Minute - time.Second)
		ada.ok(confirm(ada, w.totp(enrolled.text("secret"))))
	}
}
