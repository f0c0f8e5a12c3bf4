package sender

import "github.com/ligature-auth/ligature/internal/secret"

// Code is a one-time code that redacts itself (R67): however it is printed,
// marshalled or logged, by itself or inside of other values, it does not show.
// Reveal returns it in clear, to be put into a message and nowhere else. The
// zero Code is the empty code.
//
// Codes do not compare with ==, and reflect.DeepEqual calls no two of them
// equal: compare what Reveal returns, in constant time where it matters.
type Code struct{ secret.Text }

// Reveal returns the code in clear.
func (c Code) Reveal() string { return c.Text.Reveal() }

// IsZero reports whether there is no code.
func (c Code) IsZero() bool { return c.Text.IsZero() }

// NewCode hides a code.
func NewCode(clear string) Code { return Code{secret.New(clear)} }
