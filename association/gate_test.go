package association_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// policyOf is a policy with its defaults.
func policyOf(t *testing.T, p association.Policy) association.Policy {
	t.Helper()
	p, err := p.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The default gate hashes three at once of what is made here, however many there are,
// and the lightest counts as much.
func TestTheWeightOfAHash(t *testing.T) {
	p := policyOf(t, association.Policy{})
	g := association.NewGate(7, p)
	for _, tt := range []struct {
		why                                string
		memory, lanes, wantLanes, wantMebi int64
	}{
		{"one made here", 19 * mebi, 1, 1, 4 * 19},
		{"bcrypt", 0, 1, 1, 4 * 19},
		{"the most that is taken", 64 * mebi, 1, 1, 256},
		{"lanes", 20 * mebi, 4, 4, 80},
		{"more lanes than processors", 20 * mebi, 16, 7, 80},
	} {
		if lanes, bytes := g.Weight(tt.memory, tt.lanes); lanes != tt.wantLanes || bytes != tt.wantMebi*mebi {
			t.Errorf("%s: %d lanes and %d bytes, want %d and %d MiB", tt.why, lanes, bytes, tt.wantLanes, tt.wantMebi)
		}
	}
	if lanes, _ := association.NewGate(0, p).Weight(0, 4); lanes != 1 {
		t.Errorf("on one processor a hash takes %d", lanes)
	}
}

// Whatever is hashed at once stays within both bounds, and everybody has a turn.
func TestTheGateNeverExceedsItsWeights(t *testing.T) {
	const processors, calls = 5, 400
	p := policyOf(t, association.Policy{HashMemory: 300, HashQueueTime: 30 * time.Second})
	g := association.NewGate(processors, p)
	var lanes, bytes, ran, not atomic.Int64
	dbproof.Together(calls, func(i int) error {
		memory, own := int64(i*7919%75)*mebi, int64(1+i%7)
		n, b := g.Weight(memory, own)
		turn := func() {
			if at := lanes.Add(n); at > processors {
				t.Errorf("%d lanes at once", at)
			}
			if at := bytes.Add(b); at > 300*mebi {
				t.Errorf("%d MiB at once", at/mebi)
			}
			for range 20 { // lets the others in
				runtime.Gosched()
			}
			lanes.Add(-n)
			bytes.Add(-b)
			ran.Add(1)
		}
		if i%8 == 0 {
			if !g.Try(memory, own, turn) {
				not.Add(1)
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if i%9 == 0 {
			go cancel() // before, while or after it waits
		}
		if err := g.Do(ctx, memory, own, turn); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("call %d: %v", i, err)
		} else if err != nil {
			not.Add(1)
		}
		return nil
	})
	if ran.Load()+not.Load() != calls || ran.Load() < calls/2 {
		t.Errorf("%d ran and %d did not", ran.Load(), not.Load())
	}
	// Nothing is left behind: all of it is free again.
	if !g.Try(75*mebi, processors, func() {}) {
		t.Error("a turn was not given back")
	}
}

// fill takes all of the gate until it is released.
func fill(t *testing.T, g association.Gate) (release func()) {
	t.Helper()
	held := make(chan struct{})
	go func() {
		if err := g.Do(t.Context(), 64*mebi, 1, func() { <-held }); err != nil {
			t.Error(err)
		}
	}()
	synctest.Wait()
	return func() { close(held); synctest.Wait() }
}

func TestWhoWaitsTooLongIsTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const wait = 1500 * time.Millisecond
		g := association.NewGate(3, policyOf(t, association.Policy{HashQueueTime: wait}))
		release := fill(t, g)
		start := time.Now()
		err := g.Do(t.Context(), 0, 1, func() { t.Error("it ran") })
		var e *association.Error
		if !errors.Is(err, association.ErrUnavailable) || !errors.As(err, &e) || e.RetryAfter != wait {
			t.Errorf("%v, want ErrUnavailable that says to wait", err)
		}
		if waited := time.Since(start); waited != wait {
			t.Errorf("it waited %v, want %v", waited, wait)
		}
		if g.Try(0, 1, func() {}) {
			t.Error("there was a turn, with all memory taken")
		}
		release()
		if err := g.Do(t.Context(), 0, 1, func() {}); err != nil {
			t.Errorf("when there is room: %v", err)
		}
	})
}

