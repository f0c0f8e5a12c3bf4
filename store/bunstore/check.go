package bunstore

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/ligature-auth/ligature/store"
)

// Check asks the database whether it keeps what the contract needs: tables of
// version Latest, equality of bytes alone, no byte lost or cut, whole 64-bit integers,
// honest counts of changed rows, transactions that roll back. Call it when the program
// starts, and do not go on with an error: a database that lies about one of these
// gives somebody another's account. It writes in a transaction that it rolls back.
func (s *Store) Check(ctx context.Context) error {
	if s.hosted() {
		return errors.New("bunstore: to check takes a pool, not a transaction")
	}
	return s.retry(ctx, opCheck, func(ctx context.Context) error {
		have, err := versionOf(ctx, s.db)
		if err != nil {
			return &plainError{fmt.Errorf("bunstore: the tables' version cannot be read (was Migrate called?): %w", failed(opCheck, err))}
		}
		if have > Latest {
			return &plainError{newer(have)}
		}
		if have < Latest {
			return &plainError{fmt.Errorf("bunstore: the tables have version %d, not %d: call Migrate", have, Latest)}
		}
		p := probe{id: rand.Text()}
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		err = p.all(ctx, New(tx, Config{}))
		if err := errors.Join(err, tx.Rollback()); err != nil {
			return err
		}
		_, err = s.Account(ctx, p.id)
		return missing(err, "a transaction that was rolled back was not; are the tables InnoDB?")
	})
}

// probe writes records that nobody else has.
type probe struct{ id string }

func (p probe) all(ctx context.Context, s *Store) error {
	for _, check := range []func(context.Context, *Store) error{p.equality, p.bytes, p.integers, p.rows, p.length} {
		if err := check(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func lies(format string, args ...any) error {
	return &plainError{fmt.Errorf("bunstore: unsafe database: "+format, args...)}
}

func missing(err error, why string) error {
	if err == nil {
		return lies("%s", why)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// equality links texts that one collation or another calls the same.
func (p probe) equality(ctx context.Context, s *Store) error {
	change := store.Change{Accounts: []store.Account{{ID: p.id}}}
	for i, value := range []string{"a@x", "á@x", "A@x", "a@x ", "a@x\x00", "ß", "ss", "\U0001F600", "\U0001F601", "k", "\u212a"} {
		change.Link = append(change.Link, store.Association{
			ID: fmt.Sprint(p.id, i), Account: p.id, Kind: "probe", Value: []byte(p.id + value),
		})
	}
	err := s.Apply(ctx, change)
	if errors.Is(err, store.ErrTaken) {
		return lies("it calls different identifiers the same")
	}
	if errors.Is(err, store.ErrConflict) {
		return lies("it does not count a row that it inserted")
	}
	if err != nil {
		return err
	}
	_, err = s.AccountByIdentifier(ctx, "probe", []byte(p.id+"Á@x"))
	return missing(err, "it finds an identifier by another one")
}

// bytes keeps each byte there is, NUL among them.
func (p probe) bytes(ctx context.Context, s *Store) error {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	id := p.id + "bytes"
	if err := s.Apply(ctx, store.Change{Proofs: []store.Proof{{ID: id, Account: "\x00 é \x00", Data: every}}}); err != nil {
		return err
	}
	got, _, err := s.Proof(ctx, id)
	if err != nil {
		return err
	}
	if !bytes.Equal(got.Data, every) || got.Account != "\x00 é \x00" {
		return lies("bytes come back changed")
	}
	return nil
}

// integers keeps the largest and the smallest, and adds as integers do.
func (p probe) integers(ctx context.Context, s *Store) error {
	id := p.id + "integers"
	if err := s.Apply(ctx, store.Change{Proofs: []store.Proof{{ID: id, Kind: math.MaxUint8, CreatedAt: math.MinInt64, Expires: math.MaxInt64 - 1}}}); err != nil {
		return err
	}
	got, _, err := s.Proof(ctx, id)
	if err != nil {
		return err
	}
	if got.Kind != math.MaxUint8 || got.CreatedAt != math.MinInt64 || got.Expires != math.MaxInt64-1 {
		return lies("integers come back changed")
	}
	c := store.Counter{N: math.MaxInt64 - 10, Expires: math.MaxInt64}
	copy(c.Key[:], p.id)
	for _, want := range []int64{math.MaxInt64 - 10, math.MaxInt64 - 9} {
		n, err := s.Count(ctx, []store.Counter{c})
		if err != nil {
			return err
		}
		if n[0] != want {
			return lies("a counter comes back as %d, not %d", n[0], want)
		}
		c.N = 1
	}
	return nil
}

// rows tells a write that met its record from one that did not.
func (p probe) rows(ctx context.Context, s *Store) error {
	for _, write := range []struct {
		version int64
		want    error
		lie     string
	}{
		{1, nil, "it does not count a row that it changed"},
		{1, store.ErrConflict, "it counts a row that it did not change"},
		{0, store.ErrConflict, "it inserts a key twice"},
	} {
		err := s.Apply(ctx, store.Change{Accounts: []store.Account{{ID: p.id, Version: write.version}}})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
		if !errors.Is(err, write.want) {
			return lies("%s", write.lie)
		}
	}
	return nil
}

// length comes last: a database that refuses what is too long may refuse all that
// comes after in the same transaction.
func (p probe) length(ctx context.Context, s *Store) error {
	id := p.id + strings.Repeat("x", 500)
	if err := s.Apply(ctx, store.Change{Proofs: []store.Proof{{ID: id}}}); err != nil {
		return nil
	}
	_, _, err := s.Proof(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return lies("it cuts what is too long; with MySQL, sql_mode must be strict")
	}
	return err
}
