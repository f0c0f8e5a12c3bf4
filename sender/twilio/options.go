package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/internal/vendortemplate"
	"github.com/ligature-auth/ligature/sender"
)

// Options sets up a Sender.
type Options struct {
	// Account is whom to send as.
	Account Account
	// Channels says from what to send on each channel: sender.SMS, sender.WhatsApp. At
	// least one; a message of another channel is sender.ErrPermanent.
	Channels map[sender.Channel]Channel
	// BaseURL is where Twilio answers, "https://api.dublin.ie1.twilio.com"; plain http
	// only on this machine. Empty means "https://api.twilio.com".
	BaseURL string
	// HTTPClient is what to ask with; redirects are not followed in any case. Nil means
	// a client of the Sender's own: 20 s for all of it, 5 s of them to connect, by the
	// proxy that the environment names.
	HTTPClient *http.Client
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Channel is from what to send on a channel. It has From or MessagingServiceSID, or
// both where From is one of the service's senders.
type Channel struct {
	// From is the sender: a number in E.164, and for text messages also a short code or
	// an alphanumeric sender ID.
	From string
	// MessagingServiceSID names a messaging service ("MG…"), which picks the sender.
	MessagingServiceSID string
	// Templates says which content template of Twilio's says what. A message for which
	// there is none goes out as its Text. No two for the same template and language.
	Templates []Template
}

// Template is a content template of Twilio's.
type Template struct {
	// For is what it says.
	For sender.Template
	// Language is the BCP 47 tag of its language; empty means that it serves all for
	// whom there is no other. The tag for a message is Message.Locale, cut from the end
	// (RFC 4647, lookup): "pt-BR" finds "pt-BR", and else "pt"; else, likewise,
	// Message.Language.
	Language string
	// ContentSID is Twilio's name for it ("HX…").
	ContentSID string
	// Params are the values for its {{1}}, {{2}}, …, in this order. That of a code has
	// ParamCode among them.
	Params []sender.Param
}

var (
	smsSender = regexp.MustCompile(`^(\+[1-9][0-9]{7,14}|[0-9]{3,8}|[A-Za-z0-9 _&+-]{1,11})$`)

	channels = []sender.Channel{sender.SMS, sender.WhatsApp}
)

// origin is a Channel in use.
type origin struct {
	from, service string
	templates     vendortemplate.Set
}

func newOrigins(all map[sender.Channel]Channel) (map[sender.Channel]origin, error) {
	if len(all) == 0 {
		return nil, errors.New("twilio: Options.Channels is empty")
	}
	origins := map[sender.Channel]origin{}
	for name, c := range all {
		if !slices.Contains(channels, name) {
			return nil, fmt.Errorf("twilio: Options.Channels[%q] is none that Programmable Messaging has here", name)
		}
		o, wrong := c.origin(name)
		if wrong != "" {
			return nil, fmt.Errorf("twilio: Options.Channels[%q].%s", name, wrong)
		}
		origins[name] = o
	}
	return origins, nil
}

// origin returns the Channel for use, or says which field is wrong, and how.
func (c Channel) origin(name sender.Channel) (o origin, wrong string) {
	switch {
	case c.From == "" && c.MessagingServiceSID == "":
		return o, "From is empty, and so is MessagingServiceSID"
	case c.MessagingServiceSID != "" && !serviceSID.MatchString(c.MessagingServiceSID):
		return o, `MessagingServiceSID is not "MG" and 32 hexadecimal digits, without capitals`
	case c.From == "":
	case name == sender.SMS && !smsSender.MatchString(c.From):
		return o, "From is no number, short code or sender ID"
	case name == sender.WhatsApp && !vendorhttp.E164(c.From):
		return o, "From is no number in E.164"
	}
	var all []vendortemplate.Template
	for _, t := range c.Templates {
		all = append(all, vendortemplate.Template{For: t.For, Language: t.Language, ID: t.ContentSID, Params: t.Params})
	}
	set, err := vendortemplate.New(all, func(id string) string {
		if !contentSID.MatchString(id) {
			return `ContentSID is not "HX" and 32 hexadecimal digits, without capitals`
		}
		return ""
	})
	if err != nil {
		return o, "Templates" + err.Error()
	}
	return origin{from: c.From, service: c.MessagingServiceSID, templates: set}, ""
}
