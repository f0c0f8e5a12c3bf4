package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/internal/vendortest"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/twilio"
)

var (
	bindService     = "VA" + strings.Repeat("1", 32)
	signInService   = "VA" + strings.Repeat("2", 32)
	verificationSID = "VE" + strings.Repeat("3", 32)
)

// newVerifyServer is Twilio with the verifications of bindService.
func newVerifyServer(t *testing.T, answer func(w http.ResponseWriter, form url.Values)) *server {
	s := newServer(t, answer)
	s.path = "/v2/Services/" + bindService + "/Verifications"
	s.parameters = []string{"To", "Channel", "Locale"}
	return s
}

// newCheckServer is Twilio with the checks of bindService.
func newCheckServer(t *testing.T, answer func(w http.ResponseWriter, form url.Values)) *server {
	s := newServer(t, answer)
	s.path = "/v2/Services/" + bindService + "/VerificationCheck"
	s.parameters = []string{"VerificationSid", "Code"}
	return s
}

func verifyOptions(url string) twilio.VerifyOptions {
	return twilio.VerifyOptions{
		Account:    twilio.Account{SID: accountSID, AuthToken: sender.NewSecret(authToken)},
		Services:   map[sender.Purpose]string{sender.Bind: bindService, sender.SignIn: signInService},
		Channels:   []sender.Channel{sender.SMS, sender.WhatsApp, sender.Voice},
		Languages:  []string{"en", "zh", "zh-HK", "pt-BR"},
		BaseURL:    url,
		HTTPClient: &http.Client{Transport: &http.Transport{}},
	}
}

func newVerify(t *testing.T, o twilio.VerifyOptions) *twilio.Verify {
	t.Helper()
	v, err := twilio.NewVerify(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.HTTPClient.CloseIdleConnections)
	return v
}

// codeless is a message as a CodeChecker gets it.
func codeless() sender.Message {
	m := message()
	m.Code, m.Text = sender.Code{}, ""
	return m
}

func typed(code string) sender.CodeCheck {
	return sender.CodeCheck{Message: codeless(), MessageID: verificationSID, Typed: sender.NewCode(code)}
}

// started answers as the documents' example of a verification.
func started(w http.ResponseWriter, form url.Values) {
	write(w, http.StatusCreated, map[string]any{
		"sid": verificationSID, "service_sid": bindService, "account_sid": accountSID, "to": form.Get("To"), "channel": form.Get("Channel"),
		"status": "pending", "valid": false, "date_created": "2015-07-30T20:00:00Z", "date_updated": "2015-07-30T20:00:00Z",
		"lookup": map[string]any{}, "amount": nil, "payee": nil,
		"send_code_attempts": []any{map[string]any{"time": "2015-07-30T20:00:00Z", "channel": "SMS", "attempt_sid": "VL" + hex32}},
		"sna":                nil, "url": "https://verify.twilio.com/v2/Services/" + bindService + "/Verifications/" + verificationSID,
	})
}

// checked answers as the documents' example of a check.
func checked(w http.ResponseWriter, sid, to, status string, valid bool) {
	write(w, http.StatusCreated, map[string]any{
		"sid": sid, "service_sid": bindService, "account_sid": accountSID, "to": to, "channel": "sms", "status": status, "valid": valid,
		"amount": nil, "payee": nil, "sna_attempts_error_codes": []any{}, "date_created": "2015-07-30T20:00:00Z", "date_updated": "2015-07-30T20:00:00Z",
	})
}

func TestMakesCode(t *testing.T) {
	v := newVerify(t, verifyOptions(""))
	o := verifyOptions("")
	o.Channels = nil
	textOnly := newVerify(t, o)
	for _, test := range []struct {
		channel        sender.Channel
		purpose        sender.Purpose
		want, textOnly bool
	}{
		{sender.SMS, sender.Bind, true, true},
		{sender.SMS, sender.SignIn, true, true},
		{sender.SMS, sender.Sudo, false, false},
		{sender.SMS, sender.Notice, false, false},
		{sender.SMS, "", false, false},
		{sender.WhatsApp, sender.Bind, true, false},
		{sender.Voice, sender.Bind, true, false},
		{sender.Email, sender.Bind, false, false},
		{"", sender.Bind, false, false},
	} {
		m := sender.Message{Channel: test.channel, Purpose: test.purpose, To: to(0)}
		if got := v.MakesCode(m); got != test.want {
			t.Errorf("%s by %s: %t", test.purpose, test.channel, got)
		}
		if got := textOnly.MakesCode(m); got != test.textOnly {
			t.Errorf("%s by %s, with text messages alone: %t", test.purpose, test.channel, got)
		}
	}
}

