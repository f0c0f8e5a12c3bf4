package suite

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// site is an application that is served.
type site struct {
	app    App
	server *httptest.Server
}

func open(t *testing.T, app App) site {
	server := httptest.NewTLSServer(app)
	t.Cleanup(server.Close)
	return site{app, server}
}

func (s site) setDisabled(t *testing.T, email string, disabled bool) {
	t.Helper()
	if err := s.app.SetDisabled(t.Context(), email, disabled); err != nil {
		t.Fatal(err)
	}
}

// browser is one that has not been here yet.
func (s site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	home, err := url.Parse(s.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, home: home, header: http.Header{}, client: http.Client{Transport: s.server.Client().Transport, Jar: jar}}
}

// registered is the browser of a new user.
func (s site) registered(t *testing.T, email string) *browser {
	t.Helper()
	b := s.browser(t)
	b.does(200, "POST", "/register", "email", email, "password", password)
	return b
}

// signedIn is another browser of a user's.
func (s site) signedIn(t *testing.T, email, password string) *browser {
	t.Helper()
	b := s.browser(t)
	b.does(200, "POST", "/signin", "email", email, "password", password)
	return b
}

// browser keeps cookies, and ends the test where it is answered what it should not be.
type browser struct {
	t      *testing.T
	home   *url.URL
	header http.Header // of each request
	client http.Client
}

// does sends a form, names and values in turn, wants the status, and returns the body.
func (b *browser) does(status int, method, path string, form ...string) string {
	b.t.Helper()
	values := url.Values{}
	for pair := range slices.Chunk(form, 2) {
		values.Set(pair[0], pair[1])
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.home.String()+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = b.header.Clone()
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.StatusCode != status {
		b.t.Fatalf("%s %s: %d %s, want %d", method, path, answer.StatusCode, body, status)
	}
	return string(body)
}

// gets returns the object that a page shows.
func (b *browser) gets(path string) map[string]any {
	b.t.Helper()
	var out map[string]any
	b.read(b.does(200, "GET", path), &out)
	return out
}

// read reads JSON.
func (b *browser) read(body string, into any) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(body), into); err != nil {
		b.t.Fatalf("%v in %q", err, body)
	}
}

func (b *browser) cookies() []*http.Cookie {
	b.t.Helper()
	all := b.client.Jar.Cookies(b.home)
	if len(all) != 1 {
		b.t.Fatalf("the browser has %d cookies, want one", len(all))
	}
	return all
}

func (b *browser) setCookies(cookies []*http.Cookie) { b.client.Jar.SetCookies(b.home, cookies) }

// post is what one sees of a post.
type post struct{ Author, Text string }

// post writes one and returns its ID.
func (b *browser) post(text string) string {
	b.t.Helper()
	var out struct{ ID int64 }
	b.read(b.does(200, "POST", "/posts", "text", text), &out)
	return fmt.Sprint(out.ID)
}

func (b *browser) posts() []post {
	b.t.Helper()
	var out []post
	b.read(b.does(200, "GET", "/posts"), &out)
	return out
}

// sees wants these posts, latest first.
func (b *browser) sees(want ...post) {
	b.t.Helper()
	if got := b.posts(); !slices.Equal(got, want) {
		b.t.Errorf("the posts are %v, want %v", got, want)
	}
}
