package twilio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/twilio/twilio-go/client"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// call is one request of the SDK and what became of it. The SDK takes no context, and
// its errors do not say whether anything was sent.
type call struct {
	carrier
	ctx     context.Context // of Send; the call lives no longer
	message sender.Message  // which is not repeated
	asked   bool
	answer  vendorhttp.Answer
	err     error
}

func (c carrier) call(ctx context.Context, m sender.Message) *call {
	return &call{carrier: c, ctx: ctx, message: m}
}

// handler is what the SDK asks through, for this one request. It is not made by the
// SDK's own function, which looks for the host's name in the environment.
func (c *call) handler() *client.RequestHandler {
	user, secret := c.account.SID, c.account.AuthToken
	if c.account.APIKey != "" {
		user, secret = c.account.APIKey, c.account.APISecret
	}
	asker := &client.Client{
		Credentials: client.NewCredentials(user, secret.Reveal()),
		HTTPClient:  &http.Client{Transport: c},
	}
	asker.SetAccountSid(c.account.SID)
	return &client.RequestHandler{Client: asker}
}

var (
	errTwice   = errors.New("twilio: the SDK asks twice")
	errForeign = errors.New("twilio: the answer is no JSON object")
)

// RoundTrip asks once, under the call's context and where its carrier says.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.asked {
		return nil, errTwice
	}
	c.asked = true
	there := req.Clone(c.ctx)
	there.URL.Scheme, there.URL.Host, there.Host = c.base.Scheme, c.base.Host, c.base.Host
	c.answer, c.err = vendorhttp.Ask(c.client, there)
	if c.err != nil {
		return nil, c.err
	}
	if !vendorhttp.Object(c.answer.Body) {
		return nil, errForeign
	}
	return &http.Response{
		Status:     http.StatusText(c.answer.Status),
		StatusCode: c.answer.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}}, // and nothing to follow
		Body:          io.NopCloser(bytes.NewReader(c.answer.Body)),
		ContentLength: int64(len(c.answer.Body)),
		Request:       req,
	}, nil
}

// failed returns the error for a call that the SDK says err of; nil where Twilio took
// the request.
func (c *call) failed(err error) error {
	switch {
	case !c.asked:
		return notMade()
	case c.err != nil:
		return c.err
	case err == nil && (c.answer.Status == http.StatusOK || c.answer.Status == http.StatusCreated):
		return nil
	}
	var told *client.TwilioRestError
	if errors.As(err, &told) && told.Code > 0 {
		return c.failure(told.Code, told.Message)
	}
	return vendorhttp.Unexplained(c.answer)
}

// deref returns what p points to, if anything.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
