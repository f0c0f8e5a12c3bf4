package association_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// bound returns the values that the account has, by kind.
func (w *world) bound(account string) map[string]string {
	w.t.Helper()
	a, err := w.svc.Account(w.t.Context(), account)
	if err != nil {
		w.t.Fatal(err)
	}
	values := map[string]string{}
	for _, as := range a.Associations {
		values[as.Kind] = as.Value
	}
	return values
}

// signInByCode signs in by a code to the address and returns the caller.
func (w *world) signInByCode(name, kind, to string) (association.Caller, error) {
	w.t.Helper()
	c := device(name)
	session, err := w.svc.SignIn(w.t.Context(), c, association.SignInRequest{VerificationToken: w.prove(c, kind, to)})
	if err != nil {
		return c, err
	}
	c.Actor, err = w.svc.Authenticate(w.t.Context(), session.Access)
	return c, err
}

func TestBindMakesAnAddressASignInMethod(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada")
	c, _ := w.signIn("ada")
	got, err := w.svc.Bind(t.Context(), c, association.BindRequest{
		Kind: "email", To: " Ada@Example.COM", SudoToken: w.sudo(c), VerificationToken: w.prove(c, "email", "ada@EXAMPLE.com"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.ID == "" || got.Kind != "email" || got.Value != "ada@example.com" || !got.CreatedAt.Equal(w.clock.Now()) {
		t.Errorf("bound %+v", got)
	}
	account, err := w.svc.Account(t.Context(), id)
	if as, ok := account.Of("email"); err != nil || !ok || as != got {
		t.Errorf("the account has %+v, %v, want %+v", as, err, got)
	}
	if c, err := w.signInByCode("new phone", "email", "ada@example.com"); err != nil || c.Actor.Account != id {
		t.Errorf("sign-in by it: %q, %v", c.Actor.Account, err)
	}
	if _, s := w.signIn("ADA@example.com"); s.Account != id {
		t.Errorf("sign-in by it and the password: %q", s.Account)
	}
}

func TestR35_AVerificationTokenBindsItsOwnAddressInItsOwnSessionAlone(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada", "phone", "+8613900000000")
	w.member("bob")
	c, _ := w.signIn("ada")
	second, _ := w.signIn("ada")
	bob, _ := w.signIn("bob")
	sudo := map[string]association.Token{"ada": w.sudo(c), "second": w.sudo(second), "bob": w.sudo(bob)}
	proof := w.prove(c, "email", "a@example.com")
	otherProof := w.prove(c, "email", "b@example.com")
	forSudo := w.prove(c, "phone", "+8613900000000")
	forSignIn := w.prove(device("d"), "email", "a@example.com")
	forSignInSignedIn, err := w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "a@example.com", Target: association.TargetUser})
	if err != nil {
		t.Fatal(err)
	}
	last, _ := w.mail.Last("a@example.com")
	byTarget, err := w.svc.Verify(t.Context(), c, forSignInSignedIn.ID, last.Code)
	if err != nil {
		t.Fatal(err)
	}

	for _, tt := range []struct {
		name     string
		c        association.Caller
		sudo     string
		kind, to string
		token    association.Token
	}{
		{"another address", c, "ada", "email", "b@example.com", proof},
		{"the other way round", c, "ada", "email", "a@example.com", otherProof},
		{"a look-alike", c, "ada", "email", "a@examp1e.com", proof},
		{"a tagged address", c, "ada", "email", "a+x@example.com", proof},
		{"another kind", c, "ada", "phone", phoneNumber, proof},
		{"a username", c, "ada", "username", "a-example", proof},
		{"another session", second, "second", "email", "a@example.com", proof},
		{"another account", bob, "bob", "email", "a@example.com", proof},
		{"proved for sudo", c, "ada", "phone", "+8613900000000", forSudo},
		{"proved to sign in", c, "ada", "email", "a@example.com", forSignIn},
		{"proved to sign in, while signed in", c, "ada", "email", "a@example.com", byTarget.Token},
		{"nothing proved", c, "ada", "email", "a@example.com", association.Token{}},
	} {
		before := watch.writes()
		if err := w.bind(tt.c, tt.kind, tt.to, sudo[tt.sudo], tt.token); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%s: %v, want ErrInvalidProof", tt.name, err)
		}
		if watch.writes() != before {
			t.Errorf("%s: something changed", tt.name)
		}
	}
	for _, tt := range []struct {
		kind, to string
		want     error
	}{
		{"email", "a@example.com, b@example.com", association.ErrInvalidArgument},
		{"email", "", association.ErrInvalidArgument},
		{"fax", "a@example.com", association.ErrUnsupported},
		{"", "a@example.com", association.ErrUnsupported},
	} {
		if err := w.bind(c, tt.kind, tt.to, sudo["ada"], proof); !errors.Is(err, tt.want) {
			t.Errorf("%q %q: %v, want %v", tt.kind, tt.to, err, tt.want)
		}
	}
	if err := w.bind(c, "email", "A@Example.com", sudo["ada"], proof); err != nil {
		t.Errorf("the right one, after all that: %v", err)
	}
}