func TestStartAVerification(t *testing.T) {
	s := newVerifyServer(t, started)
	v := newVerify(t, verifyOptions(s.URL))
	for _, test := range []struct {
		channel          sender.Channel
		locale, language string
		want             url.Values
	}{
		{sender.SMS, "", "", url.Values{"To": {to(0)}, "Channel": {"sms"}}},
		{sender.WhatsApp, "zh-HK", "", url.Values{"To": {to(0)}, "Channel": {"whatsapp"}, "Locale": {"zh-HK"}}},
		{sender.Voice, "zh-hans-cn", "", url.Values{"To": {to(0)}, "Channel": {"call"}, "Locale": {"zh"}}},
		{sender.SMS, "fr-CA", "", url.Values{"To": {to(0)}, "Channel": {"sms"}}},
		{sender.SMS, "fr-CA", "en", url.Values{"To": {to(0)}, "Channel": {"sms"}, "Locale": {"en"}}},
		{sender.SMS, "", "zh-Hans", url.Values{"To": {to(0)}, "Channel": {"sms"}, "Locale": {"zh"}}},
		{sender.SMS, "zh-HK", "en", url.Values{"To": {to(0)}, "Channel": {"sms"}, "Locale": {"zh-HK"}}},
		{sender.SMS, "fr", "it", url.Values{"To": {to(0)}, "Channel": {"sms"}}},
		{sender.SMS, "pt&To=x", "", url.Values{"To": {to(0)}, "Channel": {"sms"}}},
	} {
		m := codeless()
		m.Channel, m.Locale, m.Language = test.channel, test.locale, test.language
		receipt, err := v.Send(t.Context(), m)
		if err != nil {
			t.Errorf("%s in %q, else %q: %v", test.channel, test.locale, test.language, err)
			continue
		}
		if got := s.last(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s in %q, else %q: Twilio got %v, want %v", test.channel, test.locale, test.language, got, test.want)
		}
		if want := (sender.Receipt{Vendor: "twilio", MessageID: verificationSID}); receipt != want {
			t.Errorf("%s in %q, else %q: the receipt is %+v", test.channel, test.locale, test.language, receipt)
		}
	}
}

