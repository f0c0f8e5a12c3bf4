package association

import (
	"context"
	"errors"

	"github.com/ligature-auth/ligature/store"
)

var errNoTurn = errors.New("others wait to be hashed")

// renewHash replaces the hash of a password that was just right where it would be
// made otherwise today. It is the same password still: its time stays, and the epoch.
// Nothing depends on it, so it waits for nobody, and what goes wrong is left to the
// next time.
func (s *Service) renewHash(ctx context.Context, a *store.Account, password string) {
	if password == "" || s.passwords != nil || s.policy.KeepImportedHashes {
		return
	}
	if err := s.renewedHash(ctx, a, password); err != nil {
		s.log.InfoContext(ctx, "the password keeps its hash until the next time", "account", a.ID, "cause", err)
	}
}

func (s *Service) renewedHash(ctx context.Context, a *store.Account, password string) error {
	d, err := decodeAccount(a)
	if err != nil || d.Password == nil || d.Password.current() {
		return err
	}
	var hash string
	if !s.hashing.try(ownCost, func() { hash = makeHash(password) }) {
		return errNoTurn
	}
	next := *a
	same := *d.Password
	same.Hash, same.AsTyped = hash, false
	d.Password = &same
	next.Data = encode(d)
	return s.store.Apply(ctx, store.Change{Accounts: []store.Account{next}})
}

// current reports whether the password would be hashed like this today.
func (p passwordData) current() bool {
	h, err := parseHash(p.Hash, ownCost.memory)
	return err == nil && h.own && !p.AsTyped
}
