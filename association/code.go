package association

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
)

// makeCode returns n decimal digits, each code as likely as any other (R11).
func makeCode(n int) string {
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
	code, err := rand.Int(rand.Reader, most)
	if err != nil {
		panic("association: no randomness: " + err.Error()) // rand.Reader never fails
	}
	return fmt.Sprintf("%0*d", n, code)
}

// parseCode returns the digits of a typed code: ASCII digits of a length that
// some purpose has, with spaces around them and one hyphen allowed (R18).
func (s *Service) parseCode(typed string) (string, bool) {
	code := strings.Replace(strings.Trim(typed, " "), "-", "", 1)
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	for _, n := range s.policy.CodeDigits {
		if len(code) == n {
			return code, true
		}
	}
	return "", false
}
