package association_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

func (w *world) setUsername(c association.Caller, sudo association.Token, name string) error {
	return w.svc.SetUsername(w.t.Context(), c, association.UsernameRequest{Username: name, SudoToken: sudo})
}

func TestAUsernameIsChosenOnce(t *testing.T) {
	for _, change := range []bool{false, true} {
		w, watch := watchedWorld(t, func(cfg *association.Config) { cfg.Policy.AllowUsernameChange = change })
		c, session := w.comeIn("email", "ada@example.com")
		other := w.hostCaller(session.Account, "s")
		sudo := w.sudoByCode(c, "email", "ada@example.com")
		before := watch.writes()
		allRefused(t, association.ErrSudoRequired, map[string]error{
			"without sudo": w.setUsername(c, association.Token{}, "ada"), "in another session": w.setUsername(other, sudo, "ada"),
		})
		allRefused(t, association.ErrInvalidArgument, map[string]error{
			"an address": w.setUsername(c, sudo, "ada@example.com"), "a number": w.setUsername(c, sudo, phoneNumber), "nothing": w.setUsername(c, sudo, ""),
		})
		if watch.writes() != before {
			t.Error("a refusal changed something")
		}
		if err := w.setUsername(c, sudo, "Ada"); err != nil {
			t.Fatal(err)
		}
		if got := w.bound(session.Account)["username"]; got != "ada" || w.epoch(session.Account) != 0 {
			t.Errorf("the username is %q, the epoch %d", got, w.epoch(session.Account))
		}
		if err := w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: sudo, Password: password}); err != nil {
			t.Fatal(err)
		}
		_, by := w.signIn("ADA")
		epoch := w.epoch(session.Account)

		for _, name := range []string{"lovelace", "ADA"} {
			err := w.setUsername(c, sudo, name)
			if name == "ADA" && !change { // the one it has: no change
				if err != nil {
					t.Errorf("its own name again: %v", err)
				}
				continue
			}
			if !change {
				allRefused(t, association.ErrPermissionDenied, map[string]error{name + " after it": err})
				continue
			}
			if err != nil {
				t.Fatalf("%s after it: %v", name, err)
			}
		}
		want, raised := "ada", int64(0)
		if change {
			raised = 2 // lovelace, and ada again
		}
		if got := w.bound(session.Account)["username"]; got != want || w.epoch(session.Account) != epoch+raised {
			t.Errorf("the username is %q, the epoch %d, was %d", got, w.epoch(session.Account), epoch)
		}
		if w.alive(by.Access) == change {
			t.Error("a change of username ends every other session, and its refusal none")
		}
		if change && w.signsIn("lovelace", password) {
			t.Error("the old name signs in")
		}
	}
}

func TestR49_AUsernameIsOfItsOwnNamespace(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("bob", "email", "bob@example.com", "phone", phoneNumber)
	c, session := w.comeIn("email", "ada@example.com")
	sudo := w.sudoByCode(c, "email", "ada@example.com")
	for _, text := range []string{"bob@example.com", phoneNumber, "13800000000", " bob ", "bob\x00", "b\u043eb"} {
		if err := w.setUsername(c, sudo, text); err == nil {
			t.Errorf("%q is a username", text)
		}
	}
	if err := w.setUsername(c, sudo, "Bob"); !errors.Is(err, association.ErrUsernameTaken) {
		t.Errorf("another's: %v, want ErrUsernameTaken", err)
	}
	if err := w.setUsername(c, sudo, "example.com"); err != nil && !errors.Is(err, association.ErrInvalidArgument) {
		t.Error(err)
	}
	// Whoever types bob's address or number means bob.
	for _, typed := range []string{"bob@example.com", phoneNumber, "bob"} {
		if a, err := w.svc.Find(t.Context(), typed); err != nil || a.ID == session.Account {
			t.Errorf("%q is %q, %v", typed, a.ID, err)
		}
	}
}

