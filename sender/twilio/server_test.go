package twilio_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
	"github.com/ligature-auth/ligature/sender/twilio"
)

var (
	hex32      = strings.Repeat("0123456789abcdef", 2)
	accountSID = "AC" + hex32
	authToken  = "tokenThatNobodyHas00000000000000"
	messageSID = "SM" + hex32
	serviceSID = "MG" + hex32
	contentSID = "HX" + hex32
)

// server is Twilio as its documents describe it, for one account.
type server struct {
	*httptest.Server
	t *testing.T
	// path and parameters are of the one resource that it has.
	path       string
	parameters []string
	user       string
	secret     string
	// answer is what a request that is in order gets.
	answer func(w http.ResponseWriter, form url.Values)

	mu  sync.Mutex
	got []url.Values
}

func newServer(t *testing.T, answer func(w http.ResponseWriter, form url.Values)) *server {
	s := &server{
		t: t, answer: answer, user: accountSID, secret: authToken,
		path:       "/2010-04-01/Accounts/" + accountSID + "/Messages.json",
		parameters: []string{"To", "From", "MessagingServiceSid", "Body", "ContentSid", "ContentVariables", "ValidityPeriod"},
	}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP checks a request: the resource, basic authentication, a form with each
// parameter once.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("the request breaks off: %v", err)
		return
	}
	form, err := s.check(r, string(body))
	if err != nil {
		s.t.Errorf("the request is not as Twilio wants it: %v", err)
		refuse(w, http.StatusUnauthorized, 20003, "Authenticate")
		return
	}
	if utf8.RuneCountInString(form.Get("Body")) > 1600 {
		refuse(w, http.StatusBadRequest, 21617, "The concatenated message body exceeds the 1600 character limit")
		return
	}
	s.mu.Lock()
	s.got = append(s.got, form)
	s.mu.Unlock()
	s.answer(w, form)
}

func (s *server) check(r *http.Request, body string) (url.Values, error) {
	if r.Method != http.MethodPost || r.URL.String() != s.path {
		return nil, fmt.Errorf("it is %s %s", r.Method, r.URL)
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(s.user+":"+s.secret))
	if got := r.Header.Values("Authorization"); len(got) != 1 || got[0] != want {
		return nil, fmt.Errorf("it is authenticated by %q", got)
	}
	if got := r.Header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		return nil, fmt.Errorf("its content type is %q", got)
	}
	// Split and unescaped here, because url.ParseQuery would take more than forms.
	form := url.Values{}
	for pair := range strings.SplitSeq(body, "&") {
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(value)
		if !ok || err != nil || !slices.Contains(s.parameters, name) || form.Has(name) {
			return nil, fmt.Errorf("it has %q", pair)
		}
		form.Set(name, value)
	}
	return form, nil
}

// accept answers as the documents' example of a message queued.
func accept(w http.ResponseWriter, form url.Values) {
	write(w, http.StatusCreated, map[string]any{
		"account_sid": accountSID, "api_version": "2010-04-01", "body": form.Get("Body"),
		"date_created": "Thu, 24 Aug 2023 05:01:45 +0000", "date_sent": nil, "direction": "outbound-api",
		"error_code": nil, "error_message": nil, "from": form.Get("From"), "num_media": "0", "num_segments": "2",
		"price": nil, "price_unit": nil, "messaging_service_sid": nil, "sid": messageSID, "status": "queued",
		"subresource_uris": map[string]any{"media": "/2010-04-01/Accounts/" + accountSID + "/Messages/" + messageSID + "/Media.json"},
		"to":               form.Get("To"),
	})
}

// refuse answers with an error, and with the number in its words, as Twilio does.
func refuse(w http.ResponseWriter, status, code int, words string) {
	write(w, status, map[string]any{
		"code": code, "message": words, "more_info": fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), "status": status,
	})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// deliveries returns what was asked for.
func (s *server) deliveries() []sendertest.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []sendertest.Delivery
	for _, form := range s.got {
		all = append(all, sendertest.Delivery{
			To:      strings.TrimPrefix(form.Get("To"), "whatsapp:"),
			Content: form.Get("Body") + form.Get("ContentVariables"),
		})
	}
	return all
}

func (s *server) last() url.Values {
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

func options(url string) twilio.Options {
	return twilio.Options{
		Account: twilio.Account{SID: accountSID, AuthToken: sender.NewSecret(authToken)},
		Channels: map[sender.Channel]twilio.Channel{
			sender.SMS: {From: "+14155550100"},
			sender.WhatsApp: {
				From: "+14155550101",
				Templates: []twilio.Template{
					{For: sender.BindCode, ContentSID: contentSID, Params: []sender.Param{sender.ParamCode, sender.ParamService}},
				},
			},
		},
		BaseURL:    url,
		HTTPClient: &http.Client{Transport: &http.Transport{}},
	}
}

func newSender(t *testing.T, o twilio.Options) *twilio.Sender {
	t.Helper()
	s, err := twilio.New(o)
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
		ID: "m1", Channel: sender.SMS, To: to(0), Purpose: sender.Bind, Template: sender.BindCode,
		Code: sender.NewCode("826104"), Lifetime: 10 * time.Minute, Service: "Example", Account: "s***",
		Text: "826104 is the code & more=1?\n@example.com #826104",
	}
}
