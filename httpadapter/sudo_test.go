package httpadapter_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/httpadapter"
)

// sudoRule says what proof an endpoint that changes something asks for.
type sudoRule struct {
	sudo bool
	why  string // where it is false
}

// sudoRules has every endpoint but those of GET. Who adds one decides here.
var sudoRules = map[string]sudoRule{
	"PATCH /v1/user/contact":       {sudo: true},
	"POST /v1/user/basic/edit":     {sudo: true},
	"PATCH /v1/user/password":      {sudo: true},
	"POST /v1/verification":        {why: "sends a code, which is worth nothing to who cannot read it"},
	"POST /v1/verification/verify": {why: "judges a code"},
	"POST /v1/user/sudo":           {why: "is where the proof is given"},
	"POST /v1/signup":              {why: "makes an account of its own"},
	"POST /v1/signin":              {why: "opens a session by a proof of its own"},
	"POST /v1/token":               {why: "prolongs a session by its refresh token"},
	"POST /v1/revoke":              {why: "ends a session"},
	"POST /v1/user/signout":        {why: "ends a session"},
}

// TestR01_SudoOnEveryChange: what changes how an account signs in asks for a
// fresh proof, and everything else cannot change it.
func TestR01_SudoOnEveryChange(t *testing.T) {
	routed := map[string]bool{}
	for _, route := range httpadapter.Routes() {
		if route.Method == "GET" {
			continue // see TestR61_GetChangesNothing
		}
		name := route.Method + " " + route.Path
		routed[name] = true
		rule, ok := sudoRules[name]
		if !ok {
			t.Errorf("%s has no rule: does it need sudo?", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com")
			ada := w.signedIn(w.bearer(), "ada")
			if !rule.sudo {
				leavesAccount(t, w, ada, route)
				return
			}
			// Everything but sudo is there, the proof of the address included.
			body := m{"email": "new@example.com", "new_password": "a new password", "verification_token": ada.prove("new@example.com")}
			before := w.store.snapshot()
			r := ada.do(route.Method, route.Path, body)
			noSudo.of(r)
			checkChallenge(t, r)
			if changed := w.store.snapshot().since(before); len(changed) != 0 {
				t.Errorf("without sudo it changed %v", changed)
			}
			body["sudo_token"] = ada.sudo()
			ada.ok(ada.do(route.Method, route.Path, body))
		})
	}
	for name := range sudoRules {
		if !routed[name] {
			t.Errorf("%s has a rule, but is not there", name)
		}
	}
}

// leavesAccount calls an endpoint that needs no sudo with all that could change
// ada, and wants her the same.
func leavesAccount(t *testing.T, w *world, ada *client, route httpadapter.Route) {
	t.Helper()
	if sudoRules[route.Method+" "+route.Path].why == "" {
		t.Error("an endpoint without sudo needs a reason")
	}
	before := w.store.snapshot()
	for _, proof := range []m{{}, {"password": password}, {"verification_token": ada.prove("new@example.com")}} {
		body := m{"user_id": "ada", "sub": "ada"}
		for _, from := range []m{everyField, proof} {
			for field, v := range from {
				body[field] = v
			}
		}
		ada.do(route.Method, route.Path, body)
	}
	after := w.store.snapshot()
	for c, v := range before {
		if (c.record == "account" || c.record == "association") && after[c] != v {
			t.Errorf("%s %s: %s was %s, is %s", c.record, c.id, c.field, v, after[c])
		}
	}
	for c, v := range after {
		if c.record == "association" && c.field == "account" && v == "ada" && before[c] != v {
			t.Errorf("%s is ada's now", c.id)
		}
	}
}

// challengePattern is a challenge of RFC 9110: a scheme and its parameters.
var challengePattern = regexp.MustCompile(`^Bearer ([a-z_]+=("[^"\\]*"|[0-9A-Za-z]+))(, [a-z_]+=("[^"\\]*"|[0-9A-Za-z]+))*$`)

// checkChallenge wants the challenge of RFC 9470, and nothing else in it.
func checkChallenge(t *testing.T, r reply) {
	t.Helper()
	got := r.header.Values("WWW-Authenticate")
	if len(got) != 1 || !challengePattern.MatchString(got[0]) {
		t.Fatalf("%s: want one challenge, got %q", r.what, got)
	}
	parameters := strings.Split(strings.TrimPrefix(got[0], "Bearer "), ", ")
	slices.Sort(parameters)
	want := []string{`error="insufficient_user_authentication"`, `error_description="a fresh sudo token is required"`, "max_age=0"}
	if !slices.Equal(parameters, want) {
		t.Errorf("%s: want %q, got %q", r.what, want, parameters)
	}
}
