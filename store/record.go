package store

// Account is whoever signs in. ID is the host's own user ID, or one minted by
// the core; it is never reused.
type Account struct {
	ID        string
	Version   int64 // see Change
	Epoch     int64 // proofs made in an older epoch are dead
	CreatedAt int64 // Unix microseconds
	Status    uint8 // the core's; a store keeps it
	Data      []byte

	// Associations is filled by reads and ignored by Apply.
	Associations []Association
}

// Association is an identifier (Kind and Value) bound to an account. ID is
// random and never reused. An association is never changed: it is linked, and
// some day unlinked.
type Association struct {
	ID        string
	Account   string
	Kind      string
	Value     []byte // canonical, unique together with Kind over the whole store
	Display   string // as it was typed; never searched
	CreatedAt int64  // Unix microseconds
	Data      []byte
}

// Proof is a versioned, short-lived record: a verification, or a session with its
// sudo grant. Account is empty where the proof belongs to none yet.
type Proof struct {
	ID        string
	Version   int64 // see Change
	Kind      uint8 // the core's; part of the key of Store.Proofs
	Account   string
	CreatedAt int64 // Unix microseconds
	Expires   int64 // Unix microseconds; only DeleteExpired compares it
	Data      []byte
}

// Event is a line of an account's history, written once. IDs are made so that
// their byte order is the order of time.
type Event struct {
	ID      string
	Account string
	At      int64 // Unix microseconds
	Expires int64 // Unix microseconds; only DeleteExpired compares it
	Data    []byte
}

// Notice is a message that a Change owes somebody. It is versioned like a proof:
// whoever is about to send it first replaces it by one that is due later, so that
// of all who try one wins, and puts the time far ahead once it is sent.
type Notice struct {
	ID      string
	Version int64 // see Change
	Account string
	Due     int64 // Unix microseconds; Store.Notices returns it from then on
	Expires int64 // Unix microseconds; only DeleteExpired compares it
	Data    []byte
}

// Counter is one key to add N to; see Store.Count. The key is opaque and spread
// evenly: it holds the rule, the subject and the start of its time window.
type Counter struct {
	Key     [32]byte
	N       int64
	Expires int64 // Unix microseconds
}

// Change is one atomic write. Its parts take effect in this order, and the
// first that cannot refuses the whole:
//
//   - Accounts, Proofs and Notices. Version 0 inserts, and the record is stored with
//     version 1; version n > 0 replaces exactly version n and stores n+1. An
//     existing ID on insert, a missing or different version on replace:
//     ErrConflict. Replacing with equal content is how the core asserts that a
//     record has not changed, so it counts as a write like any other.
//   - Unlink. The stored association with this Kind and Value must have this ID
//     and this Account: else ErrConflict.
//   - Link. Kind and Value must be free: else ErrTaken. An identifier that is
//     unlinked in the same Change is free; the two are then one conditional
//     replacement.
//   - Events are appended.
//
// No record stands in a Change twice, but for an identifier that stands once in
// Unlink and once in Link. Events and associations to be linked come with IDs that
// no written Change has used; whether the account they name exists is not the
// store's to check. An empty Change does nothing.
type Change struct {
	Accounts []Account
	Proofs   []Proof
	Unlink   []Association
	Link     []Association
	Events   []Event
	Notices  []Notice
}
