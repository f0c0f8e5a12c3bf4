package association_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestR19_OneRefusal: what is wrong with a code is told to nobody.
func TestR19_OneRefusal(t *testing.T) {
	states := map[string]func(l *lab, c association.Caller) (id, code string){
		"unknown": func(l *lab, c association.Caller) (string, string) {
			id, code := l.ask(c, "ada@example.com")
			return "lgc1_" + strings.Repeat("A", 22) + id[strings.Index(id, "."):], code
		},
		"expired": func(l *lab, c association.Caller) (string, string) {
			id, code := l.ask(c, "ada@example.com")
			l.clock.Advance(10 * time.Minute)
			return id, code
		},
		"consumed": func(l *lab, c association.Caller) (string, string) {
			id, code := l.ask(c, "ada@example.com")
			if _, err := l.svc.Verify(l.t.Context(), c, id, code); err != nil {
				l.t.Fatal(err)
			}
			return id, code
		},
		"superseded": func(l *lab, c association.Caller) (string, string) {
			id, code := l.ask(c, "ada@example.com")
			l.clock.Advance(time.Minute)
			l.ask(c, "ada@example.com")
			return id, code
		},
		"exhausted": func(l *lab, c association.Caller) (string, string) {
			id, code := l.ask(c, "ada@example.com")
			l.guess(5, c, id, code)
			return id, code
		},
		"wrong": func(l *lab, c association.Caller) (string, string) {
			id, code := l.ask(c, "ada@example.com")
			return id, wrong(code)
		},
		"another device's": func(l *lab, c association.Caller) (string, string) { return l.ask(device("other"), "ada@example.com") },
		"a decoy": func(l *lab, c association.Caller) (string, string) {
			for i := range 5 { // the address has had its messages of this hour
				l.ask(device(fmt.Sprint(i)), "ada@example.com")
			}
			sent, err := l.svc.Send(l.t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
			if err != nil {
				l.t.Fatal(err)
			}
			return sent.ID, "123456"
		},
	}
	for name, arrange := range states {
		l := newLab(t)
		c := device("d")
		id, code := arrange(l, c)
		g, err := l.svc.Verify(t.Context(), c, id, code)
		refusal := &association.Error{}
		if !errors.As(err, &refusal) || *refusal != (association.Error{Op: "verify", Err: association.ErrInvalidProof}) {
			t.Errorf("%s: got %#v, want the bare refusal", name, err)
		}
		if !g.Token.IsZero() || !g.Expires.IsZero() {
			t.Errorf("%s: got a grant with the refusal", name)
		}
	}
}

// TestR22_AChargeStays: who goes away after the write that counts a guess has
// been counted.
func TestR22_AChargeStays(t *testing.T) {
	l := newLab(t)
	c := device("d")
	id, code := l.ask(c, "ada@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	l.spy.after = func(_ context.Context, call string) error {
		if call == "Apply" {
			cancel()
		}
		return nil
	}
	if _, err := l.svc.Verify(ctx, c, id, wrong(code)); err == nil {
		t.Error("a wrong guess succeeded")
	}
	if ctx.Err() == nil {
		t.Fatal("the guess was not written")
	}
	l.spy.after = nil
	if r := l.record(id); r.Guesses != 1 || r.WindowGuesses != 1 {
		t.Errorf("after a guess whose caller went away: %+v, want it counted", r)
	}
}

// TestR22_NoVerdictBeforeItsWrite: where the guess cannot be counted, right and
// wrong are told alike.
func TestR22_NoVerdictBeforeItsWrite(t *testing.T) {
	broken := errors.New("broken")
	for _, call := range []string{"Count", "Apply"} {
		l := newLab(t)
		c := device("d")
		id, code := l.ask(c, "ada@example.com")
		l.spy.before = func(_ context.Context, made string) error {
			if made == call {
				return broken
			}
			return nil
		}
		_, right := l.svc.Verify(t.Context(), c, id, code)
		_, not := l.svc.Verify(t.Context(), c, id, wrong(code))
		if !errors.Is(right, association.ErrUnavailable) || right.Error() != not.Error() {
			t.Errorf("%s fails: right is told %v, wrong is told %v, want the same refusal", call, right, not)
		}
	}
}

// TestR25_ResendsResetNothing: five guesses a code, fifteen a slot, whatever the
// number of codes.
func TestR25_ResendsResetNothing(t *testing.T) {
	l := newLab(t, roomy)
	c := l.host("ada", "s")
	var id, code string
	for range 3 {
		id, code = l.ask(c, "ada@example.com")
		l.guess(4, c, id, code)
		l.clock.Advance(time.Minute)
	}
	id, code = l.ask(c, "ada@example.com") // 12 so far
	l.guess(3, c, id, code)                // 15: this code has guesses left, the slot has none
	if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the right code after 15 wrong ones: got %v, want %v", err, association.ErrInvalidProof)
	}
	l.clock.Advance(time.Minute)
	_, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
	refusal := &association.Error{}
	if !errors.As(err, &refusal) || refusal.Err != association.ErrRateLimited || refusal.RetryAfter != 24*time.Hour-4*time.Minute {
		t.Errorf("another code: got %v, want %v until the slot's day ends", err, association.ErrRateLimited)
	}
	// The slot's exhaustion is its own: another address of the same caller is not.
	l.token(c, "email", "eve@example.com")
	l.clock.Advance(24 * time.Hour)
	l.token(c, "email", "ada@example.com")
}

