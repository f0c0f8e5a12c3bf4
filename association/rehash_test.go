package association_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

const madeHere = "$argon2id$v=19$m=19456,t=2,p=1$"

// anew has imported hashes made anew, which other tests have no time for.
func anew(c *association.Config) { c.Policy.KeepImportedHashes = false }

// kept is how an account's password is kept.
type kept struct {
	Hash    string
	SetAt   int64
	AsTyped bool
}

func (w *world) kept(account string) (k kept, a *store.Account) {
	w.t.Helper()
	a, err := w.store.Account(w.t.Context(), account)
	if err != nil {
		w.t.Fatal(err)
	}
	var d struct{ Password kept }
	if err := json.Unmarshal(a.Data, &d); err != nil {
		w.t.Fatal(err)
	}
	return d.Password, a
}

// keep writes an account's password hash behind the Service's back.
func (w *world) keep(account, hash string) {
	w.t.Helper()
	k, a := w.kept(account)
	a.Data = bytes.Replace(a.Data, []byte(k.Hash), []byte(hash), 1)
	if err := w.store.Apply(w.t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
		w.t.Fatal(err)
	}
}

// by signs in, or proves an account whose session the host keeps.
func (w *world) by(how, account, name, password string) error {
	w.t.Helper()
	if how == "sudo" {
		_, err := w.svc.Sudo(w.t.Context(), w.hostCaller(account, "s"), association.SudoRequest{Password: password})
		return err
	}
	_, err := w.svc.SignIn(w.t.Context(), device("d"), association.SignInRequest{Identifier: name, Password: password})
	return err
}

// An imported hash is good until the first right password, and is then one of our
// own; nothing else changes.
func TestImportedHashesAreMadeAnew(t *testing.T) {
	for _, how := range []string{"sign in", "sudo"} {
		for _, k := range append(quickHashes, known{"our own, of another program", password, madeHere + "c2FsdHNhbHRzYWx0c2FsdA$AdweBLwcflnNX2HVW8i1Mtu7frrn4Ki7h/rYSGuU7Is"}) {
			w, watch := watchedWorld(t, anew)
			id := w.imported("ada", k.hash)
			was, before := w.kept(id)
			if was.Hash != k.hash || !was.AsTyped {
				t.Fatalf("%s: imported as %+v", k.name, was)
			}
			w.clock.Advance(time.Hour)
			if err := w.by(how, id, "ada", "wrong horse"); !errors.Is(err, association.ErrInvalidPassword) {
				t.Errorf("%s, %s, wrong: %v", how, k.name, err)
			}
			if now, _ := w.kept(id); now != was {
				t.Errorf("%s, %s: a wrong password made %+v", how, k.name, now)
			}
			for i := range 2 {
				if err := w.by(how, id, "ada", k.password); err != nil {
					t.Errorf("%s %d, %s: %v", how, i+1, k.name, err)
				}
				now, after := w.kept(id)
				if !strings.HasPrefix(now.Hash, madeHere) || now.Hash == k.hash || now.AsTyped || now.SetAt != was.SetAt {
					t.Errorf("%s, %s: it is kept as %+v, and was as %+v", how, k.name, now, was)
				}
				if after.Version != before.Version+1 || after.Epoch != before.Epoch {
					t.Errorf("%s, %s: version %d and epoch %d, were %d and %d", how, k.name, after.Version, after.Epoch, before.Version, before.Epoch)
				}
			}
			if n := watch.writes(); n != 1+2+1 { // import, two grants or sessions, the hash
				t.Errorf("%s, %s: %d writes, want 4", how, k.name, n)
			}
			if err := w.by(how, id, "ada", "wrong horse"); !errors.Is(err, association.ErrInvalidPassword) {
				t.Errorf("%s, %s, wrong after all: %v", how, k.name, err)
			}
		}
	}
}