func TestVerifySendsNothingOfOurs(t *testing.T) {
	s := newVerifyServer(t, started)
	v := newVerify(t, verifyOptions(s.URL))
	for name, change := range map[string]func(*sender.Message){
		"a code of ours":              func(m *sender.Message) { m.Code = sender.NewCode("826104") },
		"a notice":                    func(m *sender.Message) { m.Purpose, m.Template = sender.Notice, sender.AddressAdded },
		"a purpose without a service": func(m *sender.Message) { m.Purpose = sender.Sudo },
		"a channel that is not ours":  func(m *sender.Message) { m.Channel = sender.Email },
	} {
		m := codeless()
		change(&m)
		if _, err := v.Send(t.Context(), m); !errors.Is(err, sender.ErrPermanent) || sender.Uncertain(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.asked() != 0 {
		t.Error("and Twilio was asked")
	}
}

func TestAVerificationThatIsNotOurs(t *testing.T) {
	for name, body := range map[string]map[string]any{
		"another number":  {"sid": verificationSID, "to": to(1), "status": "pending"},
		"no number":       {"sid": verificationSID, "status": "pending"},
		"no verification": {"to": to(0), "status": "pending"},
		"not an ID":       {"sid": "VE1", "to": to(0), "status": "pending"},
		"over already":    {"sid": verificationSID, "to": to(0), "status": "canceled"},
		"nothing":         {},
	} {
		s := newVerifyServer(t, func(w http.ResponseWriter, _ url.Values) { write(w, http.StatusCreated, body) })
		receipt, err := newVerify(t, verifyOptions(s.URL)).Send(t.Context(), codeless())
		if !errors.Is(err, sender.ErrTemporary) || !sender.Uncertain(err) || receipt != (sender.Receipt{}) {
			t.Errorf("%s: %+v, %v", name, receipt, err)
		}
	}
}

func TestCheckCode(t *testing.T) {
	unavailable := func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) }
	for _, test := range []struct {
		name   string
		answer func(w http.ResponseWriter)
		right  bool
		want   error
	}{
		{"approved", func(w http.ResponseWriter) { checked(w, verificationSID, to(0), "approved", true) }, true, nil},
		{"wrong", func(w http.ResponseWriter) { checked(w, verificationSID, to(0), "pending", false) }, false, nil},
		{"canceled", func(w http.ResponseWriter) { checked(w, verificationSID, to(0), "canceled", false) }, false, nil},
		{"expired", func(w http.ResponseWriter) { checked(w, verificationSID, to(0), "expired", false) }, false, nil},
		{"pending and valid", func(w http.ResponseWriter) { checked(w, verificationSID, to(0), "pending", true) }, false, nil},
		{"approved and not valid", func(w http.ResponseWriter) { checked(w, verificationSID, to(0), "approved", false) }, false, nil},
		{"another verification", func(w http.ResponseWriter) { checked(w, "VE"+hex32, to(0), "approved", true) }, false, sender.ErrTemporary},
		{"another number", func(w http.ResponseWriter) { checked(w, verificationSID, to(1), "approved", true) }, false, sender.ErrTemporary},
		{"no verification", func(w http.ResponseWriter) {
			write(w, 200, map[string]any{"status": "approved", "valid": true})
		}, false, sender.ErrTemporary},
		{"nothing", func(w http.ResponseWriter) { write(w, 200, map[string]any{}) }, false, sender.ErrTemporary},
		{"dead", func(w http.ResponseWriter) { refuse(w, 404, 20404, "The requested resource was not found") }, false, nil},
		{"guessed at too often", func(w http.ResponseWriter) { refuse(w, 429, 60202, "Max check attempts reached") }, false, nil},
		{"a proxy's 404", func(w http.ResponseWriter) { w.WriteHeader(404) }, false, sender.ErrPermanent},
		{"not authenticated", func(w http.ResponseWriter) { refuse(w, 401, 20003, "Authenticate") }, false, sender.ErrPermanent},
		{"too many requests", func(w http.ResponseWriter) { refuse(w, 429, 20429, "Too Many Requests") }, false, sender.ErrQuota},
		{"unavailable", unavailable, false, sender.ErrTemporary},
	} {
		s := newCheckServer(t, func(w http.ResponseWriter, _ url.Values) { test.answer(w) })
		right, err := newVerify(t, verifyOptions(s.URL)).CheckCode(t.Context(), typed("826104"))
		if right != test.right || !errors.Is(err, test.want) {
			t.Errorf("%s: %t, %v, want %t, %v", test.name, right, err, test.right, test.want)
		}
		if got, want := s.last(), (url.Values{"VerificationSid": {verificationSID}, "Code": {"826104"}}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Twilio got %v", test.name, got)
		}
	}
}

