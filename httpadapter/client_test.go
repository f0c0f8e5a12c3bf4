package httpadapter_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// m is a JSON object.
type m = map[string]any

// client sends requests, holds every answer to what every answer must be, and
// keeps cookies as a browser does.
type client struct {
	w       *world
	h       http.Handler
	prefix  string      // of every path
	header  http.Header // goes with every request
	cookies map[string]string
}

// reply is an answer.
type reply struct {
	t      *testing.T
	what   string // was asked
	status int
	header http.Header
	raw    string
	body   m
}

// request makes a request. The body is sent as it is, or as the JSON it makes.
func (c *client) request(method, path string, body any, edits ...func(*http.Request)) *http.Request {
	c.w.t.Helper()
	var content []byte
	switch body := body.(type) {
	case nil:
	case string:
		content = []byte(body)
	default:
		var err error
		if content, err = json.Marshal(body); err != nil {
			c.w.t.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(c.w.t.Context(), method, "http://app.example.com"+c.prefix+path, bytes.NewReader(content))
	for name, values := range c.header {
		r.Header[name] = slices.Clone(values)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for _, edit := range edits {
		edit(r)
	}
	return r
}

// send sends a request and takes the answer as it is.
func (c *client) send(r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	c.h.ServeHTTP(recorder, r)
	return recorder.Result()
}

// do sends a request and checks what holds for every answer.
func (c *client) do(method, path string, body any, edits ...func(*http.Request)) reply {
	c.w.t.Helper()
	r := c.request(method, path, body, edits...)
	var sent []byte
	if r.Body != nil {
		sent, _ = io.ReadAll(r.Body) // from memory
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	answer := c.send(r)
	for _, cookie := range answer.Cookies() {
		c.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(c.cookies, cookie.Name)
		}
	}
	return check(c.w.t, r, sent, answer)
}

// check holds an answer to what every answer of every endpoint must be.
func check(t *testing.T, r *http.Request, sent []byte, answer *http.Response) reply {
	t.Helper()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{t, r.Method + " " + r.URL.Path, answer.StatusCode, answer.Header, string(raw), nil}
	if got := answer.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Fatalf("%s: Content-Type %q, body %q", out.what, got, raw)
	}
	if !slices.Contains(answer.Header.Values("Cache-Control"), "no-store") {
		t.Errorf("%s: may be cached: %q", out.what, answer.Header.Values("Cache-Control"))
	}
	if r.Method == http.MethodHead {
		return out
	}
	if err := json.Unmarshal(raw, &out.body); err != nil || out.body == nil {
		t.Fatalf("%s: not a JSON object: %q", out.what, raw)
	}
	_, hasCode := out.body["code"]
	_, hasError := out.body["error"]
	switch {
	case hasCode:
		t.Errorf("%s: a top-level code is an error to the client: %s", out.what, raw)
	case hasError != (answer.StatusCode != http.StatusOK):
		t.Errorf("%s: status %d, and yet %s", out.what, answer.StatusCode, raw)
	case hasError:
		checkWords(t, out)
		checkSecrets(t, r, sent, out)
	}
	return out
}

// checkWords looks for what the client sorts errors by, before it looks at
// their names.
func checkWords(t *testing.T, r reply) {
	t.Helper()
	name, text := r.text("error"), strings.ToLower(r.text("error_description"))
	for word, only := range map[string]string{
		"login method": "", "identity provider": "", "not enabled": "", "not found": "not_found",
		"locked": "user_blocked", "pending": "user_pending", "review": "", "network": "unavailable", "timeout": "unavailable",
	} {
		if strings.Contains(text, word) && name != only {
			t.Errorf("%s: the client misreads %q in the text of %s: %s", r.what, word, name, text)
		}
	}
}

// checkSecrets looks for what was presented in the refusal of it.
func checkSecrets(t *testing.T, r *http.Request, sent []byte, out reply) {
	t.Helper()
	var presented []string
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case string:
			presented = append(presented, v)
		case map[string]any:
			for _, inner := range v {
				collect(inner)
			}
		case []any:
			for _, inner := range v {
				collect(inner)
			}
		}
	}
	var body any
	if json.Unmarshal(sent, &body) == nil {
		collect(body)
	}
	_, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	presented = append(presented, bearer)
	for _, values := range r.URL.Query() {
		presented = append(presented, values...)
	}
	headers := strings.Builder{}
	_ = out.header.Write(&headers) // to memory
	for _, p := range presented {
		if len(p) >= 6 && strings.Contains(headers.String()+out.raw, p) {
			t.Errorf("%s: the refusal repeats %q", out.what, p)
		}
	}
}

// ok wants success.
func (c *client) ok(r reply) reply {
	c.w.t.Helper()
	if r.status != http.StatusOK {
		c.w.t.Fatalf("%s: want success, got %d %s", r.what, r.status, r.raw)
	}
	return r
}

// text returns a field that is a string.
func (r reply) text(field string) string {
	r.t.Helper()
	s, ok := r.body[field].(string)
	if !ok || s == "" {
		r.t.Fatalf("%s: no %s in %s", r.what, field, r.raw)
	}
	return s
}

// header sets a header of one request.
func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}
