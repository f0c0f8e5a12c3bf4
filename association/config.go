package association

import (
	"log/slog"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// Config is what New needs. Name, Store, Sender, Keys and Kinds are required and
// have no default. Besides, the host calls Deliver every few seconds and DeleteExpired
// every few minutes: a Service runs nothing by itself.
type Config struct {
	// Name is what messages call the application.
	Name string

	// Store keeps the records.
	Store store.Store

	// Sender delivers the messages: a code within the call that asks for it, a
	// notice within Deliver.
	Sender sender.Sender

	// Keys protect codes and tokens at rest.
	Keys Keys

	// Kinds are the sorts of identifiers that people may use.
	Kinds []Kind

	// Passwords judges passwords that the host keeps itself. Nil means that
	// ligature keeps them, as argon2id hashes.
	Passwords PasswordVerifier

	// Policy says how strict to be; its zero value is the safe default.
	Policy Policy

	// Now is the one clock. Nil means time.Now.
	Now func() time.Time

	// Logger is told of decisions and failures, without secrets and with
	// addresses as pseudonyms. Nil means silence.
	Logger *slog.Logger
}
