package twilio_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/ligature-auth/ligature/sender/twilio"
)

// Should the SDK come to ask twice of itself, nobody gets two messages for one.
func TestACallAsksOnce(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		write(w, http.StatusCreated, map[string]any{"sid": messageSID})
	}))
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	call := twilio.NewCall(t.Context(), base, server.Client())
	for _, want := range []error{nil, twilio.ErrTwice, twilio.ErrTwice} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.twilio.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := call.RoundTrip(req)
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
		if err == nil {
			_ = res.Body.Close()
		}
	}
	if asked != 1 {
		t.Errorf("Twilio was asked %d times", asked)
	}
}
