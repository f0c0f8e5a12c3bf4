package association_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

func (w *world) signUp(c association.Caller, r association.SignUpRequest) (association.Session, error) {
	return w.svc.SignUp(w.t.Context(), c, r)
}

func TestSignUpMakesAnAccount(t *testing.T) {
	w, watch := watchedWorld(t)
	c := device("d")
	token := w.prove(c, "email", "ada@example.com")
	before := watch.writes()
	session, err := w.signUp(c, association.SignUpRequest{
		VerificationToken: token, Kind: "email", To: "Ada@example.com", Username: "Ada", Password: password, Name: "Ada L.",
	})
	if err != nil {
		t.Fatal(err)
	}
	if watch.writes() != before+1 {
		t.Errorf("%d commits, want 1", watch.writes()-before)
	}
	account, err := w.svc.Account(t.Context(), session.Account)
	if err != nil || account.Name != "Ada L." || !account.HasPassword || !account.CreatedAt.Equal(w.clock.Now()) {
		t.Errorf("%+v, %v", account, err)
	}
	if got := w.bound(session.Account); len(got) != 2 || got["email"] != "ada@example.com" || got["username"] != "ada" {
		t.Errorf("bound: %v", got)
	}
	if !w.alive(session.Access) {
		t.Error("nobody is signed in")
	}
	if _, again := w.signIn("ada"); again.Account != session.Account {
		t.Error("the password is of another account")
	}
	if _, err := w.signUp(c, association.SignUpRequest{VerificationToken: token}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the token again: %v, want ErrInvalidProof", err)
	}
}

func TestSignUpWithAnAddressThatHasAnAccountSignsInAndIgnoresTheRest(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	w.member("bob")
	for _, r := range []association.SignUpRequest{
		{},
		{Username: "other", Password: "another password", Name: "Other"},
		{Username: "bob", Password: "x", Name: "\x00"}, // none of which would do
		{Kind: "email", To: "ada@example.com", Username: "no such name"},
	} {
		r.VerificationToken = w.prove(device("d"), "email", "ada@example.com")
		session, err := w.signUp(device("d"), r)
		if err != nil || session.Account != id {
			t.Errorf("%+v: %q, %v", r, session.Account, err)
		}
	}
	account, err := w.svc.Account(t.Context(), id)
	if err != nil || account.Name != "" || len(account.Associations) != 2 {
		t.Errorf("the account is now %+v, %v", account, err)
	}
	if _, session := w.signIn("ada"); session.Account != id {
		t.Error("the password changed")
	}
}

