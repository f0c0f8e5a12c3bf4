package sender

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/ligature-auth/ligature/internal/secret"
)

// Channel is how a message travels. A host may add its own ("whatsapp").
type Channel string

// Channels that ligature's own kinds and senders know.
const (
	Email    Channel = "email"
	SMS      Channel = "sms"
	WhatsApp Channel = "whatsapp"
	Voice    Channel = "voice"
)

// Purpose is what the message is for. The first three carry a code; a notice
// carries none.
type Purpose string

// The purposes of a message. A person reads them in Text: a code given out for
// one purpose is useless for another.
const (
	Bind   Purpose = "bind"    // add this address to the account
	Sudo   Purpose = "sudo"    // confirm a sensitive change
	SignIn Purpose = "sign_in" // sign in, sign up
	Notice Purpose = "notice"  // tell of a change already made
)

// Message is one message to one address.
//
// It comes rendered, in Subject, Text and HTML; and for vendors that keep the words
// themselves, as the name of what it says, Template, with Param for what stands in it.
//
// A Message redacts itself (R67): printed, marshalled or logged as a whole it
// shows no address, code or text. Read the fields to deliver it. Three ways
// around remain, because To, Account, Subject, Text and HTML are plain strings and
// fmt does not ask them: a field printed by itself, a Message in an unexported
// field of a struct that is printed, and the verbs %p and %w. Log m.ID, or m, and
// give a struct that keeps a Message a String of its own.
type Message struct {
	// ID is the idempotency key: unique for the message, the same if ligature
	// hands the same message over again. At most 64 bytes of ASCII.
	ID      string
	Channel Channel
	// To is the address as the kind writes it for delivery: an email address, a
	// phone number in E.164 ("+8613800000000"). It comes from the stored record (R47).
	To       string
	Purpose  Purpose
	Template Template
	Code     Code          // empty for a notice, and where the vendor makes it: see CodeChecker
	Expires  time.Time     // when Code dies; zero for a notice
	Lifetime time.Duration // how long Code is good for from its making; zero for a notice
	At       time.Time     // when that happened which a notice tells of; zero for a code
	Service  string        // what the application calls itself
	// Account names the account by its masked username ("d***"). It is empty for a
	// sign-in code, which has no account yet, and for an account without a username.
	Account string
	// Locale is the BCP 47 tag of the language that the person likes best, as the
	// account or the browser gave it, or empty. Language is that of the one which
	// Subject, Text and HTML are written in.
	Locale, Language string
	Subject          string // one line, no code; empty but for Email
	Text             string // the whole message, code included
	HTML             string // the same as a page; empty but for Email
}

// String shows the channel and the purpose alone.
func (m Message) String() string {
	return fmt.Sprintf("sender.Message{%s %s %s}", m.Channel, m.Purpose, secret.Redacted)
}

// GoString is String.
func (m Message) GoString() string { return m.String() }

// Format writes String for every verb.
func (m Message) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(m.String())) }

// MarshalText is String, so that no encoder spills the message.
func (m Message) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// LogValue shows what is safe to log.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", m.ID),
		slog.String("channel", string(m.Channel)),
		slog.String("purpose", string(m.Purpose)),
	)
}
