package smtp_test

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 8*60*60))

// message is one with a text and a page, in Chinese.
func message() sender.Message {
	return sender.Message{
		ID:       "m-4711",
		Channel:  sender.Email,
		To:       "Some.One+x@example.com",
		Purpose:  sender.Bind,
		Template: sender.BindCode,
		Code:     sender.NewCode("735081"),
		Service:  "示例",
		Account:  "d***",
		Locale:   "zh-Hans-CN",
		Language: "zh-Hans",
		Subject:  "您的验证码 — 示例 (confirm your address for the account of Example)",
		Text: "735081 是您的验证码,用于将此地址添加到示例的帐户 d***。\n.\n..\nFrom here on\n\n" +
			"trailing \t \n=3D " + strings.Repeat("长", 100) + "\n" + strings.Repeat("x", 1200) + "\n🙂\n",
		HTML: "<!doctype html>\n<html lang=\"zh-Hans\"><title>您的验证码</title>\n<p style=\"color:red\">735081 是您的验证码</p>\n</html>\n",
	}
}

// deliver sends a message and returns what arrived.
func deliver(t *testing.T, s *server, m sender.Message, to sender.Sender) (received, sender.Receipt) {
	t.Helper()
	before := len(s.received())
	receipt, err := to.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	all := s.received()[before:]
	if len(all) != 1 {
		t.Fatalf("one message arrived %d times", len(all))
	}
	return all[0], receipt
}

func TestWhatArrives(t *testing.T) {
	s := setup{}.start(t)
	o := s.options(t)
	o.Now = func() time.Time { return at }
	o.ReplyTo = mail.Address{Name: "Hilfe", Address: "help@example.org"}
	to := newSender(t, o)

	for name, change := range map[string]func(*sender.Message){
		"text and page": func(*sender.Message) {},
		"text alone":    func(m *sender.Message) { m.HTML = "" },
		"plain subject": func(m *sender.Message) { m.Subject = "Your code for Example" },
		"no subject":    func(m *sender.Message) { m.Subject = "" },
		"long subject":  func(m *sender.Message) { m.Subject = strings.Repeat("码", 500) },
		"spaces": func(m *sender.Message) {
			m.Subject = "  two  spaces,  and  more  than  a  line  of  them  in  all,  is  it  not ? "
		},
		"encoded inside": func(m *sender.Message) { m.Subject = "=?utf-8?q?=0D=0ABcc:_x?= 码 =?UTF-8?B?eA==?=" },
		"ASCII":          func(m *sender.Message) { m.Text, m.HTML = "735081", "<p>735081" },
		"CRLF":           func(m *sender.Message) { m.Text = "a\r\nb\nc\r\n" },
	} {
		t.Run(name, func(t *testing.T) {
			m := message()
			change(&m)
			got, receipt := deliver(t, s, m, to)
			if got.from != o.From.Address || !slices.Equal(got.to, []string{m.To}) {
				t.Errorf("the envelope is from %q to %q", got.from, got.to)
			}
			if want := (sender.Receipt{Vendor: "smtp", MessageID: "<m-4711@mail.example.org>"}); receipt != want {
				t.Errorf("receipt %+v, want %+v", receipt, want)
			}

			p := parseMail(t, got.data)
			want := map[string]string{
				"Auto-Submitted":           "auto-generated",
				"Content-Language":         "zh-Hans",
				"Date":                     "Sun, 01 Mar 2026 12:00:00 +0800",
				"Message-Id":               "<m-4711@mail.example.org>",
				"Mime-Version":             "1.0",
				"To":                       "<" + m.To + ">",
				"X-Auto-Response-Suppress": "All",
			}
			for _, k := range slices.Sorted(maps.Keys(want)) {
				if all := p.Header[k]; len(all) != 1 || all[0] != want[k] {
					t.Errorf("%s is %q, want %q", k, all, want[k])
				}
			}
			expected := append(slices.Collect(maps.Keys(want)), "From", "Reply-To", "Subject", "Content-Type")
			if m.HTML == "" {
				expected = append(expected, "Content-Transfer-Encoding")
			}
			if all := slices.Sorted(maps.Keys(p.Header)); !slices.Equal(all, slices.Sorted(slices.Values(expected))) {
				t.Errorf("the fields are %q", all)
			}
			for field, want := range map[string]mail.Address{"From": o.From, "Reply-To": o.ReplyTo} {
				if all, err := p.AddressList(field); err != nil || len(all) != 1 || *all[0] != want {
					t.Errorf("%s is %v, %v, want %v", field, all, err, want)
				}
			}
			if p.subject != m.Subject {
				t.Errorf("the subject is %q, want %q", p.subject, m.Subject)
			}
			text := canonical(m.Text)
			if m.HTML == "" && !strings.HasSuffix(text, "\r\n") {
				text += "\r\n"
			}
			if p.text != text {
				t.Errorf("the text is %q\nwant %q", p.text, text)
			}
			if p.html != canonical(m.HTML) {
				t.Errorf("the page is %q\nwant %q", p.html, canonical(m.HTML))
			}
			checkLines(t, got.data)
		})
	}
}

