package httpadapter_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/ligature-auth/ligature/httpadapter"
)

// cookieApp is an application with cookie sessions that run out when idle, which
// is when scs writes every session back at the end of every request.
type cookieApp struct {
	*client
	sessions *scs.SessionManager
	entered  chan struct{} // a request to /slow is under way
	leave    chan struct{} // lets it end
	token    string        // a sudo token that a test keeps
}

func newCookieApp(w *world) *cookieApp {
	w.t.Helper()
	a := &cookieApp{sessions: scs.New(), entered: make(chan struct{}), leave: make(chan struct{})}
	a.sessions.IdleTimeout = 20 * time.Minute
	a.sessions.Lifetime = 24 * time.Hour
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", w.handler(httpadapter.Options{Sessions: httpadapter.Cookie(a.sessions)})))
	mux.HandleFunc("/slow", func(http.ResponseWriter, *http.Request) {
		a.entered <- struct{}{}
		<-a.leave
	})
	// The application's own: a session of a visitor, good for an hour.
	mux.HandleFunc("/visit", func(_ http.ResponseWriter, r *http.Request) {
		a.sessions.Put(r.Context(), "cart", "three pears")
		a.sessions.SetDeadline(r.Context(), time.Now().Add(time.Hour).UTC())
	})
	mux.HandleFunc("/deadline", func(rw http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(rw, "%d %s", a.sessions.Deadline(r.Context()).UnixNano(), a.sessions.GetString(r.Context(), "cart"))
	})
	by := httpadapter.Cookie(a.sessions)
	mux.HandleFunc("/who", func(rw http.ResponseWriter, r *http.Request) {
		actor, _ := httpadapter.Actor(w.svc, by, r)
		_, _ = fmt.Fprint(rw, actor.Account)
	})
	a.client = w.stranger(a.sessions.LoadAndSave(mux))
	a.prefix = "/auth"
	return a
}

// own calls one of the application's own handlers and returns what it says.
func (a *cookieApp) own(path string) string {
	a.w.t.Helper()
	r := a.request("GET", "", nil)
	r.URL.Path = path
	answer := httptest.NewRecorder()
	a.h.ServeHTTP(answer, r)
	for _, cookie := range answer.Result().Cookies() {
		a.cookies[cookie.Name] = cookie.Value
	}
	return answer.Body.String()
}

// who is signed in by the client's cookie, for the application's own pages.
func (a *cookieApp) who(c *client) string {
	a.w.t.Helper()
	r := c.request("GET", "", nil)
	r.URL.Path = "/who"
	answer := httptest.NewRecorder()
	a.h.ServeHTTP(answer, r)
	return answer.Body.String()
}

// underWay does something while a request of this cookie is under way, and returns the
// cookie, which the end of that request has brought back.
func (a *cookieApp) underWay(do func()) (old string) {
	a.w.t.Helper()
	old = a.cookie()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r := httptest.NewRequest("GET", "http://app.example.com/slow", nil)
		r.AddCookie(&http.Cookie{Name: a.sessions.Cookie.Name, Value: old})
		a.h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-a.entered
	do()
	a.leave <- struct{}{}
	<-ended
	if _, alive, _ := a.sessions.Store.Find(old); !alive {
		a.w.t.Fatal("scs did not bring the old cookie back: the experiment shows nothing")
	}
	return old
}

func (a *cookieApp) signIn(name string) reply {
	a.w.t.Helper()
	return a.ok(a.do("POST", "/v1/signin", m{"username": name, "password": password}))
}

// with is the same browser with another cookie.
func (a *cookieApp) with(cookie string) *client {
	c := *a.client
	c.cookies = map[string]string{a.sessions.Cookie.Name: cookie}
	return &c
}

func (a *cookieApp) cookie() string { return a.cookies[a.sessions.Cookie.Name] }

// blobs are what scs keeps, decoded, by cookie.
func (a *cookieApp) blobs() map[string]map[string]any {
	a.w.t.Helper()
	all, err := a.sessions.Store.(scs.IterableStore).All()
	if err != nil {
		a.w.t.Fatal(err)
	}
	out := map[string]map[string]any{}
	for cookie, blob := range all {
		_, values, err := a.sessions.Codec.Decode(blob)
		if err != nil {
			a.w.t.Fatal(err)
		}
		out[cookie] = values
	}
	return out
}
