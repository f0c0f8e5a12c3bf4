package dbproof_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// racers is how many race, each on a connection of its own.
const racers = 64

// barrier is a store that holds writes back until all racers have one, so that each
// rests on what was read before any was made.
type barrier struct {
	store.Store
	arrived atomic.Int64 // since raise; below 0 where there is none
	all     chan struct{}
	applied atomic.Int64 // writes that were made
}

// raise holds the next writes of the racers back. Those that follow pass.
func (b *barrier) raise() {
	b.all = make(chan struct{})
	b.arrived.Store(0)
	b.applied.Store(0)
}

func (b *barrier) Apply(ctx context.Context, change store.Change) error {
	if b.all != nil {
		switch k := b.arrived.Add(1); {
		case k < racers:
			select {
			case <-b.all:
			case <-ctx.Done():
				return ctx.Err()
			}
		case k == racers:
			close(b.all)
		}
	}
	err := b.Store.Apply(ctx, change)
	if err == nil && len(change.Accounts)+len(change.Proofs)+len(change.Notices) > 0 {
		b.applied.Add(1)
	}
	return err
}

// openRace returns a store in a fresh database, with a connection open for each racer.
func openRace(t *testing.T, d bundb.Database) (*barrier, *sql.DB) {
	t.Helper()
	s, db := d.Open(t, bunstore.Config{})
	db.SetMaxOpenConns(racers)
	db.SetMaxIdleConns(racers)
	var conns []*sql.Conn
	for range racers {
		conns = append(conns, dbproof.Must(db.Conn(t.Context()))(t))
	}
	for _, c := range conns {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return &barrier{Store: s}, db
}
