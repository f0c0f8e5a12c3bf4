package association_test

import (
	"errors"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// An account that may not act is refused wherever a token is used, not only
// where one is given out.
func TestR08_ADisabledAccountIsRefusedAtEveryUse(t *testing.T) {
	want := map[string]error{ // where it is not ErrBlocked
		"Verify": association.ErrInvalidProof, "Refresh": association.ErrInvalidGrant,
	}
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			m := w.mint("ada")
			status := func(status uint8) {
				a, err := w.store.Account(t.Context(), m.caller.Actor.Account)
				if err != nil {
					t.Fatal(err)
				}
				a.Status = status
				if err := watch.Store.Apply(t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
					t.Fatal(err)
				}
			}
			refused := want[e.name]
			if refused == nil {
				refused = association.ErrBlocked
			}
			for _, not := range []uint8{0, 2, 255} {
				status(not)
				before := watch.writes()
				if err := e.use(t, w, m, m.tokens()[e.takes]); !errors.Is(err, refused) {
					t.Errorf("status %d: %v, want %v", not, err, refused)
				}
				if watch.writes() != before {
					t.Errorf("status %d: something changed", not)
				}
			}
			status(1)
			if err := e.use(t, w, m, m.tokens()[e.takes]); err != nil {
				t.Errorf("enabled again: %v", err)
			}
		})
	}
	t.Run("without a token", func(t *testing.T) {
		w, watch := watchedWorld(t)
		m := w.mint("ada")
		a, err := w.store.Account(t.Context(), m.caller.Actor.Account)
		if err != nil {
			t.Fatal(err)
		}
		a.Status = 2
		if err := watch.Store.Apply(t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
			t.Fatal(err)
		}
		_, bySession := w.svc.ResumeSession(t.Context(), m.name)
		_, byPassword := w.svc.SignIn(t.Context(), m.device, association.SignInRequest{Identifier: "ada", Password: password})
		_, bySudo := w.svc.Sudo(t.Context(), m.caller, association.SudoRequest{Password: password})
		_, byCode := w.svc.Send(t.Context(), m.caller, association.SendRequest{Kind: "phone", To: phoneNumber})
		_, byGrant := w.svc.Bind(t.Context(), m.caller, association.BindRequest{Kind: "phone", To: phoneNumber, FromSession: true})
		for name, err := range map[string]error{
			"ResumeSession": bySession, "SignIn": byPassword, "Sudo": bySudo, "Send": byCode, "Bind from the session": byGrant,
		} {
			if !errors.Is(err, association.ErrBlocked) {
				t.Errorf("%s: %v, want ErrBlocked", name, err)
			}
		}
		if _, err := w.svc.SignIn(t.Context(), m.device, association.SignInRequest{Identifier: "ada", Password: "wrong"}); !errors.Is(err, association.ErrInvalidPassword) {
			t.Errorf("a wrong password tells that the account is disabled: %v", err)
		}
	})
}
