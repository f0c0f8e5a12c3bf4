package association

import (
	"unicode"
	"unicode/utf8"
)

const maxAccountIDBytes = 128

// checkAccountID holds what the store is promised of an account's ID. Empty
// passes: it stands for one to be made.
func checkAccountID(id string) error {
	if len(id) > maxAccountIDBytes || !utf8.ValidString(id) {
		return refuse(ErrInvalidArgument, "an account ID is at most 128 bytes of UTF-8")
	}
	for _, r := range id {
		if unicode.IsControl(r) {
			return refuse(ErrInvalidArgument, "an account ID holds no control characters")
		}
	}
	return nil
}
