package store

import (
	"context"
	"errors"
)

// The three answers a store gives besides success, each only to a call that wrote
// nothing: a driver that silently repeats a write whose answer was lost must not turn
// the write's success into a refusal. Any other error means the store could not do its
// work; the core then refuses the caller and nothing may have been written, or all of
// it.
var (
	// ErrNotFound says that no record has this ID or identifier.
	ErrNotFound = errors.New("store: not found")

	// ErrConflict says that a version no longer matches, that a record to be
	// inserted exists, or that an association to be unlinked is not there as
	// described. The core reads again and decides anew.
	ErrConflict = errors.New("store: conflict")

	// ErrTaken says that an identifier to be linked belongs to an association
	// already. It is told only when every version in the Change matched.
	ErrTaken = errors.New("store: identifier taken")
)

// Store keeps the records. Every method may be called from any number of
// goroutines and honours ctx: a cancelled context ends the call with an error
// for which errors.Is(err, context.Canceled) (or DeadlineExceeded) holds, with
// nothing written or everything.
//
// Records that go in and come out are copies: neither side keeps a slice of the
// other's. A nil slice and an empty one are the same.
//
// A database's own conflicts (deadlock, failed serialization) are the store's to
// retry, each call as a whole and a bounded number of times, ending in ErrConflict:
// the core decides a Change anew, and refuses whoever waits for a read or a Count, so
// these deserve more tries than other callers can make them lose. Inside a transaction
// of the host's there is one try.
type Store interface {
	// Account returns the account with its associations, oldest first (by
	// CreatedAt, then the byte order of ID), or ErrNotFound. They are one
	// consistent read: no Change falls between them.
	Account(ctx context.Context, id string) (*Account, error)

	// AccountByIdentifier returns the account, with all of its associations,
	// that the identifier is linked to, or ErrNotFound (also where that account does
	// not exist), as one consistent read too. The match is exact in every byte of
	// kind and value.
	AccountByIdentifier(ctx context.Context, kind string, value []byte) (*Account, error)

	// Proof returns the proof, expired or not, together with the account it
	// names, as one consistent read. The account is nil where Proof.Account is
	// empty or no such account exists. ErrNotFound if there is no such proof.
	Proof(ctx context.Context, id string) (*Proof, *Account, error)

	// Proofs returns the account's proofs of one kind, expired ones included,
	// oldest first (by CreatedAt, then the byte order of ID). None is no error.
	Proofs(ctx context.Context, account string, kind uint8) ([]Proof, error)

	// Apply writes the whole Change or nothing of it. See Change for what each
	// part means and for the order of refusals. ErrConflict, ErrTaken.
	Apply(ctx context.Context, change Change) error

	// Count adds each counter's N to the stored value, which starts at 0, and
	// returns the new values in the same order. Each key is atomic; the set need
	// not be. N is never negative; N = 0 reads. A call that fails may have
	// counted; one that succeeds has counted each N once. Over-counting is allowed,
	// under-counting never.
	//
	// Expires is kept for DeleteExpired alone: Count never compares it with
	// anything, and a later Expires for a known key may be kept or dropped. No
	// key stands twice in one call. A sum beyond an int64 is an error, or stays at
	// the most.
	Count(ctx context.Context, counters []Counter) ([]int64, error)

	// Events returns up to limit of the account's events, newest first, that is
	// in descending byte order of ID, expired ones included; with a non-empty
	// before, only those whose ID sorts before it. None is no error. A limit is never negative.
	Events(ctx context.Context, account, before string, limit int) ([]Event, error)

	// Notices returns up to limit of the notices that are due, that is whose Due is
	// at most now, expired ones included, earliest first (by Due, then the byte
	// order of ID). None is no error. A limit is never negative. It sees what was
	// written before the call and locks nothing: by the time it returns another may
	// have replaced what it tells, so who acts on a notice replaces it first.
	Notices(ctx context.Context, now int64, limit int) ([]Notice, error)

	// DeleteExpired deletes up to limit proofs, counters, events and notices whose
	// Expires is less than before, in no order, and returns how many went. It
	// leaves everything else, also what is renewed while it runs. A call that fails
	// may have deleted some.
	DeleteExpired(ctx context.Context, before int64, limit int) (int, error)
}