func TestCheckCodeAsksOnlyWhatCanBe(t *testing.T) {
	s := newCheckServer(t, func(http.ResponseWriter, url.Values) {})
	v := newVerify(t, verifyOptions(s.URL))
	for _, guess := range []string{"", "123", "12345678901", "12 45", "１２３４５６", "1234&To=+1", "123456\n"} {
		if right, err := v.CheckCode(t.Context(), typed(guess)); right || err != nil {
			t.Errorf("%q: %t, %v", guess, right, err)
		}
	}
	for name, change := range map[string]func(*sender.CodeCheck){
		"no MessageID":                func(c *sender.CodeCheck) { c.MessageID = "" },
		"a MessageID of a text":       func(c *sender.CodeCheck) { c.MessageID = messageSID },
		"a purpose without a service": func(c *sender.CodeCheck) { c.Message.Purpose = sender.Sudo },
	} {
		check := typed("826104")
		change(&check)
		if right, err := v.CheckCode(t.Context(), check); right || !errors.Is(err, sender.ErrPermanent) {
			t.Errorf("%s: %t, %v", name, right, err)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if right, err := v.CheckCode(done, typed("826104")); right || !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is done: %t, %v", right, err)
	}
	if s.asked() != 0 {
		t.Error("and Twilio was asked")
	}
}

func TestEveryCutAnswerOfVerify(t *testing.T) {
	o := verifyOptions("")
	o.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	vendortest.EachByte(t, func(w http.ResponseWriter, _ *http.Request) {
		started(w, url.Values{"To": {to(0)}, "Channel": {"sms"}})
	}, func(t *testing.T, url string, whole bool) {
		o.BaseURL = url
		receipt, err := newVerify(t, o).Send(t.Context(), codeless())
		if whole != (err == nil) || whole != (receipt.MessageID != "") || !whole && (!errors.Is(err, sender.ErrTemporary) || !sender.Uncertain(err)) {
			t.Errorf("receipt %+v, error %v", receipt, err)
		}
	})
	vendortest.EachByte(t, func(w http.ResponseWriter, _ *http.Request) {
		checked(w, verificationSID, to(0), "approved", true)
	}, func(t *testing.T, url string, whole bool) {
		o.BaseURL = url
		right, err := newVerify(t, o).CheckCode(t.Context(), typed("826104"))
		if whole != (err == nil) || whole != right || !whole && (!errors.Is(err, sender.ErrTemporary) || !sender.Uncertain(err)) {
			t.Errorf("right %t, error %v", right, err)
		}
	})
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	for name, ask := range map[string]func(ctx context.Context, v *twilio.Verify) error{
		"Send": func(ctx context.Context, v *twilio.Verify) error {
			_, err := v.Send(ctx, codeless())
			return err
		},
		"CheckCode": func(ctx context.Context, v *twilio.Verify) error {
			right, err := v.CheckCode(ctx, typed("826104"))
			if right {
				t.Error("without an answer the code is right")
			}
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		stall := func(http.ResponseWriter, url.Values) { cancel(); <-over }
		s := newVerifyServer(t, stall)
		if name == "CheckCode" {
			s = newCheckServer(t, stall)
		}
		err := ask(ctx, newVerify(t, verifyOptions(s.URL)))
		if !errors.Is(err, context.Canceled) || !sender.Uncertain(err) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		close(over)
	}
}

func TestR47_VerifyTakesOnlyANumber(t *testing.T) {
	s := newVerifyServer(t, started)
	v := newVerify(t, verifyOptions(s.URL))
	for _, to := range hostileNumbers {
		m := codeless()
		m.To = to
		if _, err := v.Send(t.Context(), m); !errors.Is(err, sender.ErrRecipient) {
			t.Errorf("to %q: %v", to, err)
		}
	}
	if s.asked() != 0 {
		t.Error("and Twilio was asked")
	}
}

func TestR67_VerifyRepeatsNothing(t *testing.T) {
	m := codeless()
	for name, answer := range map[string]func(w http.ResponseWriter, form url.Values){
		"refused": func(w http.ResponseWriter, form url.Values) { refuse(w, 400, 60200, form.Encode()) },
		"in its code": func(w http.ResponseWriter, form url.Values) {
			code, _ := strconv.Atoi(form.Get("Code") + strings.TrimPrefix(form.Get("To"), "+"))
			refuse(w, 400, code, "")
		},
		"no JSON":    func(w http.ResponseWriter, form url.Values) { _, _ = w.Write([]byte(form.Encode())) },
		"broken off": func(http.ResponseWriter, url.Values) { panic(http.ErrAbortHandler) },
	} {
		s, c := newVerifyServer(t, answer), newCheckServer(t, answer)
		_, err := newVerify(t, verifyOptions(s.URL)).Send(t.Context(), m)
		_, err2 := newVerify(t, verifyOptions(c.URL)).CheckCode(t.Context(), typed("826104"))
		for _, err := range []error{err, err2} {
			for ; err != nil; err = errors.Unwrap(err) {
				out := fmt.Sprintf("%v %+v %#v", err, err, err)
				for _, part := range []string{m.To, m.To[1:], "826104", authToken, accountSID, verificationSID, "127.0.0.1"} {
					if strings.Contains(out, part) {
						t.Errorf("%s: the error holds %q: %s", name, part, out)
					}
				}
			}
		}
	}
}
