package association_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/ligature-auth/ligature/association"
)

// quickHash makes a hash that costs next to nothing to judge.
func quickHash(password string) string {
	salt := []byte(rand.Text())[:16]
	key := argon2.IDKey([]byte(password), salt, 1, 64, 1, 32)
	text := base64.RawStdEncoding.EncodeToString
	return "$argon2id$v=19$m=64,t=1,p=1$" + text(salt) + "$" + text(key)
}

var testHash = sync.OnceValue(func() string { return quickHash(password) })

// member is account with a password that is quick to judge.
func (w *world) member(name string, identifiers ...string) string {
	w.t.Helper()
	return w.imported(name, testHash(), identifiers...)
}

// imported makes an account with a username and this hash, which may be empty.
func (w *world) imported(name, hash string, identifiers ...string) string {
	w.t.Helper()
	in := association.ImportedAccount{PasswordHash: hash}
	in.Identifiers = append(in.Identifiers, association.ImportedIdentifier{Kind: "username", Value: name})
	for i := 0; i < len(identifiers); i += 2 {
		in.Identifiers = append(in.Identifiers, association.ImportedIdentifier{Kind: identifiers[i], Value: identifiers[i+1]})
	}
	id, err := w.svc.Import(w.t.Context(), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestR06_SignInAndSudoShareOneCountOfWrongPasswords(t *testing.T) {
	w := newWorld(t)
	w.member("ada")
	c, _ := w.signIn("ada")
	signIn := func(password string) error {
		_, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada", Password: password})
		return err
	}
	sudo := func(password string) error {
		_, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{Password: password})
		return err
	}

	wrongSignIn, wrongSudo := signIn("wrong"), sudo("wrong")
	for i, err := range []error{wrongSignIn, wrongSudo, signIn("wrong"), sudo("wrong")} {
		if !errors.Is(err, association.ErrInvalidPassword) {
			t.Fatalf("wrong password %d: %v, want ErrInvalidPassword", i+1, err)
		}
	}
	if err := sudo(password); err != nil {
		t.Fatalf("the right password after four wrong ones: %v", err)
	}
	// A success in between clears nothing (R28), so this is the fifth.
	if err := signIn("wrong"); !errors.Is(err, association.ErrInvalidPassword) {
		t.Fatal(err)
	}
	for range 3 {
		if err := sudo(password); err == nil || err.Error() != wrongSudo.Error() {
			t.Errorf("sudo with the right password while locked: %v, want %v", err, wrongSudo)
		}
		if err := signIn(password); err == nil || err.Error() != wrongSignIn.Error() {
			t.Errorf("sign-in with the right password while locked: %v, want %v", err, wrongSignIn)
		}
	}
	w.clock.Advance(15*time.Minute - time.Microsecond)
	if err := signIn(password); err == nil {
		t.Error("the lock was gone before its window was")
	}
	w.clock.Advance(time.Microsecond)
	if err := errors.Join(signIn(password), sudo(password)); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestR06_OneAccountsLockIsNobodyElses(t *testing.T) {
	w := newWorld(t)
	w.member("ada", "email", "ada@example.com")
	w.member("bob")
	try := func(identifier, password string) error {
		_, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: identifier, Password: password})
		return err
	}
	for range 5 {
		_ = try("ada", "wrong")
	}
	if err := try("Ada@Example.com", password); !errors.Is(err, association.ErrInvalidPassword) {
		t.Errorf("by another identifier of the locked account: %v", err)
	}
	if err := try("bob", password); err != nil {
		t.Errorf("another account: %v", err)
	}
	// The lock is of the password: a code still signs in (R27).
	if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{
		VerificationToken: w.prove(device("d"), "email", "ada@example.com"),
	}); err != nil {
		t.Errorf("by a code: %v", err)
	}
}

// hashes counts the passwords that f hashes, by the 19 MiB that each one takes.
func hashes(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int((after.TotalAlloc - before.TotalAlloc) / (19 << 20))
}

