package twilio_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/vendortest"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
	"github.com/ligature-auth/ligature/sender/twilio"
)

func TestTwilioIsASender(t *testing.T) {
	for _, channel := range []sender.Channel{sender.SMS, sender.WhatsApp} {
		t.Run(string(channel), func(t *testing.T) {
			var s *server
			sendertest.Run(t, func(t *testing.T) sender.Sender {
				s = newServer(t, accept)
				return newSender(t, options(s.URL))
			}, sendertest.Options{
				Channel:   channel,
				To:        to,
				Delivered: func() []sendertest.Delivery { return s.deliveries() },
				Refusing: func(t *testing.T) sender.Sender {
					refusing := newServer(t, func(w http.ResponseWriter, form url.Values) {
						refuse(w, http.StatusBadRequest, 21610, "Attempt to send to unsubscribed recipient "+form.Get("To"))
					})
					return newSender(t, options(refusing.URL))
				},
				Stalling: func(t *testing.T) sender.Sender {
					over := make(chan struct{})
					stalling := newServer(t, func(http.ResponseWriter, url.Values) { <-over })
					t.Cleanup(func() { close(over) })
					return newSender(t, options(stalling.URL))
				},
			})
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	m := message()
	for _, test := range []struct {
		name    string
		options func(*twilio.Options)
		message func(*sender.Message)
		want    url.Values
	}{
		{
			"text from a number", nil, nil,
			form("To", m.To, "From", "+14155550100", "Body", m.Text),
		},
		{
			"text from a service", func(o *twilio.Options) {
				o.Channels[sender.SMS] = twilio.Channel{MessagingServiceSID: serviceSID}
			}, nil,
			form("To", m.To, "MessagingServiceSid", serviceSID, "Body", m.Text),
		},
		{
			"text from a number of a service", func(o *twilio.Options) {
				o.Channels[sender.SMS] = twilio.Channel{From: "Example", MessagingServiceSID: serviceSID}
			}, nil,
			form("To", m.To, "From", "Example", "MessagingServiceSid", serviceSID, "Body", m.Text),
		},
		{
			"WhatsApp by a template", nil, func(m *sender.Message) { m.Channel = sender.WhatsApp },
			form("To", "whatsapp:"+m.To, "From", "whatsapp:+14155550101", "ContentSid", contentSID, "ContentVariables", `{"1":"826104","2":"Example"}`),
		},
		{
			"WhatsApp without a template", nil, func(m *sender.Message) { m.Channel, m.Template = sender.WhatsApp, sender.SignInCode },
			form("To", "whatsapp:"+m.To, "From", "whatsapp:+14155550101", "Body", m.Text),
		},
		{
			"ten minutes to live", nil, func(m *sender.Message) { m.Expires = now.Add(10*time.Minute + 900*time.Millisecond) },
			form("To", m.To, "From", "+14155550100", "Body", m.Text, "ValidityPeriod", "600"),
		},
		{
			"a day to live", nil, func(m *sender.Message) { m.Expires = now.Add(24 * time.Hour) },
			form("To", m.To, "From", "+14155550100", "Body", m.Text, "ValidityPeriod", "36000"),
		},
		{
			"a second to live", nil, func(m *sender.Message) { m.Expires = now.Add(time.Second) },
			form("To", m.To, "From", "+14155550100", "Body", m.Text, "ValidityPeriod", "1"),
		},
	} {
		s := newServer(t, accept)
		o := options(s.URL)
		o.Now = func() time.Time { return now }
		if test.options != nil {
			test.options(&o)
		}
		m := message()
		if test.message != nil {
			test.message(&m)
		}
		receipt, err := newSender(t, o).Send(t.Context(), m)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := s.last(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: Twilio got\n%v, want\n%v", test.name, got, test.want)
		}
		if want := (sender.Receipt{Vendor: "twilio", MessageID: messageSID, Segments: 2}); receipt != want {
			t.Errorf("%s: the receipt is %+v, want %+v", test.name, receipt, want)
		}
	}
}

func TestWhatIsNotSent(t *testing.T) {
	s := newServer(t, accept)
	o := options(s.URL)
	o.Now = func() time.Time { return now }
	send := newSender(t, o)
	for name, change := range map[string]func(*sender.Message){
		"another channel": func(m *sender.Message) { m.Channel = sender.Voice },
		"a dead code":     func(m *sender.Message) { m.Expires = now.Add(900 * time.Millisecond) },
		"a dead code, long ago": func(m *sender.Message) {
			m.Expires = now.Add(-time.Hour)
		},
		"a template for a code without one": func(m *sender.Message) { m.Channel, m.Code = sender.WhatsApp, sender.Code{} },
	} {
		m := message()
		change(&m)
		if _, err := send.Send(t.Context(), m); !errors.Is(err, sender.ErrPermanent) || sender.Uncertain(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.asked() != 0 {
		t.Error("and Twilio was asked")
	}
}

func TestAPIKeyInsteadOfToken(t *testing.T) {
	s := newServer(t, accept)
	s.user, s.secret = "SK"+hex32, "secretThatNobodyHas0000000000000"
	o := options(s.URL)
	o.Account = twilio.Account{SID: accountSID, APIKey: s.user, APISecret: sender.NewSecret(s.secret)}
	if _, err := newSender(t, o).Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

func TestReceipt(t *testing.T) {
	for _, test := range []struct {
		segments, price, unit any
		want                  sender.Receipt
	}{
		{nil, nil, nil, sender.Receipt{}},
		{"0", nil, "USD", sender.Receipt{}},
		{"3", "-0.00750", "USD", sender.Receipt{Segments: 3, Price: "0.00750", Currency: "USD"}},
		{"1", "0.1", "usd", sender.Receipt{Segments: 1, Price: "0.1", Currency: "USD"}},
		{"-1", "free", "USD", sender.Receipt{}},
		{"99999999", "1e9", "USD", sender.Receipt{}},
		{"x", "0.1", "dollars", sender.Receipt{}},
		{"1", "-0.826104", "USD", sender.Receipt{Segments: 1}},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ url.Values) {
			write(w, http.StatusCreated, map[string]any{"sid": messageSID, "status": "accepted", "num_segments": test.segments, "price": test.price, "price_unit": test.unit})
		})
		test.want.Vendor, test.want.MessageID = "twilio", messageSID
		if got, err := newSender(t, options(s.URL)).Send(t.Context(), message()); err != nil || got != test.want {
			t.Errorf("%v %v %v: %+v, %v, want %+v", test.segments, test.price, test.unit, got, err, test.want)
		}
	}
}

// The environment names a region to the SDK; Options do so here.
func TestTheEnvironmentIsNotAsked(t *testing.T) {
	t.Setenv("TWILIO_REGION", "au1")
	t.Setenv("TWILIO_EDGE", "sydney")
	s := newServer(t, accept)
	if _, err := newSender(t, options(s.URL)).Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

// A redirect is an answer that says nothing of the message: it is not followed.
func TestNoRedirectIsFollowed(t *testing.T) {
	other := newServer(t, accept)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := newServer(t, func(w http.ResponseWriter, _ url.Values) {
			w.Header().Set("Location", other.URL)
			write(w, status, map[string]any{"sid": messageSID})
		})
		if _, err := newSender(t, options(s.URL)).Send(t.Context(), message()); !errors.Is(err, sender.ErrTemporary) || !sender.Uncertain(err) {
			t.Errorf("%d: the error is %v", status, err)
		}
	}
	if other.asked() != 0 {
		t.Error("the message went where it was redirected")
	}
}

func TestWhatIsCertain(t *testing.T) {
	vendortest.Certainty(t, message(), func(w http.ResponseWriter, _ *http.Request) {
		accept(w, url.Values{"To": {to(0)}})
	}, func(t *testing.T, url string, client *http.Client) sender.Sender {
		o := options(url)
		o.HTTPClient = client
		return newSender(t, o)
	})
}
