package dbproof_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/store"
)

// ledger has the binds in the order in which they were done; those that were not come
// last.
type ledger dbproof.Ledger

// audit returns how many of the binds are done. One that is done in part is an error,
// and so is one that is done out of order.
func (l ledger) audit(ctx context.Context, s store.Store) (done int, err error) {
	notices, err := dbproof.Notices(ctx, s)
	if err != nil {
		return 0, err
	}
	found, err := dbproof.Ledger(l).Audit(ctx, s, notices[l.Account])
	done = len(found.Links)
	if err != nil {
		return done, err
	}
	var first []string
	for _, p := range l.Tried[:done] {
		first = append(first, p.To)
	}
	if !found.InOrder || !slices.Equal(found.Spent, first) || done > 0 && found.Owned != first[done-1] {
		err = fmt.Errorf("the binds of %q were done in another order: %+v", first, found)
	}
	return done, err
}

// mustBe fails the test unless so many of the binds are done.
func (l ledger) mustBe(ctx context.Context, t *testing.T, s store.Store, done int) {
	t.Helper()
	got, err := l.audit(ctx, s)
	if err != nil {
		t.Errorf("%s: %v", l.Account, err)
	}
	if got != done {
		t.Errorf("%s: %d binds are done, want %d", l.Account, got, done)
	}
}
