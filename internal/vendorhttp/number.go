package vendorhttp

import (
	"strings"

	"github.com/ligature-auth/ligature/sender"
)

// E164 reports whether to is a phone number as vendors want it, "+" and 8 to 15
// digits, and nothing else: what passes cannot reach another parameter.
func E164(to string) bool {
	if len(to) < 9 || len(to) > 16 || to[0] != '+' || to[1] == '0' {
		return false
	}
	for _, c := range []byte(to[1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// Word returns s where it can be a vendor's code or ID, at most 80 letters, digits,
// ":", ".", "_" and "-"; else nothing, because it goes into logs.
func Word(s string) string {
	if len(s) > 80 {
		return ""
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == ':', c == '.', c == '_', c == '-':
		default:
			return ""
		}
	}
	return s
}

// Repeats reports whether s holds the address or the code of m, so that nobody may be
// told it as the vendor's word.
func Repeats(s string, m sender.Message) bool {
	for _, part := range []string{m.To, strings.TrimPrefix(m.To, "+"), m.Code.Reveal()} {
		if part != "" && strings.Contains(s, part) {
			return true
		}
	}
	return false
}
