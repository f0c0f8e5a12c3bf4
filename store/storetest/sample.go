package storetest

import "github.com/ligature-auth/ligature/store"

// The suite's clock stands still, as a store has none.
const (
	now   int64 = 1_790_000_000_123_456 // September 2026, with microseconds
	later int64 = now + 600_000_000
)

const kindEmail = "email"

// A kind of proof; the number means nothing to a store.
const someKind uint8 = 3

func account(id string) store.Account {
	return store.Account{ID: id, Epoch: 1, CreatedAt: now, Status: 1, Data: []byte("account " + id)}
}

func proof(id, account string) store.Proof {
	return store.Proof{
		ID: id, Kind: someKind, Account: account,
		CreatedAt: now, Expires: later, Data: []byte("proof " + id),
	}
}

func email(id, account, value string) store.Association {
	return store.Association{
		ID: id, Account: account, Kind: kindEmail, Value: []byte(value),
		Display: value, CreatedAt: now, Data: []byte("association " + id),
	}
}

func event(id, account string) store.Event {
	return store.Event{ID: id, Account: account, At: now, Expires: later, Data: []byte("event " + id)}
}

func notice(id, account string) store.Notice {
	return store.Notice{ID: id, Account: account, Due: now, Expires: later, Data: []byte("notice " + id)}
}

// accounts is a Change that inserts an account for each ID.
func accounts(ids ...string) store.Change {
	var change store.Change
	for _, id := range ids {
		change.Accounts = append(change.Accounts, account(id))
	}
	return change
}

// links is a Change that links.
func links(list ...store.Association) store.Change { return store.Change{Link: list} }

// unlinks is a Change that unlinks.
func unlinks(list ...store.Association) store.Change { return store.Change{Unlink: list} }