// Who gives up waits no longer, whatever it waited for, and holds up nobody behind it.
func TestWhoGivesUpLeavesTheQueueAtOnce(t *testing.T) {
	for _, processors := range []int{1, 3} { // it waits for the processor, or for memory
		synctest.Test(t, func(t *testing.T) {
			g := association.NewGate(processors, policyOf(t, association.Policy{}))
			release := fill(t, g)
			ctx, cancel := context.WithCancelCause(t.Context())
			cancelled, behind := make(chan error, 1), make(chan error, 1)
			start := time.Now()
			go func() { cancelled <- g.Do(ctx, 64*mebi, 1, func() { t.Error("it ran") }) }()
			synctest.Wait()
			go func() { behind <- g.Do(t.Context(), 19*mebi, 1, func() {}) }()
			synctest.Wait()
			cancel(errors.New("the client hung up"))
			if err := <-cancelled; !errors.Is(err, context.Canceled) {
				t.Errorf("the context was cancelled: %v", err)
			}
			release()
			if err := <-behind; err != nil {
				t.Errorf("the one behind: %v", err)
			}
			if waited := time.Since(start); waited != 0 {
				t.Errorf("they waited %v", waited)
			}

			release = fill(t, g)
			ctx, done := context.WithTimeout(t.Context(), time.Second)
			defer done()
			start = time.Now()
			if err := g.Do(ctx, 0, 1, func() { t.Error("it ran") }); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("its own deadline: %v", err)
			}
			if waited := time.Since(start); waited != time.Second {
				t.Errorf("it waited %v, want its own second", waited)
			}
			release()
			ctx, end := context.WithCancel(t.Context())
			end()
			if err := g.Do(ctx, 0, 1, func() { t.Error("it ran") }); !errors.Is(err, context.Canceled) {
				t.Errorf("a dead context, with room: %v", err)
			}
		})
	}
}

// A storm is an answer to nobody's question. Right, wrong, locked or unknown, and
// whatever the hash: who is turned away had the same calls made, waited as long, and
// is told the same; and no wrong password was counted against anybody (R55).
func TestR55_R56_WhoIsTurnedAwayLearnsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		watch := &watched{}
		w := newWorld(t, func(c *association.Config) {
			watch.Store, c.Store = c.Store, watch
			c.Policy.Budgets.WrongPasswords = association.Limit{N: 2, Per: time.Hour}
		})
		ids := map[string]string{"own": w.account("own"), "locked": w.account("locked"), "passwordless": w.imported("passwordless", "")}
		for _, k := range quickHashes {
			name := "h" + fmt.Sprint(len(ids))
			ids[name] = w.imported(name, k.hash)
		}
		for range 2 {
			_ = w.by("sign in", "", "locked", "wrong horse")
		}
		release := association.HoldHashing(t.Context(), w.svc)
		var first string
		for name := range ids {
			for _, try := range []struct{ identifier, password string }{
				{name, password}, {name, "wrong horse"}, {"un" + name, password}, {name + "@example.com", "wrong horse"},
			} {
				start := time.Now()
				var err error
				calls := watch.during(func() { err = w.by("sign in", "", try.identifier, try.password) })
				var e *association.Error
				if !errors.As(err, &e) || !errors.Is(err, association.ErrUnavailable) {
					t.Fatalf("%v: %v", try, err)
				}
				got := fmt.Sprintf("%v, %v, %v, %v", err, e.RetryAfter, time.Since(start), calls)
				if first == "" {
					first = got
				}
				if got != first {
					t.Errorf("%v:\n got %s\nwant %s", try, got, first)
				}
			}
			if name != "passwordless" {
				for _, p := range []string{password, "wrong horse"} {
					if err := w.by("sudo", ids[name], "", p); !errors.Is(err, association.ErrUnavailable) {
						t.Errorf("sudo of %s: %v", name, err)
					}
				}
			}
		}
		release()
		for name := range ids {
			want := error(nil)
			if name == "locked" || name == "passwordless" {
				want = association.ErrInvalidPassword
			}
			if err := w.by("sign in", "", name, password); !errors.Is(err, want) {
				t.Errorf("%s, after all: %v, want %v", name, err, want)
			}
		}
	})
}

