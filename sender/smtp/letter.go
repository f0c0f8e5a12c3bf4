package smtp

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/ligature-auth/ligature/sender"
)

// letter is a message as it goes out. It is all secret.
type letter struct {
	to   string // what it is addressed to: Message.To
	id   string // its Message-ID
	data []byte // header and body, signed
}

// write makes the letter of a message, or says with a sentinel why there can be none.
func (s *Sender) write(m sender.Message) (letter, *sender.Error) {
	if err := refuse(m); err != nil {
		return letter{}, err
	}
	l := letter{to: m.To, id: s.messageID(m.ID)}

	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&s.o.From)
	if s.o.ReplyTo.Address != "" {
		msg.ReplyToMailAddress(&s.o.ReplyTo)
	}
	msg.ToMailAddress(&mail.Address{Address: m.To})
	if !slices.Equal(msg.GetToString(), []string{"<" + m.To + ">"}) {
		return letter{}, &sender.Error{Err: sender.ErrRecipient, Detail: "the address would be rewritten"}
	}
	msg.Subject(encodeSubject(m.Subject))
	msg.SetDateWithValue(s.o.Now())
	msg.SetMessageIDWithValue(strings.Trim(l.id, "<>"))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	msg.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "All")
	if m.Language != "" {
		msg.SetGenHeader(gomail.HeaderContentLang, m.Language)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}

	var out bytes.Buffer
	if _, err := msg.WriteTo(&out); err != nil {
		return letter{}, &sender.Error{Err: sender.ErrPermanent, Detail: "the message cannot be written"}
	}
	// As SMTP sends it, so that this is what is signed.
	if !bytes.HasSuffix(out.Bytes(), []byte("\r\n")) {
		out.WriteString("\r\n")
	}
	l.data = out.Bytes()
	if s.o.DKIM != nil {
		var err error
		if l.data, err = s.o.DKIM.sign(l.data); err != nil {
			return letter{}, &sender.Error{Err: sender.ErrTemporary, Detail: "the DKIM key did not sign"}
		}
	}
	return l, nil
}

// refuse says what about a message cannot be sent.
func refuse(m sender.Message) *sender.Error {
	for _, check := range []struct {
		ok   bool
		kind error
		why  string
	}{
		{m.Channel == sender.Email, sender.ErrPermanent, "the channel is not email"},
		{validRecipient(m.To), sender.ErrRecipient, "not a plain ASCII address"},
		{utf8.ValidString(m.Subject) && !strings.ContainsFunc(m.Subject, unicode.IsControl), sender.ErrPermanent, "the subject holds control characters or is not UTF-8"},
		{m.Text != "", sender.ErrPermanent, "there is no text"},
		{validBody(m.Text), sender.ErrPermanent, "the text holds a NUL or is not UTF-8"},
		{validBody(m.HTML), sender.ErrPermanent, "the page holds a NUL or is not UTF-8"},
		{validLanguage(m.Language), sender.ErrPermanent, "the language is no tag"},
	} {
		if !check.ok {
			return &sender.Error{Err: check.kind, Detail: check.why}
		}
	}
	return nil
}

func validBody(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// validLanguage: of a BCP 47 tag it is only checked what would break a header.
func validLanguage(s string) bool {
	return len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return !isAlnum(r) && r != '-' })
}

// messageID returns the Message-ID for an ID: always the same one, but for the empty ID,
// which names no message.
func (s *Sender) messageID(id string) string {
	switch {
	case id == "":
		id = rand.Text()
	case len(id) > mostLocal || !validDotAtom(id):
		sum := sha256.Sum256([]byte(id))
		id = hex.EncodeToString(sum[:])
	}
	return "<" + id + "@" + domainOf(s.o.From.Address) + ">"
}
