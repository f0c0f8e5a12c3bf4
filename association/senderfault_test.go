package association_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// senderFault is a way for the sender to fail.
type senderFault struct {
	name string
	// send may call arrive, which is the message in its reader's hands.
	send func(ctx context.Context, arrive func()) error
	// sees is what the caller of Send is told; nil: that the message is on its way.
	sees       error
	retryAfter time.Duration
	arrives    bool // the message is in somebody's hands all the same
	daily      bool // a notice is tried again the next day
}

// hangs waits until it is given up.
func hangs(ctx context.Context, then func()) error {
	<-ctx.Done()
	then()
	return ctx.Err()
}

var senderFaults = []senderFault{
	{name: "none", send: func(_ context.Context, arrive func()) error { arrive(); return nil }, arrives: true},
	{name: "temporary", send: fails(sender.ErrTemporary), sees: association.ErrUnavailable},
	{name: "permanent", send: fails(sender.ErrPermanent), sees: association.ErrUnavailable},
	{name: "recipient refused", send: fails(sender.ErrRecipient), sees: association.ErrUndeliverable, daily: true},
	{name: "quota", send: fails(&sender.Error{Err: sender.ErrQuota, RetryAfter: 20 * time.Minute}), sees: association.ErrUnavailable, retryAfter: 20 * time.Minute},
	{name: "quota for a year", send: fails(&sender.Error{Err: sender.ErrQuota, RetryAfter: 8760 * time.Hour}), sees: association.ErrUnavailable, retryAfter: time.Hour},
	{name: "a sender that breaks its word", send: fails(errors.New("?")), sees: association.ErrUnavailable},
	{name: "hangs", send: func(ctx context.Context, _ func()) error { return hangs(ctx, func() {}) }, sees: association.ErrUnavailable},
	{name: "succeeds, and does not know it", send: func(_ context.Context, arrive func()) error {
		arrive()
		return &sender.Error{Err: sender.ErrTemporary, Uncertain: true}
	}, sees: association.ErrUnavailable, arrives: true},
	{name: "succeeds too late", send: hangs, sees: association.ErrUnavailable, arrives: true},
	{name: "succeeds at the last moment", send: func(ctx context.Context, arrive func()) error { _ = hangs(ctx, arrive); return nil }, arrives: true},
}

func fails(err error) func(context.Context, func()) error {
	return func(context.Context, func()) error { return err }
}

// faulty is a sender that fails at its n-th message, counted from 1, and then no more.
type faulty struct {
	fault   senderFault
	n       int
	handed  []sender.Message // to the sender
	arrived []sender.Message // at the reader
}

func (f *faulty) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	f.handed = append(f.handed, m)
	arrive := func() { f.arrived = append(f.arrived, m) }
	if len(f.handed) == f.n {
		return sender.Receipt{}, f.fault.send(ctx, arrive)
	}
	arrive()
	return sender.Receipt{}, nil
}

// coded are the steps of the flow that send a code: who asks, and for which address.
var coded = []struct {
	name string
	ask  func(l *lab) (association.Caller, string)
	done func(l *lab, c association.Caller, proof association.Token) error // what the code is for
}{
	{"bind", func(l *lab) (association.Caller, string) {
		l.imported("ada", testHash(), "email", "ada@example.com")
		c, _ := l.signIn("ada")
		return c, phoneNumber
	}, func(l *lab, c association.Caller, proof association.Token) error {
		_, err := l.svc.Bind(l.t.Context(), c, association.BindRequest{Kind: "phone", To: phoneNumber, SudoToken: l.sudo(c), VerificationToken: proof})
		return err
	}},
	{"sudo", func(l *lab) (association.Caller, string) {
		l.imported("ada", testHash(), "phone", phoneNumber)
		c, _ := l.signIn("ada")
		return c, phoneNumber
	}, func(l *lab, c association.Caller, proof association.Token) error {
		_, err := l.svc.Sudo(l.t.Context(), c, association.SudoRequest{VerificationToken: proof})
		return err
	}},
	{"sign in", func(l *lab) (association.Caller, string) {
		l.imported("ada", testHash(), "phone", phoneNumber)
		return device("d"), phoneNumber
	}, func(l *lab, c association.Caller, proof association.Token) error {
		_, err := l.svc.SignIn(l.t.Context(), c, association.SignInRequest{VerificationToken: proof})
		return err
	}},
	{"sign up", func(*lab) (association.Caller, string) { return device("d"), phoneNumber },
		func(l *lab, c association.Caller, proof association.Token) error {
			_, err := l.signUp(c, association.SignUpRequest{VerificationToken: proof})
			return err
		}},
}

