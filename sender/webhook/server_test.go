package webhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
	"github.com/ligature-auth/ligature/sender/webhook"
)

// secret and oldSecret are keys of the smallest and of the largest size.
var (
	secret    = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmn"))
	oldSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("K", 64)))
)

// signature signs as https://www.standardwebhooks.com says, in the tests' own words.
func signature(secret, id, timestamp, body string) string {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(id + "." + timestamp + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// TestSignatureMatchesTheSpecifications holds that to the example that the libraries of
// Standard Webhooks all test with.
func TestSignatureMatchesTheSpecifications(t *testing.T) {
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	got := signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`)
	if got != want {
		t.Errorf("the signature is %s, want %s", got, want)
	}
}

// server is an endpoint.
type server struct {
	*httptest.Server
	t       *testing.T
	secrets []string
	answer  http.HandlerFunc

	mu  sync.Mutex
	got []received
}

// received is the body of a request, as the documents have it.
type received struct {
	Type      string    `json:"type"`
	Version   int       `json:"version"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		ID       string     `json:"id"`
		Channel  string     `json:"channel"`
		To       string     `json:"to"`
		Purpose  string     `json:"purpose"`
		Template string     `json:"template"`
		Code     *string    `json:"code"`
		Expires  *time.Time `json:"expires"`
		Minutes  *int       `json:"minutes"`
		Time     *time.Time `json:"time"`
		Locale   string     `json:"locale"`
		Language string     `json:"language"`
		Account  string     `json:"account"`
		Service  string     `json:"service"`
		Subject  string     `json:"subject"`
		Text     string     `json:"text"`
		HTML     string     `json:"html"`
	} `json:"data"`
	raw string
}

func newServer(t *testing.T, answer http.HandlerFunc) *server {
	s := &server{t: t, answer: answer, secrets: []string{secret}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("the request breaks off: %v", err)
		return
	}
	got, err := s.check(r, string(body))
	if err != nil {
		s.t.Errorf("the request is not as documented: %v", err)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	s.got = append(s.got, got)
	s.mu.Unlock()
	s.answer(w, r)
}

func (s *server) check(r *http.Request, body string) (got received, err error) {
	if r.Method != http.MethodPost || r.URL.String() != "/hook?x=1" || r.Header.Get("Content-Type") != "application/json" {
		return got, fmt.Errorf("it is %s %s, %q", r.Method, r.URL, r.Header.Get("Content-Type"))
	}
	id, timestamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	var want []string
	for _, secret := range s.secrets {
		want = append(want, signature(secret, id, timestamp, body))
	}
	if got := r.Header.Values("Webhook-Signature"); len(got) != 1 || got[0] != strings.Join(want, " ") {
		return received{}, fmt.Errorf("it is signed %q, want %q", got, want)
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		return got, err
	}
	if got.Type != "ligature.message" || got.Version != 1 || got.Data.ID != id || strconv.FormatInt(got.Timestamp.Unix(), 10) != timestamp {
		return got, fmt.Errorf("it says %+v", got)
	}
	got.raw = body
	return got, nil
}

func taken(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

// saying answers with a status and a body.
func saying(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func (s *server) deliveries() []sendertest.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []sendertest.Delivery
	for _, m := range s.got {
		content := m.Data.Text
		if m.Data.Code != nil {
			content = *m.Data.Code
		}
		all = append(all, sendertest.Delivery{To: m.Data.To, Content: content})
	}
	return all
}

func (s *server) last() received {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.got) == 0 {
		s.t.Fatal("nothing was sent")
	}
	return s.got[len(s.got)-1]
}

func (s *server) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

func to(n int) string { return fmt.Sprintf("+86138%08d", n) }

func options(url string) webhook.Options {
	return webhook.Options{
		URL:        url + "/hook?x=1",
		Secret:     sender.NewSecret(secret),
		HTTPClient: &http.Client{Transport: &http.Transport{}},
	}
}

func newSender(t *testing.T, o webhook.Options) *webhook.Sender {
	t.Helper()
	s, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if o.HTTPClient != nil {
		t.Cleanup(o.HTTPClient.CloseIdleConnections)
	}
	return s
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func message() sender.Message {
	return sender.Message{
		ID: "m1", Channel: sender.SMS, To: to(0), Purpose: sender.SignIn, Template: sender.SignInCode,
		Code: sender.NewCode("735081"), Expires: now.Add(10 * time.Minute), Lifetime: 10 * time.Minute,
		Service: "Example", Locale: "de-CH", Language: "en",
		Text: "735081 is your code to sign in to Example.",
	}
}
