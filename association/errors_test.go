package association_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// Every sentinel is what some method refuses with, as the one thing that the
// error is.
func TestEverySentinelIsFoundByErrorsIs(t *testing.T) {
	ctx := t.Context()
	w, watch := watchedWorld(t)
	m := w.mint("ada")
	bobID := w.imported("bob", "", "email", "bob@example.com")
	bob := w.hostCaller(bobID, "s")
	limited := newWorld(t, func(c *association.Config) { c.Store, c.Now = w.store, w.clock.Now })
	free := w.prove(m.device, "phone", "+8613900000000")
	blocked := w.imported("blocked", "")
	a, err := w.store.Account(ctx, blocked)
	if err != nil {
		t.Fatal(err)
	}
	a.Status = 2
	if err := watch.Store.Apply(ctx, store.Change{Accounts: []store.Account{*a}}); err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		op   string
		want error
		call func() error
	}{
		{"send", association.ErrInvalidArgument, func() error {
			_, err := w.svc.Send(ctx, m.device, association.SendRequest{Kind: "email", To: "a"})
			return err
		}},
		{"verify", association.ErrInvalidProof, func() error {
			_, err := w.svc.Verify(ctx, m.caller, "x", "123456")
			return err
		}},
		{"sign in", association.ErrInvalidPassword, func() error {
			_, err := w.svc.SignIn(ctx, m.device, association.SignInRequest{Identifier: "ada", Password: "wrong"})
			return err
		}},
		{"sudo", association.ErrPasswordNotSet, func() error {
			_, err := w.svc.Sudo(ctx, bob, association.SudoRequest{Password: password})
			return err
		}},
		{"refresh", association.ErrInvalidGrant, func() error {
			_, err := w.svc.Refresh(ctx, m.device, association.Token{})
			return err
		}},
		{"authenticate", association.ErrUnauthenticated, func() error {
			_, err := w.svc.Authenticate(ctx, association.Token{})
			return err
		}},
		{"set password", association.ErrSudoRequired, func() error {
			return w.svc.SetPassword(ctx, m.caller, association.PasswordRequest{Password: "another one"})
		}},
		{"sign up", association.ErrPermissionDenied, func() error {
			closed := newWorld(t, func(c *association.Config) { c.Store, c.Now, c.Policy.AllowSignUp = w.store, w.clock.Now, false })
			_, err := closed.svc.SignUp(ctx, m.device, association.SignUpRequest{VerificationToken: free})
			return err
		}},
		{"bind", association.ErrSudoRequired, func() error {
			g, err := w.svc.Sudo(ctx, m.caller, association.SudoRequest{VerificationToken: m.prove})
			if err != nil {
				return err
			}
			return w.bind(m.caller, "email", "third@example.com", g.Token, w.prove(m.caller, "email", "third@example.com"))
		}},
		{"account", association.ErrBlocked, func() error {
			_, err := w.svc.Account(ctx, blocked)
			return err
		}},
		{"sign in", association.ErrNotRegistered, func() error {
			_, err := w.svc.SignIn(ctx, m.device, association.SignInRequest{VerificationToken: free})
			return err
		}},
		{"bind", association.ErrIdentifierTaken, func() error {
			return w.bind(m.caller, "email", "bob@example.com", w.sudo(m.caller), w.prove(m.caller, "email", "bob@example.com"))
		}},
		{"sign up", association.ErrUsernameTaken, func() error {
			_, err := w.svc.SignUp(ctx, m.device, association.SignUpRequest{VerificationToken: free, Username: "bob"})
			return err
		}},
		{"import", association.ErrAccountExists, func() error {
			_, err := w.svc.Import(ctx, association.ImportedAccount{ID: bobID})
			return err
		}},
		{"send", association.ErrRateLimited, func() error {
			r := association.SendRequest{Kind: "email", To: "often@example.com"}
			if _, err := limited.svc.Send(ctx, m.device, r); err != nil {
				return err
			}
			w.clock.Advance(15 * time.Second)
			_, err := limited.svc.Send(ctx, m.device, r)
			return err
		}},
		{"bind", association.ErrUnsupported, func() error { return w.bind(m.caller, "fax", "1", m.sudo, m.bind) }},
		{"sign out", association.ErrBusy, func() error {
			watch.before = func(_ context.Context, call string) error {
				if call == "Apply" {
					return store.ErrConflict
				}
				return nil
			}
			defer func() { watch.before = nil }()
			return w.svc.SignOut(ctx, m.caller)
		}},
		{"resume session", association.ErrUnavailable, func() error {
			watch.before = func(context.Context, string) error { return errors.New("the disk is full") }
			defer func() { watch.before = nil }()
			_, err := w.svc.ResumeSession(ctx, m.name)
			return err
		}},
		{"delete expired", association.ErrUnavailable, func() error {
			cfg := wholeConfig(t)
			cfg.Store = broken{cfg.Store}
			svc, err := association.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = svc.DeleteExpired(ctx, 1)
			return err
		}},
	} {
		err := tt.call()
		var got *association.Error
		if !errors.Is(err, tt.want) || !errors.As(err, &got) {
			t.Errorf("%s: %v, want %v", tt.op, err, tt.want)
			continue
		}
		if got.Op != tt.op || got.Err != tt.want { // the sentinel itself
			t.Errorf("%s: Op %q, Err %v, want %v", tt.op, got.Op, got.Err, tt.want)
		}
		if wait := got.RetryAfter; tt.want == association.ErrRateLimited && wait != 45*time.Second || tt.want != association.ErrRateLimited && wait != 0 {
			t.Errorf("%s: RetryAfter %v", tt.want, wait)
		}
		want := "association: " + tt.op + ": " + tt.want.Error()
		if got.Detail != "" {
			want += ": " + got.Detail
		}
		if err.Error() != want || strings.Contains(err.Error(), "disk") || strings.ContainsRune(err.Error(), '\n') {
			t.Errorf("reads %q, want %q", err, want)
		}
	}
}