func TestOfManyWhoChooseOneUsernameOneHasIt(t *testing.T) {
	w, watch := watchedWorld(t)
	callers, sudo := make([]association.Caller, racers), make([]association.Token, racers)
	for i := range racers {
		callers[i] = w.hostCaller(fmt.Sprint("user-", i), "s")
		sudo[i] = w.recentSudo(callers[i])
	}
	watch.meet(racers)
	errs := dbproof.Together(racers, func(i int) error { return w.setUsername(callers[i], sudo[i], "ada") })
	winner := -1
	for i, err := range errs {
		if err != nil {
			refusedOrBusy(t, err, association.ErrUsernameTaken)
			if got := w.bound(callers[i].Actor.Account); len(got) != 0 {
				t.Errorf("a loser has %v", got)
			}
			continue
		}
		if winner >= 0 {
			t.Fatalf("both %d and %d have it", winner, i)
		}
		winner = i
	}
	if winner < 0 {
		t.Fatal("nobody has it")
	}
	if a, err := w.svc.Find(t.Context(), "ada"); err != nil || a.ID != callers[winner].Actor.Account {
		t.Errorf("%+v, %v", a, err)
	}
}

// Two calls of one account: it has one username in the end, whichever.
func TestOneAccountChoosesOneUsername(t *testing.T) {
	for range repetitions {
		w, watch := watchedWorld(t)
		a, b := w.hostCaller("ada", "one"), w.hostCaller("ada", "two")
		sudo := []association.Token{w.recentSudo(a), w.recentSudo(b)}
		watch.meet(2)
		errs := dbproof.Together(2, func(i int) error {
			return w.setUsername([]association.Caller{a, b}[i], sudo[i], []string{"ada", "lovelace"}[i])
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v, %v: want one", errs[0], errs[1])
		}
		account, err := w.svc.Account(t.Context(), "ada")
		if err != nil || len(account.Associations) != 1 {
			t.Errorf("%+v, %v", account, err)
		}
	}
}

func TestAUsernameIsRepeated(t *testing.T) {
	w, watch := watchedWorld(t, func(cfg *association.Config) { cfg.Policy.AllowUsernameChange = true })
	c, session := w.comeIn("email", "ada@example.com")
	sudo := w.sudoByCode(c, "email", "ada@example.com")
	c = named(c, "one")
	if err := w.setUsername(c, sudo, "ada"); err != nil {
		t.Fatal(err)
	}
	before := watch.writes()
	w.clock.Advance(time.Minute - time.Microsecond)
	if err := w.setUsername(c, sudo, "ada"); err != nil || watch.writes() != before {
		t.Errorf("the repeat: %v, %d writes", err, watch.writes()-before)
	}
	if err := w.setUsername(named(c, "two"), sudo, "lovelace"); err != nil || w.bound(session.Account)["username"] != "lovelace" {
		t.Errorf("another: %v", err)
	}
}

// Nor is another chosen once the first was removed.
func TestAUsernameThatWasRemovedWasChosen(t *testing.T) {
	for _, may := range []bool{false, true} {
		p := people(t, func(c *association.Config) { c.Policy.AllowUsernameChange = may }).person("ada", false, "password", "email")
		p.must("password", "remove username")
		want := association.ErrPermissionDenied
		if may {
			want = nil
		}
		if err := p.do("password", "name"); !errors.Is(err, want) {
			t.Errorf("changes allowed %t: %v, want %v", may, err, want)
		}
	}
}

// TestUsernamesPerIP: whether a name is taken is told a hundred times an hour, and by no
// other way.
func TestUsernamesPerIP(t *testing.T) {
	w := newWorld(t, func(c *association.Config) {
		c.Policy.Budgets.PasswordsPerIP = association.Limit{N: 20, Per: time.Hour}
	})
	w.member("ada")
	c := device("d")
	token := w.prove(c, "email", "eve@example.com")
	signUp := func(name, password string) error {
		_, err := w.signUp(c, association.SignUpRequest{VerificationToken: token, Username: name, Password: password})
		return err
	}
	for i := range 20 {
		if err := signUp("ada", "long enough"); !errors.Is(err, association.ErrUsernameTaken) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	// Beyond the passwords, taken and free are told alike.
	allRefused(t, association.ErrRateLimited, map[string]error{"taken": signUp("ada", "long enough"), "free": signUp("bob", "long enough")})
	for i := 20; i < 100; i++ {
		if err := signUp("ada", ""); !errors.Is(err, association.ErrUsernameTaken) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	allRefused(t, association.ErrRateLimited, map[string]error{"taken": signUp("ada", ""), "free": signUp("bob", "")})
}
