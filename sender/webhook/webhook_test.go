package webhook_test

import (
	"bytes"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/vendortest"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
)

var update = flag.Bool("update", false, "write the testdata anew")

func TestWebhookIsASender(t *testing.T) {
	addresses := map[sender.Channel]func(int) string{
		sender.SMS: to, sender.WhatsApp: to, sender.Voice: to, sender.Email: nil, "pager": nil,
	}
	for channel, address := range addresses {
		t.Run(string(channel), func(t *testing.T) {
			var s *server
			sendertest.Run(t, func(t *testing.T) sender.Sender {
				s = newServer(t, taken)
				return newSender(t, options(s.URL))
			}, sendertest.Options{
				Channel:   channel,
				To:        address,
				Delivered: func() []sendertest.Delivery { return s.deliveries() },
				Refusing: func(t *testing.T) sender.Sender {
					return newSender(t, options(newServer(t, saying(http.StatusUnprocessableEntity, `{"error":"recipient"}`)).URL))
				},
				Stalling: func(t *testing.T) sender.Sender {
					over := make(chan struct{})
					stalling := newServer(t, func(http.ResponseWriter, *http.Request) { <-over })
					t.Cleanup(func() { close(over) })
					return newSender(t, options(stalling.URL))
				},
			})
		})
	}
}

// What goes over the wire is a promise to endpoints that are not ours to change.
func TestTheBodyIsAsPromised(t *testing.T) {
	mail := message()
	mail.Channel, mail.To, mail.Purpose, mail.Template = sender.Email, "d@example.com", sender.Bind, sender.BindCode
	mail.Account, mail.Subject, mail.HTML = "d***", "Your code for Example", "<!doctype html><p>735081</p>"
	notice := mail
	notice.Purpose, notice.Template, notice.Code, notice.Expires, notice.Lifetime = sender.Notice, sender.PasswordSet, sender.Code{}, time.Time{}, 0
	notice.At = now.Add(-time.Minute).In(time.FixedZone("x", 3600))
	notice.Text, notice.HTML = "The password was set.", ""
	made := message() // with a code that somebody else makes
	made.Code, made.Text = sender.Code{}, ""
	short := message() // for less than a minute
	short.Expires, short.Lifetime = now.Add(30*time.Second), 30*time.Second

	for name, m := range map[string]sender.Message{"code": message(), "mail": mail, "notice": notice, "codeless": made, "short": short} {
		s := newServer(t, taken)
		o := options(s.URL)
		o.Now = func() time.Time { return now }
		if _, err := newSender(t, o).Send(t.Context(), m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := []byte(s.last().raw + "\n")
		golden := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: sent\n%s, want\n%s", name, got, want)
		}
	}
}

func TestBothSecretsSign(t *testing.T) {
	s := newServer(t, taken)
	s.secrets = []string{secret, oldSecret}
	o := options(s.URL)
	o.PreviousSecret = sender.NewSecret(oldSecret)
	if _, err := newSender(t, o).Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
}

