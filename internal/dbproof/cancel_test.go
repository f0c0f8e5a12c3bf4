package dbproof_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// TestR68_ACancelledBindIsDoneOrNot cancels the call before each statement of a bind
// that replaces an address, BEGIN and COMMIT among them.
func TestR68_ACancelledBindIsDoneOrNot(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		dsn := d.DSN(t)
		db, tap := openTapped(t, d, dsn)
		records := d.On(t, db, bunstore.Config{})
		if err := records.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		untapped := d.Connect(t, dsn)
		r := must(newRig(records))(t)

		// try cancels before a statement, and returns how many there were.
		try := func(t *testing.T, at int) (seen int) {
			ctx := t.Context()
			m := must(r.member(ctx, fmt.Sprint("user-", at)))(t)
			first := must(r.propose(ctx, m, m.Actor.Account+".1@example.com"))(t)
			must(r.bind(ctx, first, ""))(t)
			second := must(r.propose(ctx, m, m.Actor.Account+".2@example.com"))(t)
			both := ledger{m.Actor.Account, []proposal{first, second}}

			cancelled, cancel := context.WithCancel(ctx)
			defer cancel()
			committing := at == 0
			tap.before = func(statement string, _ bool) {
				if seen++; seen == at {
					committing = statement == "COMMIT"
					cancel()
				}
			}
			_, err := r.bind(cancelled, second, "request")
			tap.before = nil
			snapshot(t, d, untapped, func(s store.Store) {
				done, half := both.audit(ctx, s)
				if half != nil {
					t.Error(half)
				}
				if err == nil && done != 2 || !committing && done != 1 {
					t.Errorf("told %v, and %d binds are done", err, done)
				}
			})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("told %v, want %v", err, context.Canceled)
			}
			must(r.bind(ctx, second, "request"))(t)
			both.mustBe(ctx, t, records, 2)
			if _, err := r.bind(ctx, second, "another request"); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("the token again: %v, want %v", err, association.ErrInvalidProof)
			}
			return seen
		}
		last := try(t, 0)
		for at := 1; at <= last; at++ {
			t.Run(fmt.Sprintf("before %d of %d", at, last), func(t *testing.T) { try(t, at) })
		}
	})
}
