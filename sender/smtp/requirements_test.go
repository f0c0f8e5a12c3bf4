package smtp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

func TestR47_OneRecipientByteForByteOrNone(t *testing.T) {
	s := setup{}.start(t)
	to := s.sender(t)
	for _, address := range []string{
		"a@example.com", "A.B@Example.COM", "Some.One+tag@sub.example.co.uk", "o'brien@example.com",
		"#$&'*+-/=?^_`{|}~@example.com", "-a@example.com", "1@2.example",
		"a@xn--fiqs8s.xn--fiqs8s", "a@localhost",
		strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + "." + strings.Repeat("d", 61),
	} {
		m := message()
		m.To = address
		got, _ := deliver(t, s, m, to)
		if !slices.Equal(got.to, []string{address}) {
			t.Errorf("to %q it goes to %q", address, got.to)
		}
		if all, err := parseMail(t, got.data).AddressList("To"); err != nil || len(all) != 1 || all[0].Address != address || all[0].Name != "" {
			t.Errorf("to %q it says it is to %v, %v", address, all, err)
		}
	}

	before := len(s.received())
	for _, address := range []string{
		"", "a", "@", "a@", "@example.com", "a@@example.com", "a@b@example.com",
		"a@example.com\r\nBcc: b@example.com", "a@example.com\n", "a@example.com\r", "\na@example.com",
		"a@example.com>\r\nRCPT TO:<b@example.com", "a@example.com\x00", "a\x00@example.com", "a\x7f@example.com", "a\x1b@example.com",
		"a@example.com,b@example.com", "a@example.com, b@example.com", "a@example.com;b@example.com", "a@example.com b@example.com",
		" a@example.com", "a@example.com ", "a @example.com", "a@ example.com", "a\t@example.com", "a\u00a0@example.com",
		"<a@example.com>", "a@example.com>", "<a@example.com", "A <a@example.com>", "a@example.com (b)", "(b)a@example.com", "a@example.com NOTIFY=SUCCESS",
		`"a"@example.com`, `"a b"@example.com`, `"a@x"@example.com`, `a."b"@example.com`, `a\b@example.com`, `"@example.com`,
		".a@example.com", "a.@example.com", "a..b@example.com",
		"ä@example.com", "a@exämple.com", "а@example.com", "a@example。com", "a＠example.com", "a@example.com\u202e", "\u2066a@example.com", "a\u200b@example.com", "\ufeffa@example.com",
		"a\xff@example.com", "a@\xc0\xaf.com", "a@[127.0.0.1]", "a@[IPv6:::1]", "@relay.example:a@example.com",
		"a%b@example.com", "a%b.example@example.com", "%@example.com", "x!y@example.com", "x.example!y@example.com", "!@example.com", "group:a@example.com;",
		"a@example.com.", "a@.example.com", "a@example..com", "a@-example.com", "a@example-.com", "a@exam_ple.com", "a@example.com:25", "a@example.com/x",
		strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("b", 64) + ".com", "a@" + strings.Repeat("b.", 126) + "com",
		"=?utf-8?q?a?=@example.com,b@example.com", "&#97;@example.com", "a:b@example.com",
	} {
		m := message()
		m.To = address
		receipt, err := to.Send(t.Context(), m)
		e, ok := asError(err)
		if !ok || e.Unwrap() != sender.ErrRecipient || e.Uncertain || receipt != (sender.Receipt{}) { //nolint:errorlint // identity is the point
			t.Errorf("to %q: %+v, %v, want ErrRecipient", address, receipt, err)
		}
	}
	if n := len(s.received()) - before; n != 0 {
		t.Errorf("%d messages to what is no address arrived", n)
	}
}

// fields are those of a message without ReplyTo.
var fields = []string{
	"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To", "X-Auto-Response-Suppress",
}

// checkR66 checks that what arrived is m and nothing else.
func checkR66(t *testing.T, got received, m sender.Message) {
	t.Helper()
	if !slices.Equal(got.to, []string{m.To}) {
		t.Errorf("to %q it goes to %q", m.To, got.to)
	}
	p, err := tryParse(got.data)
	if err != nil {
		t.Fatalf("what arrived cannot be parsed: %v\n%s", err, got.data)
	}
	want := slices.Clone(fields)
	if m.Language != "" {
		want = append(want, "Content-Language")
	}
	if m.HTML == "" {
		want = append(want, "Content-Transfer-Encoding")
	}
	if all := slices.Sorted(maps.Keys(p.Header)); !slices.Equal(all, slices.Sorted(slices.Values(want))) {
		t.Errorf("the fields are %q", all)
	}
	for field, values := range p.Header {
		if len(values) != 1 {
			t.Errorf("there are %d of %s", len(values), field)
		}
	}
	if all, err := p.AddressList("To"); err != nil || len(all) != 1 || all[0].Address != m.To {
		t.Errorf("to %q it says it is to %v, %v", m.To, all, err)
	}
	if p.subject != m.Subject {
		t.Errorf("the subject is %q, want %q", p.subject, m.Subject)
	}
	text := canonical(m.Text)
	if m.HTML == "" && !strings.HasSuffix(text, "\r\n") {
		text += "\r\n"
	}
	if p.text != text || p.html != canonical(m.HTML) {
		t.Errorf("the text is %q and the page %q,\nwant %q and %q", p.text, p.html, text, canonical(m.HTML))
	}
	checkLines(t, got.data)
}

