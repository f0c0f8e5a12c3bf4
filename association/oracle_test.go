package association_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// fullOfCounters can tell what it has counted, and count nothing more.
type fullOfCounters struct {
	store.Store
	full bool
}

func (s *fullOfCounters) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	for _, c := range counters {
		if s.full && c.N > 0 {
			return nil, errors.New("full")
		}
	}
	return s.Store.Count(ctx, counters)
}

// TestR30_AStoreThatCannotCountTellsNothing: where a guess cannot be counted, the
// right one is answered as the wrong one, and neither is good for anything.
func TestR30_AStoreThatCannotCountTellsNothing(t *testing.T) {
	var full *fullOfCounters
	w := newWorld(t, func(c *association.Config) {
		full = &fullOfCounters{Store: c.Store}
		c.Store = full
	})
	account := w.member("ada", "email", "ada@example.com")
	c, _ := w.signIn("ada")
	id, code := w.code(device("d"), "email", "ada@example.com")
	full.full = true
	for name, try := range map[string]func(right bool) error{
		"verify": func(right bool) error {
			guess := code
			if !right {
				guess = wrong(code)
			}
			_, err := w.svc.Verify(t.Context(), device("d"), id, guess)
			return err
		},
		"sign in": func(right bool) error {
			_, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada", Password: guessed(right)})
			return err
		},
		"sudo": func(right bool) error {
			_, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{Password: guessed(right)})
			return err
		},
	} {
		for range 2 {
			for _, right := range []bool{false, true} {
				if err := try(right); !errors.Is(err, association.ErrUnavailable) {
					t.Errorf("%s, right %t: %v, want ErrUnavailable", name, right, err)
				}
			}
		}
	}
	full.full = false
	if _, err := w.svc.Verify(t.Context(), device("d"), id, code); err != nil {
		t.Errorf("when it counts again: %v", err)
	}
	if w.epoch(account) != 0 {
		t.Error("something changed the account")
	}
}

func guessed(right bool) string {
	if right {
		return password
	}
	return "wrong horse"
}

// TestPasswordsPerIP: whoever tries passwords for many accounts is stopped by
// their own budget, before it makes counters of anybody else's.
func TestPasswordsPerIP(t *testing.T) {
	w := newWorld(t, func(c *association.Config) {
		c.Policy.Budgets.PasswordsPerIP = association.Limit{N: 2, Per: time.Hour}
	})
	w.member("ada")
	for range 2 {
		if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "nobody", Password: "wrong horse"}); !errors.Is(err, association.ErrInvalidPassword) {
			t.Fatal(err)
		}
	}
	_, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada", Password: password})
	var refused *association.Error
	if !errors.Is(err, association.ErrRateLimited) || !errors.As(err, &refused) || refused.RetryAfter <= 0 {
		t.Errorf("the third: %v, want ErrRateLimited with RetryAfter", err)
	}
	c := device("d")
	c.IP = netip.MustParseAddr("203.0.113.9")
	if _, err := w.svc.SignIn(t.Context(), c, association.SignInRequest{Identifier: "ada", Password: password}); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

// TestSettingPasswordsIsBudgeted: hashing costs the same whether a password is
// judged or set.
func TestSettingPasswordsIsBudgeted(t *testing.T) {
	w := newWorld(t, func(c *association.Config) {
		c.Policy.Budgets.PasswordsPerIP = association.Limit{N: 3, Per: time.Hour}
	})
	w.member("ada")
	c, _ := w.signIn("ada")
	sudo := w.sudo(c)
	set := func() error {
		return w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: sudo, Password: "another horse"})
	}
	if err := set(); err != nil {
		t.Fatal(err)
	}
	if err := set(); !errors.Is(err, association.ErrRateLimited) {
		t.Errorf("the fourth password: %v, want ErrRateLimited", err)
	}
}

// TestAUsernameIsLearntByTakingIt: a sign-up that is refused whatever its username
// tells nothing of the username.
func TestAUsernameIsLearntByTakingIt(t *testing.T) {
	w := newWorld(t)
	w.member("ada")
	c := device("d")
	proof := w.prove(c, "email", "new@example.com")
	for _, name := range []string{"ada", "free-name"} {
		_, err := w.svc.SignUp(t.Context(), c, association.SignUpRequest{VerificationToken: proof, Username: name, Password: "x"})
		if !errors.Is(err, association.ErrInvalidArgument) {
			t.Errorf("%s: %v, want ErrInvalidArgument", name, err)
		}
	}
}
