package sender

import "github.com/ligature-auth/ligature/internal/secret"

// Secret is what a sender proves itself to its carrier with: a key, a password, a
// token. It redacts itself as a Code does (R67).
type Secret struct{ secret.Text }

// Reveal returns the secret in clear.
func (s Secret) Reveal() string { return s.Text.Reveal() }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.Text.IsZero() }

// NewSecret hides a secret.
func NewSecret(clear string) Secret { return Secret{secret.New(clear)} }