// TestTheSenderFailsAtEachStep: what the caller sees, what was spent and what a retry
// does. Whatever the sender did: nothing is lost, one call is charged once, no code is
// sent twice, and one that somebody may have in hand is dead unless it was said to be on
// its way.
func TestTheSenderFailsAtEachStep(t *testing.T) {
	for _, fault := range senderFaults {
		for _, step := range coded {
			for _, request := range []string{"", "named"} {
				t.Run(fmt.Sprint(fault.name, "/", step.name, request), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						out := &faulty{fault: fault, n: 1}
						l := newLab(t, func(cfg *association.Config) { cfg.Sender = out })
						c, to := step.ask(l)
						c = named(c, request)
						counted := func() int { return len(l.spy.counters) }
						before := counted()
						ask := association.SendRequest{Kind: "phone", To: to}

						began := time.Now()
						sent, err := l.svc.Send(t.Context(), c, ask)
						var refused *association.Error
						if !errors.Is(err, fault.sees) || (err == nil) != (fault.sees == nil) || (sent == association.Sent{}) != (err != nil) {
							t.Fatalf("the caller is told %+v, %v; want %v", sent, err, fault.sees)
						}
						if errors.As(err, &refused) && refused.RetryAfter != fault.retryAfter {
							t.Errorf("the caller is told to wait %v, want %v", refused.RetryAfter, fault.retryAfter)
						}
						if took := time.Since(began); took > 10*time.Second {
							t.Errorf("the caller waited %v", took)
						}
						charged := counted() - before
						if len(out.handed) != 1 || len(out.arrived) == 1 != fault.arrives || charged == 0 {
							t.Fatalf("%d messages were handed over, %d arrived, %d counted", len(out.handed), len(out.arrived), charged)
						}

						// The retry: at once where the caller was told of a failure.
						if err != nil {
							if len(out.arrived) == 1 {
								dead := out.arrived[0]
								id := "lgc1_" + l.slot() + "." + dead.ID
								if _, err := l.svc.Verify(t.Context(), c, id, dead.Code.Reveal()); !errors.Is(err, association.ErrInvalidProof) {
									t.Errorf("a code of which nobody was told: %v", err)
								}
							}
							before = counted()
							if sent, err = l.svc.Send(t.Context(), c, ask); err != nil {
								t.Fatalf("the retry: %v", err)
							}
							if len(out.handed) != 2 {
								t.Fatalf("%d messages were handed over for two calls", len(out.handed))
							}
							if again := counted() - before; again != charged {
								t.Errorf("the retry was counted %d times, the failure %d", again, charged)
							}
							first, second := out.handed[0], out.handed[1]
							if first.ID == second.ID || first.Code.Reveal() == second.Code.Reveal() {
								t.Error("the code that failed is sent again")
							}
							if first.To != to || second.To != to {
								t.Errorf("sent to %q and %q", first.To, second.To)
							}
						}

						// The cooldown that a message took stands; a repeat of the call is told the same.
						_, err = l.svc.Send(t.Context(), c, ask)
						if want := map[string]error{"": association.ErrRateLimited, "named": nil}[request]; !errors.Is(err, want) || (err == nil) != (want == nil) {
							t.Errorf("a second call at once: %v, want %v", err, want)
						}
						last := out.handed[len(out.handed)-1]
						if len(out.handed) > 2 || sent.ID[len(sent.ID)-len(last.ID):] != last.ID {
							t.Errorf("%d messages; the caller knows another than the last", len(out.handed))
						}

						// And it does what it is for.
						g, err := l.svc.Verify(t.Context(), c, sent.ID, last.Code.Reveal())
						if err != nil {
							t.Fatal(err)
						}
						if err := step.done(l, c, g.Token); err != nil {
							t.Error(err)
						}
					})
				})
			}
		}
	}
}

