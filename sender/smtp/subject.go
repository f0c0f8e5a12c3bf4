package smtp

import (
	"encoding/base64"
	"strings"
)

// mostPlain is how long a word of the subject may be and still stand as it is, on the
// line that says Subject; mostChunk is how many bytes make an encoded word of that length.
const (
	mostPlain = 60
	mostChunk = 36
)

// encodeSubject returns valid UTF-8 as RFC 2047 wants it in a header. Other than
// mime.WordEncoder it encodes what merely looks encoded, which would else be decoded, and
// words that are too long for a line.
func encodeSubject(s string) string {
	if isPlain(s) {
		return s
	}
	var words []string
	for s != "" {
		n := min(len(s), mostChunk)
		for n < len(s) && s[n]&0xC0 == 0x80 { // not inside of a character
			n--
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

func isPlain(s string) bool {
	for word := range strings.SplitSeq(s, " ") {
		if word == "" || len(word) > mostPlain { // spaces that a header would lose
			return s == ""
		}
	}
	return !strings.Contains(s, "=?") && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
