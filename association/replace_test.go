package association_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

func TestReplacingAnAddressEndsWhatRestedOnTheOld(t *testing.T) {
	for _, tt := range []struct{ kind, old, new string }{
		{"email", "old@example.com", "new@example.com"},
		{"phone", "+8613900000000", phoneNumber},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			w, watch := watchedWorld(t)
			id := w.member("ada", tt.kind, tt.old)
			c, _ := w.signIn("ada")
			_, other := w.signIn("ada")
			epoch := w.epoch(id)
			if err := w.bind(c, tt.kind, tt.new, w.sudo(c), w.prove(c, tt.kind, tt.new)); err != nil {
				t.Fatal(err)
			}
			if got := w.epoch(id); got != epoch+1 {
				t.Errorf("the epoch went from %d to %d", epoch, got)
			}
			if a, err := w.store.AccountByIdentifier(t.Context(), tt.kind, []byte(tt.old)); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the old address still has an account: %v, %v", a, err)
			}
			change := watch.applied[len(watch.applied)-1]
			if len(change.Unlink) != 1 || len(change.Link) != 1 || len(change.Events) != 1 {
				t.Errorf("the change is not one commit: %+v", change)
			}
			if n, err := w.svc.Deliver(t.Context(), 10); n != 1 || err != nil {
				t.Errorf("delivered %d notices, %v, want 1", n, err)
			}
			last := w.mail.Messages()[len(w.mail.Messages())-1]
			if last.To != tt.old || last.Purpose != sender.Notice || last.Code != "" {
				t.Errorf("the last message is a %s to %s, want the notice to the old address", last.Purpose, last.To)
			}
			if _, err := w.svc.Authenticate(t.Context(), other.Access); !errors.Is(err, association.ErrUnauthenticated) {
				t.Errorf("another session: %v, want ErrUnauthenticated", err)
			}
			if _, err := w.signInByCode("thief", tt.kind, tt.old); !errors.Is(err, association.ErrNotRegistered) {
				t.Errorf("sign-in by the old address: %v, want ErrNotRegistered", err)
			}
			if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: tt.old, Password: password}); !errors.Is(err, association.ErrInvalidPassword) {
				t.Errorf("sign-in by the old address and the password: %v", err)
			}
			w.clock.Advance(time.Microsecond) // a code of the same instant is of the old epoch
			if c, err := w.signInByCode("mine", tt.kind, tt.new); err != nil || c.Actor.Account != id {
				t.Errorf("sign-in by the new address: %v", err)
			}
		})
	}
}

func (w *world) epoch(account string) int64 {
	w.t.Helper()
	a, err := w.store.Account(w.t.Context(), account)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Epoch
}

func TestAFirstBindEndsNothing(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	c, _ := w.signIn("ada")
	_, other := w.signIn("ada")
	epoch := w.epoch(id)
	if err := w.bind(c, "phone", phoneNumber, w.sudo(c), w.prove(c, "phone", phoneNumber)); err != nil {
		t.Fatal(err)
	}
	if got := w.epoch(id); got != epoch {
		t.Errorf("the epoch went from %d to %d", epoch, got)
	}
	if _, err := w.svc.Authenticate(t.Context(), other.Access); err != nil {
		t.Errorf("another session: %v", err)
	}
	if n, err := w.svc.Deliver(t.Context(), 10); n != 1 || err != nil {
		t.Errorf("delivered %d notices, %v, want 1", n, err)
	}
	if last, _ := w.mail.Last("ada@example.com"); last.Purpose != sender.Notice || !strings.Contains(last.Subject, "added") {
		t.Errorf("the other address was last told %+v", last)
	}
}

