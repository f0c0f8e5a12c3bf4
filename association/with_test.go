package association_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// noPasswords is for whoever must not ask for any.
type noPasswords struct{ association.PasswordVerifier }

// TestR22_NothingCountedOrToldIsInATransaction: what With returns does what a host may
// roll back, and refuses everything else before it touches anything. A method that
// is new is refused there, or has to be looked at and named here.
func TestR22_NothingCountedOrToldIsInATransaction(t *testing.T) {
	inside := []string{"Account", "Bind", "DeleteAccount", "Disable", "Enable", "EndAccountSessions", "Find", "Import", "ImportAll", "Now", "Unbind", "With"}
	cfg := wholeConfig(t)
	cfg.Store, cfg.Sender, cfg.Passwords = noStore{}, noSender{}, noPasswords{}
	svc, err := association.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	service := reflect.ValueOf(svc.With(noStore{}))
	refused := 0
	for i := range service.NumMethod() {
		m := service.Type().Method(i)
		if slices.Contains(inside, m.Name) {
			continue
		}
		refused++
		args := []reflect.Value{reflect.ValueOf(t.Context())}
		for j := 2; j < m.Type.NumIn(); j++ {
			args = append(args, reflect.Zero(m.Type.In(j)))
		}
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s touches the store, the sender or the host's passwords: %v", m.Name, r)
				}
			}()
			results := service.Method(i).Call(args)
			err, _ := results[len(results)-1].Interface().(error)
			var told *association.Error
			if !errors.Is(err, association.ErrUnsupported) || !errors.As(err, &told) || !strings.Contains(told.Detail, "transaction") {
				t.Errorf("%s: %v, want %v and why", m.Name, err, association.ErrUnsupported)
			}
			for _, result := range results[:len(results)-1] {
				if !result.IsZero() {
					t.Errorf("%s: refused, it returns a %v", m.Name, result.Type())
				}
			}
		}()
	}
	if refused+len(inside) != service.NumMethod() {
		t.Errorf("of %d methods %d refuse: one that is named here is gone", service.NumMethod(), refused)
	}
}

// conflicting is a store whose n-th Apply meets a conflict.
func conflicting(n int) func(context.Context, string) error {
	return func(_ context.Context, call string) error {
		if call == "Apply" {
			if n--; n == 0 {
				return store.ErrConflict
			}
		}
		return nil
	}
}

// A conflict inside a transaction is the host's to repeat: there a second look may
// see no more than the first.
func TestWithTellsAConflictAtOnce(t *testing.T) {
	for name, call := range map[string]func(l *lab, svc func() *association.Service) func() error{
		"bind": func(l *lab, svc func() *association.Service) func() error {
			c, r := l.replacing(l.own("email", "old@example.com"), "new@example.com")
			return func() error {
				_, err := svc().Bind(l.t.Context(), c, r)
				return err
			}
		},
		"import": func(l *lab, svc func() *association.Service) func() error {
			return func() error {
				_, err := svc().Import(l.t.Context(), association.ImportedAccount{ID: "ada"})
				return err
			}
		},
	} {
		for _, inTx := range []bool{false, true} {
			l := owing(t, 0)
			run := call(l, func() *association.Service {
				if inTx {
					return l.svc.With(l.spy)
				}
				return l.svc
			})
			before, tried := l.spy.writes(), 0
			conflict := conflicting(1)
			l.spy.before = func(ctx context.Context, call string) error {
				if call == "Apply" {
					tried++
				}
				return conflict(ctx, call)
			}
			want, tries := error(nil), 2
			if inTx {
				want, tries = association.ErrBusy, 1
			}
			err := run()
			if !errors.Is(err, want) || tried != tries {
				t.Errorf("%s, in a transaction %t: %v after %d tries, want %v after %d", name, inTx, err, tried, want, tries)
			}
			if !inTx {
				continue
			}
			if !strings.Contains(err.Error(), "roll back") || l.spy.writes() != before {
				t.Errorf("%s: %v, %d writes", name, err, l.spy.writes()-before)
			}
			if err := run(); err != nil {
				t.Errorf("%s, all of it again: %v", name, err)
			}
		}
	}
}

// The copy works by its store, the Service by its own.
func TestWithLeavesTheServiceAsItIs(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	inside := w.svc.With(other.store)
	id, err := inside.Import(t.Context(), association.ImportedAccount{ID: "ada", Name: "Ada"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		svc  *association.Service
		want string
	}{
		"the copy": {inside, "Ada"}, "a copy of the copy": {inside.With(w.store), ""}, "the service": {w.svc, ""}, "the other service": {other.svc, "Ada"},
	} {
		if a, err := tt.svc.Account(t.Context(), id); err != nil || a.Name != tt.want {
			t.Errorf("%s says %q, %v, want %q", name, a.Name, err, tt.want)
		}
	}
	w.clock.Advance(time.Hour)
	if now := inside.Now(); !now.Equal(w.clock.Now()) {
		t.Errorf("the copy's clock says %v", now)
	}
	if _, err := w.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "email", To: "ada@example.com"}); err != nil {
		t.Errorf("the service sends: %v", err)
	}
}

// Inside a host's transaction a read that the database gave up for the sake of others
// tells the host what a conflict does: to repeat the whole. Elsewhere nobody can.
func TestAReadGivenUpInATransactionIsBusy(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	watch.before = func(context.Context, string) error { return errors.Join(store.ErrConflict, errors.New("40001")) }
	for want, svc := range map[error]*association.Service{association.ErrBusy: w.svc.With(watch), association.ErrUnavailable: w.svc} {
		if _, err := svc.Account(t.Context(), id); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}
