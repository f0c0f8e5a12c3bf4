package dbproof_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// guess returns the n-th wrong guess at a code, each another.
func (a asked) guess(n int) string {
	var code int
	_, _ = fmt.Sscan(a.code, &code)
	return fmt.Sprintf("%06d", (code+1+n)%1_000_000)
}

// TestR22_FiveOfManyGuessesAreJudged: the rest is refused unseen, and so is the right
// code after them.
func TestR22_FiveOfManyGuessesAreJudged(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *rig, b *barrier) {
		for _, asker := range []association.Caller{device("d"), must(r.member(ctx, "ada"))(t).Caller} {
			a := must(r.ask(ctx, asker, "ada@example.com"))(t)
			b.raise()
			won := winners(t, together(func(i int) error {
				_, err := r.Verify(ctx, asker, a.id, a.guess(i))
				return err
			}), association.ErrInvalidProof)
			if n := b.applied.Load(); len(won) > 0 || n != 5 {
				t.Errorf("%d wrong guesses were judged and %d accepted, want 5 and none", n, len(won))
			}
			if _, err := r.Verify(ctx, asker, a.id, a.code); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("the right one after them: %v, want %v", err, association.ErrInvalidProof)
			}
		}
	})
}

// TestR22_TheRightGuessAmongWrongOnes is accepted only if fewer than five came before
// it, and once.
func TestR22_TheRightGuessAmongWrongOnes(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *rig, b *barrier) {
		c := device("d")
		a := must(r.ask(ctx, c, "ada@example.com"))(t)
		b.raise()
		won := winners(t, together(func(i int) error {
			guess := a.guess(i)
			if i%8 == 0 {
				guess = a.code
			}
			_, err := r.Verify(ctx, c, a.id, guess)
			return err
		}), association.ErrInvalidProof)
		judged := b.applied.Load()
		if len(won) > 1 || judged > 5 || len(won) == 0 && judged != 5 {
			t.Errorf("%d were accepted of %d that were judged", len(won), judged)
		}
	})
}
