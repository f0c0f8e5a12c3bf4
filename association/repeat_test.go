package association_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// freePasswords judges passwords as a host's would, at no cost.
type freePasswords struct{}

func (freePasswords) HasPassword(_ context.Context, account string) (bool, error) {
	return account != "", nil
}

func (freePasswords) VerifyPassword(_ context.Context, _, given string) (bool, error) {
	return given == password, nil
}

// repeatable is a call whose repeat gets the same answer and has no effect.
type repeatable struct {
	name string
	// arrange does everything that goes before.
	arrange func(l *lab) (c association.Caller, account string, call call)
	// later is what the same call is told when it is none that was answered: by
	// another name, or too late. Nil: it is a call of its own, and succeeds.
	later error
}

// call makes the call and writes its answer out.
type call func(c association.Caller) (string, error)

func grant(g association.Grant, err error) (string, error) {
	return g.Token.Reveal() + g.Expires.String(), err
}

func tokens(s association.Session, err error) (string, error) {
	return fmt.Sprint(s.ID, s.Account, s.Access.Reveal(), s.AccessExpires, s.Refresh.Reveal(), s.Expires), err
}

// replacing has a caller with a password of the host's, an address, and both
// proofs to bind another.
func replacing(l *lab) (c association.Caller, account string, r association.BindRequest) {
	account = l.own("email", "old@example.com")
	c = l.host(account, "s")
	sudo, err := l.svc.Sudo(l.t.Context(), c, association.SudoRequest{Password: password})
	if err != nil {
		l.t.Fatal(err)
	}
	return c, account, association.BindRequest{
		Kind: "email", To: "new@example.com", SudoToken: sudo.Token, VerificationToken: l.token(c, "email", "new@example.com"),
	}
}

