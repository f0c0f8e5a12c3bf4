package dbproof_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// wrong returns the n-th wrong guess at a code, each another.
func wrong(code string, n int) string {
	var right int
	_, _ = fmt.Sscan(code, &right)
	return fmt.Sprintf("%06d", (right+1+n)%1_000_000)
}

// TestR22_FiveOfManyGuessesAreJudged: the rest is refused unseen, and so is the right
// code after them.
func TestR22_FiveOfManyGuessesAreJudged(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier) {
		for _, asker := range []association.Caller{dbproof.Device("d"), dbproof.Must(r.Member(ctx, "ada"))(t).Caller} {
			a := dbproof.Must(r.Ask(ctx, asker, "ada@example.com"))(t)
			b.raise()
			won := winners(t, dbproof.Together(racers, func(i int) error {
				_, err := r.Verify(ctx, asker, a.ID, wrong(a.Code, i))
				return err
			}), association.ErrInvalidProof)
			if n := b.applied.Load(); len(won) > 0 || n != 5 {
				t.Errorf("%d wrong guesses were judged and %d accepted, want 5 and none", n, len(won))
			}
			if _, err := r.Verify(ctx, asker, a.ID, a.Code); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("the right one after them: %v, want %v", err, association.ErrInvalidProof)
			}
		}
	})
}

// TestR22_TheRightGuessAmongWrongOnes is accepted only if fewer than five came before
// it, and once.
func TestR22_TheRightGuessAmongWrongOnes(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier) {
		c := dbproof.Device("d")
		a := dbproof.Must(r.Ask(ctx, c, "ada@example.com"))(t)
		b.raise()
		won := winners(t, dbproof.Together(racers, func(i int) error {
			guess := wrong(a.Code, i)
			if i%8 == 0 {
				guess = a.Code
			}
			_, err := r.Verify(ctx, c, a.ID, guess)
			return err
		}), association.ErrInvalidProof)
		judged := b.applied.Load()
		if len(won) > 1 || judged > 5 || len(won) == 0 && judged != 5 {
			t.Errorf("%d were accepted of %d that were judged", len(won), judged)
		}
	})
}
