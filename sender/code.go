package sender

import (
	"fmt"
	"log/slog"
)

// Code is a one-time code that redacts itself (R67): however it is printed,
// marshalled or logged, by itself or inside of other values, it does not show.
// The zero Code is the empty code.
//
// Codes do not compare with ==, and reflect.DeepEqual calls no two of them
// equal: compare what Reveal returns, in constant time where it matters.
type Code struct {
	// fmt calls no method on a value in an unexported field, nor for %p and %w,
	// and would print a string. Of a func it can print the address alone.
	reveal func() string
}

const redacted = "[redacted]"

// NewCode hides a code.
func NewCode(clear string) Code {
	if clear == "" {
		return Code{}
	}
	return Code{func() string { return clear }}
}

// Reveal returns the code in clear, to be put into a message and nowhere else.
func (c Code) Reveal() string {
	if c.reveal == nil {
		return ""
	}
	return c.reveal()
}

// String hides the code.
func (c Code) String() string { return redacted }

// GoString hides the code.
func (c Code) GoString() string { return redacted }

// Format hides the code for every verb.
func (c Code) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText hides the code from every encoder.
func (c Code) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the code from slog.
func (c Code) LogValue() slog.Value { return slog.StringValue(redacted) }
