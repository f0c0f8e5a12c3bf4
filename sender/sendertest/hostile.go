package sendertest

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// hostile: whatever stands in the fields of a message, Send refuses it with a
// typed error, or delivers it to exactly its address (R47, R66).
func (s suite) hostile(t *testing.T) {
	fields := map[string]func(*sender.Message) *string{
		"To":      func(m *sender.Message) *string { return &m.To },
		"Subject": func(m *sender.Message) *string { return &m.Subject },
		"Text":    func(m *sender.Message) *string { return &m.Text },
		"HTML":    func(m *sender.Message) *string { return &m.HTML },
		"Service": func(m *sender.Message) *string { return &m.Service },
		"Account": func(m *sender.Message) *string { return &m.Account },
		"Locale":  func(m *sender.Message) *string { return &m.Locale },
	}
	victim := s.To(999)
	pieces := map[string]string{
		"header":         "\r\nBcc: " + victim,
		"bare LF":        "\nBcc: " + victim,
		"bare CR":        "\rBcc: " + victim,
		"end of headers": "\r\n\r\nbody",
		"end of data":    "\r\n.\r\nRCPT TO:<" + victim + ">\r\n",
		"NUL":            "\x00",
		"escape":         "\x1b[2J",
		"bidi":           "\u202e\u2066x\u2069",
		"zero width":     "\u200b\ufeff",
		"invalid UTF-8":  "\xff\xc0\xaf",
		"second address": "," + victim,
		"angle address":  " <" + victim + ">",
		"markup":         `<script>alert("x")</script>`,
		"format":         "%s%d%!n{{.Code}}${to}",
		"query":          "&to=" + victim + "#?",
		"outer spaces":   "  \t ",
		"very long":      strings.Repeat("x", 1<<16),
	}
	for field, at := range fields {
		for name, piece := range pieces {
			t.Run(field+"/"+name, func(t *testing.T) {
				to := s.newSender(t)
				for _, put := range []func(old string) string{
					func(old string) string { return old + piece },
					func(old string) string { return piece + old },
				} {
					var before int
					if s.Delivered != nil {
						before = len(s.Delivered())
					}
					m := s.message(0)
					*at(&m) = put(*at(&m))
					if ok, err := s.send(t.Context(), t, to, m); ok && s.Delivered != nil {
						checkRecipient(t, s.Delivered()[before:], m, err)
					}
				}
			})
		}
	}
}

// checkRecipient checks the deliveries that one Send made.
func checkRecipient(t *testing.T, all []Delivery, m sender.Message, err error) {
	t.Helper()
	switch {
	case err != nil && len(all) != 0:
		t.Errorf("refused with %q, and yet delivered %d times", err, len(all))
	case err == nil && len(all) != 1:
		t.Errorf("one message made %d deliveries", len(all))
	case err == nil && all[0].To != m.To:
		t.Errorf("the message for %.100q went to %.100q", m.To, all[0].To)
	}
}
