package smtp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"net/mail"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

func TestNewNamesTheFieldThatIsWrong(t *testing.T) {
	valid := func() smtp.Options {
		return smtp.Options{
			Host: "mail.example.org", Username: user, Password: sender.NewSecret(password),
			From: mail.Address{Address: "no-reply@example.org"},
		}
	}
	unsupported, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(domain, selector string, key crypto.Signer) func(*smtp.Options) {
		return func(o *smtp.Options) { o.DKIM = &smtp.DKIM{Domain: domain, Selector: selector, Signer: key} }
	}
	good := keys(t)["ed25519"]
	for _, test := range []struct {
		field  string // empty: it is right
		change func(*smtp.Options)
	}{
		{"", func(*smtp.Options) {}},
		{"Host", func(o *smtp.Options) { o.Host = "" }},
		{"Host", func(o *smtp.Options) { o.Host = "mail.example.org:25" }},
		{"Host", func(o *smtp.Options) { o.Host = "mail.example.org\r\n" }},
		{"", func(o *smtp.Options) { o.Host = "2001:db8::1" }},
		{"Port", func(o *smtp.Options) { o.Port = -1 }},
		{"Port", func(o *smtp.Options) { o.Port = 65536 }},
		{"TLS", func(o *smtp.Options) { o.TLS = -1 }},
		{"TLS", func(o *smtp.Options) { o.TLS = 3 }},
		{"Username", func(o *smtp.Options) { o.TLS = smtp.UnsafePlaintext }},
		{"Username", func(o *smtp.Options) { o.Username = "" }},
		{"Username", func(o *smtp.Options) { o.Username = "a\x00b" }},
		{"Password", func(o *smtp.Options) { o.Password = sender.Secret{} }},
		{"Password", func(o *smtp.Options) { o.Password = sender.NewSecret(password + "\x00") }},
		{"Password", func(o *smtp.Options) { o.Password = sender.NewSecret(password + "\xff") }},
		{"Auth", func(o *smtp.Options) { o.Auth = "plain" }},
		{"Auth", func(o *smtp.Options) { o.Auth, o.Username, o.Password = smtp.Plain, "", sender.Secret{} }},
		{"", func(o *smtp.Options) { o.Username, o.Password = "", sender.Secret{} }},
		{"From", func(o *smtp.Options) { o.From = mail.Address{Name: "Example"} }},
		{"From", func(o *smtp.Options) { o.From.Address = "Example <no-reply@example.org>" }},
		{"From", func(o *smtp.Options) { o.From.Address = "no-reply@bücher.example" }},
		{"From", func(o *smtp.Options) { o.From.Name = "Example\r\nBcc: x@example.com" }},
		{"From", func(o *smtp.Options) { o.From.Name = strings.Repeat("x", 257) }},
		{"ReplyTo", func(o *smtp.Options) { o.ReplyTo.Name = "Help" }},
		{"ReplyTo", func(o *smtp.Options) { o.ReplyTo.Address = "help" }},
		{"ReplyTo", func(o *smtp.Options) { o.ReplyTo = mail.Address{Name: "\x00", Address: "help@example.org"} }},
		{"LocalName", func(o *smtp.Options) { o.LocalName = "app\r\nRSET" }},
		{"LocalName", func(o *smtp.Options) { o.LocalName = "[::1]" }},
		{"LocalName", func(o *smtp.Options) { o.LocalName = "[127.0.0.1" }},
		{"", func(o *smtp.Options) { o.LocalName = "[127.0.0.1]" }},
		{"", func(o *smtp.Options) { o.LocalName = "[IPv6:::1]" }},
		{"Timeout", func(o *smtp.Options) { o.Timeout = -1 }},
		{"MaxConns", func(o *smtp.Options) { o.MaxConns = -1 }},
		{"MaxIdle", func(o *smtp.Options) { o.MaxIdle = -1 }},
		{"IdleTimeout", func(o *smtp.Options) { o.IdleTimeout = -1 }},
		{"", sign("example.org", "2026a", good)},
		{"DKIM.Domain", sign("", "2026a", good)},
		{"DKIM.Domain", sign("example.org; x=y", "2026a", good)},
		{"DKIM.Selector", sign("example.org", "", good)},
		{"DKIM.Selector", sign("example.org", "a b", good)},
		{"DKIM.Signer", sign("example.org", "2026a", nil)},
		{"DKIM.Signer", sign("example.org", "2026a", unsupported)},
		{"DKIM.Signer", sign("example.org", "2026a", (*rsa.PrivateKey)(nil))},
		{"DKIM.Signer", sign("example.org", "2026a", ed25519.PrivateKey{1})},
	} {
		o := valid()
		test.change(&o)
		to, err := smtp.New(o)
		if test.field == "" {
			if err != nil {
				t.Errorf("right options: %v", err)
			}
			continue
		}
		if err == nil || to != nil || !strings.HasPrefix(err.Error(), "smtp: Options."+test.field+" ") {
			t.Errorf("wrong %s: %v", test.field, err)
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("wrong %s: the error shows the password: %v", test.field, err)
		}
	}
}

func TestDefaultPorts(t *testing.T) {
	for mode, want := range map[smtp.TLSMode]string{smtp.StartTLS: ":587", smtp.ImplicitTLS: ":465", smtp.UnsafePlaintext: ":25"} {
		to := newSender(t, smtp.Options{Host: "localhost", TLS: mode, From: mail.Address{Address: "a@example.org"}})
		if got := to.String(); !strings.Contains(got, want) {
			t.Errorf("mode %d: %s, want %s", mode, got, want)
		}
	}
}

// What the host changes after New changes nothing.
func TestOptionsAreCopied(t *testing.T) {
	s := setup{}.start(t)
	o := signing(s.options(t), keys(t)["rsa"])
	o.TLSConfig.ServerName = ""
	to := newSender(t, o)
	o.TLSConfig.RootCAs, o.TLSConfig.MinVersion = nil, tls.VersionTLS13+1
	o.DKIM.Signer, o.DKIM.Domain = nil, ""
	deliver(t, s, message(), to)
	if o.TLSConfig.ServerName != "" {
		t.Error("New changed the host's TLSConfig")
	}
}
