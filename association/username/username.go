// Package username is the kind of identifier that people choose for themselves.
//
// A username has 2 to 48 letters and digits of ASCII, with '-', '_' and '.' inside
// but not at the ends, and at least one letter. Capitals are folded, so Ann and ann
// are one name; everything outside ASCII is refused, so nobody looks like somebody
// else by a Cyrillic letter (R43). Spaces and tabs around it are dropped.
//
// It holds no '@' and is never all digits, so it is never an email address or a
// phone number (R49). It receives no messages: it cannot be proved by a code.
//
// Which names are reserved ("admin") is the host's policy, not syntax.
package username

import (
	"strings"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// How many bytes a username has.
const (
	MinLength = 2
	MaxLength = 48
)

// Kind is the association.Kind of usernames. Its zero value is ready.
type Kind struct{}

var _ association.Kind = Kind{}

// New returns the kind. It has nothing to set.
func New() Kind { return Kind{} }

// Name returns "username".
func (Kind) Name() string { return "username" }

// Channel returns "": a username receives nothing.
func (Kind) Channel() sender.Channel { return "" }

// Canonical returns the name in small letters, MinLength to MaxLength bytes of
// ASCII, or an error that wraps association.ErrInvalidArgument and says in a few
// words, without the input, what is wrong with it.
func (Kind) Canonical(typed string) ([]byte, error) {
	typed = strings.Trim(typed, " \t")
	if len(typed) < MinLength || len(typed) > MaxLength {
		return nil, refuse("want 2 to 48 characters")
	}
	value := []byte(typed)
	letters := false
	for i, c := range value {
		switch {
		case 'A' <= c && c <= 'Z':
			value[i] = c + ('a' - 'A')
			letters = true
		case 'a' <= c && c <= 'z':
			letters = true
		case '0' <= c && c <= '9':
		case c == '-' || c == '_' || c == '.':
			if i == 0 || i == len(value)-1 {
				return nil, refuse("want a letter or digit at both ends")
			}
		default:
			return nil, refuse("only the letters a to z, digits, '-', '_' and '.' are accepted")
		}
	}
	if !letters {
		return nil, refuse("want at least one letter")
	}
	return value, nil
}

// Mask shows the first character: "d***".
func (Kind) Mask(value []byte) string {
	if len(value) < MinLength {
		return "***"
	}
	return string(value[:1]) + "***"
}

// Format returns the name itself.
func (Kind) Format(value []byte) string { return string(value) }

func refuse(reason string) error {
	return &association.Error{Err: association.ErrInvalidArgument, Detail: "username: " + reason}
}
