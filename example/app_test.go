package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func serve(t *testing.T, o options) *httptest.Server {
	t.Helper()
	o.base = "http://127.0.0.1:8080"
	a, err := newApp(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.handler)
	t.Cleanup(func() {
		server.Close()
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func TestMessagesAreServedOldestFirst(t *testing.T) {
	server := serve(t, options{db: "memory", noQuotas: true})
	if status, body := get(t, server.URL+"/dev/messages"); status != http.StatusOK || strings.TrimSpace(body) != "[]" {
		t.Fatalf("before any message: got %d %q, want 200 []", status, body)
	}
	for _, to := range []string{`{"email":"first@example.com"}`, `{"phone_number":"13800000000"}`} {
		r, err := http.Post(server.URL+"/auth/v1/verification", "text/plain", strings.NewReader(to))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Fatalf("asking for a code for %s: got %d", to, r.StatusCode)
		}
	}
	_, body := get(t, server.URL+"/dev/messages")
	var messages []map[string]string
	if err := json.Unmarshal([]byte(body), &messages); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	if len(messages) != 2 || messages[0]["to"] != "first@example.com" || messages[1]["to"] != "+8613800000000" {
		t.Fatalf("got %v", messages)
	}
	var names []string
	for name := range messages[0] {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"at", "channel", "code", "html", "language", "purpose", "subject", "template", "text", "to"}; !reflect.DeepEqual(names, want) {
		t.Errorf("a message has %v, want %v", names, want)
	}
}

func TestATicketSignsInAsTheDemoAccountOnce(t *testing.T) {
	server := serve(t, options{db: "memory"})
	_, body := get(t, server.URL+"/dev/ticket")
	var told struct{ Ticket string }
	if err := json.Unmarshal([]byte(body), &told); err != nil || told.Ticket == "" {
		t.Fatalf("got %q: %v", body, err)
	}
	for try, want := range []int{http.StatusOK, http.StatusBadRequest} {
		r, err := http.Post(server.URL+"/auth/v1/signin/custom", "text/plain",
			strings.NewReader(`{"provider_id":"custom","ticket":"`+told.Ticket+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		var session struct {
			Access string `json:"access_token"`
		}
		err = json.NewDecoder(r.Body).Decode(&session)
		r.Body.Close()
		if err != nil || r.StatusCode != want {
			t.Fatalf("try %d: got %d, want %d; %v", try, r.StatusCode, want, err)
		}
		if want != http.StatusOK {
			continue
		}
		me, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/auth/v1/user/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		me.Header.Set("Authorization", "Bearer "+session.Access)
		r, err = http.DefaultClient.Do(me)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(whole), `"username":"demo"`) {
			t.Errorf("the ticket signs in as %s, %v", whole, err)
		}
	}
}

func TestPageAndReadmeShowTheLinesThatAreTried(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), strings.TrimSpace(tryScript)) {
		t.Error("README.md does not show try.sh as it is")
	}
	server := serve(t, options{db: "memory"})
	status, body := get(t, server.URL+"/")
	if status != http.StatusOK || !strings.Contains(body, "/auth/v1") || !strings.Contains(body, "PATCH $AUTH/user/contact") {
		t.Errorf("the page: got %d %q", status, body)
	}
	if status, _ := get(t, server.URL+"/nothing"); status != http.StatusNotFound {
		t.Errorf("another path: got %d, want 404", status)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]options{
		"an unknown database": {db: "oracle://x"},
		"a short access TTL":  {db: "memory", accessTTL: 1},
		"a bad origin":        {db: "memory", origins: []string{"not an origin"}},
	} {
		if _, err := newApp(t.Context(), o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
