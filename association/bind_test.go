package association_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
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

// atOnce runs n calls that all start together, and returns their errors.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
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
		for _, err := range atOnce(64, func(int) error { return w.bind(c, "email", "a@example.com", sudo, proof) }) {
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

func TestR48_OfManyWhoBindOneAddressOneHasIt(t *testing.T) {
	w, _ := watchedWorld(t)
	const n = 64
	callers := make([]association.Caller, n)
	sudo, proofs := make([]association.Token, n), make([]association.Token, n)
	for i := range n {
		callers[i] = w.hostCaller(fmt.Sprintf("user-%d", i), "s")
		sudo[i] = w.recentSudo(callers[i])
		proofs[i] = w.prove(callers[i], "email", "shared@example.com")
	}
	errs := atOnce(n, func(i int) error { return w.bind(callers[i], "email", "shared@example.com", sudo[i], proofs[i]) })
	winner, loser := -1, -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Fatalf("both %d and %d bound it", winner, i)
		case err == nil:
			winner = i
		case errors.Is(err, association.ErrIdentifierTaken):
			loser = i
		default:
			t.Errorf("user %d: %v, want ErrIdentifierTaken", i, err)
		}
	}
	if winner < 0 || loser < 0 {
		t.Fatal("nobody won, or nobody lost")
	}
	owner, err := w.store.AccountByIdentifier(t.Context(), "email", []byte("shared@example.com"))
	if err != nil || owner.ID != callers[winner].Actor.Account || len(owner.Associations) != 1 {
		t.Fatalf("the store says %+v, %v", owner, err)
	}
	if got := w.bound(callers[loser].Actor.Account); len(got) != 0 {
		t.Errorf("the loser has %v", got)
	}

	// The losers keep both of their tokens: once the address is free, they serve.
	if err := w.bind(callers[loser], "email", "shared@example.com", sudo[loser], proofs[loser]); !errors.Is(err, association.ErrIdentifierTaken) {
		t.Errorf("the loser again: %v, want ErrIdentifierTaken", err)
	}
	if err := w.bind(callers[winner], "email", "own@example.com", sudo[winner], w.prove(callers[winner], "email", "own@example.com")); err != nil {
		t.Fatal(err)
	}
	if err := w.bind(callers[loser], "email", "shared@example.com", sudo[loser], proofs[loser]); err != nil {
		t.Errorf("the loser, when it is free: %v", err)
	}
}

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
	if last, ok := w.mail.Last("ada@example.com"); ok {
		t.Errorf("a message went out: %+v", last)
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
	post.fail(errors.New("down"))
	if err := w.bind(c, "email", "new@example.com", sudo, g.Token); err != nil {
		t.Errorf("%v", err)
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
		{"the replaced address, with a password", true, []string{"email", old}, old, "new@example.com", association.ErrPermissionDenied},
		{"the replaced address, with a phone", false, []string{"email", old, "phone", number}, old, "new@example.com", association.ErrPermissionDenied},
		{"the replaced phone, with an email", false, []string{"email", old, "phone", number}, number, phoneNumber, association.ErrPermissionDenied},
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
	if err := w.bind(c, "email", "new@example.com", g.Token, proof); !errors.Is(err, association.ErrPermissionDenied) {
		t.Errorf("with a password: %v, want ErrPermissionDenied", err)
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

func TestR50_AnAbandonedClaimBlocksNobody(t *testing.T) {
	w, _ := watchedWorld(t)
	eve := w.hostCaller("eve", "s")
	eveSudo := w.recentSudo(eve)
	claim, _ := w.code(eve, "email", "victim@example.com")

	// The owner signs up with it, or binds it, as if nobody had asked.
	c := device("victim's")
	session, err := w.svc.SignUp(t.Context(), c, association.SignUpRequest{VerificationToken: w.prove(c, "email", "victim@example.com")})
	if err != nil {
		t.Fatalf("sign-up: %v", err)
	}
	if got := w.bound(session.Account)["email"]; got != "victim@example.com" {
		t.Errorf("the owner has %q", got)
	}
	if got := w.bound("eve"); len(got) != 0 {
		t.Errorf("eve has %v", got)
	}
	if err := w.bind(eve, "email", "victim@example.com", eveSudo, association.NewToken(claim)); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("eve binds by her claim: %v", err)
	}

	_, _ = w.code(eve, "phone", phoneNumber)
	victim := w.hostCaller("victim", "s")
	if err := w.bind(victim, "phone", phoneNumber, w.recentSudo(victim), w.prove(victim, "phone", phoneNumber)); err != nil {
		t.Errorf("bind: %v", err)
	}
}

func TestR50_TwoMayVerifyOnePendingAddress(t *testing.T) {
	w, _ := watchedWorld(t)
	a, b := w.hostCaller("a", "s"), w.hostCaller("b", "s")
	aID, aCode := w.code(a, "phone", phoneNumber)
	bID, bCode := w.code(b, "phone", phoneNumber)
	if aID == bID {
		t.Fatal("one slot for two accounts")
	}
	errs := atOnce(2, func(i int) error {
		_, err := w.svc.Verify(context.WithoutCancel(t.Context()), []association.Caller{a, b}[i], []string{aID, bID}[i], []string{aCode, bCode}[i])
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func TestR47_MessagesGoToTheAddressOnRecord(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	c, _ := w.signIn("ada")
	for _, tt := range []struct {
		name   string
		c      association.Caller
		r      association.SendRequest
		to     string
		prompt sender.Purpose
	}{
		{"own, spelt otherwise", c, association.SendRequest{Kind: "email", To: " ADA@Example.Com\t"}, "ada@example.com", sender.Sudo},
		{"own, masked", c, association.SendRequest{Kind: "email", To: "a***@example.com", Target: association.TargetCurrentUser}, "ada@example.com", sender.Sudo},
		{"own, as it is shown", c, association.SendRequest{Kind: "phone", To: "+86 138****0000", Target: association.TargetCurrentUser}, phoneNumber, sender.Sudo},
		{"own, without the country", c, association.SendRequest{Kind: "phone", To: "138-0000-0000"}, phoneNumber, sender.Sudo},
		{"signed out", device("d"), association.SendRequest{Kind: "email", To: "Ada@EXAMPLE.com"}, "ada@example.com", sender.SignIn},
		{"new", c, association.SendRequest{Kind: "email", To: "New@B\u00fccher.example"}, "new@xn--bcher-kva.example", sender.Bind},
	} {
		before := len(w.mail.Messages())
		if _, err := w.svc.Send(t.Context(), tt.c, tt.r); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		sent := w.mail.Messages()[before:]
		if len(sent) != 1 || sent[0].To != tt.to || sent[0].Purpose != tt.prompt {
			t.Errorf("%s: sent %+v, want one %s message to %s", tt.name, sent, tt.prompt, tt.to)
		}
	}
	// That an address is not the caller's own is told, and sends nothing.
	before := len(w.mail.Messages())
	_, err := w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "b***@example.com", Target: association.TargetCurrentUser})
	if !errors.Is(err, association.ErrInvalidArgument) || len(w.mail.Messages()) != before {
		t.Errorf("a mask of nobody's: %v, %d messages", err, len(w.mail.Messages())-before)
	}
}
