package dbproof_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// TestR68_ACancelledBindIsDoneOrNot cancels the call before each statement of a bind,
// BEGIN and COMMIT among them: of a first one, which PostgreSQL takes as one statement,
// and of one that replaces an address.
func TestR68_ACancelledBindIsDoneOrNot(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		dsn := d.DSN(t)
		db, tap := openTapped(t, d, dsn)
		records := d.On(t, db, bunstore.Config{})
		if err := records.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		untapped := d.Connect(t, dsn)
		r := dbproof.Must(dbproof.NewRig(records))(t)

		// try cancels before a statement, and returns how many there were.
		members := 0
		try := func(t *testing.T, replacing bool, at int) (seen int) {
			ctx := t.Context()
			members++
			m := dbproof.Must(r.Member(ctx, fmt.Sprint("user-", members)))(t)
			all := ledger{Account: m.Actor.Account}
			propose := func(name string) dbproof.Proposal {
				p := dbproof.Must(r.Propose(ctx, m, m.Actor.Account+name+"@example.com"))(t)
				all.Tried = append(all.Tried, p)
				return p
			}
			before := 0
			if replacing {
				dbproof.Must(r.Bind(ctx, propose(".1"), ""))(t)
				before = 1
			}
			p := propose(".2")

			cancelled, cancel := context.WithCancel(ctx)
			defer cancel()
			committing := at == 0
			tap.before = func(statement string, _ bool) {
				if seen++; seen == at {
					committing = statement == "COMMIT" || strings.HasPrefix(statement, "WITH")
					cancel()
				}
			}
			_, err := r.Bind(cancelled, p, "request")
			tap.before = nil
			snapshot(t, d, untapped, func(s store.Store) {
				done, half := all.audit(ctx, s)
				if half != nil {
					t.Error(half)
				}
				if err == nil && done != before+1 || !committing && done != before {
					t.Errorf("told %v, and %d binds are done", err, done)
				}
			})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("told %v, want %v", err, context.Canceled)
			}
			dbproof.Must(r.Bind(ctx, p, "request"))(t)
			all.mustBe(ctx, t, records, before+1)
			if _, err := r.Bind(ctx, p, "another request"); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("the token again: %v, want %v", err, association.ErrInvalidProof)
			}
			return seen
		}
		for _, replacing := range []bool{false, true} {
			last := try(t, replacing, 0)
			if last < 3 {
				t.Fatalf("a bind of %d statements", last)
			}
			for at := 1; at <= last; at++ {
				t.Run(fmt.Sprintf("replacing %t, before %d of %d", replacing, at, last), func(t *testing.T) { try(t, replacing, at) })
			}
		}
	})
}
