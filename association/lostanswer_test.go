package association_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestR22_ARepeatedWrongGuessIsOneGuess: a lost refusal costs one try, not two,
// and hides no other guess.
func TestR22_ARepeatedWrongGuessIsOneGuess(t *testing.T) {
	l := newLab(t, roomy)
	c := named(device("d"), "one")
	id, code := l.ask(c, "ada@example.com")
	l.guess(10, c, id, code)
	if r := l.record(id); r.Guesses != 1 {
		t.Errorf("one wrong guess ten times by one name: %+v, want it charged once", r)
	}
	another := wrong(code)
	another = another[:5] + string(rune('0'+(another[5]-'0'+1)%10))
	if _, err := l.svc.Verify(t.Context(), c, id, another); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("another wrong guess by the same name: got %v, want %v", err, association.ErrInvalidProof)
	}
	if r := l.record(id); r.Guesses != 2 {
		t.Errorf("another wrong guess by the same name: %+v, want it charged", r)
	}
	l.clock.Advance(time.Minute)
	if _, err := l.svc.Verify(t.Context(), c, id, another); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("a wrong guess, a minute later: got %v, want %v", err, association.ErrInvalidProof)
	}
	if r := l.record(id); r.Guesses != 3 {
		t.Errorf("a wrong guess by its name, a minute later: %+v, want it charged", r)
	}
	if _, err := l.svc.Verify(t.Context(), c, id, code); err != nil {
		t.Errorf("the right code by the name of wrong ones: %v", err)
	}
}

// TestR22_RepeatedWrongGuessesBurnOneOfTheBudget: nor is the repeat counted
// against the address.
func TestR22_RepeatedWrongGuessesBurnOneOfTheBudget(t *testing.T) {
	l := newLab(t, roomy)
	for i := range 7 { // 14 of 15, each ten times over
		c := device(fmt.Sprint(i))
		id, code := l.ask(c, "ada@example.com")
		for _, name := range []string{"one", "two"} {
			l.guess(10, named(c, name), id, code)
		}
	}
	l.token(device("d"), "email", "ada@example.com")
}

// TestR22_WrongGuessesRepeatedAtOnceAreOneGuess to the slot.
func TestR22_WrongGuessesRepeatedAtOnceAreOneGuess(t *testing.T) {
	l := newLab(t, roomy)
	c := named(device("d"), "one")
	id, code := l.ask(c, "ada@example.com")
	l.spy.meet(racers)
	together(racers, func(int) {
		_, err := l.svc.Verify(t.Context(), c, id, wrong(code))
		refusedOrBusy(t, err, association.ErrInvalidProof)
	})
	if r := l.record(id); r.Guesses != 1 {
		t.Errorf("one wrong guess, repeated at once: %+v, want it charged once", r)
	}
}

// TestAnAnswerKnowsNoOtherCode: who has the name of a call and not its code gets
// nothing.
func TestAnAnswerKnowsNoOtherCode(t *testing.T) {
	l := newLab(t)
	c := named(l.host("ada", "s"), "one")
	id, code := l.ask(c, "ada@example.com")
	if _, err := l.svc.Verify(t.Context(), c, id, code); err != nil {
		t.Fatal(err)
	}
	for _, guess := range []string{wrong(code), ""} {
		g, err := l.svc.Verify(t.Context(), c, id, guess)
		if !errors.Is(err, association.ErrInvalidProof) || !g.Token.IsZero() {
			t.Errorf("the answer to another code: got %v, want %v", err, association.ErrInvalidProof)
		}
	}
}