// What the host hashed it hashed as it was typed. Our own hash is of the one form that
// all spellings have.
func TestAnImportedHashIsOfThePasswordAsTyped(t *testing.T) {
	const composed, decomposed = "caf\u00e9 ole", "cafe\u0301 ole"
	w := newWorld(t, anew)
	id := w.imported("ada", quickHash(decomposed))
	for _, try := range []struct {
		password string
		want     error
	}{
		{composed, association.ErrInvalidPassword}, {decomposed, nil}, {composed, nil}, {decomposed, nil},
	} {
		if err := w.by("sign in", id, "ada", try.password); !errors.Is(err, try.want) {
			t.Errorf("%+q: %v, want %v", try.password, err, try.want)
		}
	}
}

func TestALongPasswordIsWrongForBcrypt(t *testing.T) {
	w := newWorld(t, anew)
	id := w.imported("ada", "$2b$04$saltsaltsaltsaltsaltsO0ZTUJGRQojW66/E0DG2EfK.7eVZaxxC")
	long := strings.Repeat("x", 72)
	for _, wrong := range []string{long + "x", long + long, long[:71]} {
		if err := w.by("sign in", id, "ada", wrong); !errors.Is(err, association.ErrInvalidPassword) {
			t.Errorf("%d bytes: %v", len(wrong), err)
		}
	}
	if err := w.by("sign in", id, "ada", long); err != nil {
		t.Error(err)
	}
	// It is no bcrypt any more, and the limit is gone.
	if err := w.by("sign in", id, "ada", long+"x"); !errors.Is(err, association.ErrInvalidPassword) {
		t.Error(err)
	}
}

// Whatever befalls the new hash, the sign-in is as good, and the next one makes it.
func TestAHashThatCannotBeMadeAnewIsLeftForTheNextTime(t *testing.T) {
	for name, hinder := range map[string]func(w *world, watch *watched, id string) (release func()){
		"a conflict": func(_ *world, watch *watched, _ string) func() {
			writes := 0
			watch.before = func(_ context.Context, call string) error {
				if call == "Apply" {
					if writes++; writes == 2 {
						return store.ErrConflict
					}
				}
				return nil
			}
			return func() {}
		},
		"a store that fails": func(_ *world, watch *watched, _ string) func() {
			writes := 0
			watch.before = func(_ context.Context, call string) error {
				if call == "Apply" {
					if writes++; writes == 2 {
						return errors.New("connection reset by peer")
					}
				}
				return nil
			}
			return func() {}
		},
		"no turn": func(w *world, watch *watched, _ string) func() {
			var release func()
			watch.after = func(ctx context.Context, call string) error {
				if call == "Apply" { // the session is open
					release = association.HoldHashing(ctx, w.svc)
				}
				return nil
			}
			return func() { release() }
		},
		"a password set meanwhile": func(w *world, watch *watched, id string) func() {
			watch.after = func(_ context.Context, call string) error {
				if call == "Apply" {
					watch.after = nil
					w.keep(id, quickHash(password))
				}
				return nil
			}
			return func() {}
		},
	} {
		for _, how := range []string{"sign in", "sudo"} {
			synctest.Test(t, func(t *testing.T) {
				var h heard
				w, watch := watchedWorld(t, anew, func(c *association.Config) { c.Logger = slog.New(slog.NewJSONHandler(&h, nil)) })
				id := w.imported("ada", quickHash(password))
				release := hinder(w, watch, id)
				start := time.Now()
				if err := w.by(how, id, "ada", password); err != nil {
					t.Errorf("%s, %s: %v", name, how, err)
				}
				if waited := time.Since(start); waited != 0 {
					t.Errorf("%s, %s: it waited %v", name, how, waited)
				}
				release()
				watch.before, watch.after = nil, nil
				was, _ := w.kept(id)
				if strings.HasPrefix(was.Hash, madeHere) || !strings.Contains(h.log.String(), "keeps its hash") || strings.Contains(h.log.String(), was.Hash) {
					t.Errorf("%s, %s: kept as %+v, and the log says\n%s", name, how, was, h.log.String())
				}
				if err := w.by(how, id, "ada", password); err != nil {
					t.Errorf("%s, %s again: %v", name, how, err)
				}
				if now, _ := w.kept(id); !strings.HasPrefix(now.Hash, madeHere) || now.SetAt != was.SetAt {
					t.Errorf("%s, %s: the next time left %+v", name, how, now)
				}
			})
		}
	}
}

