package twilio_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// documented are codes of Twilio's dictionary that refuse a request, each with a status that
// it may come with (Twilio documents few), and what it is to be, written from the
// dictionary's own words.
var documented = []struct {
	code, status int
	want         error
	uncertain    bool
}{
	{20003, 401, sender.ErrPermanent, false},
	{20005, 403, sender.ErrPermanent, false},
	{20404, 404, sender.ErrPermanent, false},
	{20429, 429, sender.ErrQuota, false},
	{20500, 500, sender.ErrTemporary, true},
	{20503, 503, sender.ErrTemporary, false},
	{20504, 504, sender.ErrTemporary, true},
	{21211, 400, sender.ErrRecipient, false},
	{21212, 400, sender.ErrPermanent, false},
	{21265, 400, sender.ErrRecipient, false},
	{21266, 400, sender.ErrRecipient, false},
	{21268, 400, sender.ErrRecipient, false},
	{21408, 400, sender.ErrRecipient, false},
	{21602, 400, sender.ErrPermanent, false},
	{21606, 400, sender.ErrPermanent, false},
	{21608, 400, sender.ErrPermanent, false},
	{21610, 400, sender.ErrRecipient, false},
	{21611, 429, sender.ErrQuota, false},
	{21612, 400, sender.ErrRecipient, false},
	{21614, 400, sender.ErrRecipient, false},
	{21617, 400, sender.ErrPermanent, false},
	{21624, 400, sender.ErrPermanent, false},
	{21635, 400, sender.ErrRecipient, false},
	{21655, 400, sender.ErrPermanent, false},
	{21654, 400, sender.ErrPermanent, false},
	{21656, 400, sender.ErrPermanent, false},
	{21659, 400, sender.ErrPermanent, false},
	{21660, 400, sender.ErrPermanent, false},
	{21703, 400, sender.ErrPermanent, false},
	{21704, 400, sender.ErrPermanent, false},
	{63007, 400, sender.ErrPermanent, false},
	{63038, 429, sender.ErrQuota, false},
	{90007, 400, sender.ErrPermanent, false},
	{60200, 400, sender.ErrPermanent, false},
	{60202, 429, sender.ErrQuota, false},
	{60203, 429, sender.ErrQuota, false},
	{60205, 403, sender.ErrRecipient, false},
	{60212, 429, sender.ErrQuota, false},
	{60220, 400, sender.ErrRecipient, false},
	{60223, 403, sender.ErrPermanent, false},
	{60238, 403, sender.ErrRecipient, false},
	{60410, 403, sender.ErrRecipient, false},
	{60412, 403, sender.ErrRecipient, false},
	{60605, 403, sender.ErrRecipient, false},
	// Not Verify's: a rate limit more than a service can have, and Lookup's limit.
	{60207, 400, sender.ErrPermanent, false},
	{60616, 429, sender.ErrQuota, false},
	// Whatever Twilio makes of the future.
	{99999, 400, sender.ErrPermanent, false},
	{99999, 429, sender.ErrQuota, false},
	{99999, 500, sender.ErrTemporary, true},
	{99999, 502, sender.ErrTemporary, true},
}

// givenUp are codes of the dictionary for messages that Twilio took.
var givenUp = []struct {
	code      int
	want      error
	uncertain bool
}{
	{14107, sender.ErrQuota, false},
	{30001, sender.ErrQuota, false},
	{30002, sender.ErrPermanent, false},
	{30003, sender.ErrTemporary, true},
	{30004, sender.ErrRecipient, false},
	{30005, sender.ErrRecipient, false},
	{30006, sender.ErrRecipient, false},
	{30007, sender.ErrPermanent, false},
	{30008, sender.ErrTemporary, true},
	{30023, sender.ErrQuota, false},
	{30034, sender.ErrPermanent, false},
	{30036, sender.ErrTemporary, false},
	{30410, sender.ErrTemporary, true},
	{30450, sender.ErrRecipient, false},
	{30500, sender.ErrTemporary, true},
	{63003, sender.ErrRecipient, false},
	{63015, sender.ErrRecipient, false},
	{63016, sender.ErrPermanent, false},
	{63018, sender.ErrQuota, false},
	{63024, sender.ErrRecipient, false},
	{63027, sender.ErrPermanent, false},
	{63009, sender.ErrTemporary, true},
	{63010, sender.ErrTemporary, true},
	{63012, sender.ErrTemporary, true},
	{63023, sender.ErrTemporary, true},
	{63029, sender.ErrTemporary, true},
	{99999, sender.ErrPermanent, true},
}