// broken is a store that cannot delete.
type broken struct{ store.Store }

func (broken) DeleteExpired(context.Context, int64, int) (int, error) {
	return 0, errors.New("read-only file system")
}

// Who gives up is told that they gave up, not that we failed.
func TestAContextsErrorPassesThrough(t *testing.T) {
	w, watch := watchedWorld(t)
	m := w.mint("ada")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: late} {
		before := watch.writes()
		calls := map[string]func() error{
			"Send": func() error {
				_, err := w.svc.Send(ctx, m.device, association.SendRequest{Kind: "email", To: "a@example.com"})
				return err
			},
			"Verify": func() error {
				_, err := w.svc.Verify(ctx, m.caller, m.challenge.Reveal(), "123456")
				return err
			},
			"Sudo": func() error {
				_, err := w.svc.Sudo(ctx, m.caller, association.SudoRequest{Password: password})
				return err
			},
			"Bind": func() error {
				_, err := w.svc.Bind(ctx, m.caller, association.BindRequest{Kind: "phone", To: phoneNumber, SudoToken: m.sudo, VerificationToken: m.bind})
				return err
			},
			"SetPassword": func() error {
				return w.svc.SetPassword(ctx, m.caller, association.PasswordRequest{SudoToken: m.sudo, Password: "another one"})
			},
			"SignIn": func() error {
				_, err := w.svc.SignIn(ctx, m.device, association.SignInRequest{Identifier: "ada", Password: password})
				return err
			},
			"SignUp": func() error {
				_, err := w.svc.SignUp(ctx, m.device, association.SignUpRequest{VerificationToken: m.signIn})
				return err
			},
			"Refresh": func() error {
				_, err := w.svc.Refresh(ctx, m.device, m.session.Refresh)
				return err
			},
			"SignOut": func() error { return w.svc.SignOut(ctx, m.caller) },
			"Authenticate": func() error {
				_, err := w.svc.Authenticate(ctx, m.session.Access)
				return err
			},
			"ResumeSession": func() error {
				_, err := w.svc.ResumeSession(ctx, m.name)
				return err
			},
			"Account": func() error {
				_, err := w.svc.Account(ctx, m.session.Account)
				return err
			},
			"Import": func() error {
				_, err := w.svc.Import(ctx, association.ImportedAccount{})
				return err
			},
			"Deliver": func() error {
				_, err := w.svc.Deliver(ctx, 1)
				return err
			},
			"DeleteExpired": func() error {
				_, err := w.svc.DeleteExpired(ctx, 1)
				return err
			},
		}
		for name, call := range calls {
			err := call()
			var wrapped *association.Error
			if !errors.Is(err, want) || !errors.As(err, &wrapped) || errors.Is(err, association.ErrUnavailable) {
				t.Errorf("%s: %v, want %v", name, err, want)
			}
		}
		if watch.writes() != before {
			t.Errorf("%v: something was written", want)
		}
	}
}
