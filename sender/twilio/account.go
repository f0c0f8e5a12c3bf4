package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// vendor is what the Receipts call Twilio.
const vendor = "twilio"

// Account is whom to ask Twilio as. It has AuthToken, or APIKey and APISecret, which
// can be withdrawn one by one.
type Account struct {
	SID       string // "AC…", required
	AuthToken sender.Secret
	APIKey    string // "SK…"
	APISecret sender.Secret
}

// sid is an ID of Twilio's as options have it: two letters that say of what, and 32
// hexadecimal digits. Twilio's documents allow capitals among them, but a service that has
// a second spelling could be two purposes' at once.
func sid(kind string) *regexp.Regexp { return regexp.MustCompile(`^` + kind + `[0-9a-f]{32}$`) }

var (
	accountSID = sid("AC")
	apiKeySID  = sid("SK")
	serviceSID = sid("MG")
	contentSID = sid("HX")
	verifySID  = sid("VA")

	// What Twilio answers with is taken as its documents allow it.
	messageSID      = regexp.MustCompile(`^(SM|MM)[0-9a-fA-F]{32}$`)
	verificationSID = regexp.MustCompile(`^VE[0-9a-fA-F]{32}$`)

	// password is all that the SDK takes.
	password = regexp.MustCompile(`^[a-zA-Z0-9]+$`)
)

// validate is for Options and VerifyOptions.
func (a Account) validate() error {
	if !accountSID.MatchString(a.SID) {
		return errors.New(`Account.SID is not "AC" and 32 hexadecimal digits, without capitals`)
	}
	byToken, byKey := !a.AuthToken.IsZero(), a.APIKey != "" || !a.APISecret.IsZero()
	switch {
	case byToken && byKey:
		return errors.New("Account.AuthToken and Account.APIKey are both set")
	case byToken && !password.MatchString(a.AuthToken.Reveal()):
		return errors.New("Account.AuthToken has other characters than letters and digits")
	case byToken:
		return nil
	case !byKey:
		return errors.New("Account.AuthToken is empty, and so is Account.APIKey")
	case !apiKeySID.MatchString(a.APIKey):
		return errors.New(`Account.APIKey is not "SK" and 32 hexadecimal digits, without capitals`)
	case !password.MatchString(a.APISecret.Reveal()):
		return errors.New("Account.APISecret is empty or has other characters than letters and digits")
	}
	return nil
}

// carrier is how to ask Twilio.
type carrier struct {
	account Account
	base    *url.URL
	client  *http.Client
}

func newCarrier(options string, a Account, base, defaultBase string, given *http.Client) (carrier, error) {
	if err := a.validate(); err != nil {
		return carrier{}, fmt.Errorf("twilio: %s.%w", options, err)
	}
	if base == "" {
		base = defaultBase
	}
	u, err := vendorhttp.Base(base)
	if err != nil {
		return carrier{}, fmt.Errorf("twilio: %s.BaseURL %w", options, err)
	}
	return carrier{account: a, base: u, client: vendorhttp.Client(given)}, nil
}
