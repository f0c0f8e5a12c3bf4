package association_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

func TestTheHostDisablesAndEnables(t *testing.T) {
	duties := &hostDuties{}
	w, watch := watchedWorld(t, duties.on)
	id := w.member("ada", "email", "ada@example.com")
	c, session := w.signIn("ada")
	sudo := w.sudo(c)
	w.clock.Advance(time.Second)
	told := func() string {
		return fmt.Sprintf("revoke %s except \"\" before %s", id, w.clock.Now().Format(time.RFC3339))
	}
	if err := w.svc.Disable(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := duties.since(); !slices.Equal(got, []string{told()}) {
		t.Errorf("the host was told %q", got)
	}
	before := watch.writes()
	if err := w.svc.Disable(t.Context(), id); err != nil || watch.writes() != before {
		t.Errorf("again: %v", err)
	}
	_, signIn := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada", Password: password})
	_, account := w.svc.Account(t.Context(), id)
	_, found := w.svc.Find(t.Context(), "ada@example.com")
	allRefused(t, association.ErrBlocked, map[string]error{"the password": signIn, "the account": account, "found": found})
	// Its address stays its own.
	other := w.hostCaller("other", "s")
	if err := w.bind(other, "email", "ada@example.com", w.recentSudo(other), w.prove(other, "email", "ada@example.com")); !errors.Is(err, association.ErrIdentifierTaken) {
		t.Errorf("its address for another: %v", err)
	}
	w.clock.Advance(time.Second)
	if err := w.svc.Enable(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := duties.since(); !slices.Equal(got, []string{told()}) {
		t.Errorf("enabled, the host was told %q", got)
	}
	// Nothing that was dead comes back.
	if w.alive(session.Access) {
		t.Error("a session of before lives again")
	}
	if err := w.setUsername(c, sudo, "lovelace"); !errors.Is(err, association.ErrUnauthenticated) {
		t.Errorf("its sudo: %v", err)
	}
	if !w.signsIn("ada", password) {
		t.Error("the password signs nobody in")
	}
	// To end sessions of a disabled one does not enable it.
	if err := errors.Join(w.svc.Disable(t.Context(), id), w.svc.EndAccountSessions(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Account(t.Context(), id); !errors.Is(err, association.ErrBlocked) {
		t.Errorf("it is enabled: %v", err)
	}
	// Of one that is not known yet the word is kept.
	if err := w.svc.Disable(t.Context(), "new"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Sudo(t.Context(), w.hostCaller("new", "s"), association.SudoRequest{}); !errors.Is(err, association.ErrBlocked) {
		t.Errorf("a user whom the host disabled before: %v", err)
	}
}

// What the host says can be part of a transaction of its own: done with it or not at
// all, and told to it by Deliver once it is done.
func TestTheHostsWordInItsOwnTransaction(t *testing.T) {
	for name, tt := range map[string]struct {
		say   func(svc *association.Service, h *hosted, id string) error
		event string
		owed  int
	}{
		"disable": {func(svc *association.Service, h *hosted, id string) error { return svc.Disable(h.t.Context(), id) }, "disable", 1},
		"end sessions": {func(svc *association.Service, h *hosted, id string) error {
			return svc.EndAccountSessions(h.t.Context(), id)
		}, "end_sessions", 1},
		"delete": {func(svc *association.Service, h *hosted, id string) error {
			return svc.DeleteAccount(h.t.Context(), id)
		}, "delete", 2},
	} {
		t.Run(name, func(t *testing.T) {
			duties := &hostDuties{}
			h := newHosted(t, duties.on)
			id := h.own("email", "ada@example.com")
			for _, end := range []error{errRollback, nil} {
				err := h.inTx(id, "ada@example.com", func(svc *association.Service) error {
					if err := tt.say(svc, h, id); err != nil {
						return err
					}
					if epoch := h.epoch(id); epoch != 0 {
						t.Errorf("outside, before the end, the epoch is %d", epoch)
					}
					return end
				})
				if !errors.Is(err, end) {
					t.Fatal(err)
				}
				want := map[bool]int{true: 1}[end == nil]
				if got := h.events(id)[tt.event]; got != want || h.epoch(id) != int64(want) {
					t.Errorf("%v: %d events, the epoch is %d", end, got, h.epoch(id))
				}
				if got := len(h.notices()); got != want*tt.owed {
					t.Errorf("%v: %d notices are owed", end, got)
				}
				if got := duties.since(); len(got) != 0 {
					t.Errorf("%v: the host was called: %q", end, got)
				}
			}
			h.settle()
			if got := duties.since(); len(got) != 1 {
				t.Errorf("Deliver called the host: %q", got)
			}
			if got := len(h.out.told()); got != tt.owed-1 {
				t.Errorf("%d notices went out", got)
			}
		})
	}
}

// Who is imported in one transaction with the host's own rows is imported with them.
func TestManyAreImportedInOneTransaction(t *testing.T) {
	h := newHosted(t)
	all := []association.ImportedAccount{{ID: "a", Identifiers: identifiers("email", "a@example.com")}, {ID: "b"}}
	for _, end := range []error{errRollback, nil} {
		err := h.inTx("a", "a@example.com", func(svc *association.Service) error {
			if n, err := svc.ImportAll(t.Context(), slices.Values(all), nil); err != nil || n != 2 {
				t.Errorf("%d, %v", n, err)
			}
			return end
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
		_, err = h.spy.Store.Account(t.Context(), "a")
		if (err == nil) != (end == nil) {
			t.Errorf("%v: %v", end, err)
		}
	}
}

func TestImportAllIsRunAgain(t *testing.T) {
	w, watch := watchedWorld(t)
	all := []association.ImportedAccount{
		{ID: "a", Name: "A", Identifiers: identifiers("email", "a@example.com"), PasswordHash: testHash()},
		{ID: "b", Identifiers: identifiers("email", "b@example.com", "username", "bee")},
		{ID: "c", Identifiers: identifiers("email", "A@example.com")}, // a's
		{Identifiers: identifiers("email", "d@example.com")},          // no ID
		{ID: "e", Identifiers: identifiers("email", "no address")},
		{ID: "f", PasswordHash: "$2a$10$x"},
		{ID: "g"},
	}
	want := map[string]error{
		"c": association.ErrIdentifierTaken, "": association.ErrInvalidArgument, "e": association.ErrInvalidArgument, "f": association.ErrInvalidArgument,
	}
	run := func() (int, map[string]error) {
		t.Helper()
		refused := map[string]error{}
		n, err := w.svc.ImportAll(t.Context(), slices.Values(all), func(in association.ImportedAccount, err error) { refused[in.ID] = err })
		if err != nil {
			t.Fatal(err)
		}
		if len(refused) != len(want) {
			t.Errorf("refused were %v", refused)
		}
		for id, err := range want {
			if !errors.Is(refused[id], err) {
				t.Errorf("%q: %v, want %v", id, refused[id], err)
			}
		}
		return n, refused
	}
	if n, _ := run(); n != 3 {
		t.Errorf("%d were imported, want 3", n)
	}
	before := watch.writes()
	if n, _ := run(); n != 0 || watch.writes() != before {
		t.Errorf("again: %d were imported, %d writes", n, watch.writes()-before)
	}
	// What has changed since is not undone, and what was deleted does not come back.
	c := w.hostCaller("b", "s")
	if err := w.bind(c, "email", "new@example.com", w.sudoByCode(c, "email", "b@example.com"), w.prove(c, "email", "new@example.com")); err != nil {
		t.Fatal(err)
	}
	if err := w.svc.DeleteAccount(t.Context(), "g"); err != nil {
		t.Fatal(err)
	}
	if n, _ := run(); n != 0 {
		t.Errorf("after that %d were imported", n)
	}
	if got := w.bound("b"); got["email"] != "new@example.com" {
		t.Errorf("b has %v", got)
	}
	if _, err := w.svc.Account(t.Context(), "g"); !errors.Is(err, association.ErrBlocked) {
		t.Errorf("g came back: %v", err)
	}

	// Without somebody to tell, the first refusal ends it.
	fresh, _ := watchedWorld(t)
	n, err := fresh.svc.ImportAll(t.Context(), slices.Values(all), nil)
	if n != 2 || !errors.Is(err, association.ErrIdentifierTaken) {
		t.Errorf("%d, %v, want 2 and the refusal of the third", n, err)
	}
}

// A store that fails, or a context that ends, ends it, and nothing is told as refused.
func TestImportAllEndsWhereTheStoreDoes(t *testing.T) {
	for name, failure := range map[string]error{"broken": errors.New("broken"), "busy": store.ErrConflict} {
		w, watch := watchedWorld(t)
		n := 0
		watch.before = func(_ context.Context, call string) error {
			if call == "Apply" {
				if n++; n > 2 {
					return failure
				}
			}
			return nil
		}
		var asked int
		all := func() iter.Seq[association.ImportedAccount] {
			return func(yield func(association.ImportedAccount) bool) {
				for i := range 10 {
					asked++
					if !yield(association.ImportedAccount{ID: fmt.Sprint("user-", i)}) {
						return
					}
				}
			}
		}()
		imported, err := w.svc.ImportAll(t.Context(), all, func(in association.ImportedAccount, err error) {
			t.Errorf("%s: %s is told as refused: %v", name, in.ID, err)
		})
		want := association.ErrUnavailable
		if failure == store.ErrConflict {
			want = association.ErrBusy
		}
		if imported != 2 || asked != 3 || !errors.Is(err, want) {
			t.Errorf("%s: %d of %d, %v, want 2 of 3 and %v", name, imported, asked, err, want)
		}
	}
}
