package tencent

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

const (
	defaultRegion  = "ap-guangzhou"
	defaultBaseURL = "https://sms.tencentcloudapi.com"
)

// Options sets up a Sender. What has no default is required.
type Options struct {
	// SecretID and SecretKey are those of an API key of Tencent Cloud, best of a
	// sub-account that may do nothing but send messages.
	SecretID  string
	SecretKey sender.Secret
	// Region is the one to send from; empty means "ap-guangzhou".
	Region string
	// SDKAppID is the ID of the SMS application ("1400006666").
	SDKAppID string
	// SignName is the approved signature, its words and not its ID. Messages to
	// mainland China must have one; empty means none.
	SignName string
	// SenderID is a sender of one's own for messages to other countries; empty means
	// Tencent's.
	SenderID string
	// Templates says which of Tencent's templates says what. At least one; no two for
	// the same template and language.
	Templates []Template
	// BaseURL is where Tencent answers, "https://sms.ap-singapore.tencentcloudapi.com";
	// plain http only on this machine. Empty means "https://sms.tencentcloudapi.com".
	BaseURL string
	// HTTPClient is what to ask with; redirects are not followed in any case. Nil means
	// a client of the Sender's own: 20 s for all of it, 5 s of them to connect, by the
	// proxy that the environment names.
	HTTPClient *http.Client
	// Now is the clock; nil means time.Now. Requests are dated by the machine's.
	Now func() time.Time
}

// identifier is what Tencent's IDs are made of. It keeps them out of the headers'
// syntax.
var identifier = regexp.MustCompile(`^[A-Za-z0-9*_-]{1,128}$`)

// complete fills in the defaults and checks the rest.
func (o Options) complete() (Options, *url.URL, error) {
	if o.Region == "" {
		o.Region = defaultRegion
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.BaseURL == "" {
		o.BaseURL = defaultBaseURL
	}
	for _, field := range []struct{ name, value string }{
		{"SecretID", o.SecretID},
		{"SDKAppID", o.SDKAppID},
		{"Region", o.Region},
	} {
		if !identifier.MatchString(field.value) {
			return o, nil, fmt.Errorf("tencent: Options.%s is empty or has other characters than letters, digits and hyphens", field.name)
		}
	}
	if o.SecretKey.IsZero() {
		return o, nil, errors.New("tencent: Options.SecretKey is empty")
	}
	base, err := vendorhttp.Base(o.BaseURL)
	if err != nil {
		return o, nil, fmt.Errorf("tencent: Options.BaseURL %w", err)
	}
	return o, base, nil
}
