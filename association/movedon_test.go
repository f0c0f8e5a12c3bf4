package association_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ligature-auth/ligature/association"
)

// A sudo whose proof is noted in the account cannot be had any more where the account has
// moved on meanwhile: that is told at once, and not after every try.
func TestSudoByAppOfAnAccountThatMovedOn(t *testing.T) {
	l := newLab(t)
	l.member("ada", "email", "ada@example.com")
	c, _ := l.signIn("ada")
	e, err := l.svc.EnrolAuthenticator(t.Context(), c, association.EnrolRequest{SudoToken: l.sudo(c)})
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		shown, err := totp.GenerateCode(e.Secret.Reveal(), l.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return shown
	}
	if err := l.svc.ConfirmAuthenticator(t.Context(), c, code()); err != nil {
		t.Fatal(err)
	}
	l.clock.Advance(time.Minute)
	writes := 0
	l.spy.before = func(_ context.Context, call string) error {
		if call != "Apply" {
			return nil
		}
		if writes++; writes > 1 {
			return nil
		}
		return l.svc.EndSessions(t.Context(), c, association.EndSessionsRequest{KeepCurrent: true})
	}
	request := association.SudoRequest{AuthenticatorCode: code()}
	if _, err := l.svc.Sudo(t.Context(), c, request); !errors.Is(err, association.ErrBusy) {
		t.Errorf("got %v, want %v", err, association.ErrBusy)
	}
	if writes != 2 { // its own, and the one between
		t.Errorf("%d writes, want 2", writes)
	}
	if _, err := l.svc.Sudo(t.Context(), c, request); err != nil {
		t.Errorf("repeated: %v", err)
	}
}