// checkLines: RFC 5322 has lines of CRLF and at most 998 bytes, and RFC 5321 has them
// in ASCII for whom did not ask for more.
func checkLines(t *testing.T, data []byte) {
	t.Helper()
	for line := range strings.SplitSeq(string(data), "\r\n") {
		if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 || r > 126 }) {
			t.Errorf("a line of %d bytes: %.200q", len(line), line)
		}
	}
}

func TestMessageIDIsTheMessages(t *testing.T) {
	s := setup{plaintext: true}.start(t)
	to := s.sender(t)
	seen := map[string]string{}
	for _, id := range []string{"a", "A", "m-1", "m_2", strings.Repeat("x", 64), strings.Repeat("x", 65), "with space", "a@b", "<a>", "a\r\nb", "ä", ".", "a..b"} {
		m := message()
		m.ID = id
		_, first := deliver(t, s, m, to)
		m.Text += "again"
		got, again := deliver(t, s, m, to)
		if first != again {
			t.Errorf("ID %q has the Message-IDs %q and %q", id, first.MessageID, again.MessageID)
		}
		if other, ok := seen[first.MessageID]; ok {
			t.Errorf("IDs %q and %q have one Message-ID", id, other)
		}
		seen[first.MessageID] = id
		if header := parseMail(t, got.data).Get("Message-Id"); header != first.MessageID {
			t.Errorf("the receipt names %q, the header %q", first.MessageID, header)
		}
		checkLines(t, got.data)
	}
	m := message()
	m.ID = ""
	_, first := deliver(t, s, m, to)
	if _, again := deliver(t, s, m, to); first == again {
		t.Errorf("two messages without an ID have one Message-ID, %q", first.MessageID)
	}
}

func TestWhatIsRefused(t *testing.T) {
	s := setup{plaintext: true}.start(t)
	to := s.sender(t)
	for name, change := range map[string]func(*sender.Message){
		"channel":            func(m *sender.Message) { m.Channel = sender.SMS },
		"no channel":         func(m *sender.Message) { m.Channel = "" },
		"no text":            func(m *sender.Message) { m.Text = "" },
		"NUL in the text":    func(m *sender.Message) { m.Text += "\x00" },
		"NUL in the page":    func(m *sender.Message) { m.HTML += "\x00" },
		"invalid text":       func(m *sender.Message) { m.Text += "\xff" },
		"invalid page":       func(m *sender.Message) { m.HTML += "\xff" },
		"invalid subject":    func(m *sender.Message) { m.Subject += "\xff" },
		"CR in the subject":  func(m *sender.Message) { m.Subject += "\rx" },
		"LF in the subject":  func(m *sender.Message) { m.Subject += "\nx" },
		"NUL in the subject": func(m *sender.Message) { m.Subject += "\x00" },
		"C1 in the subject":  func(m *sender.Message) { m.Subject += "\u0085x" },
		"language":           func(m *sender.Message) { m.Language = "de\r\nBcc: x@example.com" },
		"long language":      func(m *sender.Message) { m.Language = strings.Repeat("a", 65) },
	} {
		m := message()
		change(&m)
		receipt, err := to.Send(t.Context(), m)
		checkFailure(t, name, err, sender.ErrPermanent, false)
		if receipt != (sender.Receipt{}) {
			t.Errorf("%s: receipt %+v", name, receipt)
		}
	}
	if all, _ := s.connections(); all != 0 || len(s.received()) != 0 {
		t.Errorf("what is refused made %d connections and %d messages", all, len(s.received()))
	}
}

// All that is sent is ASCII. Whoever asks for SMTPUTF8 all the same gets no message to those
// who do not have it.
func TestWhatIsASCIIAsksForNoSMTPUTF8(t *testing.T) {
	s := (&script{replies: map[string]string{"EHLO": "250-localhost\r\n250-8BITMIME\r\n250 SMTPUTF8"}}).start(t)
	if _, err := newSender(t, s.options()).Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	if heard, _ := s.heard(); !slices.Contains(heard, "MAIL FROM:<no-reply@mail.example.org> BODY=8BITMIME") {
		t.Errorf("it says %q", heard)
	}
}

// checkFailure checks an error's kind, whether it is uncertain, and that it is silent.
func checkFailure(t *testing.T, name string, err, want error, uncertain bool) {
	t.Helper()
	e, ok := asError(err)
	if !ok {
		t.Errorf("%s: %v is no *sender.Error", name, err)
		return
	}
	if kind := e.Unwrap(); kind != want { //nolint:errorlint // identity is the point
		t.Errorf("%s: %v, want %v", name, err, want)
	}
	if e.Uncertain != uncertain || sender.Uncertain(err) != uncertain {
		t.Errorf("%s: %v: Uncertain is %t, want %t", name, err, e.Uncertain, uncertain)
	}
	checkSilent(t, name, fmt.Sprintf("%v %+v %#v", err, err, e), message())
}
