package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// Options sets up a Sender. URL and Secret are required.
type Options struct {
	// URL is the endpoint: https, or http on this machine. It is not secret and may be
	// printed; it holds no password.
	URL string
	// UnsafeHTTP allows http to elsewhere: whoever is on the way reads the codes.
	UnsafeHTTP bool
	// Secret is the key to sign with: "whsec_" and the base64 of 24 to 64 random bytes.
	Secret sender.Secret
	// PreviousSecret, if there is one, signs too. To rotate: make the new one Secret and
	// the old one PreviousSecret, have the endpoint verify by the new one, then drop the
	// old one.
	PreviousSecret sender.Secret
	// Vendor is what the Receipts call the endpoint; empty means "webhook".
	Vendor string
	// HTTPClient is what to ask with; redirects are not followed in any case. Nil means
	// a client of the Sender's own: 20 s for all of it, 5 s of them to connect, by the
	// proxy that the environment names.
	HTTPClient *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// endpoint checks URL.
func (o Options) endpoint() (*url.URL, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, errors.New("webhook: Options.URL is no URL") // err repeats it
	}
	if u.User != nil || u.Fragment != "" {
		return nil, errors.New("webhook: Options.URL has a password or a fragment")
	}
	if err := vendorhttp.Secure(u); err != nil && (!o.UnsafeHTTP || u.Scheme != "http" || u.Hostname() == "") {
		return nil, fmt.Errorf("webhook: Options.URL %w", err)
	}
	return u, nil
}

// The sizes of a key that Standard Webhooks allows.
const (
	minKey = 24
	maxKey = 64
)

// key reads a secret.
func key(field string, s sender.Secret) ([]byte, error) {
	text, ok := strings.CutPrefix(s.Reveal(), "whsec_")
	if !ok {
		return nil, fmt.Errorf(`webhook: Options.%s does not begin with "whsec_"`, field)
	}
	k, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(k) < minKey || len(k) > maxKey {
		return nil, fmt.Errorf("webhook: Options.%s is not the base64 of %d to %d bytes", field, minKey, maxKey)
	}
	return k, nil
}
