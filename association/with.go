package association

import "github.com/ligature-auth/ligature/store"

// With returns a copy of the Service that keeps its records in st, a store inside
// a transaction that the host has begun (bunstore's In makes one of a *sql.Tx, its New
// of a bun.Tx). Bind, Unbind, Import, ImportAll, Account, Find and what is done by the
// host's word work there, so that what they write commits or rolls back with the host's own rows. The copy is
// cheap: make one for each transaction. It is no safer for concurrent use than the
// transaction.
//
// Everything else is ErrUnsupported there, but Now and With: a rollback would take
// back what has been counted or told (R22). Codes are sent and verified, and sudo
// and sign-in judged, before the transaction begins.
//
// After any error the host rolls back. A conflict, of a read too, is ErrBusy at once,
// because a second look from inside the transaction may see no more than the first:
// roll back and repeat the whole. ErrIdentifierTaken leaves both tokens good, as ever.
//
// A Bind that was rolled back leaves no answer behind: its repeat is a first call. The
// repeat of one that was committed is told the same and writes nothing, so what the
// host writes beside it must bear to be written twice.
//
// While the transaction is open it holds its connection: give Import a PasswordHash
// rather than a Password to be hashed, and let Config.Passwords, which Bind and
// Account may ask, not wait for a connection of the same pool. The log says what was
// done in a transaction, whatever becomes of it; the account's history knows better.
// Nor is Config.Observer told, and Config.Revoker and Deleter are by Deliver.
func (s *Service) With(st store.Store) *Service {
	inside := *s
	inside.store, inside.inTx = st, true
	return &inside
}

// outsideTx refuses inside a transaction of the host's. Each method begins with it
// that counts, sends, or tells what a rollback could make untrue.
func (s *Service) outsideTx() error {
	if s.inTx {
		return refuse(ErrUnsupported, "not inside a transaction")
	}
	return nil
}