func TestReceipt(t *testing.T) {
	none := sender.Receipt{Vendor: "webhook"}
	for _, test := range []struct {
		status int
		body   string
		want   sender.Receipt
	}{
		{200, ``, none},
		{202, `thanks`, none},
		{204, ``, none},
		{299, `{}`, none},
		{200, `{"message_id":"x-1","segments":2,"price":"0.0075","currency":"USD"}`, sender.Receipt{Vendor: "webhook", MessageID: "x-1", Segments: 2, Price: "0.0075", Currency: "USD"}},
		{200, `{"message_id":"x-1","more":[1]}`, sender.Receipt{Vendor: "webhook", MessageID: "x-1"}},
		{200, `{"message_id":"x-1","segments":2,"price":0.0075,"currency":"USD"}`, sender.Receipt{Vendor: "webhook", MessageID: "x-1", Segments: 2, Price: "0.0075", Currency: "USD"}},
		{200, `{"message_id":"x-1","segments":"2","price":{"amount":1},"currency":"USD"}`, sender.Receipt{Vendor: "webhook", MessageID: "x-1"}},
		{200, `{"message_id":7,"segments":2,"price":null,"currency":[]}`, sender.Receipt{Vendor: "webhook", Segments: 2}},
		{200, `{"segments":1.5,"price":7.5e-3,"currency":"USD","message_id":"x-1"}`, sender.Receipt{Vendor: "webhook", MessageID: "x-1"}},
		{200, `{"price":735081,"currency":"USD"}`, none},
		{200, `{"price":"0.0075"}`, none},
		{200, `{"price":"-1","currency":"USD"}`, none},
		{200, `{"price":"1","currency":"usd"}`, none},
		{200, `{"segments":-1}`, none},
		{200, `{"segments":1001}`, none},
		{200, `{"segments":"2"}`, none},
		{200, `{"message_id":"a b"}`, none},
		{200, `{"message_id":"id-735081-x"}`, none},
		{200, `{"message_id":"` + to(0)[1:] + `"}`, none},
		{200, `{"price":"735081","currency":"USD"}`, none},
		{200, `{"message_id":"x"} {}`, none},
		{200, `null`, none},
	} {
		s := newServer(t, saying(test.status, test.body))
		if got, err := newSender(t, options(s.URL)).Send(t.Context(), message()); err != nil || got != test.want {
			t.Errorf("%d %s: %+v, %v, want %+v", test.status, test.body, got, err, test.want)
		}
	}
	o := options(newServer(t, taken).URL)
	o.Vendor = "notify"
	if got, err := newSender(t, o).Send(t.Context(), message()); err != nil || got.Vendor != "notify" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		status    int
		body      string
		header    string
		want      error
		uncertain bool
		wait      time.Duration
	}{
		{400, ``, "", sender.ErrPermanent, false, 0},
		{401, `<html>`, "", sender.ErrPermanent, false, 0},
		{404, `{"error":"nobody"}`, "", sender.ErrPermanent, false, 0},
		{422, `{"error":"recipient"}`, "", sender.ErrRecipient, false, 0},
		{400, `{"error":"permanent"}`, "", sender.ErrPermanent, false, 0},
		{400, `{"error":"temporary","retry_after":60}`, "", sender.ErrTemporary, false, time.Minute},
		{402, `{"error":"quota"}`, "", sender.ErrQuota, false, 0},
		{402, `{"error":"quota","retry_after":-5}`, "", sender.ErrQuota, false, 0},
		{402, `{"error":"quota","retry_after":9223372036854775807}`, "", sender.ErrQuota, false, 24 * time.Hour},
		{402, `{"error":"quota","retry_after":"soon"}`, "", sender.ErrQuota, false, 0},
		{422, `{"error":"recipient","retry_after":"60"}`, "", sender.ErrRecipient, false, time.Minute},
		{422, `{"error":"recipient","retry_after":1.5}`, "", sender.ErrRecipient, false, 2 * time.Second},
		{422, `{"error":"recipient","retry_after":[60]}`, "", sender.ErrRecipient, false, 0},
		{422, `{"retry_after":60,"error":7}`, "", sender.ErrPermanent, false, time.Minute},
		{402, `{"error":"quota","retry_after":1e9}`, "", sender.ErrQuota, false, 24 * time.Hour},
		{402, `{"error":"quota","retry_after":"NaN"}`, "", sender.ErrQuota, false, 0},
		{402, `{"error":"quota","retry_after":60}`, "7", sender.ErrQuota, false, 7 * time.Second},
		{429, ``, "7", sender.ErrQuota, false, 7 * time.Second},
		{429, `{"error":"recipient","retry_after":60}`, "", sender.ErrQuota, false, time.Minute},
		{410, `{"error":"temporary"}`, "", sender.ErrPermanent, false, 0},
		{408, ``, "", sender.ErrTemporary, false, 0},
		{425, `{"error":"permanent"}`, "", sender.ErrTemporary, false, 0},
		{500, ``, "", sender.ErrTemporary, true, 0},
		{500, `<html>`, "", sender.ErrTemporary, true, 0},
		{502, `{"error":"Bad Gateway"}`, "", sender.ErrTemporary, true, 0},
		{503, `{"retry_after":60}`, "", sender.ErrTemporary, true, time.Minute},
		{503, `{"error":"temporary"}`, "", sender.ErrTemporary, false, 0},
		{503, `{"error":"quota","retry_after":60}`, "", sender.ErrQuota, false, time.Minute},
		{500, `{"error":"permanent"}`, "", sender.ErrPermanent, false, 0},
		{500, `{"error":"recipient"}`, "", sender.ErrRecipient, false, 0},
		{301, ``, "", sender.ErrPermanent, false, 0},
		{304, ``, "", sender.ErrPermanent, false, 0},
	} {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
			if test.header != "" {
				w.Header().Set("Retry-After", test.header)
			}
			saying(test.status, test.body)(w, r)
		})
		receipt, err := newSender(t, options(s.URL)).Send(t.Context(), message())
		var e *sender.Error
		if !errors.As(err, &e) || !errors.Is(err, test.want) || e.Uncertain != test.uncertain || e.RetryAfter != test.wait || receipt != (sender.Receipt{}) {
			t.Errorf("%d %s: receipt %+v, error %+v", test.status, test.body, receipt, e)
		}
		for _, kind := range []error{sender.ErrTemporary, sender.ErrPermanent, sender.ErrRecipient, sender.ErrQuota} {
			if errors.Is(err, kind) && kind != test.want { //nolint:errorlint // identity is the point
				t.Errorf("%d %s: it is %v, too", test.status, test.body, kind)
			}
		}
		if e != nil && e.RecipientLimit {
			t.Errorf("%d %s: the limit is the address's", test.status, test.body)
		}
		if s.asked() != 1 {
			t.Errorf("%d %s: the endpoint was asked %d times", test.status, test.body, s.asked())
		}
	}
}

