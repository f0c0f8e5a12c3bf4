package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// method is a call of one method of a store that holds what before wrote. Its
// error tells also of a result that is not the whole one.
type method struct {
	name string
	call func(ctx context.Context, st store.Store) error
}

var errCut = errors.New("success with less than the whole result")

func methods() []method {
	whole := func(err error, all bool) error {
		if err == nil && !all {
			return errCut
		}
		return err
	}
	return []method{
		{"Account", func(ctx context.Context, st store.Store) error {
			a, err := st.Account(ctx, "ann")
			return whole(err, a != nil && len(a.Associations) == 1)
		}},
		{"AccountByIdentifier", func(ctx context.Context, st store.Store) error {
			a, err := st.AccountByIdentifier(ctx, kindEmail, []byte(address))
			return whole(err, a != nil && len(a.Associations) == 1)
		}},
		{"Proof", func(ctx context.Context, st store.Store) error {
			p, a, err := st.Proof(ctx, "p")
			return whole(err, p != nil && a != nil && len(a.Associations) == 1)
		}},
		{"Proofs", func(ctx context.Context, st store.Store) error {
			list, err := st.Proofs(ctx, "ann", someKind)
			return whole(err, len(list) == 1)
		}},
		{"Events", func(ctx context.Context, st store.Store) error {
			list, err := st.Events(ctx, "ann", "", 9)
			return whole(err, len(list) == 1)
		}},
		{"Apply", func(ctx context.Context, st store.Store) error {
			return st.Apply(ctx, full())
		}},
		{"Count", func(ctx context.Context, st store.Store) error {
			values, err := st.Count(ctx, []store.Counter{{Key: key("a"), N: 1, Expires: later}})
			return whole(err, len(values) == 1 && values[0] > 0)
		}},
		{"DeleteExpired", func(ctx context.Context, st store.Store) error {
			_, err := st.DeleteExpired(ctx, later+1, 9)
			return err
		}},
	}
}

// context checks that a dead context ends every call and half-ends none.
func (s suite) context(t *testing.T) {
	for _, m := range methods() {
		s.check(t, "cancelled before "+m.name, func(t *testing.T, s subject) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			s.dead(ctx, m, context.Canceled)
		})
		s.check(t, "too late for "+m.name, func(t *testing.T, s subject) {
			ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
			defer cancel()
			s.dead(ctx, m, context.DeadlineExceeded)
		})
		if m.name == "Apply" {
			continue
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
			})
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled at look %d: %v, want success or %v", looks+1, err, context.Canceled)
			}
			parts := []bool{
				s.account(id).Version == 2,
				len(s.proofs(id, someKind)) == 1,
				s.owner(kindEmail, id) == "",
				s.owner(kindEmail, id+"b") == id,
				len(s.events(id, "", 9)) == 1,
			}
			for _, written := range parts {
				if written != parts[0] || err == nil && !written {
					t.Fatalf("cancelled at look %d (%v): parts written: %v", looks+1, err, parts)
				}
			}
			if !ctx.cancelled() {
				break
			}
		}
	})
}

// dead calls the method with a context that is dead before it begins: it must
// say so and write nothing.
func (s subject) dead(ctx context.Context, m method, want error) {
	s.t.Helper()
	s.apply(before())
	s.count(store.Counter{Key: key("a"), N: 4, Expires: now})
	was := s.everything()
	if err := m.call(ctx, s.Store); !errors.Is(err, want) {
		s.t.Errorf("%s: %v, want %v", m.name, err, want)
	}
	wantEqual(s.t, "afterwards", s.everything(), was)
	s.wantCount(key("a"), 0, 4)
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
