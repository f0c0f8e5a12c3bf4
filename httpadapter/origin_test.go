package httpadapter_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/httpadapter"
)

const (
	ownOrigin     = "http://app.example.com" // where every client of these tests goes
	allowedOrigin = "https://web.example.org"
	otherOrigin   = "https://evil.example"
)

// TestR61_CrossOrigin sends every endpoint everything that a browser may say of
// where a request comes from.
func TestR61_CrossOrigin(t *testing.T) {
	type from struct{ site, origin string }
	// What browsers and other programs say, and whether it is let through, for
	// allowed origins where Options.Origins count.
	passes := map[from]string{
		{"", ""}:                                        "always", // no browser
		{"", ownOrigin}:                                 "always",
		{"", allowedOrigin}:                             "allowed",
		{"", otherOrigin}:                               "never",
		{"", "null"}:                                    "never",
		{"", ownOrigin + ".evil.example"}:               "never",
		{"none", ""}:                                    "always",
		{"same-origin", ""}:                             "always",
		{"same-origin", ownOrigin}:                      "always",
		{"same-site", ""}:                               "never",
		{"same-site", allowedOrigin}:                    "allowed",
		{"same-site", "http://other.example.com"}:       "never",
		{"cross-site", ""}:                              "never",
		{"cross-site", "null"}:                          "never",
		{"cross-site", ownOrigin}:                       "never",
		{"cross-site", allowedOrigin}:                   "allowed",
		{"cross-site", strings.ToUpper(allowedOrigin)}:  "never",
		{"cross-site", "http://web.example.org"}:        "never",
		{"cross-site", allowedOrigin + ":8443"}:         "never",
		{"cross-site", allowedOrigin + ".evil.example"}: "never",
		{"cross-site", otherOrigin}:                     "never",
		{"anything else", ""}:                           "never",
	}
	types := []string{"", "text/plain;charset=UTF-8", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"}

	for mode, mount := range map[string]func(*world) *client{
		"bearer":                 func(w *world) *client { return w.signedIn(w.bearer(allowedOrigin), "ada") },
		"bearer without origins": func(w *world) *client { return w.signedIn(w.bearer(), "ada") },
		"cookie":                 func(w *world) *client { return w.signedIn(w.cookie(allowedOrigin), "ada") },
		"host":                   func(w *world) *client { return w.hosted(w.host(allowedOrigin), "ada", "one") },
	} {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			c := mount(w)
			for _, route := range httpadapter.Routes() {
				for f, pass := range passes {
					through := pass == "always" || pass == "allowed" && mode == "bearer" || route.Method == "GET"
					for _, contentType := range types {
						before := w.store.snapshot()
						// Nobody who gets through gets anywhere with an array.
						r := c.do(route.Method, route.Path, "[]", func(r *http.Request) {
							set(r, "Sec-Fetch-Site", f.site)
							set(r, "Origin", f.origin)
							set(r, "Content-Type", contentType)
							if route.Path == "/v1/user/signout" {
								r.Header.Del("Authorization") // and stays signed in
								r.Header.Del("Cookie")
							}
						})
						if refused := r.status == 403; refused == through {
							t.Errorf("%s from %q: let through %v, want %v: %s", r.what, f, !refused, through, r.raw)
						}
						if !through {
							notAllowed.of(r)
							if changed := w.store.snapshot().since(before); len(changed) != 0 {
								t.Errorf("%s from %q changed %v", r.what, f, changed)
							}
						}
						// Capitals are the same origin; no browser writes them.
						wantReadable := ""
						if mode == "bearer" && strings.EqualFold(f.origin, allowedOrigin) {
							wantReadable = f.origin
						}
						if got := r.header.Get("Access-Control-Allow-Origin"); got != wantReadable {
							t.Errorf("%s from %q: readable by %q, want %q", r.what, f, got, wantReadable)
						}
					}
				}
			}
		})
	}
}

func set(r *http.Request, name, value string) {
	r.Header.Del(name)
	if value != "" {
		r.Header.Set(name, value)
	}
}

// TestR61_GetChangesNothing sends every endpoint a complete request by a method
// that browsers send at any page's word.
func TestR61_GetChangesNothing(t *testing.T) {
	for mode, mount := range map[string]func(*world) *client{
		"bearer": func(w *world) *client { return w.signedIn(w.bearer(allowedOrigin), "ada") },
		"cookie": func(w *world) *client { return w.signedIn(w.cookie(), "ada") },
		"host":   func(w *world) *client { return w.hosted(w.host(), "ada", "one") },
	} {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			c := mount(w)
			body := m{"sudo_token": c.sudo(), "verification_token": c.prove("new@example.com"), "password": password}
			for field, v := range everyField {
				body[field] = v
			}
			before := w.store.snapshot()
			messages := len(w.mail.Messages())
			for _, route := range httpadapter.Routes() {
				for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
					for _, site := range []string{"", "same-origin", "cross-site"} {
						c.do(method, route.Path, body, header("Sec-Fetch-Site", site), header("X-Sudo-Token", body["sudo_token"].(string)))
						c.do(method, route.Path+"?email=new@example.com&username=ada", body, header("Sec-Fetch-Site", site))
					}
				}
			}
			if changed := w.store.snapshot().since(before); len(changed) != 0 || len(w.mail.Messages()) != messages {
				t.Errorf("it changed %v and sent %d messages", changed, len(w.mail.Messages())-messages)
			}
		})
	}
}

