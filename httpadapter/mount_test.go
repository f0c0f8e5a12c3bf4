package httpadapter_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ligature-auth/ligature/httpadapter"
)

// TestMount: the handler is below the path, and nowhere else.
func TestMount(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	if err := httpadapter.Mount(mux, "/account/methods", w.svc, httpadapter.Options{Sessions: httpadapter.Bearer()}); err != nil {
		t.Fatal(err)
	}
	c := w.stranger(mux)
	c.ok(c.do("POST", "/account/methods/v1/signin", m{"username": "ada", "password": password}))
	noEndpoint.of(c.do("POST", "/account/methods/signin", m{}))
	for _, path := range []string{"/v1/signin", "/account/v1/signin", "/account/methods2/v1/signin"} {
		got := httptest.NewRecorder()
		if mux.ServeHTTP(got, httptest.NewRequest("POST", path, nil)); got.Code != http.StatusTeapot {
			t.Errorf("%s: %d, want the host's own page", path, got.Code)
		}
	}
	for _, below := range []string{"", "/", "auth", "/auth/", "/auth//v", "/{any}", "/auth}", "/a b", "/a\tb", "GET /auth"} {
		if httpadapter.Mount(http.NewServeMux(), below, w.svc, httpadapter.Options{Sessions: httpadapter.Bearer()}) == nil {
			t.Errorf("mounted below %q", below)
		}
	}
	if httpadapter.Mount(http.NewServeMux(), "/auth", nil, httpadapter.Options{Sessions: httpadapter.Bearer()}) == nil {
		t.Error("mounted without a Service")
	}
}
