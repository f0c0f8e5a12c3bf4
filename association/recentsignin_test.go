package association_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// recentSudo proves a caller without any factor by the sign-in.
func (w *world) recentSudo(c association.Caller) association.Token {
	w.t.Helper()
	g, err := w.svc.Sudo(w.t.Context(), c, association.SudoRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return g.Token
}

func TestARecentSignInIsSudoOnlyWhereThereIsNoFactor(t *testing.T) {
	host := &hostPasswords{of: map[string]string{"has one": "x"}}
	plain, _ := watchedWorld(t)
	verifying, _ := watchedWorld(t, func(c *association.Config) { c.Passwords = host })
	named := plain.imported("named", "")
	withEmail := plain.imported("with-email", "", "email", "a@example.com")
	withPhone := plain.imported("with-phone", "", "phone", phoneNumber)
	withPassword := plain.member("with-password")

	for _, tt := range []struct {
		name    string
		w       *world
		account string
		age     time.Duration
		want    error
	}{
		{"unknown to the store", plain, "new", 0, nil},
		{"a username proves nothing", plain, named, 0, nil},
		{"just young enough", plain, "new", 5*time.Minute - time.Microsecond, nil},
		{"five minutes", plain, "new", 5 * time.Minute, association.ErrSudoRequired},
		{"an hour", plain, "new", time.Hour, association.ErrSudoRequired},
		{"from the future", plain, "new", -time.Microsecond, association.ErrSudoRequired},
		{"email", plain, withEmail, 0, association.ErrSudoRequired},
		{"phone", plain, withPhone, 0, association.ErrSudoRequired},
		{"password", plain, withPassword, 0, association.ErrSudoRequired},
		{"a password of the host's", verifying, "has one", 0, association.ErrSudoRequired},
		{"no password of the host's", verifying, "has none", 0, nil},
	} {
		c := tt.w.hostCaller(tt.account, "s")
		c.Actor.AuthenticatedAt = tt.w.clock.Now().Add(-tt.age)
		if _, err := tt.w.svc.Sudo(t.Context(), c, association.SudoRequest{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	c := plain.hostCaller("new", "s")
	c.Actor.AuthenticatedAt = time.Time{}
	if _, err := plain.svc.Sudo(t.Context(), c, association.SudoRequest{}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("nobody says when: %v, want ErrSudoRequired", err)
	}
}

// The first address of an account that has nothing else: the way in, once.
func TestARecentSignInBindsTheFirstAddressAndNoSecond(t *testing.T) {
	w, _ := watchedWorld(t)
	c := w.hostCaller("user-1", "s")
	if err := w.bind(c, "email", "a@example.com", w.recentSudo(c), w.prove(c, "email", "a@example.com")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("with an address bound: %v, want ErrSudoRequired", err)
	}
	if _, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: w.prove(c, "email", "a@example.com")}); err != nil {
		t.Errorf("by that address: %v", err)
	}
}

// A session of ours says itself when it was opened.
func TestARecentSignInInASessionOfOurs(t *testing.T) {
	host := &hostPasswords{of: map[string]string{}}
	w, _ := watchedWorld(t, func(c *association.Config) { c.Passwords = host })
	id := w.imported("ada", "")
	host.of[id] = password
	c, session := w.signIn("ada")
	delete(host.of, id) // the host took the password away
	w.clock.Advance(5*time.Minute - time.Microsecond)
	if _, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{}); err != nil {
		t.Errorf("just young enough: %v", err)
	}
	next, err := w.svc.Refresh(t.Context(), device("d"), session.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Microsecond)
	if c.Actor, err = w.svc.Authenticate(t.Context(), next.Access); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("a refresh made the sign-in young again: %v", err)
	}
}

// A recent sign-in stands in for a factor where there is none. The first address
// is one: from then on the address vouches for its replacement, not the sign-in.
func TestARecentSignInReplacesNothing(t *testing.T) {
	w, _ := watchedWorld(t)
	c := w.hostCaller("ada", "s")
	grant := w.recentSudo(c)
	for kind, to := range map[string]string{"email": "ada@example.com", "phone": phoneNumber} {
		if err := w.bind(c, kind, to, grant, w.prove(c, kind, to)); err != nil {
			t.Fatalf("the first %s: %v", kind, err)
		}
	}
	proof := w.prove(c, "email", "next@example.com")
	if err := w.bind(c, "email", "next@example.com", grant, proof); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("replacing by a sign-in: %v, want ErrSudoRequired", err)
	}
	g, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: w.prove(c, "phone", phoneNumber)})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.bind(c, "email", "next@example.com", g.Token, proof); err != nil {
		t.Errorf("replacing by the phone: %v", err)
	}
}