func TestR66_HostileFieldsMakeNoHeaderAndNoRecipient(t *testing.T) {
	s := setup{}.start(t)
	to := s.sender(t)
	for field, at := range map[string]func(*sender.Message) *string{
		"ID":       func(m *sender.Message) *string { return &m.ID },
		"Purpose":  func(m *sender.Message) *string { return (*string)(&m.Purpose) },
		"Template": func(m *sender.Message) *string { return (*string)(&m.Template) },
		"Service":  func(m *sender.Message) *string { return &m.Service },
		"Account":  func(m *sender.Message) *string { return &m.Account },
		"Locale":   func(m *sender.Message) *string { return &m.Locale },
		"Language": func(m *sender.Message) *string { return &m.Language },
		"Subject":  func(m *sender.Message) *string { return &m.Subject },
		"Text":     func(m *sender.Message) *string { return &m.Text },
		"HTML":     func(m *sender.Message) *string { return &m.HTML },
	} {
		for _, h := range hostile {
			m := message()
			*at(&m) = "x" + h + "x"
			s.forget()
			_, err := to.Send(t.Context(), m)
			all := s.received()
			switch {
			case err == nil && mustRefuse(m):
				t.Errorf("%s of %.40q is sent", field, h)
			case err == nil && len(all) == 1:
				checkR66(t, all[0], m)
			case len(all) != 0:
				t.Errorf("%s of %.40q: %v, and it arrived %d times", field, h, err, len(all))
			case field != "Language" && !mustRefuse(m):
				t.Errorf("%s of %.40q is refused: %v", field, h, err)
			}
		}
	}
}

// Whatever fails, and however: nothing of a message and no password comes out.
func TestR67_NoFailureShowsAMessageOrAPassword(t *testing.T) {
	output := capture(t)
	m := message()
	local, _, _ := strings.Cut(m.To, "@")
	echo := strings.Join([]string{"no", m.To, local, m.Code.Reveal(), password, user}, " ")
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	var out bytes.Buffer
	try := func(ctx context.Context, o smtp.Options) {
		to := newSender(t, o)
		receipt, err := to.Send(ctx, m)
		e, _ := asError(err)
		fmt.Fprintf(&out, "%v %+v %#v %+v\n", err, err, e, receipt)
		slog.Error("failed", "err", err, "e", e, "sender", to, "options", o)
		log.Printf("%+v %+v %+v", err, to, o)
		_ = to.Close()
	}
	for _, at := range []string{"greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"} {
		for _, reply := range []string{"421 4.3.2 " + echo, "550 5.1.1 " + echo, "550-" + echo + "\r\n550 " + echo, echo, "999 " + echo, ""} {
			s := (&script{replies: map[string]string{at: reply, "HELO": reply}}).start(t)
			try(t.Context(), s.options())
		}
	}
	for _, mechanism := range []string{"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256"} {
		s := setup{
			mechanisms: []string{mechanism},
			refuse:     map[string]*gosmtp.SMTPError{"AUTH": {Code: 535, Message: echo}},
		}.start(t)
		try(t.Context(), s.options(t))
	}
	for n := 0; n < 2; n++ {
		s := setup{}.start(t)
		o := s.options(t)
		o.TLSConfig = ca(t, 1-n).trust()
		try(t.Context(), o)
		try(ended, o)
		o.Port = 1
		try(t.Context(), o)
	}
	if out.Len() == 0 {
		t.Fatal("nothing failed, which proves nothing")
	}
	checkSilent(t, "an error", out.String(), m)
	checkSilent(t, "the log", output(), m)
}

func TestR67_SenderAndOptionsShowNoSecret(t *testing.T) {
	for _, key := range keys(t) {
		o := signing(smtp.Options{
			Host: "mail.example.org", Username: user, Password: sender.NewSecret(password),
			From: mail.Address{Address: "no-reply@example.org"},
		}, key)
		to := newSender(t, o)
		var out bytes.Buffer
		boxed := struct {
			S *smtp.Sender
			O smtp.Options
			D *smtp.DKIM
			P sender.Secret
			u sender.Secret
		}{to, o, o.DKIM, o.Password, o.Password}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			for _, value := range []any{to, *o.DKIM, o.DKIM, o, &o, o.Password, boxed, &boxed, []any{to, o}} {
				fmt.Fprintf(&out, verb+"\n", value)
			}
		}
		for _, value := range []any{o.Password, o.DKIM, struct{ P sender.Secret }{o.Password}} {
			text, err := json.Marshal(value)
			if err != nil {
				t.Errorf("%T: %v", value, err)
			}
			out.Write(text)
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("x", "o", o, "s", to, "p", o.Password, "d", o.DKIM)
		}
		private := fmt.Sprintf("%v", key)
		for _, secret := range []string{password, fmt.Sprintf("%x", password), fmt.Sprintf("%d", []byte(password)), private[:40]} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("%q shows in:\n%s", secret, out.String())
			}
		}
		if !strings.Contains(out.String(), "mail.example.org:587") {
			t.Errorf("the server does not show in:\n%s", out.String())
		}
	}
}