func repeatables() []repeatable {
	return []repeatable{
		{"send", func(l *lab) (association.Caller, string, call) {
			return l.host("ada", "s"), "ada", func(c association.Caller) (string, error) {
				sent, err := l.svc.Send(l.t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
				return fmt.Sprint(sent), err
			}
		}, association.ErrRateLimited},
		{"send, signed out", func(l *lab) (association.Caller, string, call) {
			return device("d"), "ada", func(c association.Caller) (string, error) {
				sent, err := l.svc.Send(l.t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
				return fmt.Sprint(sent), err
			}
		}, association.ErrRateLimited},
		{"verify", func(l *lab) (association.Caller, string, call) {
			c := l.host("ada", "s")
			id, code := l.ask(c, "ada@example.com")
			return c, "ada", func(c association.Caller) (string, error) { return grant(l.svc.Verify(l.t.Context(), c, id, code)) }
		}, association.ErrInvalidProof},
		{"sudo by token", func(l *lab) (association.Caller, string, call) {
			account := l.own("email", "ada@example.com")
			c := l.host(account, "s")
			token := l.token(c, "email", "ada@example.com")
			return c, account, func(c association.Caller) (string, error) {
				return grant(l.svc.Sudo(l.t.Context(), c, association.SudoRequest{VerificationToken: token}))
			}
		}, association.ErrInvalidProof},
		{"sudo by password", func(l *lab) (association.Caller, string, call) {
			account := l.own("email", "ada@example.com")
			return l.host(account, "s"), account, func(c association.Caller) (string, error) {
				return grant(l.svc.Sudo(l.t.Context(), c, association.SudoRequest{Password: password}))
			}
		}, nil},
		{"bind the first", func(l *lab) (association.Caller, string, call) {
			c, account, r := replacing(l)
			r.Kind, r.To, r.VerificationToken = "phone", "+8613800000000", l.token(c, "phone", "+8613800000000")
			return c, account, func(c association.Caller) (string, error) {
				a, err := l.svc.Bind(l.t.Context(), c, r)
				return fmt.Sprint(a), err
			}
		}, association.ErrInvalidProof},
		{"bind another", func(l *lab) (association.Caller, string, call) {
			c, account, r := replacing(l)
			return c, account, func(c association.Caller) (string, error) {
				a, err := l.svc.Bind(l.t.Context(), c, r)
				return fmt.Sprint(a), err
			}
		}, association.ErrInvalidProof},
		{"bind from the session", func(l *lab) (association.Caller, string, call) {
			c, account, r := replacing(l)
			r.SudoToken, r.VerificationToken, r.FromSession = association.Token{}, association.Token{}, true
			return c, account, func(c association.Caller) (string, error) {
				a, err := l.svc.Bind(l.t.Context(), c, r)
				return fmt.Sprint(a), err
			}
		}, association.ErrInvalidProof},
		{"sign in by token", func(l *lab) (association.Caller, string, call) {
			account := l.own("email", "ada@example.com")
			c := device("d")
			token := l.token(c, "email", "ada@example.com")
			return c, account, func(c association.Caller) (string, error) {
				return tokens(l.svc.SignIn(l.t.Context(), c, association.SignInRequest{VerificationToken: token}))
			}
		}, association.ErrInvalidProof},
		{"sign in by password", func(l *lab) (association.Caller, string, call) {
			account := l.own("email", "ada@example.com")
			return device("d"), account, func(c association.Caller) (string, error) {
				return tokens(l.svc.SignIn(l.t.Context(), c, association.SignInRequest{Identifier: "ada@example.com", Password: password}))
			}
		}, nil},
		{"sign up", func(l *lab) (association.Caller, string, call) {
			c := device("d")
			token := l.token(c, "email", "ada@example.com")
			return c, "", func(c association.Caller) (string, error) {
				return tokens(l.svc.SignUp(l.t.Context(), c, association.SignUpRequest{VerificationToken: token, Username: "ada"}))
			}
		}, association.ErrInvalidProof},
	}
}

func newRepeatLab(t *testing.T) *lab {
	t.Helper()
	return newLab(t, roomy, func(cfg *association.Config) { cfg.Passwords = freePasswords{} })
}

// footprint is everything that has had an effect so far.
func (l *lab) footprint(account string) string {
	l.t.Helper()
	l.spy.mu.Lock()
	accounts, proofs := map[string]int64{}, map[string]bool{}
	links, events, notices := 0, 0, 0
	for _, change := range l.spy.applied {
		for _, a := range change.Accounts {
			accounts[a.ID] = a.Epoch
		}
		for _, p := range change.Proofs {
			proofs[p.ID] = true
		}
		links += len(change.Link)
		events += len(change.Events)
		notices += len(change.Notices)
	}
	l.spy.mu.Unlock()
	return fmt.Sprintf("%d codes, %d accounts, epoch %d, %d records, %d links, %d events, %d notices",
		len(l.out.all()), len(accounts), accounts[account], len(proofs), links, events, notices)
}

// TestRepeatsGetTheirAnswer: the same call, by the same name, within a minute.
func TestRepeatsGetTheirAnswer(t *testing.T) {
	for _, r := range repeatables() {
		t.Run(r.name, func(t *testing.T) {
			l := newRepeatLab(t)
			c, account, call := r.arrange(l)
			c = named(c, "one")
			first, err := call(c)
			if err != nil {
				t.Fatal(err)
			}
			left := l.footprint(account)
			for _, wait := range []time.Duration{0, time.Minute - time.Microsecond} {
				l.clock.Advance(wait)
				again, err := call(c)
				if err != nil || again != first {
					t.Errorf("repeated after %v: got %q, %v, want %q", wait, again, err, first)
				}
			}
			if now := l.footprint(account); now != left {
				t.Errorf("the repeat had an effect: %s, was %s", now, left)
			}
			l.clock.Advance(time.Microsecond)
			late := r.later
			if errors.Is(late, association.ErrRateLimited) {
				late = nil // the pause is over as well
			}
			if again, err := call(c); again == first || !errors.Is(err, late) {
				t.Errorf("repeated after a minute: got %q, %v, want %v", again, err, late)
			}
		})
	}
}

// TestRepeatsAreTheSameCall: another name, device or session is another call.
func TestRepeatsAreTheSameCall(t *testing.T) {
	for _, r := range repeatables() {
		for name, change := range map[string]func(c *association.Caller){
			"no name":         func(c *association.Caller) { c.RequestID = "" },
			"another name":    func(c *association.Caller) { c.RequestID = "two" },
			"another device":  func(c *association.Caller) { c.Device = "another" },
			"another session": func(c *association.Caller) { c.Actor.Session = "another" },
			"another account": func(c *association.Caller) { c.Actor.Account = "mallory" },
		} {
			t.Run(r.name+"/"+name, func(t *testing.T) {
				l := newRepeatLab(t)
				c, _, call := r.arrange(l)
				signedIn := c.Actor.Account != ""
				if !signedIn && (name == "another session" || name == "another account") {
					return // signed out, there is none
				}
				c = named(c, "one")
				first, err := call(c)
				if err != nil {
					t.Fatal(err)
				}
				change(&c)
				again, err := call(c)
				switch {
				case r.name == "verify" && (name == "another session" || name == "another account"):
					// Who is signed in does not count: the code says whom it serves.
					if err != nil || again != first {
						t.Errorf("got %q, %v, want the answer", again, err)
					}
				case again == first:
					t.Error("got the answer to another call")
				case r.later != nil && (name == "no name" || name == "another name") && !errors.Is(err, r.later):
					t.Errorf("got %v, want %v", err, r.later)
				}
			})
		}
	}
}

// TestRepeatsAtOnceHaveOneEffect: however many repeats come together.
func TestRepeatsAtOnceHaveOneEffect(t *testing.T) {
	for _, r := range repeatables() {
		t.Run(r.name, func(t *testing.T) {
			alone := newRepeatLab(t)
			c, account, call := r.arrange(alone)
			if _, err := call(named(c, "one")); err != nil {
				t.Fatal(err)
			}
			want := alone.footprint(account)

			l := newRepeatLab(t)
			c, account, call = r.arrange(l)
			c = named(c, "one")
			answers := make([]string, racers)
			l.spy.meet(racers)
			together(racers, func(i int) {
				var err error
				if answers[i], err = call(c); err != nil {
					t.Errorf("repeated at once: %v", err)
				}
			})
			for _, answer := range answers {
				if answer != answers[0] {
					t.Fatalf("two answers to one call: %q and %q", answer, answers[0])
				}
			}
			if got := l.footprint(account); got != want {
				t.Errorf("together: %s, want %s", got, want)
			}
		})
	}
}
