package association

import "github.com/ligature-auth/ligature/sender"

// Kind is a sort of identifier: email, phone, username. It knows syntax, never
// policy. The kinds of one Service must be disjoint: no typed string is accepted
// by two of them, so that a sign-in field that takes any of them is unambiguous.
// The kinds in the packages email, phone and username are.
type Kind interface {
	// Name is the kind's stable name, at most 64 bytes of lower-case ASCII. It
	// is stored: it never changes.
	Name() string

	// Canonical turns what a person typed into the one stored form. It is
	// idempotent, so Canonical(string(value)) gives value again, and it returns
	// an error that wraps ErrInvalidArgument for everything it does not accept,
	// without repeating the input; the Detail of an *Error reaches the client.
	// Value is at most 320 bytes.
	Canonical(typed string) (value []byte, err error)

	// Channel is the channel that reaches such an identifier, or "" for one
	// that cannot receive messages and so cannot be proved by a code.
	Channel() sender.Channel

	// Mask shows enough of a canonical value for its owner to recognise it and
	// no more: "t***@example.com", "+86 138****0000".
	Mask(value []byte) string

	// Format writes a canonical value for people and for the wire:
	// "+86 13800000000" for a phone, the value itself for the others.
	Format(value []byte) string
}