func TestR36_AVerificationTokenLivesTenMinutesAndOnce(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	c, _ := w.signIn("ada")
	id, code := w.code(c, "email", "a@example.com")
	g, err := w.svc.Verify(t.Context(), c, id, code)
	if err != nil {
		t.Fatal(err)
	}
	if want := w.clock.Now().Add(10 * time.Minute); !g.Expires.Equal(want) {
		t.Errorf("expires at %v, want %v", g.Expires, want)
	}
	late := w.prove(c, "phone", phoneNumber)
	w.clock.Advance(10*time.Minute - time.Microsecond)
	sudo := w.sudo(c)
	if err := w.bind(c, "email", "a@example.com", sudo, g.Token); err != nil {
		t.Errorf("a microsecond early: %v", err)
	}
	if err := w.bind(c, "email", "a@example.com", sudo, g.Token); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("again: %v, want ErrInvalidProof", err)
	}
	w.clock.Advance(time.Microsecond)
	if err := w.bind(c, "phone", phoneNumber, sudo, late); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("at ten minutes: %v, want ErrInvalidProof", err)
	}
	if _, err := w.svc.Bind(t.Context(), c, association.BindRequest{Kind: "phone", To: phoneNumber, FromSession: true}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("from the session at ten minutes: %v, want ErrInvalidProof", err)
	}
}

func TestR36_ASecondCodeEndsTheTokenOfTheFirst(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	c, _ := w.signIn("ada")
	first := w.prove(c, "email", "a@example.com")
	second := w.prove(c, "email", "a@example.com")
	sudo := w.sudo(c)
	if err := w.bind(c, "email", "a@example.com", sudo, first); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the first: %v, want ErrInvalidProof", err)
	}
	if err := w.bind(c, "email", "a@example.com", sudo, second); err != nil {
		t.Errorf("the second: %v", err)
	}
}

func TestR23_OneVerificationTokenBindsOnce(t *testing.T) {
	for round := range 4 {
		w, watch := watchedWorld(t)
		w.member("ada")
		c, _ := w.signIn("ada")
		sudo, proof := w.sudo(c), w.prove(c, "email", "a@example.com")
		before := watch.writes()
		won := 0
		for _, err := range dbproof.Together(64, func(int) error { return w.bind(c, "email", "a@example.com", sudo, proof) }) {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, association.ErrInvalidProof):
				t.Errorf("round %d: a loser got %v, want ErrInvalidProof", round, err)
			}
		}
		if won != 1 || watch.writes() != before+1 {
			t.Errorf("round %d: %d bound, %d writes, want 1 and 1", round, won, watch.writes()-before)
		}
	}
}