// A right password that came after too many wrong ones is refused, and shows nothing.
func TestALockedPasswordIsNotMadeAnew(t *testing.T) {
	w := newWorld(t, anew)
	id := w.imported("ada", quickHash(password))
	for range 5 {
		_ = w.by("sign in", id, "ada", "wrong horse")
	}
	was, _ := w.kept(id)
	for _, how := range []string{"sign in", "sudo"} {
		if err := w.by(how, id, "ada", password); !errors.Is(err, association.ErrInvalidPassword) {
			t.Errorf("%s: %v", how, err)
		}
	}
	if now, _ := w.kept(id); now != was {
		t.Errorf("kept as %+v, was as %+v", now, was)
	}
}

// A hash in the store that could not be imported is judged by nobody: it would bring
// the process down, wait for memory for ever, or accept every password.
func TestAStoredHashThatCannotBeReadIsARefusal(t *testing.T) {
	for _, hash := range []string{
		"x", "$2b$31$saltsaltsaltsaltsaltsObLoPWfkWxECXlKdnmKdLIr/3DsBgTxG",
		"$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHRzYWx0c2FsdA$AdweBLwcflnNX2HVW8i1Mtu7frrn4Ki7h/rYSGuU7Is",
		"$argon2id$v=19$m=64,t=1,p=0$c2FsdHNhbHRzYWx0c2FsdA$AdweBLwcflnNX2HVW8i1Mtu7frrn4Ki7h/rYSGuU7Is",
		"$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AA",
		"$argon2id$v=19$m=131072,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AdweBLwcflnNX2HVW8i1Mtu7frrn4Ki7h/rYSGuU7Is",
		"$scrypt$ln=0,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$rkTI9fAgA7thDzzR8FHXhMiojYBreJBmYTkEzWypBCQ",
	} {
		var h heard
		w := newWorld(t, anew, func(c *association.Config) { c.Logger = slog.New(slog.NewJSONHandler(&h, nil)) })
		id := w.imported("ada", quickHash(password))
		w.keep(id, hash)
		for _, how := range []string{"sign in", "sudo"} {
			if err := w.by(how, id, "ada", password); !errors.Is(err, association.ErrUnavailable) {
				t.Errorf("%s, %s: %v, want ErrUnavailable", hash, how, err)
			}
		}
		if log := h.log.String(); strings.Count(log, "a stored password hash cannot be read") != 2 || strings.Contains(log, hash) && len(hash) > 1 {
			t.Errorf("%s: the log says\n%s", hash, log)
		}
	}
}

// What is hashed here is as it would be made today, however it came to be.
func TestWhatIsHashedHereIsNotMadeAnew(t *testing.T) {
	w, watch := watchedWorld(t, anew)
	imported := w.account("ada")
	m := w.mint("bob")
	if err := w.svc.SetPassword(t.Context(), m.caller, association.PasswordRequest{SudoToken: m.sudo, Password: password}); err != nil {
		t.Fatal(err)
	}
	c := device("d")
	s, err := w.svc.SignUp(t.Context(), c, association.SignUpRequest{
		VerificationToken: w.prove(c, "email", "eve@example.com"), Username: "eve", Password: password,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"ada": imported, "bob": m.caller.Actor.Account, "eve": s.Account} {
		was, before := w.kept(id)
		writes := watch.writes()
		if err := errors.Join(w.by("sign in", id, name, password), w.by("sudo", id, name, password)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if now, after := w.kept(id); now != was || now.AsTyped || after.Version != before.Version || watch.writes() != writes+2 {
			t.Errorf("%s: kept as %+v, was as %+v, after %d writes", name, now, was, watch.writes()-writes)
		}
	}
}

// A host that may go back keeps its hashes.
func TestImportedHashesMayBeKept(t *testing.T) {
	for _, keep := range []bool{false, true} {
		w, watch := watchedWorld(t, func(c *association.Config) { c.Policy.KeepImportedHashes = keep })
		w.member("ada")
		before := watch.writes()
		w.signIn("ada")
		w.signIn("ada")
		want := 3 // two sessions and a hash
		if keep {
			want = 2
		}
		if got := watch.writes() - before; got != want {
			t.Errorf("kept %t: %d writes, want %d", keep, got, want)
		}
	}
}
