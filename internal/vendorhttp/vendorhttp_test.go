package vendorhttp_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

func TestE164(t *testing.T) {
	for number, want := range map[string]bool{
		"+12345678": true, "+123456789012345": true, "+8613800000000": true,
		"": false, "+": false, "+1234567": false, "+1234567890123456": false, "12345678": false, "+02345678": false,
		"+1234567a": false, "+12345678 ": false, " +12345678": false, "+12345678\n": false, "+１２３４５６７８": false, "++2345678": false,
	} {
		if got := vendorhttp.E164(number); got != want {
			t.Errorf("E164(%q) = %t", number, got)
		}
	}
}

func TestWord(t *testing.T) {
	for in, want := range map[string]string{
		"LimitExceeded.DailyLimit": "LimitExceeded.DailyLimit", "5000:10457-1_2": "5000:10457-1_2", "21211": "21211", "": "",
		"+8613800000000": "", "a b": "", "a\nb": "", "é": "", strings.Repeat("a", 81): "", strings.Repeat("a", 80): strings.Repeat("a", 80),
	} {
		if got := vendorhttp.Word(in); got != want {
			t.Errorf("Word(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRepeats(t *testing.T) {
	text := sender.Message{To: "+8613800000000", Code: sender.NewCode("735081")}
	mail := sender.Message{To: "a@example.com"}
	for _, test := range []struct {
		s    string
		m    sender.Message
		want bool
	}{
		{"", text, false},
		{"5000:1045", text, false},
		{"+8613800000000", text, true},
		{"5000:8613800000000:1", text, true},
		{"13800000000", text, false},
		{"id-735081-x", text, true},
		{"73508", text, false},
		{"to a@example.com", mail, true},
		{"", mail, false},
		{"x", sender.Message{}, false},
	} {
		if got := vendorhttp.Repeats(test.s, test.m); got != test.want {
			t.Errorf("Repeats(%q) of a message to %q is %t", test.s, test.m.To, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	const date = "Mon, 02 Mar 2026 12:00:00 GMT"
	for _, test := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"7", "", 7 * time.Second},
		{"-7", "", 0},
		{"7.5", "", 0},
		{"99999999", "", 24 * time.Hour},
		{"99999999999999999999", "", 0},
		{"Mon, 02 Mar 2026 12:01:00 GMT", date, time.Minute},
		{"Mon, 02 Mar 2026 11:00:00 GMT", date, 0},
		{"Fri, 02 Mar 2029 12:00:00 GMT", date, 24 * time.Hour},
		{"Mon, 02 Mar 2026 12:01:00 GMT", "", 0},
		{"soon", date, 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", test.value)
		h.Set("Date", test.date)
		if got := vendorhttp.RetryAfter(h); got != test.want {
			t.Errorf("Retry-After %q at %q is %v, want %v", test.value, test.date, got, test.want)
		}
	}
}

func TestBase(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.example.com":      "https://api.example.com",
		"https://api.example.com/":     "https://api.example.com",
		"https://api.example.com:8443": "https://api.example.com:8443",
		"http://127.0.0.1:8080":        "http://127.0.0.1:8080",
		"http://[::1]:8080":            "http://[::1]:8080",
		"http://localhost":             "http://localhost",
		"http://api.example.com":       "",
		"http://localhost.example.com": "",
		"http://10.0.0.1":              "",
		"https://me:pw@example.com":    "",
		"https://example.com/v1":       "",
		"https://example.com?x":        "",
		"https://example.com?":         "",
		"https://example.com#x":        "",
		"https:api.example.com":        "",
		"https://":                     "",
		"https://:443":                 "",
		"ftp://example.com":            "",
		"api.example.com":              "",
		"":                             "",
		"https://exa mple.com":         "",
	} {
		u, err := vendorhttp.Base(base)
		if (err == nil) != (want != "") || err == nil && u.String() != want {
			t.Errorf("Base(%q) = %v, %v, want %q", base, u, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("the error repeats the URL: %v", err)
		}
	}
}

func TestUnexplained(t *testing.T) {
	for status, want := range map[int]struct {
		err       error
		uncertain bool
	}{
		200: {sender.ErrTemporary, true},
		302: {sender.ErrTemporary, true},
		400: {sender.ErrPermanent, false},
		404: {sender.ErrPermanent, false},
		408: {sender.ErrTemporary, false},
		425: {sender.ErrTemporary, false},
		429: {sender.ErrQuota, false},
		500: {sender.ErrTemporary, true},
		503: {sender.ErrTemporary, true},
	} {
		err := vendorhttp.Unexplained(vendorhttp.Answer{Status: status, Header: http.Header{"Retry-After": {"3"}}})
		if !errors.Is(err, want.err) || err.Uncertain != want.uncertain || err.RetryAfter != 3*time.Second {
			t.Errorf("%d: %+v", status, err)
		}
	}
}

func request(ctx context.Context, t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("secret"))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// muteTransport fails and tells nothing of its connections.
type muteTransport struct{}

func (muteTransport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("secret")
}

func TestAskTellsWhatMayHaveArrived(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	aborting := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer aborting.Close()
	untrusted := httptest.NewUnstartedServer(nil)
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	huge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte("x"), 1<<17)) }))
	defer huge.Close()
	done, cancel := context.WithCancel(t.Context())
	cancel()

	plain := vendorhttp.Client(nil)
	defer plain.CloseIdleConnections()
	for _, test := range []struct {
		name      string
		client    *http.Client
		req       *http.Request
		uncertain bool
	}{
		{"nobody there", plain, request(t.Context(), t, "http://"+closed.Addr().String()), false},
		{"untrusted", plain, request(t.Context(), t, untrusted.URL), false},
		{"broken off", plain, request(t.Context(), t, aborting.URL), true},
		{"too long", plain, request(t.Context(), t, huge.URL), true},
		{"done", plain, request(done, t, aborting.URL), false},
		{"a transport that tells nothing", &http.Client{Transport: muteTransport{}}, request(t.Context(), t, aborting.URL), true},
	} {
		_, err := vendorhttp.Ask(test.client, test.req)
		if !errors.Is(err, sender.ErrTemporary) || sender.Uncertain(err) != test.uncertain {
			t.Errorf("%s: %v (uncertain: %t)", test.name, err, sender.Uncertain(err))
		}
		if err != nil && (strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%s: the error repeats the request: %v", test.name, err)
		}
		if errors.Is(err, context.Canceled) != (test.req.Context() == done) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// A client that gives up by itself has sent the request, and its error is no context's.
func TestAskWithAClientsTimeout(t *testing.T) {
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer s.Close()
	defer close(over)
	c := vendorhttp.Client(&http.Client{Transport: &http.Transport{}, Timeout: 50 * time.Millisecond})
	_, err := vendorhttp.Ask(c, request(t.Context(), t, s.URL))
	if !errors.Is(err, sender.ErrTemporary) || !sender.Uncertain(err) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

func TestAskReturnsTheAnswer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
		_, _ = w.Write(body)
	}))
	defer s.Close()
	jar := &http.Client{Transport: &http.Transport{}}
	defer jar.CloseIdleConnections()
	a, err := vendorhttp.Ask(vendorhttp.Client(jar), request(t.Context(), t, s.URL))
	if err != nil || a.Status != http.StatusTemporaryRedirect || string(a.Body) != "secret" || a.Header.Get("Location") != "/elsewhere" {
		t.Errorf("%+v, %v", a, err)
	}
	if jar.CheckRedirect != nil {
		t.Error("the host's client was changed")
	}
}

// A vendor's cookie is not for the next message, nor for the host's jar, and the host's are
// not for the vendor.
func TestNoCookies(t *testing.T) {
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Values("Cookie")...)
		http.SetCookie(w, &http.Cookie{Name: "vendor", Value: "1"})
	}))
	defer s.Close()
	here, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(here, []*http.Cookie{{Name: "host", Value: "1"}})
	given := &http.Client{Transport: &http.Transport{}, Jar: jar}
	defer given.CloseIdleConnections()
	c := vendorhttp.Client(given)
	for range 2 {
		if _, err := vendorhttp.Ask(c, request(t.Context(), t, s.URL)); err != nil {
			t.Fatal(err)
		}
	}
	if kept := jar.Cookies(here); len(got) > 0 || len(kept) != 1 || given.Jar != jar {
		t.Errorf("sent were the cookies %q, kept are %v", got, kept)
	}
}
