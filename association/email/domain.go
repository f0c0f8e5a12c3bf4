package email

import (
	"strings"
	"unicode"

	"golang.org/x/net/idna"
)

// registration is IDNA2008 as a registry applies it (RFC 5891, 4): it validates
// and never maps, so the only spellings it makes one are a U-label and its A-label.
var registration = idna.New(idna.ValidateForRegistration())

// contextual are the punctuation that RFC 5892 admits into some words. Whether the
// word is one of those is for the registry to see.
const contextual = "\u00b7\u0375\u05f3\u05f4\u30fb"

// symbol holds for what the profile lets pass, for UTS #46 does, and IDNA2008 does
// not: whatever is no letter, mark or digit, such as the fraction slash in
// "example.com⁄x".
func symbol(r rune) bool {
	return r > unicode.MaxASCII && !strings.ContainsRune(contextual, r) &&
		!unicode.In(r, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc, unicode.Nd)
}

// canonicalDomain returns the host name as lower-case A-labels without a final
// dot. It wants a name that mail can be routed to on the public internet: two
// labels or more, the last of which starts with a letter, as all of them do. That
// leaves out addresses in numbers, "127.0.0.1" and "127.0x1" alike.
func canonicalDomain(domain string) (string, error) {
	domain = strings.TrimSuffix(lowerASCII(domain), ".")
	ascii, err := registration.ToASCII(domain)
	if err != nil { // its text repeats the input
		return "", refuse("the domain is not a valid host name")
	}
	if shown, err := registration.ToUnicode(ascii); err != nil || strings.ContainsFunc(shown, symbol) {
		return "", refuse("the domain is not a valid host name")
	}
	labels := strings.Split(ascii, ".")
	if len(labels) < 2 {
		return "", refuse("the domain has no dot")
	}
	for _, label := range labels {
		if label == "" { // the profile lets a last one pass
			return "", refuse("the domain is not a valid host name")
		}
	}
	if first := labels[len(labels)-1][0]; first < 'a' || first > 'z' {
		return "", refuse("the domain ends in a number")
	}
	return ascii, nil
}