func TestLimitsOfTheAddress(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		kind   error
		want   bool
	}{
		{400, `{"error":"quota","recipient_limit":true}`, sender.ErrQuota, true},
		{429, `{"recipient_limit":true}`, sender.ErrQuota, true},
		{503, `{"error":"quota","recipient_limit":true,"retry_after":60}`, sender.ErrQuota, true},
		{400, `{"error":"quota","recipient_limit":false}`, sender.ErrQuota, false},
		{400, `{"error":"quota","recipient_limit":"true"}`, sender.ErrQuota, false},
		{400, `{"error":"recipient","recipient_limit":true}`, sender.ErrRecipient, false},
		{400, `{"recipient_limit":true}`, sender.ErrPermanent, false},
		{500, `{"recipient_limit":true}`, sender.ErrTemporary, false},
	} {
		_, err := newSender(t, options(newServer(t, saying(test.status, test.body)).URL)).Send(t.Context(), message())
		var e *sender.Error
		if !errors.As(err, &e) || !errors.Is(err, test.kind) || e.RecipientLimit != test.want {
			t.Errorf("%d %s: %+v", test.status, test.body, e)
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) {
	other := newServer(t, taken)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := newServer(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/hook?x=1", status) })
		if _, err := newSender(t, options(s.URL)).Send(t.Context(), message()); !errors.Is(err, sender.ErrPermanent) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if other.asked() != 0 {
		t.Error("the message went where it was redirected")
	}
}

func TestAnIDThatCannotBeSigned(t *testing.T) {
	s := newServer(t, taken)
	send := newSender(t, options(s.URL))
	for _, id := range []string{"", "a.b", "a b", "a\r\nX: y", "é", string(make([]byte, 65))} {
		m := message()
		m.ID = id
		if _, err := send.Send(t.Context(), m); !errors.Is(err, sender.ErrPermanent) {
			t.Errorf("ID %q: %v", id, err)
		}
	}
	if s.asked() != 0 {
		t.Error("and the endpoint was asked")
	}
}

func TestWhatIsCertain(t *testing.T) {
	for _, answer := range []http.HandlerFunc{taken, saying(200, `{"message_id":"x-1","segments":1}`)} {
		vendortest.Certainty(t, message(), answer, func(t *testing.T, url string, client *http.Client) sender.Sender {
			o := options(url)
			o.HTTPClient = client
			return newSender(t, o)
		})
	}
}
