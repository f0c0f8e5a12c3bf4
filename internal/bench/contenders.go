package main

import (
	"bytes"
	"context"
	"database/sql"
	"net/netip"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/httpadapter"
	"github.com/ligature-auth/ligature/internal/bench/minimum"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/memstore"
)

// key is no secret: nothing here is.
func key(name byte) []byte { return append(bytes.Repeat([]byte{name}, 31), 1) }

// plenty is more than any run keeps in memory.
const plenty = 10_000_000

// ligature serves the HTTP adapter with the default policy, budgets and all, but
// for sign-up, which the minimum has not and nobody uses here: open, a signed-out
// send makes no read of who has the address.
func (s *served) ligature(ctx context.Context, r role, db *sql.DB) error {
	var records store.Store = memstore.New(memstore.Limits{Accounts: plenty, Associations: plenty, Proofs: plenty, Counters: plenty})
	if db != nil {
		b, err := bunstore.Open(db, bunstore.Dialect(r.Dialect), bunstore.Config{})
		if err != nil {
			return err
		}
		if err := b.Migrate(ctx); err != nil {
			return err
		}
		records = b
	}
	phones, err := phone.New(phone.Options{Countries: []string{"CN"}})
	if err != nil {
		return err
	}
	svc, err := association.New(association.Config{
		Name: "bench", Store: records, Sender: capture{s},
		Keys: association.Keys{
			Active: "1", Ring: map[string]association.Key{"1": association.NewKey(key('r'))}, Index: association.NewKey(key('i')),
		},
		Kinds:  []association.Kind{email.New(), phones},
		Policy: association.Policy{AllowSignUp: true},
	})
	if err != nil {
		return err
	}
	s.imports = func(ctx context.Context, in imported) error {
		_, err := svc.Import(ctx, association.ImportedAccount{
			ID: in.ID, Identifiers: []association.ImportedIdentifier{{Kind: "phone", Value: in.Phone}},
		})
		return err
	}
	s.app, err = httpadapter.New(svc, httpadapter.Options{
		Sessions: httpadapter.Bearer(), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	return err
}

// capture is a sender that keeps the codes for the load to ask for.
type capture struct{ s *served }

// Send implements sender.Sender.
func (c capture) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	c.s.deliver(m.To, m.Code.Reveal())
	return sender.Receipt{Vendor: "bench"}, nil
}

// minimum serves what was written by hand.
func (s *served) minimum(ctx context.Context, r role, db *sql.DB) error {
	d := minimum.Dialect(r.Dialect)
	s.imports = func(ctx context.Context, in imported) error { return minimum.Import(ctx, db, d, in.ID, in.Phone) }
	s.app = minimum.New(db, d, r.What == atOnce, key('m'), func(_ context.Context, to, code string) error {
		s.deliver(to, code)
		return nil
	})
	return minimum.Migrate(ctx, db, d)
}
