package storetest

import (
	"context"
	"errors"
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
		{"Notices", func(ctx context.Context, st store.Store) error {
			list, err := st.Notices(ctx, now, 9)
			return whole(err, len(list) == 2)
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
	}
	if !s.serial {
		s.cancelledWithin(t)
	}
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
