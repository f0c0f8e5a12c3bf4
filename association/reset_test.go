package association_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

func (w *world) tryReset(c association.Caller, token association.Token, password string) error {
	return w.svc.ResetPassword(w.t.Context(), c, association.ResetRequest{VerificationToken: token, Password: password})
}

// signsIn reports whether this is the password.
func (w *world) signsIn(identifier, password string) bool {
	w.t.Helper()
	_, err := w.svc.SignIn(w.t.Context(), device("try"), association.SignInRequest{Identifier: identifier, Password: password})
	if err != nil && !errors.Is(err, association.ErrInvalidPassword) {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestResetSetsThePasswordAndSignsNobodyIn(t *testing.T) {
	duties := &hostDuties{}
	w, watch := watchedWorld(t, duties.on)
	id := w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	_, session := w.signIn("ada")
	c := device("d")
	token := w.prove(c, "email", "ada@example.com")
	messages := len(w.mail.Messages())
	w.clock.Advance(time.Second)
	before := watch.writes()
	if err := w.tryReset(c, token, "another horse"); err != nil {
		t.Fatal(err)
	}
	change := watch.applied[before]
	if len(change.Accounts) != 1 || len(change.Events) != 1 || len(change.Proofs) != 1 || len(change.Notices) != 3 {
		t.Errorf("the commit is %+v", change)
	}
	for _, p := range change.Proofs {
		if p.Kind != 1 {
			t.Errorf("a proof of kind %d was written: somebody may be signed in", p.Kind)
		}
	}
	if !w.signsIn("ada", "another horse") || w.signsIn("ada", password) {
		t.Error("the password is not the new one")
	}
	if w.alive(session.Access) || w.epoch(id) != 1 {
		t.Error("a session of before lives")
	}
	want := []string{fmt.Sprintf("revoke %s except \"\" before %s", id, w.clock.Now().Format(time.RFC3339))}
	if got := duties.since(); !slices.Equal(got, want) {
		t.Errorf("the host was told %q, want %q", got, want)
	}
	if n := len(w.mail.Messages()); n != messages {
		t.Errorf("%d messages went out", n-messages)
	}
	if err := w.tryReset(c, token, "a third horse"); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the token again: %v, want ErrInvalidProof", err)
	}
	account, err := w.svc.Account(t.Context(), id)
	if err != nil || !account.PasswordSetAt.Equal(w.clock.Now()) {
		t.Errorf("%+v, %v", account, err)
	}
}

func TestResetGivesAFirstPassword(t *testing.T) {
	w, _ := watchedWorld(t)
	w.imported("ada", "", "email", "ada@example.com")
	if err := w.tryReset(device("d"), w.prove(device("d"), "email", "ada@example.com"), "another horse"); err != nil {
		t.Fatal(err)
	}
	if !w.signsIn("ada", "another horse") {
		t.Error("it signs nobody in")
	}
}

func TestResetRefused(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com", "phone", "+8613800000009")
	w.member("bob", "email", "bob@example.com")
	m := w.mint("cleo")
	c := device("d")
	ada, bob := w.prove(c, "email", "ada@example.com"), w.prove(c, "email", "bob@example.com")
	nobody := w.prove(c, "email", "nobody@example.com")
	stale := w.prove(c, "phone", "+8613800000009")
	sent, err := w.svc.Send(t.Context(), m.caller, association.SendRequest{Kind: "email", To: "ada@example.com", Target: association.TargetUser})
	if err != nil {
		t.Fatal(err)
	}
	all := w.mail.Messages()
	targeted, err := w.svc.Verify(t.Context(), m.caller, sent.ID, all[len(all)-1].Code)
	if err != nil {
		t.Fatal(err)
	}
	const good = "another horse"
	before := watch.writes()
	for _, tt := range []struct {
		name string
		c    association.Caller
		r    association.ResetRequest
		want error
	}{
		{"no token", c, association.ResetRequest{Password: good}, association.ErrInvalidProof},
		{"garbage", c, association.ResetRequest{VerificationToken: association.NewToken("lgv1_x.y"), Password: good}, association.ErrInvalidProof},
		{"a sudo code's", m.caller, association.ResetRequest{VerificationToken: m.prove, Password: good}, association.ErrInvalidProof},
		{"a bind code's", m.caller, association.ResetRequest{VerificationToken: m.bind, Password: good}, association.ErrInvalidProof},
		{"a sudo token", m.caller, association.ResetRequest{VerificationToken: m.sudo, Password: good}, association.ErrInvalidProof},
		{"an access token", c, association.ResetRequest{VerificationToken: m.session.Access, Password: good}, association.ErrInvalidProof},
		{"another device", device("e"), association.ResetRequest{VerificationToken: ada, Password: good}, association.ErrInvalidProof},
		{"another address named", c, association.ResetRequest{VerificationToken: bob, Kind: "email", To: "ada@example.com", Password: good}, association.ErrInvalidProof},
		{"another kind named", c, association.ResetRequest{VerificationToken: ada, Kind: "phone", To: "ada@example.com", Password: good}, association.ErrInvalidProof},
		{"no kind named", c, association.ResetRequest{VerificationToken: ada, To: "ada@example.com", Password: good}, association.ErrInvalidProof},
		{"nobody has it", c, association.ResetRequest{VerificationToken: nobody, Password: good}, association.ErrNotRegistered},
		{"too short", c, association.ResetRequest{VerificationToken: ada, Password: "short"}, association.ErrInvalidArgument},
		{"too long", c, association.ResetRequest{VerificationToken: ada, Password: strings.Repeat("x", 257)}, association.ErrInvalidArgument},
		{"no text", c, association.ResetRequest{VerificationToken: ada, Password: "another \xff horse"}, association.ErrInvalidArgument},
		{"none", c, association.ResetRequest{VerificationToken: ada}, association.ErrInvalidArgument},
	} {
		if err := w.svc.ResetPassword(t.Context(), tt.c, tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if watch.writes() != before || !w.signsIn("ada", password) || !w.signsIn("bob", password) {
		t.Error("a refusal changed something")
	}
	// All tokens are still good, each for its own account.
	w.clock.Advance(time.Second)
	if err := w.svc.ResetPassword(t.Context(), m.device, association.ResetRequest{VerificationToken: targeted.Token, Password: "by target"}); err != nil {
		t.Errorf("asked for with TargetUser: %v", err)
	}
	if w.signsIn("cleo", "by target") || !w.signsIn("ada", "by target") {
		t.Error("the session's own account was reset, or not the address's")
	}
	allRefused(t, association.ErrInvalidProof, map[string]error{
		"asked for before the reset": w.tryReset(c, ada, good), "by another address": w.tryReset(c, stale, good),
	})
	if err := w.tryReset(c, bob, good); err != nil || !w.signsIn("bob", good) {
		t.Errorf("bob's own: %v", err)
	}
	if _, err := w.signUp(c, association.SignUpRequest{VerificationToken: nobody}); err != nil {
		t.Errorf("signing up with the proof that was refused: %v", err)
	}
	// Disabled it is blocked, deleted it is nobody's.
	for _, tt := range []struct {
		change func() error
		want   error
	}{
		{func() error { return w.svc.Disable(t.Context(), id) }, association.ErrBlocked},
		{func() error { return w.svc.DeleteAccount(t.Context(), id) }, association.ErrNotRegistered},
	} {
		if err := tt.change(); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second)
		if err := w.tryReset(c, w.prove(c, "email", "ada@example.com"), good); !errors.Is(err, tt.want) {
			t.Errorf("%v, want %v", err, tt.want)
		}
	}
}

// Asking for a code and guessing at it costs the same calls, known or not; with the
// proof in hand nobody hashes for an account that is not there.
func TestR55_R56_AResetOfTheUnknown(t *testing.T) {
	var calls [][]string
	for _, known := range []bool{true, false} {
		watch := &watched{}
		w := newWorld(t, roomy, func(c *association.Config) { watch.Store, c.Store = c.Store, watch })
		if known {
			w.member("ada", "email", "ada@example.com")
		}
		c := device("d")
		calls = append(calls, watch.during(func() {
			id, code := w.code(c, "email", "ada@example.com")
			for range 3 {
				if _, err := w.svc.Verify(t.Context(), c, id, wrong(code)); !errors.Is(err, association.ErrInvalidProof) {
					t.Error(err)
				}
			}
			unproved := association.NewToken("lgv1_" + slotOf(id) + "." + strings.Repeat("A", 43))
			if err := w.tryReset(c, unproved, "another horse"); !errors.Is(err, association.ErrInvalidProof) {
				t.Error(err)
			}
		}))
		if known {
			continue
		}
		w.clock.Advance(time.Minute)
		token := w.prove(c, "email", "ada@example.com")
		if n := hashes(func() {
			if err := w.tryReset(c, token, "another horse"); !errors.Is(err, association.ErrNotRegistered) {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%d passwords were hashed for nobody", n)
		}
	}
	if len(calls[0]) < 8 || !slices.Equal(calls[0], calls[1]) {
		t.Errorf("known: %v, unknown: %v", calls[0], calls[1])
	}
}

func TestResetIsTheHostsWhereItKeepsThePasswords(t *testing.T) {
	w, watch := watchedWorld(t, func(cfg *association.Config) { cfg.Passwords = freePasswords{} })
	w.imported("ada", "", "email", "ada@example.com")
	token := w.prove(device("d"), "email", "ada@example.com")
	before := watch.writes()
	if err := w.tryReset(device("d"), token, "another horse"); !errors.Is(err, association.ErrUnsupported) || watch.writes() != before {
		t.Errorf("%v, want ErrUnsupported", err)
	}
}

// The repeat of a reset is told the same, if it brings the same password: what it is
// told is that this is the password.
func TestResetIsRepeated(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	c := named(device("d"), "one")
	token := w.prove(c, "email", "ada@example.com")
	w.clock.Advance(time.Second)
	if err := w.tryReset(c, token, "another horse"); err != nil {
		t.Fatal(err)
	}
	before := watch.writes()
	if err := w.tryReset(c, token, "another horse"); err != nil {
		t.Errorf("the repeat: %v", err)
	}
	allRefused(t, association.ErrInvalidProof, map[string]error{
		"another password": w.tryReset(c, token, "a third horse"), "another name": w.tryReset(named(c, "two"), token, "another horse"),
		"no name": w.tryReset(device("d"), token, "another horse"), "another device": w.tryReset(named(device("e"), "one"), token, "another horse"),
	})
	w.clock.Advance(time.Minute)
	allRefused(t, association.ErrInvalidProof, map[string]error{"after a minute": w.tryReset(c, token, "another horse")})
	if watch.writes() != before || w.epoch(id) != 1 {
		t.Error("a repeat changed something")
	}
}

func TestOfManyResetsOneIsThePassword(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	c := device("d")
	token := w.prove(c, "email", "ada@example.com")
	w.clock.Advance(time.Second)
	const n = 8 // each hashes
	watch.meet(n)
	errs := dbproof.Together(n, func(i int) error { return w.tryReset(c, token, fmt.Sprintf("horse number %d", i)) })
	won := -1
	for i, err := range errs {
		if err != nil {
			refusedOrBusy(t, err, association.ErrInvalidProof)
			continue
		}
		if won >= 0 {
			t.Fatalf("both %d and %d won", won, i)
		}
		won = i
	}
	if won < 0 || w.epoch(id) != 1 || !w.signsIn("ada", fmt.Sprintf("horse number %d", won)) {
		t.Errorf("the winner is %d, the epoch %d", won, w.epoch(id))
	}
}

// A reset proves the address like signing in by it does.
func TestR53_AResetProvesTheAddressAnew(t *testing.T) {
	const day = 24 * time.Hour
	w, _ := watchedWorld(t, func(cfg *association.Config) {
		cfg.Policy.ReproveAfter = map[string]time.Duration{"phone": 30 * day}
	})
	w.member("ada", "phone", phoneNumber)
	w.clock.Advance(20 * day)
	w.resetBy("phone", phoneNumber, "another horse")
	w.clock.Advance(20 * day)
	if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: w.prove(device("d"), "phone", phoneNumber)}); err != nil {
		t.Errorf("20 days after: %v", err)
	}
	w.clock.Advance(30 * day)
	if err := w.tryReset(device("d"), w.prove(device("d"), "phone", phoneNumber), "a third horse"); !errors.Is(err, association.ErrSecondProof) {
		t.Errorf("30 days after that: %v, want ErrSecondProof", err)
	}
}

// What is committed is done, whether or not the host can be told: Deliver tells it
// until it hears.
func TestAResetStandsWhereTheHostFails(t *testing.T) {
	duties := &hostDuties{err: errors.New("the host is down")}
	w, _ := watchedWorld(t, duties.on)
	id := w.member("ada", "email", "ada@example.com")
	c := device("d")
	token := w.prove(c, "email", "ada@example.com")
	w.clock.Advance(time.Second)
	at := w.clock.Now()
	ctx, cancel := context.WithCancel(t.Context())
	duties.during = func(inner context.Context, _ string) {
		cancel() // the caller goes away
		if inner.Err() != nil {
			t.Error("the host's call ends with the caller's")
		}
		if _, ok := inner.Deadline(); !ok {
			t.Error("the host's call has no end")
		}
	}
	if err := w.svc.ResetPassword(ctx, c, association.ResetRequest{VerificationToken: token, Password: "another horse"}); err != nil {
		t.Fatal(err)
	}
	duties.during, duties.err = nil, nil
	told := fmt.Sprintf("revoke %s except \"\" before %s", id, at.Format(time.RFC3339))
	for _, tt := range []struct {
		later time.Duration
		want  []string
	}{{0, []string{told}}, {0, nil}, {time.Minute + 10*time.Second, []string{told}}, {time.Hour, nil}} {
		w.clock.Advance(tt.later)
		if tt.want == nil || tt.later > 0 {
			w.settle()
		}
		if got := duties.since(); !slices.Equal(got, tt.want) {
			t.Errorf("%v later the host was told %q, want %q", tt.later, got, tt.want)
		}
	}
}

// TestR06_TheRepeatOfACallIsNoGuess: of a password that was set since, the repeat of what
// set the one before learns nothing.
func TestR06_TheRepeatOfACallIsNoGuess(t *testing.T) {
	w := people(t)
	p := w.person("ada", false, "password", "email")
	w.clock.Advance(time.Second)
	thief := named(device("the thief's"), "one")
	reset := association.ResetRequest{VerificationToken: w.prove(thief, "email", p.address["email"]), Password: "the thief's own"}
	if err := w.svc.ResetPassword(t.Context(), thief, reset); err != nil {
		t.Fatal(err)
	}
	p.pass = reset.Password
	sudo, err := p.sudo("password")
	if err != nil {
		t.Fatal(err)
	}
	c, set := named(p.c, "two"), association.PasswordRequest{SudoToken: sudo, Password: "another of theirs"}
	if err := w.svc.SetPassword(t.Context(), c, set); err != nil {
		t.Fatal(err)
	}
	if err := w.svc.SetPassword(t.Context(), c, set); err != nil {
		t.Errorf("the repeat of a change: %v", err)
	}
	if err := w.svc.ResetPassword(t.Context(), thief, reset); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the repeat of a reset that is over: %v", err)
	}
	w.clock.Advance(time.Second)
	owner := device("the owner's")
	if err := w.tryReset(owner, w.prove(owner, "email", p.address["email"]), "the owner's own"); err != nil {
		t.Fatal(err)
	}
	for _, guess := range []string{"wrong", "a wrong horse", "the owner's own"} {
		reset.Password, set.Password = guess+"!!!!", guess+"!!!!"
		if guess == "the owner's own" {
			reset.Password, set.Password = guess, guess
		}
		if err := w.svc.ResetPassword(t.Context(), thief, reset); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("reset, %q: %v", guess, err)
		}
		if err := w.svc.SetPassword(t.Context(), c, set); !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("change, %q: %v", guess, err)
		}
	}
}
