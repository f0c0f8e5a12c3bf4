package association

import (
	"io/fs"
	"log/slog"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// Config is what New needs. Name, Store, Sender, Keys and Kinds are required and
// have no default. Besides, the host calls Deliver every few seconds and DeleteExpired
// every few minutes: a Service runs nothing by itself.
type Config struct {
	// Name is what messages call the application: printable, in one line.
	Name string

	// Domain is the host name of the site that codes are typed into, "example.com".
	// Those in text messages are bound to it where there is room, so that browsers offer
	// them to no other (R66). Empty means that they are bound to none.
	Domain string

	// Locale is the BCP 47 tag of the language of messages to people of whom no better
	// one is known. Empty means English.
	Locale string

	// Templates holds words and pages of the application's own for messages, as package
	// catalog describes. Nil means that all are as they come.
	Templates fs.FS

	// Store keeps the records.
	Store store.Store

	// Sender delivers the messages: a code within the call that asks for it, a
	// notice within Deliver. One that is a sender.CodeChecker has codes made and checked
	// by its vendor.
	Sender sender.Sender

	// Keys protect codes and tokens at rest.
	Keys Keys

	// Kinds are the sorts of identifiers that people may use.
	Kinds []Kind

	// Passwords judges passwords that the host keeps itself. Nil means that
	// ligature keeps them, as argon2id hashes; what Import brought is kept as it came
	// until the next right password.
	Passwords PasswordVerifier

	// Transfers decides about addresses that another account has. Nil means that none
	// changes accounts.
	Transfers Transfers

	// Risks is asked about addresses that were proved. Nil means that none is at risk.
	Risks Risks

	// Revoker ends the host's own sessions, Deleter deletes what the host keeps of an
	// account. Nil means that there is nothing to end or delete.
	Revoker SessionRevoker
	Deleter AccountDeleter

	// Observer is told what happened, after each commit and each message. Nil means
	// nobody is.
	Observer Observer

	// Tickets are what the application signs people in with itself. The zero value
	// takes none.
	Tickets Tickets

	// Policy says how strict to be; its zero value is the safe default.
	Policy Policy

	// Now is the one clock. Nil means time.Now.
	Now func() time.Time

	// Logger is told of decisions and failures, without secrets and with
	// addresses as pseudonyms. Nil means silence.
	Logger *slog.Logger
}