// ofTheNumber are the codes for limits of the one number; all others are of the account, the
// sender or the carrier.
var ofTheNumber = []int{14107, 60202, 60203, 60212}

// mustBe checks a failure that Twilio gave a code for.
func mustBe(t *testing.T, what string, err error, code int, want error, uncertain bool) {
	t.Helper()
	for _, kind := range []error{sender.ErrTemporary, sender.ErrPermanent, sender.ErrRecipient, sender.ErrQuota} {
		if errors.Is(err, kind) != (kind == want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	var e *sender.Error
	if !errors.As(err, &e) || e.Uncertain != uncertain || e.Detail != fmt.Sprint(code) || e.RecipientLimit != slices.Contains(ofTheNumber, code) {
		t.Errorf("%s: %+v", what, e)
	}
}

func TestEachCodeIsTyped(t *testing.T) {
	for _, test := range documented {
		what := fmt.Sprintf("%d, HTTP %d", test.code, test.status)
		s := newServer(t, func(w http.ResponseWriter, form url.Values) {
			refuse(w, test.status, test.code, "about "+form.Get("To"))
		})
		_, err := newSender(t, options(s.URL)).Send(t.Context(), message())
		mustBe(t, what, err, test.code, test.want, test.uncertain)
		if s.asked() != 1 {
			t.Errorf("%s: Twilio was asked %d times", what, s.asked())
		}
		v := newVerifyServer(t, func(w http.ResponseWriter, form url.Values) {
			refuse(w, test.status, test.code, "about "+form.Get("To"))
		})
		_, err = newVerify(t, verifyOptions(v.URL)).Send(t.Context(), codeless())
		mustBe(t, "Verify, "+what, err, test.code, test.want, test.uncertain)
	}
}

func TestAMessageThatIsGivenUpAtOnce(t *testing.T) {
	for _, test := range givenUp {
		s := newServer(t, func(w http.ResponseWriter, _ url.Values) {
			write(w, http.StatusCreated, map[string]any{"sid": messageSID, "status": "failed", "error_code": test.code})
		})
		_, err := newSender(t, options(s.URL)).Send(t.Context(), message())
		mustBe(t, fmt.Sprintf("failed with %d", test.code), err, test.code, test.want, test.uncertain)
	}
}

// What may have gone out is not sent again unasked.
func TestNothingIsSentTwice(t *testing.T) {
	for _, test := range []struct{ status, code, asked int }{
		{500, 20500, 1},
		{504, 20504, 1},
		{201, 30410, 1},
		{503, 20503, 3},
		{201, 30036, 3},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ url.Values) {
			if test.status == http.StatusCreated {
				write(w, test.status, map[string]any{"sid": messageSID, "status": "failed", "error_code": test.code})
				return
			}
			refuse(w, test.status, test.code, "")
		})
		again := sender.Retry(newSender(t, options(s.URL)), sender.RetryOptions{Pause: time.Microsecond})
		if _, err := again.Send(t.Context(), message()); !errors.Is(err, sender.ErrTemporary) || s.asked() != test.asked {
			t.Errorf("HTTP %d, %d: Twilio was asked %d times, want %d: %v", test.status, test.code, s.asked(), test.asked, err)
		}
	}
}

func TestInvalidParameter(t *testing.T) {
	for words, want := range map[string]error{
		"Invalid parameter: To":                  sender.ErrRecipient,
		"Invalid parameter `To`: +8613800000000": sender.ErrRecipient,
		"Invalid parameter: Channel":             sender.ErrPermanent,
		"Invalid parameter: Token":               sender.ErrPermanent,
		"Too long":                               sender.ErrPermanent,
	} {
		s := newVerifyServer(t, func(w http.ResponseWriter, _ url.Values) { refuse(w, 400, 60200, words) })
		_, err := newVerify(t, verifyOptions(s.URL)).Send(t.Context(), codeless())
		mustBe(t, words, err, 60200, want, false)
	}
}