// Whoever guesses learns nothing of which identifiers exist: not by the answer,
// not by when the lock falls, not by the work that was done.
func TestR55_R56_TheUnknownIsRefusedAndCostsAsTheKnown(t *testing.T) {
	watch := &watched{}
	w := newWorld(t, func(c *association.Config) {
		watch.Store, c.Store = c.Store, watch
		c.Policy.Budgets.WrongPasswords = association.Limit{N: 1, Per: time.Hour}
	})
	w.account("known")
	w.imported("passwordless", "")

	type observed struct {
		err    string
		calls  string
		hashes int
	}
	observe := func(identifier string) []observed {
		var all []observed
		for range 2 { // the second one is locked out
			var err error
			var calls []string
			n := hashes(func() {
				calls = watch.during(func() {
					_, err = w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: identifier, Password: "wrong one"})
				})
			})
			if !errors.Is(err, association.ErrInvalidPassword) {
				t.Fatalf("%s: %v", identifier, err)
			}
			all = append(all, observed{err.Error(), strings.Join(calls, " "), n})
		}
		return all
	}
	known := observe("known")
	if known[0].hashes != 1 {
		t.Errorf("a wrong password cost %d hashes, want 1", known[0].hashes)
	}
	for _, other := range []string{"unknown", "nobody@example.com", "passwordless"} {
		for i, got := range observe(other) {
			if got != known[i] {
				t.Errorf("try %d of %s:\n got %+v\nwant %+v", i+1, other, got, known[i])
			}
		}
	}
}

func TestSetPasswordHoldsTheRules(t *testing.T) {
	w := newWorld(t, func(c *association.Config) { c.Policy.UnsafeNoBudgets = true })
	w.member("ada")
	c, _ := w.signIn("ada")
	sudo := w.sudo(c)
	set := func(password string) error {
		return w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: sudo, Password: password})
	}
	signIn := func(password string) error {
		_, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada", Password: password})
		return err
	}
	for _, tt := range []struct{ name, password string }{
		{"empty", ""},
		{"seven bytes", "1234567"},
		{"257 bytes", strings.Repeat("x", 257)},
		{"not text", "\xff\xfe12345678"},
	} {
		if err := set(tt.password); !errors.Is(err, association.ErrInvalidArgument) {
			t.Errorf("%s: %v, want ErrInvalidArgument", tt.name, err)
		}
	}
	if err := signIn(password); err != nil {
		t.Errorf("the old password after refusals: %v", err)
	}

	// The whole of it counts, and its two Unicode spellings are one.
	long := strings.Repeat("x", 253) + "\u00e9"
	if err := set(long); err != nil {
		t.Fatalf("255 bytes: %v", err)
	}
	if err := signIn(strings.Repeat("x", 253) + "e\u0301"); err != nil {
		t.Errorf("the decomposed spelling: %v", err)
	}
	for name, other := range map[string]string{"the old one": password, "its first 72 bytes": long[:72], "one byte less": long[:252]} {
		if err := signIn(other); !errors.Is(err, association.ErrInvalidPassword) {
			t.Errorf("%s: %v, want ErrInvalidPassword", name, err)
		}
	}
	account, err := w.svc.Account(t.Context(), c.Actor.Account)
	if err != nil || !account.HasPassword || !account.PasswordSetAt.Equal(w.clock.Now()) {
		t.Errorf("the account says %+v, %v", account, err)
	}
}

func TestR01_SettingAPasswordNeedsSudo(t *testing.T) {
	w := newWorld(t)
	w.member("ada")
	c, session := w.signIn("ada")
	for name, token := range map[string]association.Token{
		"none": {}, "access": session.Access, "refresh": session.Refresh, "garbage": association.NewToken("lgs1_x.y"),
	} {
		err := w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: token, Password: "another one"})
		if !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("%s: %v, want ErrSudoRequired", name, err)
		}
	}
	if _, again := w.signIn("ada"); again.Account != session.Account {
		t.Error("the password changed")
	}
}
