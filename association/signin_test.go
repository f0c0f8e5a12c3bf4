package association_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

func TestSignInByAnyIdentifierAndThePassword(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	for _, identifier := range []string{
		"ada", "ADA", " ada ", "ada@example.com", "Ada@EXAMPLE.com", phoneNumber, "+86 138-0000-0000", "13800000000",
	} {
		c, session := w.signIn(identifier)
		if session.Account != id || c.Actor.Account != id || !c.Actor.AuthenticatedAt.Equal(w.clock.Now()) || c.Actor.HostSession {
			t.Errorf("%q signs in as %+v", identifier, c.Actor)
		}
	}
	for _, tt := range []struct {
		name string
		r    association.SignInRequest
		want error
	}{
		{"wrong password", association.SignInRequest{Identifier: "ada", Password: "wrong"}, association.ErrInvalidPassword},
		{"the password's case", association.SignInRequest{Identifier: "ada", Password: "Correct horse"}, association.ErrInvalidPassword},
		{"a space more", association.SignInRequest{Identifier: "ada", Password: password + " "}, association.ErrInvalidPassword},
		{"a NUL more", association.SignInRequest{Identifier: "ada", Password: password + "\x00"}, association.ErrInvalidPassword},
		{"not text", association.SignInRequest{Identifier: "ada", Password: "\xff"}, association.ErrInvalidArgument},
		{"too long", association.SignInRequest{Identifier: "ada", Password: strings.Repeat("x", 257)}, association.ErrInvalidArgument},
		{"too long, for nobody", association.SignInRequest{Identifier: "nobody", Password: strings.Repeat("x", 257)}, association.ErrInvalidArgument},
		{"no such kind of identifier", association.SignInRequest{Identifier: "ada love", Password: password}, association.ErrInvalidPassword},
		{"a list", association.SignInRequest{Identifier: "ada@example.com,bob@example.com", Password: password}, association.ErrInvalidPassword},
		{"no password", association.SignInRequest{Identifier: "ada"}, association.ErrInvalidArgument},
		{"no identifier", association.SignInRequest{Password: password}, association.ErrInvalidArgument},
		{"nothing", association.SignInRequest{}, association.ErrInvalidArgument},
		{"a password beside no token", association.SignInRequest{
			Identifier: "ada", Password: password, VerificationToken: association.NewToken("x"),
		}, association.ErrInvalidProof},
	} {
		if _, err := w.svc.SignIn(t.Context(), device("d"), tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestEverySignInIsASessionOfItsOwn(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	_, first := w.signIn("ada")
	_, second := w.signIn("ada")
	if first.ID == second.ID || first.Access.Reveal() == second.Access.Reveal() || first.Refresh.Reveal() == second.Refresh.Reveal() {
		t.Error("two sign-ins share something")
	}
}

func TestR35_ASignInTokenIsOfItsAddressAndDevice(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	w.member("bob", "email", "bob@example.com")
	c := device("d")
	token := w.prove(c, "email", "ada@example.com")
	before := watch.writes()
	for _, tt := range []struct {
		name string
		c    association.Caller
		as   string
	}{
		{"another account's address", c, "bob@example.com"},
		{"another account's username", c, "bob"},
		{"another of the account's own", c, phoneNumber},
		{"the account's username", c, "ada"},
		{"an address of nobody", c, "nobody@example.com"},
		{"no address", c, "ada@"},
		{"another device", device("other"), "ada@example.com"},
		{"another device, no address", device("other"), ""},
		{"a nameless device", association.Caller{}, ""},
	} {
		_, err := w.svc.SignIn(t.Context(), tt.c, association.SignInRequest{Identifier: tt.as, VerificationToken: token})
		if !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%s: %v, want ErrInvalidProof", tt.name, err)
		}
	}
	if watch.writes() != before {
		t.Error("something changed")
	}
	session, err := w.svc.SignIn(t.Context(), c, association.SignInRequest{Identifier: " Ada@Example.com", VerificationToken: token})
	if err != nil || session.Account != id {
		t.Errorf("with its own: %q, %v", session.Account, err)
	}
	if _, err := w.svc.SignIn(t.Context(), c, association.SignInRequest{VerificationToken: token}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("once more: %v, want ErrInvalidProof", err)
	}
}

func TestR36_ASignInTokenLivesTenMinutes(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	early, late := w.prove(device("d"), "email", "ada@example.com"), w.prove(device("d"), "phone", phoneNumber)
	w.clock.Advance(10*time.Minute - time.Microsecond)
	if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: early}); err != nil {
		t.Errorf("a microsecond early: %v", err)
	}
	w.clock.Advance(time.Microsecond)
	if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: late}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("at ten minutes: %v, want ErrInvalidProof", err)
	}
}

func TestAFreeAddressIsNotRegisteredAndItsTokenServesToSignUp(t *testing.T) {
	w, watch := watchedWorld(t)
	c := device("d")
	token := w.prove(c, "email", "new@example.com")
	before := watch.writes()
	for range 2 {
		if _, err := w.svc.SignIn(t.Context(), c, association.SignInRequest{VerificationToken: token}); !errors.Is(err, association.ErrNotRegistered) {
			t.Errorf("sign-in: %v, want ErrNotRegistered", err)
		}
	}
	if watch.writes() != before {
		t.Error("something changed")
	}
	session, err := w.svc.SignUp(t.Context(), c, association.SignUpRequest{VerificationToken: token})
	if err != nil || w.bound(session.Account)["email"] != "new@example.com" {
		t.Errorf("sign-up: %v", err)
	}
}

func TestR23_OneSignInTokenOpensOneSession(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada", "email", "ada@example.com")
	token := w.prove(device("d"), "email", "ada@example.com")
	before, opened := watch.writes(), 0
	for _, err := range dbproof.Together(64, func(int) error {
		_, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: token})
		return err
	}) {
		if err == nil {
			opened++
		} else if !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("a loser got %v, want ErrInvalidProof", err)
		}
	}
	if opened != 1 || watch.writes() != before+1 {
		t.Errorf("%d sessions, %d writes, want 1 and 1", opened, watch.writes()-before)
	}
}