// TestR61_AnyContentType: the real client calls its JSON text.
func TestR61_AnyContentType(t *testing.T) {
	for _, contentType := range []string{"", "text/plain;charset=UTF-8", "application/json", "application/x-www-form-urlencoded", "nonsense"} {
		w := newWorld(t)
		w.account("ada")
		c := w.stranger(w.bearer())
		c.ok(c.do("POST", "/v1/signin", m{"username": "ada", "password": password}, func(r *http.Request) {
			set(r, "Content-Type", contentType)
		}))
	}
}

// preflight asks whether a page of the origin may send such a request.
func preflight(c *client, path, method, origin string, headers ...string) *http.Response {
	return c.send(c.request("OPTIONS", path, nil, header("Origin", origin), header("Sec-Fetch-Site", "cross-site"),
		header("Access-Control-Request-Method", method), func(r *http.Request) {
			r.Header.Set("Access-Control-Request-Headers", strings.Join(headers, ","))
		}))
}

// list is a header that is a list, in small letters.
func list(h http.Header, name string) (all []string) {
	for _, v := range h.Values(name) {
		for item := range strings.SplitSeq(strings.ToLower(v), ",") {
			all = append(all, strings.TrimSpace(item))
		}
	}
	return all
}

// TestPreflight asks as Chromium does for the client.
func TestPreflight(t *testing.T) {
	// What the client sends, and what the host's own pages do; sorted, as browsers do.
	clientHeaders := []string{"authorization", "content-type", "x-captcha-token", "x-device-id", "x-request-id", "x-sdk-version", "x-sudo-token"}
	w := newWorld(t)
	c := w.stranger(w.bearer(allowedOrigin))
	for _, route := range httpadapter.Routes() {
		answer := preflight(c, route.Path, route.Method, allowedOrigin, clientHeaders...)
		if answer.StatusCode/100 != 2 {
			t.Errorf("%s %s: status %d", route.Method, route.Path, answer.StatusCode)
		}
		if got := answer.Header.Get("Access-Control-Allow-Origin"); got != allowedOrigin {
			t.Errorf("%s %s: for %q", route.Method, route.Path, got)
		}
		if !slices.Contains(list(answer.Header, "Access-Control-Allow-Methods"), strings.ToLower(route.Method)) {
			t.Errorf("%s %s: only %q", route.Method, route.Path, answer.Header.Values("Access-Control-Allow-Methods"))
		}
		for _, name := range clientHeaders {
			if !slices.Contains(list(answer.Header, "Access-Control-Allow-Headers"), name) {
				t.Errorf("%s %s: without %s", route.Method, route.Path, name)
			}
		}
		if answer.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s: with credentials", route.Method, route.Path)
		}
		if !slices.Contains(answer.Header.Values("Cache-Control"), "no-store") {
			t.Errorf("%s %s: may be cached by %q", route.Method, route.Path, answer.Header.Values("Cache-Control"))
		}
		if !slices.Contains(list(answer.Header, "Vary"), "origin") {
			t.Errorf("%s %s: varies by %q", route.Method, route.Path, answer.Header.Values("Vary"))
		}
	}
	for name, c := range map[string]*client{
		"of another origin":   c,
		"without origins":     w.stranger(w.bearer()),
		"where cookies count": w.stranger(w.cookie(otherOrigin)),
		"where a host counts": w.stranger(w.host(otherOrigin)),
	} {
		answer := preflight(c, "/v1/verification", "POST", otherOrigin, clientHeaders...)
		for _, header := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"} {
			if v := answer.Header.Get(header); v != "" {
				t.Errorf("%s: %s: %s", name, header, v)
			}
		}
	}
}

// TestRefusalsAreReadableAcrossOrigins: a refusal that the browser hides is sent
// three times.
func TestRefusalsAreReadableAcrossOrigins(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(allowedOrigin), "ada")
	across := []func(*http.Request){header("Origin", allowedOrigin), header("Sec-Fetch-Site", "cross-site")}
	for what, r := range map[string]reply{
		"success":        c.do("GET", "/v1/user/me", nil, across...),
		"a bad body":     c.do("POST", "/v1/verification", "[]", across...),
		"no endpoint":    c.do("POST", "/v1/nothing", nil, across...),
		"a wrong method": c.do("DELETE", "/v1/signin", nil, across...),
		"no sudo":        c.do("PATCH", "/v1/user/contact", m{"email": "new@example.com"}, across...),
		"nobody":         c.do("GET", "/v1/user/me", nil, append(across, func(r *http.Request) { r.Header.Del("Authorization") })...),
	} {
		if got := r.header.Get("Access-Control-Allow-Origin"); got != allowedOrigin {
			t.Errorf("%s: readable by %q", what, got)
		}
	}
}

// TestOriginsAreChecked: what is no origin is an error of New.
func TestOriginsAreChecked(t *testing.T) {
	w := newWorld(t)
	for _, origin := range []string{"", "*", "null", "app.example.com", "https://app.example.com/", "https://app.example.com/path", "https://*.example.com", "https://", "//app.example.com", "javascript:alert(1)", "https://App.example.com", "HTTPS://app.example.com"} {
		if _, err := httpadapter.New(w.svc, httpadapter.Options{Sessions: httpadapter.Bearer(), Origins: []string{origin}}); err == nil {
			t.Errorf("%q is taken for an origin", origin)
		}
	}
	for what, o := range map[string]httpadapter.Options{"no sessions": {}} {
		if _, err := httpadapter.New(w.svc, o); err == nil {
			t.Errorf("%s: New is content", what)
		}
	}
	if _, err := httpadapter.New(nil, httpadapter.Options{Sessions: httpadapter.Bearer()}); err == nil {
		t.Error("New is content without a Service")
	}
}