// slot is the slot that was written last.
func (l *lab) slot() string {
	l.spy.mu.Lock()
	defer l.spy.mu.Unlock()
	for i := len(l.spy.applied) - 1; i >= 0; i-- {
		if all := l.spy.applied[i].Proofs; len(all) > 0 {
			return all[0].ID
		}
	}
	l.t.Fatal("no slot was written")
	return ""
}

// TestTheSenderFailsAtANotice: it arrives in the end, under one ID however often, and
// once where the sender says so.
func TestTheSenderFailsAtANotice(t *testing.T) {
	for _, fault := range senderFaults {
		t.Run(fault.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &faulty{fault: fault}
				l := newLab(t, func(cfg *association.Config) { cfg.Sender = out })
				l.imported("ada", testHash(), "phone", phoneNumber)
				c, _ := l.signIn("ada")
				if err := l.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: l.sudo(c), Password: "another password"}); err != nil {
					t.Fatal(err)
				}
				out.n = len(out.handed) + 1
				settled := 0
				for range 4 {
					n, err := l.svc.Deliver(t.Context(), 10)
					if err != nil {
						t.Fatal(err)
					}
					settled += n
					l.clock.Advance(time.Hour)
				}
				tries, arrivals := 2, 1
				if fault.sees == nil {
					tries = 1
				}
				if fault.arrives {
					arrivals = tries
				}
				if fault.daily {
					if settled != 0 || len(out.handed) != 1 {
						t.Errorf("settled %d, and tried %d times on one day", settled, len(out.handed))
					}
					l.clock.Advance(24 * time.Hour)
					n, err := l.svc.Deliver(t.Context(), 10)
					if err != nil {
						t.Fatal(err)
					}
					settled += n
				}
				if settled != 1 || len(out.handed) != tries || len(out.arrived) != arrivals {
					t.Errorf("settled %d, handed over %d, arrived %d; want 1, %d, %d", settled, len(out.handed), len(out.arrived), tries, arrivals)
				}
				for _, m := range out.handed {
					if m.ID != out.handed[0].ID || m.To != phoneNumber || m.Text != out.handed[0].Text || m.Template != sender.PasswordSet {
						t.Errorf("another message the second time: %v", m)
					}
				}
			})
		})
	}
}

// TestACallerThatGoesAwayIsSentItsCode: what is committed is sent.
func TestACallerThatGoesAwayIsSentItsCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		out := &faulty{n: 1, fault: senderFault{send: func(ctx context.Context, arrive func()) error {
			cancel()
			if ctx.Err() == nil {
				arrive()
			}
			return ctx.Err()
		}}}
		l := newLab(t, func(cfg *association.Config) { cfg.Sender = out })
		sent, err := l.svc.Send(ctx, device("d"), association.SendRequest{Kind: "phone", To: phoneNumber})
		if err != nil || len(out.arrived) != 1 {
			t.Fatalf("%v, and %d arrived", err, len(out.arrived))
		}
		if _, err := l.svc.Verify(t.Context(), device("d"), sent.ID, out.arrived[0].Code.Reveal()); err != nil {
			t.Error(err)
		}
	})
}

// TestR54_AVendorsLimitForAnAddressIsNotTold: that somebody else was sent a code is
// nobody's to know. The answer is that of a budget of ours that is used up.
func TestR54_AVendorsLimitForAnAddressIsNotTold(t *testing.T) {
	l := newLab(t)
	l.out.fail(&sender.Error{Err: sender.ErrQuota, RecipientLimit: true, RetryAfter: 27 * time.Second})
	for _, c := range []association.Caller{device("d"), l.host("ada", "s")} {
		sent, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "phone", To: phoneNumber})
		if err != nil || sent.ID == "" {
			t.Errorf("told %+v, %v", sent, err)
		}
		if _, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "phone", To: phoneNumber}); !errors.Is(err, association.ErrRateLimited) {
			t.Errorf("the pause: %v", err)
		}
	}
	l.out.fail(&sender.Error{Err: sender.ErrTemporary, RecipientLimit: true}) // which it goes with alone is a quota
	if _, err := l.svc.Send(t.Context(), device("e"), association.SendRequest{Kind: "phone", To: phoneNumber}); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("told %v", err)
	}
}