// What was counted against the caller stays counted, so that a storm has an end.
func TestWhoIsTurnedAwayIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *association.Config) {
			c.Policy.Budgets.PasswordsPerIP = association.Limit{N: 3, Per: time.Hour}
		})
		w.member("ada")
		release := association.HoldHashing(t.Context(), w.svc)
		for i := range 5 {
			want := association.ErrUnavailable
			if i >= 3 {
				want = association.ErrRateLimited
			}
			if err := w.by("sign in", "", "ada", password); !errors.Is(err, want) {
				t.Errorf("password %d: %v, want %v", i+1, err, want)
			}
		}
		release()
		if err := w.by("sign in", "", "ada", password); !errors.Is(err, association.ErrRateLimited) {
			t.Errorf("when there is room: %v", err)
		}
	})
}

// Everything that hashes goes through the gate, and what is turned away there has
// changed nothing.
func TestEverythingThatHashesWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, watch := watchedWorld(t)
		m := w.mint("ada")
		proof := w.prove(device("d"), "email", "new@example.com")
		writes := watch.writes()
		release := association.HoldHashing(t.Context(), w.svc)
		calls := map[string]func() error{
			"set password": func() error {
				return w.svc.SetPassword(t.Context(), m.caller, association.PasswordRequest{SudoToken: m.sudo, Password: "another horse"})
			},
			"sign up": func() error {
				_, err := w.svc.SignUp(t.Context(), device("d"), association.SignUpRequest{VerificationToken: proof, Password: "another horse"})
				return err
			},
			"import": func() error {
				_, err := w.svc.Import(t.Context(), association.ImportedAccount{ID: "x", Password: "another horse"})
				return err
			},
			"import in a transaction": func() error {
				_, err := w.svc.With(w.store).Import(t.Context(), association.ImportedAccount{ID: "y", Password: "another horse"})
				return err
			},
			"sign in": func() error { return w.by("sign in", "", "ada", password) },
		}
		for name, call := range calls {
			if err := call(); !errors.Is(err, association.ErrUnavailable) {
				t.Errorf("%s: %v, want ErrUnavailable", name, err)
			}
		}
		if n := watch.writes() - writes; n != 0 {
			t.Errorf("%d writes were made", n)
		}
		release()
		for _, name := range []string{"sign in", "set password", "sign up", "import", "import in a transaction"} {
			if err := calls[name](); err != nil {
				t.Errorf("%s, when there is room: %v", name, err)
			}
		}
	})
}

// A host that keeps the passwords judges them when it is asked. Were only the unknown
// turned away, a storm would tell who is known.
func TestR55_AHostsPasswordsAreNotToldFromTheUnknownByAStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host := &hostPasswords{of: map[string]string{}}
		w := newWorld(t, func(c *association.Config) { c.Passwords = host })
		id := w.imported("ada", "")
		host.of[id] = password
		release := association.HoldHashing(t.Context(), w.svc)
		defer release()
		for _, name := range []string{"ada", "nobody"} {
			if err := w.by("sign in", "", name, "wrong horse"); !errors.Is(err, association.ErrInvalidPassword) {
				t.Errorf("%s: %v, want ErrInvalidPassword", name, err)
			}
		}
		if err := w.by("sign in", "", "ada", password); err != nil {
			t.Error(err)
		}
	})
}
