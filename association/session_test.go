package association_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

func (w *world) alive(access association.Token) bool {
	w.t.Helper()
	_, err := w.svc.Authenticate(w.t.Context(), access)
	if err != nil && !errors.Is(err, association.ErrUnauthenticated) {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestASessionTellsWhoAndSinceWhen(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada")
	c, session := w.signIn("ada")
	want := association.Actor{Account: id, Session: session.ID, AuthenticatedAt: w.clock.Now()}
	if c.Actor != want || session.Account != id {
		t.Errorf("got %+v, want %+v", c.Actor, want)
	}
	if !session.AccessExpires.Equal(w.clock.Now().Add(2*time.Hour)) || !session.Expires.Equal(w.clock.Now().Add(30*24*time.Hour)) {
		t.Errorf("expires at %v and %v", session.AccessExpires, session.Expires)
	}
	w.clock.Advance(time.Hour)
	next, err := w.refresh(session.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.svc.Authenticate(t.Context(), next.Access); err != nil || got != want {
		t.Errorf("after a refresh: %+v, %v, want %+v", got, err, want)
	}
	if got, err := w.svc.ResumeSession(t.Context(), w.nameOf(session)); err != nil || got != want {
		t.Errorf("by its ID: %+v, %v, want %+v", got, err, want)
	}
	if next.ID != session.ID || next.Access.Reveal() == session.Access.Reveal() || next.Refresh.Reveal() == session.Refresh.Reveal() {
		t.Error("the refresh made another session, or the same tokens")
	}
}

func TestAnAccessTokenExpires(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	_, session := w.signIn("ada")
	w.clock.Advance(2*time.Hour - time.Microsecond)
	if !w.alive(session.Access) {
		t.Error("dead a microsecond early")
	}
	w.clock.Advance(time.Microsecond)
	if w.alive(session.Access) {
		t.Error("alive at two hours")
	}
	if _, err := w.refresh(session.Refresh); err != nil {
		t.Errorf("the refresh token: %v", err)
	}
}

func TestASessionExpiresUnlessItIsRefreshed(t *testing.T) {
	const month = 30 * 24 * time.Hour
	w, _ := watchedWorld(t)
	w.member("ada")
	_, session := w.signIn("ada")
	name := w.nameOf(session)
	w.clock.Advance(month - time.Microsecond)
	next, err := w.refresh(session.Refresh)
	if err != nil {
		t.Fatalf("a microsecond early: %v", err)
	}
	w.clock.Advance(month)
	if _, err := w.refresh(next.Refresh); !errors.Is(err, association.ErrInvalidGrant) {
		t.Errorf("at thirty days: %v, want ErrInvalidGrant", err)
	}
	if _, err := w.svc.ResumeSession(t.Context(), name); !errors.Is(err, association.ErrUnauthenticated) {
		t.Errorf("by its ID: %v, want ErrUnauthenticated", err)
	}
}

func TestSignOutEndsAllOfASession(t *testing.T) {
	w, _ := watchedWorld(t)
	m := w.mint("ada")
	_, other := w.signIn("ada")
	if err := w.svc.SignOut(t.Context(), m.caller); err != nil {
		t.Fatal(err)
	}
	if w.alive(m.session.Access) {
		t.Error("the access token lives")
	}
	if _, err := w.refresh(m.session.Refresh); !errors.Is(err, association.ErrInvalidGrant) {
		t.Errorf("the refresh token: %v", err)
	}
	if _, err := w.svc.ResumeSession(t.Context(), m.name); !errors.Is(err, association.ErrUnauthenticated) {
		t.Errorf("its ID: %v", err)
	}
	if !w.alive(other.Access) {
		t.Error("the other session ended too")
	}
	if err := w.svc.SignOut(t.Context(), m.caller); err != nil {
		t.Errorf("once more: %v", err)
	}
	if err := w.svc.SignOut(t.Context(), w.hostCaller(m.session.Account, "s")); !errors.Is(err, association.ErrUnauthenticated) {
		t.Errorf("a session of the host's: %v, want ErrUnauthenticated", err)
	}
}

// Nobody, or somebody in a session that is not theirs or not alive, does nothing.
func TestWhoHasNoLiveSessionChangesNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		of   func(w *world, m minted) association.Actor
	}{
		{"nobody", func(*world, minted) association.Actor { return association.Actor{} }},
		{"no session", func(_ *world, m minted) association.Actor {
			return association.Actor{Account: m.session.Account, AuthenticatedAt: m.caller.Actor.AuthenticatedAt}
		}},
		{"no account", func(_ *world, m minted) association.Actor { return association.Actor{Session: m.session.ID} }},
		{"no session of the host's", func(w *world, m minted) association.Actor {
			return association.Actor{Account: m.session.Account, HostSession: true, AuthenticatedAt: w.clock.Now()}
		}},
		{"a session of nobody", func(_ *world, m minted) association.Actor {
			return association.Actor{Account: m.session.Account, Session: "AAAAAAAAAAAAAAAAAAAAAA", AuthenticatedAt: m.caller.Actor.AuthenticatedAt}
		}},
		{"a session of another account", func(w *world, m minted) association.Actor {
			w.member("bob")
			bob, _ := w.signIn("bob")
			return association.Actor{Account: m.session.Account, Session: bob.Actor.Session, AuthenticatedAt: m.caller.Actor.AuthenticatedAt}
		}},
		{"another account in this session", func(w *world, m minted) association.Actor {
			bob := w.member("bob")
			return association.Actor{Account: bob, Session: m.session.ID, AuthenticatedAt: m.caller.Actor.AuthenticatedAt}
		}},
		{"an ended session", func(w *world, m minted) association.Actor {
			if err := w.svc.SignOut(w.t.Context(), m.caller); err != nil {
				w.t.Fatal(err)
			}
			return m.caller.Actor
		}},
		{"an expired session", func(w *world, m minted) association.Actor {
			w.clock.Advance(30 * 24 * time.Hour)
			return m.caller.Actor
		}},
		{"a session of an older epoch", func(w *world, m minted) association.Actor {
			c, _ := w.signIn("ada")
			if err := w.bind(c, "email", "next@example.com", w.sudo(c), w.prove(c, "email", "next@example.com")); err != nil {
				w.t.Fatal(err)
			}
			return m.caller.Actor
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			m := w.mint("ada")
			c := m.caller
			c.Actor = tt.of(w, m)
			before := watch.writes()
			refused := func(what string, err error, want ...error) {
				t.Helper()
				if !isAny(err, want) {
					t.Errorf("%s: %v, want any of %v", what, err, want)
				}
				if watch.writes() != before {
					t.Errorf("%s: something changed", what)
				}
			}
			_, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{Password: password})
			refused("Sudo", err, association.ErrUnauthenticated)
			_, err = w.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: m.prove})
			refused("Sudo by a code", err, association.ErrUnauthenticated)
			// Which of the three proofs is missed first is no promise.
			dead := []error{association.ErrUnauthenticated, association.ErrSudoRequired, association.ErrInvalidProof}
			refused("Bind", w.bind(c, "phone", phoneNumber, m.sudo, m.bind), dead...)
			_, err = w.svc.Bind(t.Context(), c, association.BindRequest{Kind: "phone", To: phoneNumber, FromSession: true})
			refused("Bind from the session", err, dead...)
			refused("SetPassword", w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: m.sudo, Password: "another one"}), dead...)
			if c.Actor != (association.Actor{}) { // nobody asks for a code to sign in
				_, err = w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "more@example.com"})
				refused("Send", err, association.ErrUnauthenticated)
			}
			_, err = w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com", Target: association.TargetCurrentUser})
			refused("Send to the caller's own address", err, association.ErrUnauthenticated)
			if err := w.svc.SignOut(t.Context(), c); err != nil && !errors.Is(err, association.ErrUnauthenticated) {
				t.Errorf("SignOut: %v", err)
			}
			if c.Actor != m.caller.Actor && watch.writes() != before {
				t.Error("SignOut ended somebody else's session")
			}
		})
	}
}

func TestR09_ASessionEndsWhileItBinds(t *testing.T) {
	first := map[string]int{}
	for round := range 64 {
		w, _ := watchedWorld(t)
		id := w.member("ada")
		c, _ := w.signIn("ada")
		sudo, proof := w.sudo(c), w.prove(c, "phone", phoneNumber)
		errs := dbproof.Together(2, func(i int) error {
			if i == 0 {
				return w.svc.SignOut(context.WithoutCancel(t.Context()), c)
			}
			return w.bind(c, "phone", phoneNumber, sudo, proof)
		})
		if errs[0] != nil {
			t.Fatalf("round %d: sign-out: %v", round, errs[0])
		}
		if errs[1] == nil {
			first["bind"]++
		} else if !errors.Is(errs[1], association.ErrUnauthenticated) {
			t.Errorf("round %d: bind: %v, want ErrUnauthenticated", round, errs[1])
		}
		if has := w.bound(id)["phone"] != ""; has != (errs[1] == nil) {
			t.Errorf("round %d: bind said %v, and the account has a phone: %t", round, errs[1], has)
		}
	}
	t.Logf("the bind came first in %d of 64 rounds", first["bind"])
}
