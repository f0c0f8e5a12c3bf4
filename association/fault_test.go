package association_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// ceremony is the whole of it, step by step, for an account that has a password and
// an email address and binds a phone. Each step may be repeated if its answer was lost.
type ceremony struct {
	l       *lab
	account string
	c       association.Caller
	sent    association.Sent
	proof   association.Grant
	sudo    association.Grant
	session association.Session
	bound   association.Association
}

type step struct {
	name string
	// run makes one call and says whether its result is the zero value.
	run func(ctx context.Context, x *ceremony, c association.Caller) (empty bool, err error)
}

// sendStep asks for a code, which must then have gone out.
func sendStep(kind, to string) step {
	return step{"send " + kind, func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
		var err error
		x.sent, err = x.l.svc.Send(ctx, c, association.SendRequest{Kind: kind, To: to})
		if err == nil && x.l.out.code(x.sent.ID) == "" {
			err = errors.New("a code was said to be on its way and is not")
		}
		return x.sent == association.Sent{}, err
	}}
}

func verifyStep() step {
	return step{"verify", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
		var err error
		x.proof, err = x.l.svc.Verify(ctx, c, x.sent.ID, x.l.out.code(x.sent.ID))
		return x.proof.Token.IsZero(), err
	}}
}

func steps() []step {
	const email, phone = "ada@example.com", "+8613800000000"
	return []step{
		sendStep("email", email), verifyStep(),
		{"sign in", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.session, err = x.l.svc.SignIn(ctx, c, association.SignInRequest{VerificationToken: x.proof.Token})
			return x.session.Access.IsZero(), err
		}},
		{"refresh", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			next, err := x.l.svc.Refresh(ctx, c, x.session.Refresh)
			if err == nil {
				x.session = next
			}
			return next.Access.IsZero(), err
		}},
		{"authenticate", func(ctx context.Context, x *ceremony, _ association.Caller) (bool, error) {
			var err error
			x.c.Actor, err = x.l.svc.Authenticate(ctx, x.session.Access)
			return x.c.Actor == association.Actor{}, err
		}},
		sendStep("email", email), verifyStep(),
		{"sudo", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.sudo, err = x.l.svc.Sudo(ctx, c, association.SudoRequest{VerificationToken: x.proof.Token})
			return x.sudo.Token.IsZero(), err
		}},
		sendStep("phone", phone), verifyStep(),
		{"bind", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.bound, err = x.l.svc.Bind(ctx, c, association.BindRequest{
				Kind: "phone", To: phone, SudoToken: x.sudo.Token, VerificationToken: x.proof.Token,
			})
			return x.bound == association.Association{}, err
		}},
		sendStep("email", "new@example.com"), verifyStep(),
		{"replace", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.bound, err = x.l.svc.Bind(ctx, c, association.BindRequest{
				Kind: "email", To: "new@example.com", SudoToken: x.sudo.Token, VerificationToken: x.proof.Token,
			})
			empty := x.bound == association.Association{}
			switch {
			case errors.Is(err, association.ErrSudoRequired):
				return empty, nil
			case err == nil:
				return empty, errors.New("an address vouched for its own replacement")
			}
			return empty, err
		}},
		{"sign out", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			return true, x.l.svc.SignOut(ctx, c)
		}},
	}
}

// fault is a way for the store to fail.
type fault struct {
	name string
	// after says that the call is made before it fails.
	after bool
	// gone says that the caller goes away, and the store notices.
	gone bool
}

