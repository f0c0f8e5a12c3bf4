package association_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ligature-auth/ligature/association"
)

// modelSlot is what a slot ought to be, in plain words.
type modelSlot struct {
	caller  association.Caller
	budget  string
	codes   []modelCode // all of them, the newest last
	live    bool        // the newest can be guessed at
	expires time.Time
	paused  time.Time
	guesses int // of the newest
	window  int // wrong ones, of all codes of the slot's day
	ends    time.Time
}

type modelCode struct{ id, code string }

// model is three askers for one address: two devices, which share the budget of
// the address, and an account, which has its own.
type model struct {
	slots []*modelSlot
	wrong map[string]int // by budget and the start of its time
}

const (
	wrongPerTarget  = 15 // a day
	wrongPerAccount = 12 // an hour, less than one slot bears
)

func (m *model) spent(s *modelSlot, now time.Time) (key string, most int) {
	if s.budget == "target" {
		return fmt.Sprint("target", now.Truncate(24*time.Hour)), wrongPerTarget
	}
	return fmt.Sprint("account", now.Truncate(time.Hour)), wrongPerAccount
}

// send reports whether a code goes out.
func (m *model) send(s *modelSlot, now time.Time) bool {
	if now.Before(s.paused) || now.Before(s.ends) && s.window >= 15 {
		return false
	}
	if !now.Before(s.ends) {
		s.window, s.ends = 0, now.Add(24*time.Hour)
	}
	s.live, s.guesses = true, 0
	s.expires, s.paused = now.Add(10*time.Minute), now.Add(time.Minute)
	return true
}

// verify reports whether the guess is accepted.
func (m *model) verify(s *modelSlot, id, code string, now time.Time) bool {
	newest := s.codes[len(s.codes)-1]
	if id != newest.id || !s.live || !now.Before(s.expires) || s.guesses >= 5 || s.window >= 15 {
		return false
	}
	key, most := m.spent(s, now)
	s.guesses++
	s.window++
	if code != newest.code {
		m.wrong[key]++
		return false
	}
	if m.wrong[key] >= most {
		return false
	}
	s.window--
	s.live = false
	return true
}

// TestR25_TheSlotKeepsToItsModel drives the service and the model by the same
// random calls. Whatever the order of codes, guesses and days, they agree.
func TestR25_TheSlotKeepsToItsModel(t *testing.T) {
	var accepted, refused int
	rapid.Check(t, func(rt *rapid.T) {
		l := newLab(t, roomy, longCodes, func(cfg *association.Config) {
			cfg.Policy.Budgets.WrongCodesPerAccount = association.Limit{N: wrongPerAccount, Per: time.Hour}
		})
		m := &model{wrong: map[string]int{}, slots: []*modelSlot{
			{caller: device("a"), budget: "target"}, {caller: device("b"), budget: "target"},
			{caller: l.host("ada", "s"), budget: "account"},
		}}
		// Mostly one slot, so that its limits are met.
		pick := func(rt *rapid.T) *modelSlot {
			return m.slots[rapid.SampledFrom([]int{0, 0, 0, 1, 2, 2}).Draw(rt, "slot")]
		}
		guess := func(rt *rapid.T, s *modelSlot, id, code string) {
			before := s.window
			want := m.verify(s, id, code, l.clock.Now())
			_, err := l.svc.Verify(t.Context(), s.caller, id, code)
			if err != nil && !errors.Is(err, association.ErrInvalidProof) {
				rt.Fatal(err)
			}
			if got := err == nil; got != want {
				rt.Fatalf("accepted: %t, want %t", got, want)
			}
			if want {
				accepted++
			} else {
				refused++
			}
			if s.window < before {
				rt.Fatalf("the model forgot a guess: %d after %d", s.window, before)
			}
			if r := l.record(s.codes[0].id); r.Guesses != s.guesses || r.WindowGuesses != s.window {
				rt.Fatalf("charged %+v, want %d and %d", r, s.guesses, s.window)
			}
		}
		some := func(rt *rapid.T) *modelSlot {
			s := pick(rt)
			if len(s.codes) == 0 {
				rt.Skip("no code yet")
			}
			return s
		}
		send := func(rt *rapid.T, s *modelSlot) {
			want := m.send(s, l.clock.Now())
			sent, err := l.svc.Send(t.Context(), s.caller, association.SendRequest{Kind: "email", To: "x@example.com"})
			if want != (err == nil) || err != nil && !errors.Is(err, association.ErrRateLimited) {
				rt.Fatalf("a code goes out: got %v, want %t", err, want)
			}
			if err == nil {
				s.codes = append(s.codes, modelCode{sent.ID, l.out.code(sent.ID)})
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"send": func(rt *rapid.T) { send(rt, pick(rt)) },
			"grind": func(rt *rapid.T) {
				s := pick(rt)
				for range rapid.IntRange(1, 4).Draw(rt, "codes") {
					l.clock.Advance(time.Minute)
					send(rt, s)
					c := s.codes[len(s.codes)-1]
					for range rapid.IntRange(0, 6).Draw(rt, "times") {
						guess(rt, s, c.id, wrong(c.code))
					}
				}
			},
			"right": func(rt *rapid.T) {
				s := some(rt)
				c := s.codes[len(s.codes)-1]
				guess(rt, s, c.id, c.code)
			},
			"wrong": func(rt *rapid.T) {
				s := some(rt)
				c := s.codes[len(s.codes)-1]
				guess(rt, s, c.id, wrong(c.code))
			},
			"stale": func(rt *rapid.T) {
				s := some(rt)
				old, new := rapid.SampledFrom(s.codes).Draw(rt, "old"), s.codes[len(s.codes)-1]
				guess(rt, s, old.id, new.code)
				guess(rt, s, old.id, old.code)
				guess(rt, s, new.id, old.code)
			},
			"time": func(rt *rapid.T) {
				l.clock.Advance(rapid.SampledFrom([]time.Duration{
					time.Microsecond, time.Microsecond, time.Minute - time.Microsecond, 10*time.Minute - time.Microsecond,
					10 * time.Minute, time.Hour, 24*time.Hour - time.Microsecond,
				}).Draw(rt, "by"))
			},
		})
	})
	if accepted == 0 || refused == 0 {
		t.Errorf("accepted %d guesses and refused %d: the test tests nothing", accepted, refused)
	}
}
