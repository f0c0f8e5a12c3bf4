package tencent_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/vendortest"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
	"github.com/ligature-auth/ligature/sender/tencent"
)

func TestTencentIsASender(t *testing.T) {
	var s *server
	sendertest.Run(t, func(t *testing.T) sender.Sender {
		s = newServer(t, nil)
		return newSender(t, options(s.URL))
	}, sendertest.Options{
		Channel:   sender.SMS,
		To:        to,
		Delivered: func() []sendertest.Delivery { return s.deliveries() },
		Refusing: func(t *testing.T) sender.Sender {
			refusing := newServer(t, func(w http.ResponseWriter, _ *http.Request) { fail(w, "FailedOperation.PhoneNumberInBlacklist") })
			return newSender(t, options(refusing.URL))
		},
		Stalling: func(t *testing.T) sender.Sender {
			over := make(chan struct{})
			stalling := newServer(t, func(http.ResponseWriter, *http.Request) { <-over })
			t.Cleanup(func() { close(over) })
			return newSender(t, options(stalling.URL))
		},
	})
}

func TestWhatIsSent(t *testing.T) {
	s := newServer(t, nil)
	o := options(s.URL)
	o.SenderID = "Example"
	receipt, err := newSender(t, o).Send(t.Context(), message())
	if err != nil {
		t.Fatal(err)
	}
	want := sendSms{
		PhoneNumberSet: []string{to(0)}, SmsSdkAppId: appID, TemplateId: "1110", SignName: signName,
		TemplateParamSet: []string{"826104", "10"}, SenderId: "Example", SessionContext: "m1",
	}
	if got := s.last(); !reflect.DeepEqual(got, want) {
		t.Errorf("Tencent got %+v, want %+v", got, want)
	}
	if want := (sender.Receipt{Vendor: "tencent", MessageID: "5000:1045710669157053657849499619", Segments: 2}); receipt != want {
		t.Errorf("the receipt is %+v, want %+v", receipt, want)
	}
}

func TestANoticeHasNoCode(t *testing.T) {
	s := newServer(t, nil)
	m := message()
	m.Purpose, m.Template, m.Code = sender.Notice, sender.AddressRemoved, sender.Code{}
	if _, err := newSender(t, options(s.URL)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := s.last(); got.TemplateId != "1120" || !reflect.DeepEqual(got.TemplateParamSet, []string{"s***", ""}) {
		t.Errorf("template %s with %q", got.TemplateId, got.TemplateParamSet)
	}
}

func TestTemplateByLanguage(t *testing.T) {
	s := newServer(t, nil)
	o := options(s.URL)
	o.Templates = nil
	for id, tag := range map[string]string{"any": "", "zh": "zh", "hant": "zh-Hant", "en": "en", "gb": "en-GB", "x": "de-CH"} {
		o.Templates = append(o.Templates, tencent.Template{For: sender.BindCode, Language: tag, ID: id, Params: []sender.Param{sender.ParamCode}})
	}
	send := newSender(t, o)
	for locale, want := range map[string]string{
		"":                        "any",
		"fr":                      "any",
		"zh":                      "zh",
		"ZH":                      "zh",
		"zh-CN":                   "zh",
		"zh-Hans-CN":              "zh",
		"zh-Hant":                 "hant",
		"zh-hant-TW":              "hant",
		"zh-TW":                   "zh",
		"en-US":                   "en",
		"en-GB-oxendict":          "gb",
		"de":                      "any",
		"de-CH-1996":              "x",
		"de-CH-u-co-phonebk":      "x",
		"zha":                     "any",
		"-":                       "any",
		"--":                      "any",
		"zh--CN":                  "zh",
		"x-en":                    "any",
		strings.Repeat("zh-", 99): "any",
	} {
		m := message()
		m.Locale = locale
		if _, err := send.Send(t.Context(), m); err != nil {
			t.Errorf("locale %q: %v", locale, err)
		} else if got := s.last().TemplateId; got != want {
			t.Errorf("locale %q gets template %q, want %q", locale, got, want)
		}
	}
}

func TestWhatIsNotSent(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := newServer(t, nil)
	o := options(s.URL)
	o.Now = func() time.Time { return now }
	send := newSender(t, o)
	for _, test := range []struct {
		change func(*sender.Message)
		want   string
	}{
		{func(m *sender.Message) { m.Template = sender.SudoCode }, `no template for "sudo"`},
		{func(m *sender.Message) { m.Channel = sender.Voice }, `no sender for channel "voice"`},
		{func(m *sender.Message) { m.Channel, m.To = sender.Email, "a@example.com" }, `no sender for channel "email"`},
		{func(m *sender.Message) { m.Code = sender.Code{} }, "the message has no code"},
		{func(m *sender.Message) { m.Expires = now }, "the code has expired"},
		{func(m *sender.Message) { m.Expires = now.Add(-time.Hour) }, "the code has expired"},
	} {
		m := message()
		test.change(&m)
		_, err := send.Send(t.Context(), m)
		if !errors.Is(err, sender.ErrPermanent) || sender.Uncertain(err) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("want %s: %v", test.want, err)
		}
	}
	if s.asked() != 0 {
		t.Error("and Tencent was asked")
	}
	m := message()
	m.Expires = now.Add(time.Millisecond)
	if _, err := send.Send(t.Context(), m); err != nil {
		t.Errorf("a code that lives: %v", err)
	}
}

// A redirect is an answer that says nothing of the message: it is not followed.
func TestNoRedirectIsFollowed(t *testing.T) {
	other := newServer(t, nil)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if _, err := newSender(t, options(s.URL)).Send(t.Context(), message()); !errors.Is(err, sender.ErrTemporary) {
		t.Errorf("the error is %v", err)
	}
	if other.asked() != 0 {
		t.Error("the message went where it was redirected")
	}
}

func TestWhatIsCertain(t *testing.T) {
	vendortest.Certainty(t, message(), func(w http.ResponseWriter, _ *http.Request) {
		accept(w, sendSms{PhoneNumberSet: []string{to(0)}})
	}, func(t *testing.T, url string, client *http.Client) sender.Sender {
		o := options(url)
		o.HTTPClient = client
		return newSender(t, o)
	})
}