func TestLimitsSayWhen(t *testing.T) {
	for _, test := range []struct {
		code   int
		header string
		want   time.Duration
	}{
		{20429, "", 0},
		{20429, "7", 7 * time.Second},
		{60202, "", 10 * time.Minute},
		{60203, "", 10 * time.Minute},
		{63018, "", 24 * time.Hour},
		{63018, "60", time.Minute},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ url.Values) {
			if test.header != "" {
				w.Header().Set("Retry-After", test.header)
			}
			refuse(w, http.StatusTooManyRequests, test.code, "")
		})
		_, err := newSender(t, options(s.URL)).Send(t.Context(), message())
		var e *sender.Error
		if !errors.As(err, &e) || e.RetryAfter != test.want {
			t.Errorf("%d: %+v, want %v", test.code, err, test.want)
		}
	}
}

func TestAnswersThatAreNotTwilios(t *testing.T) {
	ok := `{"sid":"` + messageSID + `"}`
	for _, test := range []struct {
		status    int
		body      string
		want      error
		uncertain bool
	}{
		{201, `<html>`, sender.ErrTemporary, true},
		{201, ``, sender.ErrTemporary, true},
		{201, `null`, sender.ErrTemporary, true},
		{201, `[]`, sender.ErrTemporary, true},
		{201, `{}`, sender.ErrTemporary, true},
		{201, ok + ok, sender.ErrTemporary, true},
		{201, ok[:len(ok)-1], sender.ErrTemporary, true},
		{201, `{"sid":7}`, sender.ErrTemporary, true},
		{201, `{"sid":"+8613800000000"}`, sender.ErrTemporary, true},
		{201, `{"sid":"CA` + hex32 + `"}`, sender.ErrTemporary, true},
		{201, ok + strings.Repeat(" ", 1<<17), sender.ErrTemporary, true},
		{202, ok, sender.ErrTemporary, true},
		{302, ok, sender.ErrTemporary, true},
		{400, `a proxy's page`, sender.ErrPermanent, false},
		{403, `{"error":"a proxy's"}`, sender.ErrPermanent, false},
		{404, ok, sender.ErrPermanent, false},
		{408, ``, sender.ErrTemporary, false},
		{429, ``, sender.ErrQuota, false},
		{500, `a gateway's page`, sender.ErrTemporary, true},
		{502, `{"message":"no backend"}`, sender.ErrTemporary, true},
		{503, `{"code":0}`, sender.ErrTemporary, true},
		{503, `{"code":"20503"}`, sender.ErrTemporary, true},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ url.Values) {
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(test.body))
		})
		receipt, err := newSender(t, options(s.URL)).Send(t.Context(), message())
		if !errors.Is(err, test.want) || sender.Uncertain(err) != test.uncertain || receipt != (sender.Receipt{}) {
			t.Errorf("%d %.80s: receipt %+v, error %v (uncertain: %t)", test.status, test.body, receipt, err, sender.Uncertain(err))
		}
		if s.asked() != 1 {
			t.Errorf("%d %.80s: Twilio was asked %d times", test.status, test.body, s.asked())
		}
	}
}

// answers answers without a network.
type answers struct {
	status int
	body   []byte
}

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a.body))}, nil
}

// Whatever is answered, Send and CheckCode return, typed; and a code is right only
// where its verification is named.
func FuzzAnswers(f *testing.F) {
	f.Add(201, []byte(`{"sid":"`+messageSID+`","num_segments":"1","price":"-0.1","price_unit":"USD","status":"queued","error_code":null}`))
	f.Add(200, []byte(`{"sid":"`+verificationSID+`","to":"`+to(0)+`","status":"approved","valid":true}`))
	f.Add(400, []byte(`{"code":21211,"message":"x","details":{"a":1}}`))
	f.Add(500, []byte(`null`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 999 {
			return // no status of HTTP's
		}
		c := &http.Client{Transport: answers{status, body}}
		o, v := options(""), verifyOptions("")
		o.HTTPClient, v.HTTPClient = c, c
		receipt, err := newSender(t, o).Send(t.Context(), message())
		if err == nil && receipt.MessageID == "" {
			t.Errorf("%d %q makes %+v", status, body, receipt)
		}
		check, err2 := newVerify(t, v).CheckCode(t.Context(), typed("826104"))
		if check && (err2 != nil || !bytes.Contains(bytes.ToLower(body), []byte("sid")) && !bytes.Contains(body, []byte(`\u`))) {
			t.Errorf("%d %q makes a code right", status, body)
		}
		for _, err := range []error{err, err2} {
			var e *sender.Error
			if err != nil && (!errors.As(err, &e) || e.RetryAfter < 0) {
				t.Errorf("%d %q makes %v", status, body, err)
			}
		}
	})
}
