package smtp_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
)

// parsed is an email as an independent reader, the standard library's, takes it.
type parsed struct {
	mail.Header
	subject    string
	text, html string
}

func parseMail(t testing.TB, data []byte) parsed {
	t.Helper()
	p, err := tryParse(data)
	if err != nil {
		t.Fatalf("what arrived cannot be parsed: %v\n%s", err, data)
	}
	return p
}

func tryParse(data []byte) (p parsed, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return p, err
	}
	p.Header = m.Header
	if p.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return p, err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return p, err
	}
	if kind != "multipart/alternative" {
		return p, p.part(m.Header.Get, m.Body)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return p, nil
		}
		if err != nil {
			return p, err
		}
		if err := p.part(part.Header.Get, part); err != nil {
			return p, err
		}
	}
}

func (p *parsed) part(get func(string) string, body io.Reader) error {
	switch get("Content-Transfer-Encoding") {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	switch content := string(raw); get("Content-Type") {
	case "text/plain; charset=UTF-8":
		p.text += content
	case "text/html; charset=UTF-8":
		p.html += content
	default:
		p.text += "unexpected part of type " + get("Content-Type")
	}
	return nil
}

// canonical is a text with the line breaks that mail has.
func canonical(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	return strings.ReplaceAll(s, "\n", "\r\n")
}
