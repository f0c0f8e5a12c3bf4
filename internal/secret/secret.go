// Package secret holds text that must not be printed by accident.
package secret

import (
	"fmt"
	"log/slog"
)

// Redacted is what stands in a secret's place.
const Redacted = "[redacted]"

// Text is a string that redacts itself (R67): however it is printed, marshalled
// or logged, by itself or inside of other values, it does not show. The zero
// Text is empty.
//
// Texts do not compare with ==, and reflect.DeepEqual calls no two of them
// equal: compare what Reveal returns, in constant time where it matters.
type Text struct {
	// fmt calls no method on a value in an unexported field, nor for %p and %w,
	// and would print a string. Of a func it can print the address alone.
	reveal func() string
}

// New hides s.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{func() string { return s }}
}

// Reveal returns the text in clear, for the one who is meant to have it.
func (t Text) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// IsZero reports whether there is nothing to hide.
func (t Text) IsZero() bool { return t.reveal == nil }

// String hides the text.
func (t Text) String() string { return Redacted }

// GoString hides the text.
func (t Text) GoString() string { return Redacted }

// Format hides the text for every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// MarshalText hides the text from every encoder.
func (t Text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue hides the text from slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(Redacted) }
