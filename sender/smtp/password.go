package smtp

import "github.com/ligature-auth/ligature/internal/secret"

// Password is a password that redacts itself (R67): however it is printed, marshalled or
// logged, by itself or inside of other values, it does not show. The zero Password is
// the empty one.
type Password struct{ secret.Text }

// NewPassword hides a password.
func NewPassword(clear string) Password { return Password{secret.New(clear)} }
