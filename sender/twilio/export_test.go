package twilio

import (
	"context"
	"net/http"
	"net/url"

	"github.com/ligature-auth/ligature/sender"
)

// ErrTwice is what a call says that is to ask again.
var ErrTwice = errTwice

// NewCall is what the SDK asks through for one message.
func NewCall(ctx context.Context, base *url.URL, client *http.Client) http.RoundTripper {
	return carrier{base: base, client: client}.call(ctx, sender.Message{})
}
