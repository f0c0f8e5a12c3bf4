package webhook

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// Sender posts messages to an endpoint. It is safe for concurrent use.
type Sender struct {
	url    *url.URL
	vendor string
	client *http.Client
	now    func() time.Time
	// sign holds funcs, because the library's own type would print its key.
	sign []func(id string, at time.Time, body []byte) (string, error)
}

// New makes a Sender. It asks the endpoint nothing.
func New(o Options) (*Sender, error) {
	u, err := o.endpoint()
	if err != nil {
		return nil, err
	}
	s := &Sender{url: u, vendor: o.Vendor, client: vendorhttp.Client(o.HTTPClient), now: o.Now}
	if s.vendor == "" {
		s.vendor = "webhook"
	}
	if s.now == nil {
		s.now = time.Now
	}
	for _, secret := range []struct {
		field string
		value sender.Secret
	}{{"Secret", o.Secret}, {"PreviousSecret", o.PreviousSecret}} {
		if secret.value.IsZero() && secret.field == "PreviousSecret" {
			continue
		}
		k, err := key(secret.field, secret.value)
		if err != nil {
			return nil, err
		}
		signer, err := standardwebhooks.NewWebhookRaw(k)
		if err != nil {
			return nil, errors.New("webhook: Options." + secret.field + " is refused")
		}
		s.sign = append(s.sign, signer.Sign)
	}
	return s, nil
}

// Send posts m. What the Receipt says is the endpoint's to tell.
func (s *Sender) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if ctx.Err() != nil {
		return sender.Receipt{}, vendorhttp.Unsent(ctx, "not sent")
	}
	if detail := badRecipient(m); detail != "" {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrRecipient, Detail: detail}
	}
	req, err := s.request(ctx, m)
	if err != nil {
		return sender.Receipt{}, err
	}
	a, err := vendorhttp.Ask(s.client, req)
	if err != nil {
		return sender.Receipt{}, err
	}
	if a.Status < 200 || a.Status > 299 {
		return sender.Receipt{}, failure(a)
	}
	r := receipt(a.Body, m)
	r.Vendor = s.vendor
	return r, nil
}

// badRecipient says what is wrong with To, if anything: what JSON cannot hold byte for
// byte, and what an endpoint that is careless with it could read as two lines or two
// addresses.
func badRecipient(m sender.Message) string {
	switch m.Channel {
	case sender.SMS, sender.WhatsApp, sender.Voice:
		if !vendorhttp.E164(m.To) {
			return "no number in E.164"
		}
	case sender.Email:
		if strings.ContainsAny(m.To, ",;<>") || strings.ContainsFunc(m.To, unicode.IsSpace) {
			return "no single address"
		}
	}
	if m.To == "" || len(m.To) > 1024 || !utf8.ValidString(m.To) || strings.ContainsFunc(m.To, breaksLine) {
		return "no address"
	}
	return ""
}

// breaksLine reports whether r is a control character, or one of Unicode's own ends of a
// line and of a paragraph, which are none.
func breaksLine(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) }

// request makes the signed request.
func (s *Sender) request(ctx context.Context, m sender.Message) (*http.Request, error) {
	if !goodID(m.ID) {
		return nil, &sender.Error{Err: sender.ErrPermanent, Detail: "the message's ID is none that can be signed"}
	}
	now := s.now()
	body, err := newBody(m, now)
	if err != nil {
		return nil, &sender.Error{Err: sender.ErrPermanent, Detail: "the message makes no JSON"}
	}
	signatures := make([]string, 0, len(s.sign))
	for _, sign := range s.sign {
		signature, err := sign(m.ID, now, body)
		if err != nil {
			return nil, &sender.Error{Err: sender.ErrPermanent, Detail: "the message is not signed"}
		}
		signatures = append(signatures, signature)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, &sender.Error{Err: sender.ErrPermanent, Detail: "the endpoint's URL makes no request"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "ligature")
	req.Header.Set(standardwebhooks.HeaderWebhookID, m.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return req, nil
}

// goodID reports whether id is as sender.Message promises, and without the dot, which
// ends it in what is signed.
func goodID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c >= 0x7f || c == '.' {
			return false
		}
	}
	return true
}
