package pause_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ligature-auth/ligature/internal/pause"
)

func TestJittered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lengths := map[time.Duration]bool{}
		for range 100 {
			start := time.Now()
			if err := pause.Jittered(t.Context(), time.Second); err != nil {
				t.Fatal(err)
			}
			d := time.Since(start)
			if lengths[d] = true; d < time.Second/2 || d > time.Second {
				t.Errorf("waited %v, want between half a second and one", d)
			}
		}
		if len(lengths) < 90 {
			t.Errorf("a hundred pauses had %d lengths", len(lengths))
		}
	})
}

func TestJitteredEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if err := pause.Jittered(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
