package association

import (
	"encoding/base64"
	"strings"

	"github.com/ligature-auth/ligature/internal/secret"
)

// Token is a bearer secret: an access, refresh, sudo or verification token. It
// redacts itself wherever it is printed, marshalled or logged; Reveal returns it
// in clear, to be handed to its owner and nowhere else (R67). The zero Token is
// none.
type Token struct{ secret.Text }

// Reveal returns the token in clear, to be handed to its owner.
func (t Token) Reveal() string { return t.Text.Reveal() }

// IsZero reports whether there is no token.
func (t Token) IsZero() bool { return t.Text.IsZero() }

// NewToken takes a token as it came over the wire. It checks nothing: a method
// that is handed a bad one refuses it.
func NewToken(s string) Token { return Token{secret.New(s)} }

// The prefixes say what a token is, to people and to secret scanners, and end in
// the version of its format.
const (
	prefixChallenge    = "lgc1_" // verification ID: slot and nonce; the code is the secret
	prefixVerification = "lgv1_"
	prefixSudo         = "lgs1_"
	prefixAccess       = "lga1_"
	prefixRefresh      = "lgr1_"
)

const (
	idBytes     = 16
	secretBytes = 32
)

// encoding is strict, so that every token has one spelling (R33).
var encoding = base64.RawURLEncoding.Strict()

// newID returns 128 random bits as 22 characters.
func newID() string { return encoding.EncodeToString(randomBytes(idBytes)) }

// isID reports whether id is spelled as newID spells.
func isID(id string) bool {
	raw, err := encoding.DecodeString(id)
	return err == nil && len(raw) == idBytes && encoding.EncodeToString(raw) == id
}

func makeToken(prefix, id string, secret []byte) Token {
	return NewToken(prefix + id + "." + encoding.EncodeToString(secret))
}

// parseToken takes a token apart, refusing every spelling but makeToken's.
func parseToken(prefix string, t Token, secretLen int) (id string, secret []byte, ok bool) {
	rest, ok := strings.CutPrefix(t.Reveal(), prefix)
	if !ok {
		return "", nil, false
	}
	id, tail, ok := strings.Cut(rest, ".")
	if !ok {
		return "", nil, false
	}
	if !isID(id) {
		return "", nil, false
	}
	secret, err := encoding.DecodeString(tail)
	if err != nil || len(secret) != secretLen || encoding.EncodeToString(secret) != tail {
		return "", nil, false
	}
	return id, secret, true
}
