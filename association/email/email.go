// Package email is the kind of identifier that is an email address.
//
// It accepts one plain address, local@domain, and nothing else that mail
// software may read as one: no display name, comment, quotes, list, group,
// route, IP literal or encoded word (R42). An address is refused or stored, never
// repaired, except for what cannot change where the mail goes:
//
//   - spaces and tabs around it are dropped, for they come from pasting;
//   - ASCII capitals become small, in the local part too: mail systems that tell
//     Ann@ from ann@ are a curiosity, and two accounts a confusion (R43);
//   - the domain becomes the A-labels of IDNA2008, without a final dot, so that
//     "bücher.example" and "xn--bcher-kva.example" are one.
//
// Nothing else is folded. Ann+news@ and a.nn@ are other addresses than ann@,
// whatever one provider does with them. The local part is ASCII. In the domain a
// character outside ASCII stands for itself or is refused: a capital Ü, a
// full-width letter, a Kelvin sign or an ideographic full stop is not mapped to
// its plain relative, so no two spellings meet in one account by a Unicode table.
//
// Whether the address exists is for the code sent to it to show.
package email

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// MaxLength is the most bytes an address may have, as typed (spaces around it
// aside) and in canonical form: the longest that fits an SMTP path (RFC 5321).
const MaxLength = 254

const maxLocal = 64 // RFC 5321, 4.5.3.1.1

// Kind is the association.Kind of email addresses. Its zero value is ready.
type Kind struct{}

var _ association.Kind = Kind{}

// New returns the kind. It has nothing to set.
func New() Kind { return Kind{} }

// Name returns "email".
func (Kind) Name() string { return "email" }

// Channel returns sender.Email.
func (Kind) Channel() sender.Channel { return sender.Email }

// Canonical returns the address as the package comment says, in at most MaxLength
// bytes of printable ASCII, or an error that wraps association.ErrInvalidArgument
// and says in a few words, without the input, what is wrong with it.
func (Kind) Canonical(typed string) ([]byte, error) {
	typed = strings.Trim(typed, " \t")
	if err := plainText(typed); err != nil {
		return nil, err
	}
	local, domain, found := strings.Cut(typed, "@")
	if !found || strings.Contains(domain, "@") {
		return nil, refuse("want one address of the form name@example.com")
	}
	if err := checkLocal(local); err != nil {
		return nil, err
	}
	domain, err := canonicalDomain(domain)
	if err != nil {
		return nil, err
	}
	value := lowerASCII(local) + "@" + domain
	if len(value) > MaxLength { // A-labels are longer than what was typed
		return nil, refuse("longer than 254 bytes")
	}
	return []byte(value), nil
}

// Mask shows the first letter and the domain: "t***@example.com". Of a local part
// of one letter it shows nothing.
func (Kind) Mask(value []byte) string {
	local, domain, found := strings.Cut(string(value), "@")
	switch {
	case !found:
		return "***"
	case len(local) < 2:
		return "***@" + domain
	default:
		return local[:1] + "***@" + domain
	}
}

// Format returns the address itself.
func (Kind) Format(value []byte) string { return string(value) }

// plainText is what holds before anything is parsed (R41).
func plainText(s string) error {
	if len(s) > MaxLength {
		return refuse("longer than 254 bytes")
	}
	if !utf8.ValidString(s) {
		return refuse("not valid UTF-8")
	}
	if strings.ContainsFunc(s, unseen) {
		return refuse("holds a space, a control character or an invisible one")
	}
	return nil
}

// unseen holds for what a reader does not see or sees elsewhere: controls, NUL,
// spaces, bidirectional and zero-width characters, variation selectors, fillers,
// private use.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Z,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
		unicode.Noncharacter_Code_Point)
}

// atext is the punctuation of a dot-atom (RFC 5322, 3.2.3), less '%' and '!': they
// wrote routes once, and some relays still follow them to another host.
const atext = "#$&'*+-/=?^_`{|}~"

func checkLocal(local string) error {
	switch {
	case local == "":
		return refuse("nothing before the @")
	case len(local) > maxLocal:
		return refuse("more than 64 bytes before the @")
	case strings.HasPrefix(local, "."), strings.HasSuffix(local, "."), strings.Contains(local, ".."):
		return refuse("a dot before the @ stands at an end or beside another")
	case strings.HasPrefix(local, "-"):
		// A mailer's command line takes it for an option; Postfix refuses it too.
		return refuse("starts with a hyphen")
	case strings.Contains(local, "=?"):
		return refuse("looks like an encoded word")
	}
	for _, r := range local {
		if !isAlphanumeric(r) && r != '.' && !strings.ContainsRune(atext, r) {
			return refuse("a character before the @ is not accepted")
		}
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// lowerASCII is not strings.ToLower, which makes a k of a Kelvin sign (R43).
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

func refuse(reason string) error {
	return &association.Error{Err: association.ErrInvalidArgument, Detail: "email: " + reason}
}
