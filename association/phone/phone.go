// Package phone is the kind of identifier that is a phone number.
//
// The stored form is E.164, "+8613800000000", and only that (R44). Typed in that
// form, a number may hold spaces, hyphens, dots and parentheses anywhere: they are
// dropped before anything is decided, so "+86 138-0000-0000" is the same number,
// and so is one that a client split in the wrong place, "+85 261234567". Letters,
// extensions, "tel:" and digits other than ASCII's are refused. Without the '+' a
// number is accepted only if [Options].DefaultRegion says where it is at home.
//
// A number written with '+' is stored as written or refused, never repaired:
// "+44 (0)7400 123456" is refused, for taking a zero away makes one number of two,
// and the underlying library does so again each time it is asked.
//
// A number must be possible: its country code exists and its length is one that
// this country uses. It need not be in a range known to be assigned. Ranges are
// assigned faster than hosts update, and a stored number must not die of an
// update; whether it exists is for the code sent to it to show. Numbers known to
// charge whoever calls them (premium rate, shared cost) and those of no country
// (satellite, international networks) are refused.
package phone

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// MaxLength is the most bytes a number may have as typed, spaces around it aside.
// A canonical one has at most 16.
const MaxLength = 32

// How many digits a number has, that of the country included.
const (
	minDigits = 8
	maxDigits = 15
)

// Kind is the association.Kind of phone numbers. Make one with New; the zero Kind
// accepts no number.
type Kind struct {
	channel       sender.Channel
	defaultRegion string
	countries     map[string]bool
	allCountries  bool
}

var _ association.Kind = Kind{}

// Name returns "phone".
func (Kind) Name() string { return "phone" }

// Channel returns Options.Channel.
func (k Kind) Channel() sender.Channel { return k.channel }

// Canonical returns the number in E.164, '+' and 8 to 15 ASCII digits, or an error
// that wraps association.ErrInvalidArgument and says in a few words, without the
// input, what is wrong with it. DefaultRegion changes nothing for a number with
// '+', so a stored number means the same after that option changes; a country
// taken off the list takes its numbers with it.
func (k Kind) Canonical(typed string) ([]byte, error) {
	dialled, err := digits(strings.Trim(typed, " \t"))
	if err != nil {
		return nil, err
	}
	if dialled[0] != '+' {
		if k.defaultRegion == "" {
			return nil, refuse("want + and the country code first")
		}
		national, err := phonenumbers.Parse(dialled, k.defaultRegion)
		if err != nil { // the library's errors are not ours to promise
			return nil, refuse("not a phone number")
		}
		dialled = phonenumbers.Format(national, phonenumbers.E164)
	}
	number, ok := parse(dialled)
	if !ok {
		return nil, refuse("not a phone number, or a 0 follows the country code")
	}
	if !k.allows(number) {
		return nil, refuse("numbers of this country or sort are not accepted")
	}
	return []byte(dialled), nil
}

// Mask shows the country code and seven digits at most, hiding four or more:
// "+86 138****0000".
func (Kind) Mask(value []byte) string {
	number, ok := parse(string(value))
	if !ok {
		return "****"
	}
	national := phonenumbers.GetNationalSignificantNumber(number)
	shown := min(max(len(national)-4, 0), 7)
	head := shown * 3 / 7
	tail := shown - head
	return fmt.Sprintf("+%d %s****%s", number.GetCountryCode(), national[:head], national[len(national)-tail:])
}

// Format writes the number with one space, after the country code:
// "+86 13800000000".
func (Kind) Format(value []byte) string {
	number, ok := parse(string(value))
	if !ok {
		return string(value)
	}
	return fmt.Sprintf("+%d %s", number.GetCountryCode(), phonenumbers.GetNationalSignificantNumber(number))
}

// digits keeps the digits and a '+' before them, and refuses all that is not such
// a number or a separator in one, so the parser sees nothing else (R41).
func digits(typed string) (string, error) {
	if len(typed) > MaxLength {
		return "", refuse("longer than 32 bytes")
	}
	var b strings.Builder
	for _, c := range []byte(typed) {
		switch {
		case '0' <= c && c <= '9', c == '+' && b.Len() == 0:
			b.WriteByte(c)
		case c == ' ', c == '-', c == '.', c == '(', c == ')':
		default:
			return "", refuse("only digits, a + before them, spaces and - . ( ) are accepted")
		}
	}
	if b.Len() == 0 {
		return "", refuse("not a phone number")
	}
	return b.String(), nil
}

// parse reads a number in E.164. It is not ok unless the library gives that very
// number back: what it rewrites once, it may rewrite again.
func parse(e164 string) (*phonenumbers.PhoneNumber, bool) {
	if len(e164) < 1+minDigits || len(e164) > 1+maxDigits || e164[0] != '+' {
		return nil, false
	}
	number, err := phonenumbers.Parse(e164, phonenumbers.UNKNOWN_REGION)
	if err != nil || phonenumbers.Format(number, phonenumbers.E164) != e164 {
		return nil, false
	}
	return number, phonenumbers.IsPossibleNumberWithReason(number) == phonenumbers.IS_POSSIBLE
}

func refuse(reason string) error {
	return &association.Error{Err: association.ErrInvalidArgument, Detail: "phone: " + reason}
}
