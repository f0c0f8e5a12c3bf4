package httpadapter_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/httpadapter"
)

// TestR38_NoSecretInAQuery: whatever is secret travels in the body.
func TestR38_NoSecretInAQuery(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	for _, must := range []string{
		"sudo_token", "verification_token", "verification_code", "access_token", "refresh_token", "password", "new_password",
		"anonymous_token", "ticket", "authenticator_code", "other_access_token", "other_sudo_token",
	} {
		if !strings.Contains(" "+strings.Join(httpadapter.SecretParameters(), " ")+" ", " "+must+" ") {
			t.Errorf("%s may stand in a query", must)
		}
	}
	before := w.store.snapshot()
	for _, route := range httpadapter.Routes() {
		// The one exception, which the real client forces: see TestR38_ASudoTokenInTheQueryIsSpent.
		if want := map[string]string{"DELETE /v1/user/me": "sudo_token"}[route.Name()]; route.InQuery != want {
			t.Errorf("%s takes %q from the query, want %q", route.Name(), route.InQuery, want)
		}
		for _, name := range httpadapter.SecretParameters() {
			if name == route.InQuery {
				continue
			}
			for _, query := range []string{
				name + "=1234567890",
				name,
				strings.ToUpper(name) + "=1234567890",
				"client_id=demo&" + name + "=1234567890",
				"%" + hex(name[0]) + name[1:] + "=1234567890",
				// What one reader takes for a parameter, another does not.
				"client_id=demo;" + name + "=1234567890",
				name + "=%zz",
			} {
				badArgument.of(c.do(route.Method, route.Path+"?"+query, everyField))
			}
		}
	}
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("the refusals changed %v", changed)
	}
	// What the client does put there is let be.
	q := url.Values{"client_id": {"demo-client"}, "query[action]": {"USER_LOGIN"}}
	c.ok(c.do("GET", "/v1/user/me?"+q.Encode(), nil))
	c.ok(c.do("GET", "/v1/user/me?client_id=demo&ne_query[action]=USER_LOGIN", nil))
}

func hex(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}

// TestUnknownPaths: whatever is not an endpoint is told so in the one shape,
// redirects included: what is in their query would travel on (R38). That it may
// not be cached is checked with every answer.
func TestUnknownPaths(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	before := w.store.snapshot()
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v1/signin/", "/v1/signin/with/provider", "/v2/signin", "/V1/signin", "/v1/Signin",
		"//v1/signin", "/v1//signin", "/v1/./signin", "/v1/x/../signin", "/v1/user/../signin?token=abcdef", "/v1/sign%69n/x",
		"//evil.example/%2f..", "/v1/signin%2f", "/v1/signin%00", "/.", "/..",
	} {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "HEAD", "PROPFIND", "x"} {
			r := c.do(method, path, m{})
			if r.status != 404 {
				t.Errorf("%s %s: want 404, got %d %s", method, path, r.status, r.raw)
			}
			if method != "HEAD" {
				noEndpoint.of(r)
			}
		}
	}
	served := map[string]bool{}
	for _, route := range httpadapter.Routes() {
		served[route.Name()] = true
	}
	for _, route := range httpadapter.Routes() {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE", "PUT", "OPTIONS", "TRACE"} {
			if !served[method+" "+route.Path] {
				noEndpoint.of(c.do(method, route.Path, everyField))
			}
		}
	}
	if changed := w.store.snapshot().since(before); len(changed) != 0 {
		t.Errorf("paths that are none changed %v", changed)
	}
}

// TestMethodsInAnyCase: one build of the client sends patch.
func TestMethodsInAnyCase(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	c.ok(c.do("patch", "/v1/user/contact", m{
		"email": "new@example.com", "sudo_token": c.sudo(), "verification_token": c.prove("new@example.com"),
	}))
	c.ok(c.do("post", "/v1/user/sudo", m{"password": password}))
	c.ok(c.do("Get", "/v1/user/me", nil))
}