// TestRefreshRepeats: two tabs, or a lost answer, get one successor; whoever
// comes a minute later has kept a copy.
func TestRefreshRepeats(t *testing.T) {
	l := newLab(t, roomy)
	account := l.own("email", "ada@example.com")
	c := device("d")
	s, err := l.svc.SignIn(t.Context(), c, association.SignInRequest{VerificationToken: l.token(c, "email", "ada@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	answers := make([]string, racers)
	l.spy.meet(racers)
	together(racers, func(i int) {
		var err error
		if answers[i], err = tokens(l.svc.Refresh(t.Context(), c, s.Refresh)); err != nil {
			t.Errorf("refreshed at once: %v", err)
		}
	})
	for _, answer := range answers {
		if answer != answers[0] {
			t.Fatal("one refresh token has two successors")
		}
	}
	l.clock.Advance(time.Minute - time.Microsecond)
	next, err := l.svc.Refresh(t.Context(), c, s.Refresh)
	if again, _ := tokens(next, err); again != answers[0] {
		t.Errorf("refreshed again within a minute: got %q, %v, want the successor", again, err)
	}
	l.clock.Advance(time.Microsecond)
	for _, token := range []association.Token{s.Refresh, next.Refresh} {
		if _, err := l.svc.Refresh(t.Context(), c, token); !errors.Is(err, association.ErrInvalidGrant) {
			t.Errorf("an old token, and its successor thereafter: got %v, want %v", err, association.ErrInvalidGrant)
		}
	}
	if got := l.events(account)["refresh_token_reuse"]; got != 1 {
		t.Errorf("%d events of reuse, want 1", got)
	}
}

// TestSetPasswordRepeats: once, however often it is repeated.
func TestSetPasswordRepeats(t *testing.T) {
	l := newLab(t, roomy)
	account := l.own("email", "ada@example.com")
	c := l.host(account, "s")
	sudo, err := l.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: l.token(c, "email", "ada@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	c = named(c, "one")
	set := func(password string) error {
		return l.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: sudo.Token, Password: password})
	}
	l.spy.meet(2)
	together(2, func(int) {
		if err := set(password); err != nil {
			t.Errorf("at once: %v", err)
		}
	})
	if err := set(password); err != nil {
		t.Errorf("repeated: %v", err)
	}
	if a, err := l.store.Account(t.Context(), account); err != nil || a.Epoch != 1 || l.events(account)["set_password"] != 1 {
		t.Errorf("a password set once, and repeated: %+v, %v, %v", a, err, l.events(account))
	}
	// Another password is another call, whatever it is called: a success means
	// that it is set.
	if err := set("another horse"); err == nil {
		if _, err := l.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada@example.com", Password: "another horse"}); err != nil {
			t.Errorf("a password was said to be set: signing in by it: %v", err)
		}
	}
}

// TestR30_EveryCallSurvivesItsStore breaks each call to the store that a method
// makes: the method refuses, and its repeat has the one effect it should have.
func TestR30_EveryCallSurvivesItsStore(t *testing.T) {
	for _, r := range repeatables() {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/after the work %t", r.name, after), func(t *testing.T) {
				whole := newRepeatLab(t)
				c, account, call := r.arrange(whole)
				var err error
				calls := whole.spy.during(func() { _, err = call(named(c, "one")) })
				if err != nil {
					t.Fatal(err)
				}
				want := whole.footprint(account)
				for k := range calls {
					l := newRepeatLab(t)
					c, account, call := r.arrange(l)
					made := 0
					hook := func(context.Context, string) error {
						if made++; made == k+1 {
							return errors.New("the store is broken")
						}
						return nil
					}
					if after {
						l.spy.after = hook
					} else {
						l.spy.before = hook
					}
					if _, err := call(named(c, "one")); !errors.Is(err, association.ErrUnavailable) {
						t.Errorf("call %d (%s) fails: got %v, want %v", k+1, calls[k], err, association.ErrUnavailable)
					}
					if _, err := call(named(c, "one")); err != nil {
						t.Errorf("call %d (%s) failed: repeated: %v", k+1, calls[k], err)
					}
					if got := l.footprint(account); got != want {
						t.Errorf("call %d (%s) failed: in the end %s, want %s", k+1, calls[k], got, want)
					}
				}
			})
		}
	}
}
