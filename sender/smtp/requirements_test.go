package smtp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"math"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	gosmtp "github.com/emersion/go-smtp"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

func TestR47_OneRecipientByteForByteOrNone(t *testing.T) {
	s := setup{}.start(t)
	to := s.sender(t)
	for _, address := range []string{
		"a@example.com", "A.B@Example.COM", "Some.One+tag@sub.example.co.uk", "o'brien@example.com",
		"!#$%&'*+-/=?^_`{|}~@example.com", "a%b@example.com", "x!y@example.com", "-a@example.com", "1@2.example",
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
		"a\xff@example.com", "a@\xc0\xaf.com", "a@[127.0.0.1]", "a@[IPv6:::1]", "@relay.example:a@example.com", "group:a@example.com;",
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

// mustRefuse says of a message whether there is a way to send it.
func mustRefuse(m sender.Message) bool {
	for _, s := range []string{m.Subject, m.Text, m.HTML} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return true
		}
	}
	return m.Text == "" || strings.ContainsFunc(m.Subject, unicode.IsControl) || strings.ContainsAny(m.Language, "\r\n\x00 :")
}

var hostile = []string{
	"\r\nBcc: v@example.com", "\nBcc: v@example.com", "\rBcc: v@example.com", "\r\n\r\nbody", "\r\n.\r\nMAIL FROM:<v@example.com>\r\n",
	"\n.\n", "\r.\r", "\x00", "\x1b[2J", "\u202e\u2066x\u2069", "\u2028\u2029", "\u0085", "\xff", "=?utf-8?q?=0D=0ABcc:_v?=", "?=", "=\r\n", "=0D=0A",
	"--", "<b>", " ", "  ", "\t", "🙂", ".", strings.Repeat("x", 2000), strings.Repeat("长", 2000), "Subject: x\r\nTo: v@example.com\r\n",
}

func FuzzLetter(f *testing.F) {
	m := message()
	f.Add(m.ID, m.To, m.Language, m.Subject, m.Text, m.HTML)
	for _, h := range hostile {
		f.Add(m.ID+h, m.To, m.Language, m.Subject, m.Text, m.HTML)
		f.Add(m.ID, m.To+h, m.Language, m.Subject, m.Text, m.HTML)
		f.Add(m.ID, h+m.To, m.Language, m.Subject, m.Text, m.HTML)
		f.Add(m.ID, m.To, m.Language+h, m.Subject, m.Text, m.HTML)
		f.Add(m.ID, m.To, m.Language, m.Subject+h, m.Text, m.HTML)
		f.Add(m.ID, m.To, m.Language, "x"+h+"x", m.Text, m.HTML)
		f.Add(m.ID, m.To, m.Language, m.Subject, m.Text+h, m.HTML+h)
		f.Add(m.ID, m.To, m.Language, m.Subject, h+m.Text, "")
		f.Add(m.ID, m.To, m.Language, m.Subject, m.Text, h+m.HTML)
	}
	s := setup{plaintext: true}.start(f)
	to := s.sender(f)
	f.Fuzz(func(t *testing.T, id, address, language, subject, text, page string) {
		m := message()
		m.ID, m.To, m.Language, m.Subject, m.Text, m.HTML = id, address, language, subject, text, page
		s.forget()
		_, err := to.Send(context.Background(), m)
		all := s.received()
		if err != nil {
			e, ok := asError(err)
			if !ok || e.Err != sender.ErrPermanent && e.Err != sender.ErrRecipient || e.Uncertain { //nolint:errorlint // identity is the point
				t.Errorf("refused with %v", err)
			}
			if len(all) != 0 {
				t.Error("refused, and yet it arrived")
			}
			return
		}
		if mustRefuse(m) {
			t.Error("it is sent, and it cannot be")
		}
		if len(all) != 1 {
			t.Fatalf("it arrived %d times", len(all))
		}
		checkR66(t, all[0], m)
	})
}

func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = nil
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

// capture is what is logged and printed until the returned func is called.
func capture(t *testing.T) (output func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	logger, writer, flags, stdout, stderr := slog.Default(), log.Writer(), log.Flags(), os.Stdout, os.Stderr
	slog.SetDefault(slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.Level(math.MinInt)})))
	log.SetOutput(file)
	os.Stdout, os.Stderr = file, file
	restore := func() {
		os.Stdout, os.Stderr = stdout, stderr
		slog.SetDefault(logger)
		log.SetOutput(writer)
		log.SetFlags(flags)
	}
	t.Cleanup(restore)
	return func() string {
		restore()
		_, _ = file.Seek(0, io.SeekStart)
		printed, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		return string(printed)
	}
}