// The change is made whether or not its notice arrives.
func TestAReplacementStandsThoughTheNoticeFails(t *testing.T) {
	post := &outbox{}
	w, _ := watchedWorld(t, func(c *association.Config) { c.Sender = post })
	id := w.member("ada", "email", "old@example.com")
	c, _ := w.signIn("ada")
	sudo := w.sudo(c)
	sent, err := w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "new@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	g, err := w.svc.Verify(t.Context(), c, sent.ID, post.messages[0].Code.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.bind(c, "email", "new@example.com", sudo, g.Token); err != nil {
		t.Errorf("%v", err)
	}
	post.fail(errors.New("down"))
	if n, err := w.svc.Deliver(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("delivered %d notices, %v, want none and no error", n, err)
	}
	if got := w.bound(id)["email"]; got != "new@example.com" {
		t.Errorf("the account has %s", got)
	}
}

func TestFactorIndependence(t *testing.T) {
	const old, number = "old@example.com", "+8613900000000"
	for _, tt := range []struct {
		name     string
		password bool
		has      []string // besides a username
		by       string   // the address whose code is the sudo, or "" for the password
		to       string   // what is bound
		want     error
	}{
		{"the replaced address, with a password", true, []string{"email", old}, old, "new@example.com", association.ErrSudoRequired},
		{"the replaced address, with a phone", false, []string{"email", old, "phone", number}, old, "new@example.com", association.ErrSudoRequired},
		{"the replaced phone, with an email", false, []string{"email", old, "phone", number}, number, phoneNumber, association.ErrSudoRequired},
		{"the replaced address, with nothing else", false, []string{"email", old}, old, "new@example.com", nil},
		{"the password", true, []string{"email", old}, "", "new@example.com", nil},
		{"the other address", false, []string{"email", old, "phone", number}, number, "new@example.com", nil},
		{"for a kind it does not replace", true, []string{"email", old}, old, phoneNumber, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			hash := ""
			if tt.password {
				hash = testHash()
			}
			account := w.imported("ada", hash, tt.has...)
			c := w.hostCaller(account, "s")
			r := association.SudoRequest{Password: password}
			if tt.by != "" {
				r = association.SudoRequest{VerificationToken: w.prove(c, kindOf(tt.by), tt.by)}
			}
			g, err := w.svc.Sudo(t.Context(), c, r)
			if err != nil {
				t.Fatal(err)
			}
			proof := w.prove(c, kindOf(tt.to), tt.to)
			before := watch.writes()
			if err := w.bind(c, kindOf(tt.to), tt.to, g.Token, proof); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if tt.want == nil {
				return
			}
			if watch.writes() != before {
				t.Error("something changed")
			}
			// The proof of the new address is kept; another factor makes it good.
			r = association.SudoRequest{Password: password}
			if !tt.password {
				other := map[string]string{old: number, number: old}[tt.by]
				r = association.SudoRequest{VerificationToken: w.prove(c, kindOf(other), other)}
			}
			if g, err = w.svc.Sudo(t.Context(), c, r); err != nil {
				t.Fatal(err)
			}
			if err := w.bind(c, kindOf(tt.to), tt.to, g.Token, proof); err != nil {
				t.Errorf("by another factor: %v", err)
			}
		})
	}
}

func kindOf(to string) string {
	if to[0] == '+' {
		return "phone"
	}
	return "email"
}

// A host's password is a factor too, and a host that cannot say is a refusal.
func TestFactorIndependenceAsksTheHostForItsPassword(t *testing.T) {
	host := &hostPasswords{of: map[string]string{}}
	w, _ := watchedWorld(t, func(c *association.Config) { c.Passwords = host })
	id := w.imported("ada", "", "email", "old@example.com")
	host.of[id] = password
	c := w.hostCaller(id, "s")
	g, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: w.prove(c, "email", "old@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	proof := w.prove(c, "email", "new@example.com")
	if err := w.bind(c, "email", "new@example.com", g.Token, proof); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("with a password: %v, want ErrSudoRequired", err)
	}
	host.err = errors.New("LDAP is down")
	if err := w.bind(c, "email", "new@example.com", g.Token, proof); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("while the host fails: %v, want ErrUnavailable", err)
	}
	host.of, host.err = nil, nil
	if err := w.bind(c, "email", "new@example.com", g.Token, proof); err != nil {
		t.Errorf("without one: %v", err)
	}
}
