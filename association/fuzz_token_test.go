package association_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// FuzzToken: a token has one spelling, and is of one sort (R33, R34).
func FuzzToken(f *testing.F) {
	id := "AAECAwQFBgcICQoLDA0ODw"
	secret := bytes.Repeat([]byte{0xfb}, 32)
	for prefix, length := range association.TokenPrefixes {
		whole := association.MakeToken(prefix, id, secret[:length]).Reveal()
		for _, s := range []string{
			whole, whole + "=", whole[:len(whole)-1], whole + "A", strings.ToUpper(whole), " " + whole, whole + "\n",
			strings.Replace(whole, "-", "+", 1), strings.Replace(whole, ".", "..", 1), prefix, prefix + ".", "." + whole,
		} {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		sorts := 0
		for prefix, length := range association.TokenPrefixes {
			id, secret, ok := association.ParseToken(prefix, association.NewToken(s), length)
			if !ok {
				continue
			}
			sorts++
			if len(secret) != length {
				t.Errorf("%q: a secret of %d bytes, want %d", s, len(secret), length)
			}
			if again := association.MakeToken(prefix, id, secret).Reveal(); again != s {
				t.Errorf("%q was read, and is written %q", s, again)
			}
		}
		if sorts > 1 {
			t.Errorf("%q is of %d sorts", s, sorts)
		}
	})
}
