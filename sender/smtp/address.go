package smtp

import "strings"

// Limits of RFC 5321, section 4.5.3.1, and of erratum 1690 to RFC 3696.
const (
	mostAddress = 254
	mostLocal   = 64
	mostDomain  = 253
	mostLabel   = 63
)

// validRecipient reports whether an address is one that no parser along the way can read
// as another, or as two: it needs no quotes, and nothing in it is a separator, a comment or
// a route. Routes were once written a%b@c and c!a, too, and there are servers that still
// follow them.
func validRecipient(s string) bool { return validAddress(s) && !strings.ContainsAny(s, "%!") }

// validAddress reports whether an address is a dot-atom at a domain name, both ASCII.
func validAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && len(s) <= mostAddress && len(local) <= mostLocal && validDotAtom(local) && validDomain(domain)
}

// validDotAtom reports whether s is a dot-atom-text of RFC 5322, section 3.2.3.
func validDotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAlnum(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) }) {
			return false
		}
	}
	return true
}

// validDomain reports whether s is a host name, in ASCII.
func validDomain(s string) bool {
	if len(s) > mostDomain {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > mostLabel || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !isAlnum(r) && r != '-' }) {
			return false
		}
	}
	return true
}

func isAlnum(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
