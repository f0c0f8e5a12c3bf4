package smtp

import (
	"crypto/tls"
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ligature-auth/ligature/sender"
)

// TLSMode is how the connection is encrypted.
type TLSMode int

// The TLS modes. The zero one is safe.
const (
	// StartTLS begins in clear and insists on STARTTLS before it says anything of
	// interest. A server that does not offer it gets no message.
	StartTLS TLSMode = iota
	// ImplicitTLS speaks TLS from the first byte.
	ImplicitTLS
	// UnsafePlaintext uses no TLS at all: whoever is on the way reads every code and can
	// take over every account. It is for a server of the developer's own machine. It
	// goes with no Username.
	UnsafePlaintext
)

// Mechanism is a way to authenticate, by the name that SASL has for it.
type Mechanism string

// The mechanisms, strongest first. Strongest picks by this order.
const (
	Strongest       Mechanism = ""
	SCRAMSHA256Plus Mechanism = "SCRAM-SHA-256-PLUS"
	SCRAMSHA256     Mechanism = "SCRAM-SHA-256"
	SCRAMSHA1Plus   Mechanism = "SCRAM-SHA-1-PLUS"
	SCRAMSHA1       Mechanism = "SCRAM-SHA-1"
	CRAMMD5         Mechanism = "CRAM-MD5"
	Plain           Mechanism = "PLAIN"
	Login           Mechanism = "LOGIN"
)

// Options sets up a Sender. Host and From are required.
type Options struct {
	// Host is the server's name or IP address. TLS checks its certificate against it.
	Host string
	// Port is the server's; 0 means 587 for StartTLS, 465 for ImplicitTLS, and 25 for
	// UnsafePlaintext.
	Port int
	// TLS is how the connection is encrypted; 0 means StartTLS, which is required of the
	// server then.
	TLS TLSMode
	// TLSConfig is for certificate authorities and client certificates of one's own. It
	// is copied. nil, and a ServerName that is empty, mean those of the system, Host,
	// and TLS 1.2 or later.
	TLSConfig *tls.Config

	// Username and Password authenticate; both empty mean no authentication. They are
	// sent over TLS only, so they do not go with UnsafePlaintext.
	Username string
	Password sender.Secret
	// Auth is the mechanism; empty means the Strongest that the server offers.
	Auth Mechanism

	// From is whom messages are from, and where bounces go: an address, and a name to
	// show, which may be empty. The Message-ID has its domain.
	From mail.Address
	// ReplyTo is where answers go; the zero Address means to From.
	ReplyTo mail.Address
	// LocalName is what the machine calls itself (EHLO); empty means the domain of From.
	LocalName string

	// Timeout bounds a Send, whatever its context allows; 0 means 30 s.
	Timeout time.Duration
	// MaxConns is how many messages are on their way at once, each on a connection of
	// its own; others wait. 0 means 10.
	MaxConns int
	// MaxIdle is how many connections are kept for later messages; 0 means 2.
	MaxIdle int
	// IdleTimeout is how long one is kept for; 0 means 30 s.
	IdleTimeout time.Duration

	// DKIM signs the messages; nil means that somebody further on does.
	DKIM *DKIM
	// Now is the clock, for the Date of messages; nil means time.Now.
	Now func() time.Time
}

// withDefaults fills in what is zero, and copies what the host could change later.
func (o Options) withDefaults() Options {
	if o.Port == 0 {
		o.Port = map[TLSMode]int{StartTLS: 587, ImplicitTLS: 465, UnsafePlaintext: 25}[o.TLS]
	}
	if o.TLSConfig = o.TLSConfig.Clone(); o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if o.TLSConfig.ServerName == "" {
		o.TLSConfig.ServerName = o.Host
	}
	if o.LocalName == "" {
		o.LocalName = domainOf(o.From.Address)
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxConns == 0 {
		o.MaxConns = 10
	}
	if o.MaxIdle == 0 {
		o.MaxIdle = 2
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = 30 * time.Second
	}
	if o.DKIM != nil {
		signing := *o.DKIM
		o.DKIM = &signing
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// validate names the first field that is wrong, and never what is in it.
func (o Options) validate() error {
	_, notIP := netip.ParseAddr(o.Host)
	for _, check := range []struct {
		ok         bool
		field, why string
	}{
		{o.Host != "", "Host", "is required"},
		{notIP == nil || validDomain(o.Host), "Host", "is neither a host name nor an IP address"},
		{o.Port >= 0 && o.Port <= 65535, "Port", "is not between 1 and 65535"},
		{o.TLS >= StartTLS && o.TLS <= UnsafePlaintext, "TLS", "is none of the modes"},
		{o.Username == "" || o.TLS != UnsafePlaintext, "Username", "would be sent in clear: it does not go with UnsafePlaintext"},
		{o.Username == "" || !o.Password.IsZero(), "Password", "is required with a Username"},
		{o.Username != "" || o.Password.IsZero(), "Username", "is required with a Password"},
		{validCredential(o.Username), "Username", "holds a NUL or is not UTF-8"},
		{validCredential(o.Password.Reveal()), "Password", "holds a NUL or is not UTF-8"},
		{o.Auth == Strongest || slices.Contains(mechanisms, o.Auth), "Auth", "is none of the mechanisms"},
		{o.Auth == Strongest || o.Username != "", "Auth", "does not go without a Username"},
		{o.From.Address != "", "From", "is required"},
		{validAddress(o.From.Address), "From", "has no plain ASCII address"},
		{validName(o.From.Name), "From", "has a name that is too long, not UTF-8, or holds control characters"},
		{o.ReplyTo == mail.Address{} || validAddress(o.ReplyTo.Address), "ReplyTo", "has no plain ASCII address"},
		{validName(o.ReplyTo.Name), "ReplyTo", "has a name that is too long, not UTF-8, or holds control characters"},
		{o.LocalName == "" || validLocalName(o.LocalName), "LocalName", "is neither a host name nor an address literal"},
		{o.Timeout >= 0, "Timeout", "is negative"},
		{o.MaxConns >= 0, "MaxConns", "is negative"},
		{o.MaxIdle >= 0, "MaxIdle", "is negative"},
		{o.IdleTimeout >= 0, "IdleTimeout", "is negative"},
	} {
		if !check.ok {
			return fmt.Errorf("smtp: Options.%s %s", check.field, check.why)
		}
	}
	if o.DKIM != nil {
		return o.DKIM.validate()
	}
	return nil
}

func validCredential(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// validName bounds the name, too: it has to fit lines of 998 bytes when it is quoted.
func validName(s string) bool {
	return len(s) <= 256 && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// validLocalName: a host name or, of RFC 5321, section 4.1.3, an address literal.
func validLocalName(s string) bool {
	literal, ok := strings.CutPrefix(s, "[")
	if !ok {
		return validDomain(s)
	}
	literal, ok = strings.CutSuffix(literal, "]")
	literal, six := strings.CutPrefix(literal, "IPv6:")
	ip, err := netip.ParseAddr(literal)
	return ok && err == nil && ip.Is6() == six && ip.Zone() == ""
}

// domainOf returns the domain of a valid address.
func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}
