package association_test

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/ligature-auth/ligature/store"
)

// watched is a store that a test looks into and breaks.
type watched struct {
	store.Store

	// before and after, where set, run around each call. An error of before is
	// the call's, which is then not made; an error of after is the call's too,
	// though it was made: its answer is lost.
	before, after func(ctx context.Context, call string) error

	mu       sync.Mutex
	calls    []string
	applied  []store.Change // those that the store accepted and that write
	counters []store.Counter
}

// wrap makes the calls of a watched store out of the calls of the real one.
func wrap[T any](ctx context.Context, w *watched, call string, do func() (T, error)) (T, error) {
	var none T
	w.mu.Lock()
	w.calls = append(w.calls, call)
	w.mu.Unlock()
	if w.before != nil {
		if err := w.before(ctx, call); err != nil {
			return none, err
		}
	}
	v, err := do()
	if w.after != nil {
		if err := w.after(ctx, call); err != nil {
			return none, err
		}
	}
	return v, err
}

func (w *watched) Account(ctx context.Context, id string) (*store.Account, error) {
	return wrap(ctx, w, "Account", func() (*store.Account, error) { return w.Store.Account(ctx, id) })
}

func (w *watched) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	return wrap(ctx, w, "AccountByIdentifier", func() (*store.Account, error) {
		return w.Store.AccountByIdentifier(ctx, kind, value)
	})
}

func (w *watched) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	var a *store.Account
	p, err := wrap(ctx, w, "Proof", func() (p *store.Proof, err error) {
		p, a, err = w.Store.Proof(ctx, id)
		return p, err
	})
	if p == nil {
		a = nil
	}
	return p, a, err
}

func (w *watched) Apply(ctx context.Context, change store.Change) error {
	_, err := wrap(ctx, w, "Apply", func() (struct{}, error) {
		err := w.Store.Apply(ctx, change)
		if err == nil && len(change.Proofs)+len(change.Accounts)+len(change.Notices) > 0 {
			w.mu.Lock()
			w.applied = append(w.applied, change)
			w.mu.Unlock()
		}
		return struct{}{}, err
	})
	return err
}

func (w *watched) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	return wrap(ctx, w, "Count", func() ([]int64, error) {
		w.mu.Lock()
		w.counters = append(w.counters, counters...)
		w.mu.Unlock()
		return w.Store.Count(ctx, counters)
	})
}

func (w *watched) Notices(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
	return wrap(ctx, w, "Notices", func() ([]store.Notice, error) { return w.Store.Notices(ctx, now, limit) })
}

// during returns the calls that f makes.
func (w *watched) during(f func()) []string {
	w.mu.Lock()
	from := len(w.calls)
	w.mu.Unlock()
	f()
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.calls[from:]...)
}

// meet holds the next n writes back until all of them are there, so that each
// rests on what was read before any was made.
func (w *watched) meet(n int) {
	var arrived atomic.Int64
	all := make(chan struct{})
	w.before = func(_ context.Context, call string) error {
		if call != "Apply" {
			return nil
		}
		switch k := arrived.Add(1); {
		case k < int64(n):
			<-all
		case k == int64(n):
			close(all)
		}
		return nil
	}
}

// writes is how many Changes took effect.
func (w *watched) writes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.applied)
}
