package tencent_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
	"github.com/ligature-auth/ligature/sender/tencent"
)

const (
	secretID  = "AKIDexample0000000000000000000000000"
	secretKey = "exampleKeyThatNobodyHas000000000"
	appID     = "1400006666"
	signName  = "腾讯云"
)

// server is Tencent as its documents describe it, for one account.
type server struct {
	*httptest.Server
	t *testing.T
	// answer, if not nil, is what a request that is in order gets instead of "Ok".
	answer http.HandlerFunc

	mu    sync.Mutex
	got   []sendSms
	count int
}

// sendSms is the request of SendSms.
type sendSms struct {
	PhoneNumberSet   []string
	SmsSdkAppId      string
	TemplateId       string
	SignName         string
	TemplateParamSet []string
	SenderId         string
	SessionContext   string
}

func newServer(t *testing.T, answer http.HandlerFunc) *server {
	s := &server{t: t, answer: answer}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP checks a request in the order in which Tencent says it does.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("the request breaks off: %v", err)
		return
	}
	if err := authentic(r, string(body)); err != nil {
		s.t.Errorf("the request is not as Tencent wants it: %v", err)
		refuse(w, "AuthFailure.SignatureFailure")
		return
	}
	var req sendSms
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		s.t.Errorf("the request is no SendSms: %v", err)
		refuse(w, "InvalidParameter")
		return
	}
	s.mu.Lock()
	s.count++
	if s.answer == nil {
		s.got = append(s.got, req)
	}
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(w, r)
		return
	}
	accept(w, req)
}

// authentic is the common part of every request to Tencent's API 3.0.
func authentic(r *http.Request, body string) error {
	for name, want := range map[string]string{
		"Content-Type": "application/json",
		"X-Tc-Action":  "SendSms",
		"X-Tc-Version": "2021-01-11",
		"X-Tc-Region":  "ap-guangzhou",
	} {
		if got := r.Header.Get(name); got != want {
			return fmt.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if r.Method != http.MethodPost || r.URL.String() != "/" {
		return fmt.Errorf("it is %s %s", r.Method, r.URL)
	}
	timestamp := r.Header.Get("X-Tc-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return err
	}
	at := time.Unix(seconds, 0)
	if age := time.Since(at); age < -5*time.Minute || age > 5*time.Minute {
		return fmt.Errorf("it is %v old", age)
	}
	_, names, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	names, _, _ = strings.Cut(names, ",")
	s := signed{service: "sms", at: at, method: r.Method, payload: body}
	for _, name := range strings.Split(names, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		s.headers = append(s.headers, [2]string{name, value})
	}
	if all := strings.Split(names, ";"); !slices.Contains(all, "host") || !slices.Contains(all, "content-type") || !slices.IsSorted(all) {
		return fmt.Errorf("the signed headers are %q", names)
	}
	want := fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s/sms/tc3_request, SignedHeaders=%s, Signature=%s",
		secretID, at.UTC().Format("2006-01-02"), names, s.signature(secretKey, timestamp))
	if got := r.Header.Get("Authorization"); got != want {
		return fmt.Errorf("it is signed\n%s, want\n%s", got, want)
	}
	return nil
}

// accept answers as the documents' example of a message sent.
func accept(w http.ResponseWriter, req sendSms) {
	var all []map[string]any
	for _, to := range req.PhoneNumberSet {
		all = append(all, map[string]any{
			"SerialNo": "5000:1045710669157053657849499619", "PhoneNumber": to, "Fee": 2, "SessionContext": req.SessionContext,
			"Code": "Ok", "Message": "send success", "IsoCode": "CN",
		})
	}
	write(w, map[string]any{"SendStatusSet": all, "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"})
}

// refuse answers with an error of the request.
func refuse(w http.ResponseWriter, code string) {
	write(w, map[string]any{
		"Error":     map[string]any{"Code": code, "Message": "of " + to(0) + " in words"},
		"RequestId": "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6",
	})
}

// fail answers with an error of the number.
func fail(w http.ResponseWriter, code string) {
	write(w, map[string]any{
		"SendStatusSet": []any{map[string]any{
			"SerialNo": "", "PhoneNumber": to(0), "Fee": 0, "SessionContext": "", "Code": code, "Message": to(0) + " in words", "IsoCode": "",
		}},
		"RequestId": "4e394811-9ebd-4d66-98ee-730b21c4a681",
	})
}

func write(w http.ResponseWriter, response any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"Response": response})
}

// deliveries returns what was accepted, one for each number.
func (s *server) deliveries() []sendertest.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []sendertest.Delivery
	for _, req := range s.got {
		for _, to := range req.PhoneNumberSet {
			req.PhoneNumberSet = nil
			all = append(all, sendertest.Delivery{To: to, Content: fmt.Sprint(req)})
		}
	}
	return all
}

func (s *server) last() sendSms {
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
	return s.count
}

func to(n int) string { return fmt.Sprintf("+86138%08d", n) }

func options(url string) tencent.Options {
	return tencent.Options{
		SecretID:  secretID,
		SecretKey: sender.NewSecret(secretKey),
		SDKAppID:  appID,
		SignName:  signName,
		Templates: []tencent.Template{
			{For: sender.BindCode, ID: "1110", Params: []sender.Param{sender.ParamCode, sender.ParamMinutes}},
			{For: sender.SignInCode, ID: "1111", Params: []sender.Param{sender.ParamCode}},
			{For: sender.AddressRemoved, ID: "1120", Params: []sender.Param{sender.ParamAccount, sender.ParamTime}},
		},
		BaseURL:    url,
		HTTPClient: &http.Client{Transport: &http.Transport{}},
	}
}

func newSender(t *testing.T, o tencent.Options) *tencent.Sender {
	t.Helper()
	s, err := tencent.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if o.HTTPClient != nil {
		t.Cleanup(o.HTTPClient.CloseIdleConnections)
	}
	return s
}

func message() sender.Message {
	return sender.Message{
		ID: "m1", Channel: sender.SMS, To: to(0), Purpose: sender.Bind, Template: sender.BindCode,
		Code: sender.NewCode("826104"), Lifetime: 10 * time.Minute, Service: "Example", Account: "s***", Text: "826104 is the code.",
	}
}