func TestSignUpRefusedKeepsTheToken(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("bob")
	c := device("d")
	token := w.prove(c, "email", "ada@example.com")
	before := watch.writes()
	for _, tt := range []struct {
		name string
		c    association.Caller
		r    association.SignUpRequest
		want error
	}{
		{"username taken", c, association.SignUpRequest{Username: "Bob"}, association.ErrUsernameTaken},
		{"username malformed", c, association.SignUpRequest{Username: "a@b"}, association.ErrInvalidArgument},
		{"password too short", c, association.SignUpRequest{Password: "1234567"}, association.ErrInvalidArgument},
		{"password too long", c, association.SignUpRequest{Password: strings.Repeat("x", 257)}, association.ErrInvalidArgument},
		{"name too long", c, association.SignUpRequest{Name: strings.Repeat("x", 129)}, association.ErrInvalidArgument},
		{"name with a newline", c, association.SignUpRequest{Name: "a\nb"}, association.ErrInvalidArgument},
		{"name with a bidi override", c, association.SignUpRequest{Name: "a\u202eb"}, association.ErrInvalidArgument},
		{"another address", c, association.SignUpRequest{Kind: "email", To: "eve@example.com"}, association.ErrInvalidProof},
		{"another kind", c, association.SignUpRequest{Kind: "phone", To: "ada@example.com"}, association.ErrInvalidProof},
		{"an unknown kind", c, association.SignUpRequest{Kind: "fax", To: "ada@example.com"}, association.ErrInvalidProof},
		{"an address and no kind", c, association.SignUpRequest{To: "ada@example.com"}, association.ErrInvalidProof},
		{"another device", device("other"), association.SignUpRequest{}, association.ErrInvalidProof},
	} {
		tt.r.VerificationToken = token
		if _, err := w.signUp(tt.c, tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if watch.writes() != before {
		t.Error("something changed")
	}
	if _, err := w.signUp(c, association.SignUpRequest{VerificationToken: token, Username: "ada"}); err != nil {
		t.Errorf("corrected: %v", err)
	}
}

// Whoever is refused anyway is refused before a password is hashed for them.
func TestSignUpHashesOnlyWhatItMayKeep(t *testing.T) {
	for _, tt := range []struct {
		name   string
		closed bool
		r      association.SignUpRequest
		want   error
	}{
		{"closed", true, association.SignUpRequest{Password: "x"}, association.ErrPermissionDenied},
		{"username taken", false, association.SignUpRequest{Password: password, Username: "bob"}, association.ErrUsernameTaken},
		{"name", false, association.SignUpRequest{Password: password, Name: "\x00"}, association.ErrInvalidArgument},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := watchedWorld(t)
			w.member("bob")
			tt.r.VerificationToken = w.prove(device("d"), "email", "ada@example.com")
			if tt.closed {
				w.svc = closed(w)
			}
			var err error
			if n := hashes(func() { _, err = w.signUp(device("d"), tt.r) }); n != 0 {
				t.Errorf("%d hashes, want none", n)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// closed is the same application with sign-up closed.
func closed(w *world) *association.Service {
	return newWorld(w.t, unlimited, func(c *association.Config) {
		c.Store, c.Now, c.Policy.AllowSignUp = w.store, w.clock.Now, false
	}).svc
}

func TestClosedSignUpLetsInWhoHasAnAccountAlone(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	stranger, own := w.prove(device("d"), "email", "new@example.com"), w.prove(device("d"), "email", "ada@example.com")
	open := w.svc
	w.svc = closed(w)
	before := watch.writes()
	if _, err := w.signUp(device("d"), association.SignUpRequest{VerificationToken: stranger}); !errors.Is(err, association.ErrPermissionDenied) {
		t.Errorf("a stranger: %v, want ErrPermissionDenied", err)
	}
	if watch.writes() != before {
		t.Error("something changed")
	}
	if session, err := w.signUp(device("d"), association.SignUpRequest{VerificationToken: own}); err != nil || session.Account != id {
		t.Errorf("who has an account: %q, %v", session.Account, err)
	}
	w.svc = open
	if _, err := w.signUp(device("d"), association.SignUpRequest{VerificationToken: stranger}); err != nil {
		t.Errorf("when it opens again: %v", err)
	}
}

func TestR23_ManySignUpsOfOneAddressMakeOneAccount(t *testing.T) {
	w, watch := watchedWorld(t)
	const n = 64
	tokens := make([]association.Token, n)
	for i := range n {
		tokens[i] = w.prove(device(fmt.Sprint(i)), "email", "ada@example.com")
	}
	sessions := make([]association.Session, n)
	if err := errors.Join(dbproof.Together(n, func(i int) (err error) {
		sessions[i], err = w.signUp(device(fmt.Sprint(i)), association.SignUpRequest{VerificationToken: tokens[i]})
		return err
	})...); err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, change := range watch.applied {
		made += len(change.Accounts)
	}
	if made != 1 {
		t.Errorf("%d accounts were made, want 1", made)
	}
	for _, s := range sessions {
		if s.Account != sessions[0].Account || !w.alive(s.Access) {
			t.Errorf("a session of %q that is alive: %t", s.Account, w.alive(s.Access))
		}
	}
}

func TestR48_ManySignUpsWithOneUsernameHaveOneWinner(t *testing.T) {
	w, _ := watchedWorld(t)
	const n = 16
	tokens := make([]association.Token, n)
	for i := range n {
		tokens[i] = w.prove(device(fmt.Sprint(i)), "email", fmt.Sprintf("user%d@example.com", i))
	}
	won, loser := 0, -1
	for i, err := range dbproof.Together(n, func(i int) error {
		_, err := w.signUp(device(fmt.Sprint(i)), association.SignUpRequest{VerificationToken: tokens[i], Username: "ada"})
		return err
	}) {
		if err == nil {
			won++
		} else if loser = i; !errors.Is(err, association.ErrUsernameTaken) {
			t.Errorf("a loser got %v, want ErrUsernameTaken", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won, want 1", won)
	}
	if _, err := w.signUp(device(fmt.Sprint(loser)), association.SignUpRequest{VerificationToken: tokens[loser]}); err != nil {
		t.Errorf("a loser without the username: %v", err)
	}
}

// What somebody begins an account with is theirs from the beginning: neither waits for
// the other.
func TestAPasswordChosenAtSignUpVouchesAtOnce(t *testing.T) {
	w, _ := watchedWorld(t)
	c := device("d")
	in, err := w.signUp(c, association.SignUpRequest{VerificationToken: w.prove(c, "email", "ada@example.com"), Password: password})
	if err != nil {
		t.Fatal(err)
	}
	c = w.as(c, in)
	if err := w.bind(c, "email", "ada@example.org", w.sudo(c), w.prove(c, "email", "ada@example.org")); err != nil {
		t.Errorf("the password replaces the email: %v", err)
	}
	if err := w.bind(c, "email", "ada@example.net", w.sudoByCode(c, "email", "ada@example.org"), w.prove(c, "email", "ada@example.net")); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("the email replaces itself, though there is the password: %v", err)
	}
}