// TestR25_TargetBudget: signed out, an address bears fifteen wrong codes a day
// over all devices.
func TestR25_TargetBudget(t *testing.T) {
	l := newLab(t, roomy)
	for i := range 3 {
		c := device(fmt.Sprint("mallory ", i))
		id, code := l.ask(c, "ada@example.com")
		l.guess(5, c, id, code)
	}
	ada := device("ada's")
	id, code := l.ask(ada, "ada@example.com")
	if _, err := l.svc.Verify(t.Context(), ada, id, code); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the right code after 15 wrong ones: got %v, want %v", err, association.ErrInvalidProof)
	}
	// R28: to succeed elsewhere gives nothing back, from the same device or not.
	l.token(ada, "email", "eve@example.com")
	l.clock.Advance(time.Minute)
	id, code = l.ask(ada, "ada@example.com")
	if _, err := l.svc.Verify(t.Context(), ada, id, code); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the right code after a success elsewhere: got %v, want %v", err, association.ErrInvalidProof)
	}
	l.clock.Advance(12 * time.Hour) // into the next day, which starts at midnight UTC
	l.token(ada, "email", "ada@example.com")
}

// TestR25_AccountBudget: signed in, an account has twenty wrong codes an hour
// over all addresses.
func TestR25_AccountBudget(t *testing.T) {
	l := newLab(t, roomy)
	c := l.host("ada", "s")
	for i := range 4 {
		id, code := l.ask(c, fmt.Sprintf("ada%d@example.com", i))
		l.guess(5, c, id, code)
	}
	id, code := l.ask(c, "ada@example.com")
	if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the right code after 20 wrong ones: got %v, want %v", err, association.ErrInvalidProof)
	}
	l.token(l.host("eve", "s"), "email", "ada@example.com") // another account's budget is another
	l.clock.Advance(time.Hour)
	l.token(c, "email", "ada@example.com")
}

// TestR27_StrangersDoNotLockTheOwnerOut: what is spent signed out on an address
// leaves its owner's sudo and bind alone.
func TestR27_StrangersDoNotLockTheOwnerOut(t *testing.T) {
	l := newLab(t, roomy)
	c := l.host(l.own("email", "ada@example.com"), "s")
	for i := range 6 {
		mallory := device(fmt.Sprint("mallory ", i))
		for _, to := range []string{"ada@example.com", "new@example.com"} {
			id, code := l.ask(mallory, to)
			l.guess(5, mallory, id, code)
		}
	}
	if _, err := l.svc.Sudo(t.Context(), c, association.SudoRequest{
		VerificationToken: l.token(c, "email", "ada@example.com"),
	}); err != nil {
		t.Errorf("sudo: %v", err)
	}
	l.token(c, "email", "new@example.com")
}

// TestR27_SendsDoNotLockTheOwnerOut: nor do the messages that strangers ask for.
func TestR27_SendsDoNotLockTheOwnerOut(t *testing.T) {
	l := newLab(t)
	c := l.host(l.own("email", "ada@example.com"), "s")
	for i := range 10 {
		_, err := l.svc.Send(t.Context(), device(fmt.Sprint("mallory ", i)), association.SendRequest{Kind: "email", To: "ada@example.com"})
		if err != nil {
			t.Fatal(err)
		}
	}
	l.ask(c, "ada@example.com") // a sudo code arrives
}
