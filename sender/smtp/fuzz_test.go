package smtp_test

import (
	"context"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ligature-auth/ligature/sender"
)

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
