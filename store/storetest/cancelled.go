package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// cancelledWithin checks what a context leaves that dies while a call runs.
func (s suite) cancelledWithin(t *testing.T) {
	for _, m := range methods() {
		if m.name == "Apply" {
			continue // has a check of its own
		}
		s.check(t, "cancelled within "+m.name, func(t *testing.T, s subject) {
			s.apply(before())
			for looks := range maxLooks {
				ctx := cancelledAtLook(looks + 1)
				err := m.call(ctx, s.Store)
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("cancelled at look %d: %v, want success or %v", looks+1, err, context.Canceled)
				}
				if !ctx.cancelled() {
					break
				}
			}
		})
	}

	// R68: at whichever step the context dies, the Change is whole or nothing.
	s.check(t, "R68 cancelled within Apply", func(t *testing.T, s subject) {
		for looks := range maxLooks {
			id := fmt.Sprintf("%03d", looks)
			x := email(id, id, id)
			s.apply(join(accounts(id), links(x)))
			a := account(id)
			a.Version = 1
			ctx := cancelledAtLook(looks + 1)
			err := s.Apply(ctx, store.Change{
				Accounts: []store.Account{a},
				Proofs:   []store.Proof{proof(id, id)},
				Unlink:   []store.Association{x},
				Link:     []store.Association{email(id+"b", id, id+"b")},
				Events:   []store.Event{event(id, id)},
				Notices:  []store.Notice{notice(id, id)},
			})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled at look %d: %v, want success or %v", looks+1, err, context.Canceled)
			}
			written := s.partsOf(id)
			if slices.Contains(written, !written[0]) {
				// A commit that nobody waited for may have come between two of
				// these reads, and then it is whole in the next.
				written = s.partsOf(id)
			}
			if slices.Contains(written, !written[0]) || err == nil && !written[0] {
				t.Fatalf("cancelled at look %d (%v): parts written: %v", looks+1, err, written)
			}
			if !ctx.cancelled() {
				break
			}
		}
	})
}

// partsOf tells of each part of the Change that is cancelled whether it is there.
func (s subject) partsOf(id string) []bool {
	s.t.Helper()
	return []bool{
		s.account(id).Version == 2,
		len(s.proofs(id, someKind)) == 1,
		s.owner(kindEmail, id) == "",
		s.owner(kindEmail, id+"b") == id,
		len(s.events(id, "", 9)) == 1,
		slices.ContainsFunc(s.allNotices(), func(n store.Notice) bool { return n.ID == id }),
	}
}

// maxLooks ends the search for the last step of a store that polls its context.
const maxLooks = 100

// watched is a context that somebody cancels at the very moment when the store
// looks at it for the nth time, so that n = 1, 2, 3... dies at every step that a
// store is able to notice.
type watched struct {
	mu   sync.Mutex
	left int
	done chan struct{}
}

var _ context.Context = (*watched)(nil)

func cancelledAtLook(n int) *watched { return &watched{left: n, done: make(chan struct{})} }

func (w *watched) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.left--; w.left == 0 {
		close(w.done)
	}
}

func (w *watched) cancelled() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// Deadline implements context.Context.
func (w *watched) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Value implements context.Context.
func (w *watched) Value(any) any { return nil }

// Done implements context.Context.
func (w *watched) Done() <-chan struct{} {
	w.look()
	return w.done
}

// Err implements context.Context.
func (w *watched) Err() error {
	w.look()
	if w.cancelled() {
		return context.Canceled
	}
	return nil
}
