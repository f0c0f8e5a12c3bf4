package twilio

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// maxValidity is the longest that Twilio keeps a message for: see
// https://www.twilio.com/docs/messaging/api/message-resource, ValidityPeriod.
const maxValidity = 36000 * time.Second

// Sender sends messages by Twilio. It is safe for concurrent use.
type Sender struct {
	carrier carrier
	origins map[sender.Channel]origin
	now     func() time.Time
}

// New makes a Sender. It asks Twilio nothing.
func New(o Options) (*Sender, error) {
	c, err := newCarrier("Options", o.Account, o.BaseURL, "https://api.twilio.com", o.HTTPClient)
	if err != nil {
		return nil, err
	}
	origins, err := newOrigins(o.Channels)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sender{carrier: c, origins: origins, now: o.Now}, nil
}

// Send sends m on its channel. The Receipt has the message's SID, its segments where
// Twilio counted them already, which it does not for a messaging service, and its price
// where Twilio knows it already, which is seldom.
func (s *Sender) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if ctx.Err() != nil {
		return sender.Receipt{}, vendorhttp.Unsent(ctx, "not sent")
	}
	from, ok := s.origins[m.Channel]
	if !ok {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: fmt.Sprintf("no sender for channel %q", m.Channel)}
	}
	if !vendorhttp.E164(m.To) {
		return sender.Receipt{}, notE164()
	}
	p := new(api.CreateMessageParams).SetTo(address(m.Channel, m.To))
	if from.from != "" {
		p.SetFrom(address(m.Channel, from.from))
	}
	if from.service != "" {
		p.SetMessagingServiceSid(from.service)
	}
	if t, ok := from.templates.Find(m); ok {
		values, ok := t.Values(m)
		if !ok {
			return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: "the message has no code"}
		}
		p.SetContentSid(t.ID)
		p.SetContentVariables(variables(values))
	} else {
		p.SetBody(m.Text)
	}
	if !m.Expires.IsZero() {
		left := min(m.Expires.Sub(s.now()), maxValidity)
		if left < time.Second {
			return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: "the code has expired"}
		}
		p.SetValidityPeriod(int(left / time.Second))
	}

	c := s.carrier.call(ctx, m)
	told, err := api.NewApiService(c.handler()).CreateMessage(p)
	if err := c.failed(err); err != nil {
		return sender.Receipt{}, err
	}
	if code := deref(told.ErrorCode); code != 0 {
		return sender.Receipt{}, c.failure(code, "")
	}
	if !messageSID.MatchString(deref(told.Sid)) {
		return sender.Receipt{}, vendorhttp.Unexplained(c.answer)
	}
	return receipt(told, m), nil
}

// address is a number as the channel's addresses are written.
func address(c sender.Channel, number string) string {
	if c == sender.WhatsApp {
		return "whatsapp:" + number
	}
	return number
}

// variables is the JSON of a content template's variables, which are numbered from 1.
func variables(values []string) string {
	all := make(map[string]string, len(values))
	for i, value := range values {
		all[strconv.Itoa(i+1)] = value
	}
	b, err := json.Marshal(all)
	if err != nil {
		return "{}" // strings always marshal
	}
	return string(b)
}

var (
	decimal  = regexp.MustCompile(`^-?[0-9]{1,9}(\.[0-9]{1,9})?$`)
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
)

func receipt(told *api.ApiV2010Message, m sender.Message) sender.Receipt {
	r := sender.Receipt{Vendor: vendor, MessageID: deref(told.Sid)}
	if n, err := strconv.ParseUint(deref(told.NumSegments), 10, 16); err == nil {
		r.Segments = int(n)
	}
	// Twilio's prices are what they do to the balance.
	price, unit := deref(told.Price), strings.ToUpper(deref(told.PriceUnit))
	if decimal.MatchString(price) && currency.MatchString(unit) && !vendorhttp.Repeats(price, m) {
		r.Price, r.Currency = strings.TrimPrefix(price, "-"), unit
	}
	return r
}
