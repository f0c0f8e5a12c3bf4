package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	verify "github.com/twilio/twilio-go/rest/verify/v2"

	"github.com/ligature-auth/ligature/internal/langtag"
	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// VerifyOptions sets up a Verify.
type VerifyOptions struct {
	// Account is whom to ask as.
	Account Account
	// Services names for each purpose a service of Verify ("VA…"). At least one, none
	// for notices, and none twice: a code for one purpose must be no good for another.
	Services map[sender.Purpose]string
	// Channels are those on which Twilio makes the codes: sender.SMS, sender.WhatsApp,
	// sender.Voice. Nil means text messages alone.
	Channels []sender.Channel
	// Languages are the tags of those that the services have words in, of
	// https://www.twilio.com/docs/verify/supported-languages: Twilio refuses one that it
	// has not. Message.Locale, cut from the end, picks one, and else, likewise,
	// Message.Language; where neither does, the number's country decides.
	Languages []string
	// BaseURL is where Twilio answers; plain http only on this machine. Empty means
	// "https://verify.twilio.com".
	BaseURL string
	// HTTPClient is as in Options.
	HTTPClient *http.Client
}

// verifyChannels are Twilio's names for the channels.
var verifyChannels = map[sender.Channel]string{sender.SMS: "sms", sender.WhatsApp: "whatsapp", sender.Voice: "call"}

// Verify lets Twilio make and check the codes of messages. It is safe for concurrent
// use.
type Verify struct {
	carrier   carrier
	services  map[sender.Purpose]string
	channels  []sender.Channel
	languages map[string]string // by its langtag.Key
}

var _ sender.CodeChecker = (*Verify)(nil)

// NewVerify makes a Verify. It asks Twilio nothing.
func NewVerify(o VerifyOptions) (*Verify, error) {
	c, err := newCarrier("VerifyOptions", o.Account, o.BaseURL, "https://verify.twilio.com", o.HTTPClient)
	if err != nil {
		return nil, err
	}
	v := &Verify{carrier: c, services: map[sender.Purpose]string{}, channels: slices.Clone(o.Channels), languages: map[string]string{}}
	if len(o.Services) == 0 {
		return nil, errors.New("twilio: VerifyOptions.Services is empty")
	}
	used := map[string]bool{}
	for purpose, service := range o.Services {
		switch {
		case purpose == "" || purpose == sender.Notice:
			return nil, fmt.Errorf("twilio: VerifyOptions.Services[%q] is for messages without a code", purpose)
		case !verifySID.MatchString(service):
			return nil, fmt.Errorf(`twilio: VerifyOptions.Services[%q] is not "VA" and 32 hexadecimal digits, without capitals`, purpose)
		case used[service]:
			return nil, fmt.Errorf("twilio: VerifyOptions.Services[%q] is another purpose's too", purpose)
		}
		used[service] = true
		v.services[purpose] = service
	}
	if v.channels == nil {
		v.channels = []sender.Channel{sender.SMS}
	}
	for _, channel := range v.channels {
		if verifyChannels[channel] == "" {
			return nil, fmt.Errorf("twilio: VerifyOptions.Channels has %q, which Verify has not", channel)
		}
	}
	for _, tag := range o.Languages {
		if !langtag.Valid(tag) {
			return nil, fmt.Errorf("twilio: VerifyOptions.Languages has %q, which is no language tag", tag)
		}
		v.languages[langtag.Key(tag)] = tag
	}
	return v, nil
}

// MakesCode reports whether there is a service for the purpose of m, and its channel is
// one of them.
func (v *Verify) MakesCode(m sender.Message) bool {
	return v.services[m.Purpose] != "" && slices.Contains(v.channels, m.Channel)
}

// Send has Twilio make a code and send it to m.To. While one lives, Twilio sends it
// again, and the Receipt has the same MessageID. A message whose code is somebody
// else's, or that is to have none, is sender.ErrPermanent.
func (v *Verify) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if ctx.Err() != nil {
		return sender.Receipt{}, vendorhttp.Unsent(ctx, "not sent")
	}
	if !v.MakesCode(m) || !m.Code.IsZero() {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: "Verify sends nothing but codes of its own"}
	}
	if !vendorhttp.E164(m.To) {
		return sender.Receipt{}, notE164()
	}
	p := new(verify.CreateVerificationParams).SetTo(m.To).SetChannel(verifyChannels[m.Channel])
	if tag, ok := v.language(m); ok {
		p.SetLocale(tag)
	}

	c := v.carrier.call(ctx, m)
	told, err := verify.NewApiService(c.handler()).CreateVerification(v.services[m.Purpose], p)
	if err := c.failed(err); err != nil {
		return sender.Receipt{}, err
	}
	if !verificationSID.MatchString(deref(told.Sid)) || deref(told.To) != m.To || deref(told.Status) != "pending" {
		return sender.Receipt{}, vendorhttp.Unexplained(c.answer)
	}
	return sender.Receipt{Vendor: vendor, MessageID: deref(told.Sid)}, nil
}

// language returns the one of the languages that suits m best.
func (v *Verify) language(m sender.Message) (tag string, ok bool) {
	for _, wanted := range []string{m.Locale, m.Language} {
		for key := range langtag.Lookup(wanted) {
			if tag, ok := v.languages[key]; ok {
				return tag, true
			}
		}
	}
	return "", false
}

// typable is what a code of Twilio's can be: it refuses to look at anything else.
var typable = regexp.MustCompile(`^[0-9A-Za-z]{4,10}$`)

// CheckCode asks Twilio. It is right where Twilio says that this verification, of this
// number, is approved; a second time it never is. A verification that Twilio does not
// know, or no longer, is not right: it forgets them when they expire, when they are
// approved and after five guesses.
func (v *Verify) CheckCode(ctx context.Context, check sender.CodeCheck) (right bool, err error) {
	if ctx.Err() != nil {
		return false, vendorhttp.Unsent(ctx, "not asked")
	}
	m := check.Message
	if !v.MakesCode(m) {
		return false, &sender.Error{Err: sender.ErrPermanent, Detail: "Verify made no such code"}
	}
	if !verificationSID.MatchString(check.MessageID) {
		return false, &sender.Error{Err: sender.ErrPermanent, Detail: "no verification of Twilio's is named"}
	}
	if !typable.MatchString(check.Typed.Reveal()) {
		return false, nil
	}

	m.Code = check.Typed
	c := v.carrier.call(ctx, m)
	p := new(verify.CreateVerificationCheckParams).SetVerificationSid(check.MessageID).SetCode(check.Typed.Reveal())
	told, err := verify.NewApiService(c.handler()).CreateVerificationCheck(v.services[m.Purpose], p)
	switch code(err) {
	case 20404, 60202: // no such verification; too many guesses
		return false, nil
	}
	if err := c.failed(err); err != nil {
		return false, err
	}
	switch approved := deref(told.Status) == "approved"; {
	case deref(told.Status) == "":
		return false, vendorhttp.Unexplained(c.answer)
	case !approved || !deref(told.Valid):
		return false, nil
	case deref(told.Sid) != check.MessageID || deref(told.To) != m.To:
		return false, &sender.Error{Err: sender.ErrTemporary, Uncertain: true, Detail: "Twilio answers of another verification"}
	}
	return true, nil
}
