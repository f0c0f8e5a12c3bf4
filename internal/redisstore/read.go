package redisstore

import (
	"cmp"
	"context"
	"fmt"

	"github.com/ligature-auth/ligature/store"
)

// Account implements [store.Store].
func (s *Store) Account(ctx context.Context, id string) (*store.Account, error) {
	_, account, err := read[store.Account](ctx, s, "account:"+id)
	return account, err
}

// AccountByIdentifier implements [store.Store].
func (s *Store) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	_, account, err := read[association](ctx, s, identifier(kind, value))
	if account == nil {
		err = cmp.Or(err, store.ErrNotFound)
	}
	return account, err
}

// Proof implements [store.Store].
func (s *Store) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	return read[store.Proof](ctx, s, "proof:"+id)
}

// read returns the record at a key, and the account that it names, nil if there is none.
func read[R any](ctx context.Context, s *Store, key string) (*R, *store.Account, error) {
	found, err := run[struct {
		Record       *R
		Account      *store.Account
		Associations []association
	}](ctx, s, "read", key)
	if err != nil || found.Record == nil {
		return nil, nil, cmp.Or(err, store.ErrNotFound)
	}
	for _, a := range found.Associations {
		a.Association.Display = string(a.Display)
		found.Account.Associations = append(found.Account.Associations, a.Association)
	}
	return found.Record, found.Account, nil
}

// Proofs implements [store.Store].
func (s *Store) Proofs(ctx context.Context, account string, kind uint8) ([]store.Proof, error) {
	return run[[]store.Proof](ctx, s, "list", []string{proofs(account, kind), "-", "+", "BYLEX"})
}

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
	newest := "(" + cmp.Or(before, "\U0010FFFF") // which no ID comes after
	return run[[]store.Event](ctx, s, "list", []string{"events:" + account, newest, "-", "BYLEX", "REV", "LIMIT", "0", fmt.Sprint(limit)})
}

// Notices implements [store.Store].
func (s *Store) Notices(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
	latest := "(" + order(now) + "~" // the newline after the digits sorts before it
	return run[[]store.Notice](ctx, s, "list", []string{"due", "-", latest, "BYLEX", "LIMIT", "0", fmt.Sprint(limit)})
}