// fail runs the ceremony with the fault at the k-th call to the store, repeating
// the step it hits. It reports whether there is such a call.
func (f fault) fail(t *testing.T, k int) (hit bool) {
	t.Helper()
	l := newLab(t)
	x := &ceremony{l: l, account: l.imported("ada", testHash(), "email", "ada@example.com"), c: device("d")}
	calls := 0
	var cancel context.CancelFunc
	var where string
	hook := func(ctx context.Context, call string) error {
		calls++
		if calls != k {
			return nil
		}
		hit, where = true, call
		if f.gone {
			cancel()
			return ctx.Err()
		}
		return errors.New("the store is broken")
	}
	if f.after {
		l.spy.after = hook
	} else {
		l.spy.before = hook
	}
	for i, s := range steps() {
		was := hit
		var ctx context.Context
		ctx, cancel = context.WithCancel(t.Context())
		c := named(x.c, fmt.Sprint("request ", i))
		empty, err := s.run(ctx, x, c)
		cancel()
		if hit == was {
			if err != nil {
				t.Fatalf("%s, call %d (%s): %s: %v", f.name, k, where, s.name, err)
			}
			continue
		}
		want := association.ErrUnavailable
		if f.gone {
			want = context.Canceled
		}
		if !errors.Is(err, want) || !empty {
			t.Fatalf("%s, call %d (%s): %s answers %v, a result %t, want only %v", f.name, k, where, s.name, err, !empty, want)
		}
		if _, err := s.run(t.Context(), x, c); err != nil {
			t.Fatalf("%s, call %d (%s): %s, repeated: %v", f.name, k, where, s.name, err)
		}
	}
	l.spy.before, l.spy.after = nil, nil
	events := l.events(x.account)
	for kind, want := range map[string]int{"import": 1, "sign_in": 1, "sudo": 1, "bind": 1, "sign_out": 1, "refresh_token_reuse": 0} {
		if events[kind] != want {
			t.Errorf("%s, call %d (%s): %d events %s, want %d", f.name, k, where, events[kind], kind, want)
		}
	}
	a, err := l.svc.Account(t.Context(), x.account)
	if err != nil {
		t.Fatal(err)
	}
	email, _ := a.Of("email")
	phone, _ := a.Of("phone")
	if len(a.Associations) != 3 || email.Value != "ada@example.com" || phone.Value != "+86 13800000000" {
		t.Errorf("%s, call %d (%s): bound are %+v", f.name, k, where, a.Associations)
	}
	return hit
}

// TestR30_AFailingStoreIsARefusal breaks each call of the ceremony in turn: never
// a success without its effect, nothing half done, and the repeated call goes on
// as if nothing had been.
func TestR30_AFailingStoreIsARefusal(t *testing.T) {
	for _, f := range []fault{
		{name: "fails"}, {name: "fails after the work", after: true},
		{name: "caller gone", gone: true}, {name: "caller gone after the work", gone: true, after: true},
	} {
		t.Run(f.name, func(t *testing.T) {
			k := 1
			for f.fail(t, k) {
				k++
			}
			if k < 40 {
				t.Errorf("the ceremony makes %d calls: too few to be whole", k-1)
			}
		})
	}
}

// TestR30_AFailingSenderFreesTheSlot: the code is dead, the pause is over, and
// another may be asked for at once.
func TestR30_AFailingSenderFreesTheSlot(t *testing.T) {
	for _, request := range []string{"", "named"} {
		l := newLab(t)
		for _, c := range []association.Caller{device("d"), l.host("ada", "s")} {
			c = named(c, request)
			l.out.fail(errors.New("no network"))
			sent, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com"})
			if !errors.Is(err, association.ErrUnavailable) || sent != (association.Sent{}) {
				t.Errorf("an undelivered code: got %+v, %v, want %v", sent, err, association.ErrUnavailable)
			}
			l.spy.mu.Lock()
			slot := l.spy.applied[len(l.spy.applied)-1].Proofs[0].ID
			l.spy.mu.Unlock()
			if r := l.record("lgc1_" + slot + "."); r.State != "spent" {
				t.Errorf("an undelivered code is %+v, want it spent", r)
			}
			l.out.fail(nil)
			l.ask(c, "x@example.com") // at once, and by the same name
		}
	}
}

// TestR30_AnUndeliveredCodeForgetsNoGuess: a sender that fails is no way around
// the fifteen guesses of a slot.
func TestR30_AnUndeliveredCodeForgetsNoGuess(t *testing.T) {
	l := newLab(t, roomy)
	c := l.host("ada", "s")
	for range 3 {
		id, code := l.ask(c, "ada@example.com")
		l.guess(5, c, id, code)
		l.clock.Advance(time.Minute)
		l.out.fail(errors.New("no network"))
		if _, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"}); err == nil {
			t.Fatal("an undelivered code is a success")
		}
		l.out.fail(nil)
	}
	_, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
	if !errors.Is(err, association.ErrRateLimited) {
		t.Errorf("after 15 guesses: got %v, want %v", err, association.ErrRateLimited)
	}
}

// TestR30_WhereNothingCanBeTakenBack the pause stands, and the answer is the same.
func TestR30_WhereNothingCanBeTakenBack(t *testing.T) {
	l := newLab(t)
	c := l.host("ada", "s")
	l.out.fail(errors.New("no network"))
	writes := 0
	l.spy.before = func(_ context.Context, call string) error {
		if call == "Apply" {
			if writes++; writes > 1 {
				return errors.New("the store is broken")
			}
		}
		return nil
	}
	for _, want := range []error{association.ErrUnavailable, association.ErrRateLimited} {
		if _, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com"}); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if writes != 2 {
		t.Errorf("%d writes, want the code and its taking back", writes)
	}
}
