package association_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

const (
	racers      = 64
	repetitions = 20
)

// refusedOrBusy fails for any error but the refusal that is wanted. Those who
// lose a race too often are told to come again.
func refusedOrBusy(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) && !errors.Is(err, association.ErrBusy) {
		t.Errorf("a loser: got %v, want %v", err, want)
	}
}

// TestR20_OneLiveCode: of fifty sends at once for one slot one wins, and it is
// the one that is delivered.
func TestR20_OneLiveCode(t *testing.T) {
	for range repetitions {
		l := newLab(t, roomy)
		c := l.host("ada", "s")
		ids := make([]string, 50)
		var won atomic.Int32
		l.spy.meet(len(ids))
		together(len(ids), func(i int) {
			sent, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
			if err != nil {
				refusedOrBusy(t, err, association.ErrRateLimited)
				return
			}
			won.Add(1)
			ids[i] = sent.ID
		})
		if won.Load() != 1 || len(l.out.all()) != 1 {
			t.Fatalf("%d sends won and %d messages went out, want one of each", won.Load(), len(l.out.all()))
		}
		for _, id := range ids {
			if id == "" {
				continue
			}
			if _, err := l.svc.Verify(t.Context(), c, id, l.out.code(id)); err != nil {
				t.Errorf("the one code: %v", err)
			}
		}
	}
}

// TestR20_TheLastCodeLives: where no pause holds sends back, each that wins is
// delivered, and all but one of the codes are dead.
func TestR20_TheLastCodeLives(t *testing.T) {
	l := newLab(t, func(cfg *association.Config) { cfg.Policy.UnsafeNoBudgets = true })
	c := l.host("ada", "s")
	ids := make([]string, 50)
	l.spy.meet(len(ids))
	together(len(ids), func(i int) {
		sent, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
		if err != nil {
			refusedOrBusy(t, err, association.ErrBusy)
			return
		}
		ids[i] = sent.ID
	})
	won, live := 0, 0
	for _, id := range ids {
		if id == "" {
			continue
		}
		won++
		if _, err := l.svc.Verify(t.Context(), c, id, l.out.code(id)); err == nil {
			live++
		}
	}
	if live != 1 || won == 0 || len(l.out.all()) != won {
		t.Errorf("%d sends won, %d messages went out, %d codes live: want one live", won, len(l.out.all()), live)
	}
}

// TestR22_ParallelGuesses: however many guess at once, five are charged.
func TestR22_ParallelGuesses(t *testing.T) {
	for _, signedIn := range []bool{false, true} {
		l := newLab(t, roomy)
		c := device("d")
		if signedIn {
			c = l.host("ada", "s")
		}
		id, code := l.ask(c, "ada@example.com")
		before := l.spy.writes()
		l.spy.meet(200)
		together(200, func(int) {
			_, err := l.svc.Verify(t.Context(), c, id, wrong(code))
			refusedOrBusy(t, err, association.ErrInvalidProof)
		})
		if r := l.record(id); r.Guesses != 5 || r.WindowGuesses != 5 {
			t.Errorf("200 guesses at once were charged as %+v, want 5", r)
		}
		if judged := l.spy.writes() - before; judged != 5 {
			t.Errorf("%d guesses were judged, want 5", judged)
		}
		if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("the right code after them: got %v, want %v", err, association.ErrInvalidProof)
		}
	}
}

// TestR22_FifteenGuessesASlotAndDay: nor do codes asked for and guessed at from
// everywhere at once give more than fifteen a slot.
func TestR22_FifteenGuessesASlotAndDay(t *testing.T) {
	l := newLab(t, roomy, func(cfg *association.Config) {
		cfg.Policy.UnsafeNoBudgets = true // the slot's own limit stays
	})
	c := l.host("ada", "s")
	charged := 0
	for range 6 {
		sent, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "ada@example.com"})
		if err != nil {
			refusedOrBusy(t, err, association.ErrRateLimited)
			continue
		}
		code := l.out.code(sent.ID)
		before := l.spy.writes()
		l.spy.meet(racers)
		together(racers, func(int) {
			_, err := l.svc.Verify(t.Context(), c, sent.ID, wrong(code))
			refusedOrBusy(t, err, association.ErrInvalidProof)
		})
		charged += l.spy.writes() - before
		l.spy.before = nil
		l.clock.Advance(time.Minute)
	}
	if charged != 15 {
		t.Errorf("%d guesses were judged over six codes, want 15", charged)
	}
}

// TestR22_ARightGuessAmongWrongOnes wins only if fewer than five wrong ones came
// before it, and then once.
func TestR22_ARightGuessAmongWrongOnes(t *testing.T) {
	for range repetitions {
		l := newLab(t, roomy)
		c := device("d")
		id, code := l.ask(c, "ada@example.com")
		var won atomic.Int32
		l.spy.meet(racers)
		together(racers, func(i int) {
			guess := wrong(code)
			if i%8 == 0 {
				guess = code
			}
			if _, err := l.svc.Verify(t.Context(), c, id, guess); err == nil {
				won.Add(1)
			}
		})
		r := l.record(id)
		if won.Load() > 1 || r.Guesses > 5 || (r.State == "verified") != (won.Load() == 1) {
			t.Errorf("%d guesses were accepted, the record says %+v", won.Load(), r)
		}
	}
}

// race is one thing that may happen once, whoever asks for it.
type race struct {
	name    string
	arrange func(l *lab) (account string, run func(i int) (association.Token, error))
	refusal error
	event   string // what happens to the account, once
}

func races() []race {
	return []race{
		{"verify", func(l *lab) (string, func(int) (association.Token, error)) {
			c := l.host("ada", "s")
			id, code := l.ask(c, "ada@example.com")
			return "ada", func(int) (association.Token, error) {
				g, err := l.svc.Verify(l.t.Context(), c, id, code)
				return g.Token, err
			}
		}, association.ErrInvalidProof, ""},
		{"sign in", func(l *lab) (string, func(int) (association.Token, error)) {
			account := l.own("email", "ada@example.com")
			token := l.token(device("d"), "email", "ada@example.com")
			return account, func(int) (association.Token, error) {
				s, err := l.svc.SignIn(l.t.Context(), device("d"), association.SignInRequest{VerificationToken: token})
				return s.Access, err
			}
		}, association.ErrInvalidProof, "sign_in"},
		{"sign in and sign up", func(l *lab) (string, func(int) (association.Token, error)) {
			account := l.own("email", "ada@example.com")
			token := l.token(device("d"), "email", "ada@example.com")
			return account, func(i int) (association.Token, error) {
				if i%2 == 0 {
					s, err := l.svc.SignUp(l.t.Context(), device("d"), association.SignUpRequest{VerificationToken: token})
					return s.Access, err
				}
				s, err := l.svc.SignIn(l.t.Context(), device("d"), association.SignInRequest{VerificationToken: token})
				return s.Access, err
			}
		}, association.ErrInvalidProof, "sign_in"},
		{"sudo", func(l *lab) (string, func(int) (association.Token, error)) {
			account := l.own("email", "ada@example.com")
			c := l.host(account, "s")
			token := l.token(c, "email", "ada@example.com")
			return account, func(int) (association.Token, error) {
				g, err := l.svc.Sudo(l.t.Context(), c, association.SudoRequest{VerificationToken: token})
				return g.Token, err
			}
		}, association.ErrInvalidProof, "sudo"},
		{"bind", func(l *lab) (string, func(int) (association.Token, error)) {
			c := l.host("ada", "s")
			sudo, token := l.recent(c), l.token(c, "email", "ada@example.com")
			return "ada", func(int) (association.Token, error) {
				a, err := l.svc.Bind(l.t.Context(), c, association.BindRequest{
					Kind: "email", To: "ada@example.com", SudoToken: sudo, VerificationToken: token,
				})
				return association.NewToken(a.ID), err
			}
		}, association.ErrInvalidProof, "bind"},
		{"bind from the session", func(l *lab) (string, func(int) (association.Token, error)) {
			c := l.host("ada", "s")
			l.recent(c)
			l.token(c, "email", "ada@example.com")
			return "ada", func(int) (association.Token, error) {
				a, err := l.svc.Bind(l.t.Context(), c, association.BindRequest{
					Kind: "email", To: "ada@example.com", FromSession: true,
				})
				return association.NewToken(a.ID), err
			}
		}, association.ErrInvalidProof, "bind"},
	}
}

// TestR23_OneWinner: a code gives one token, and a token one effect.
func TestR23_OneWinner(t *testing.T) {
	for _, r := range races() {
		t.Run(r.name, func(t *testing.T) {
			for range repetitions {
				l := newLab(t, roomy)
				account, run := r.arrange(l)
				var won atomic.Int32
				l.spy.meet(racers)
				together(racers, func(i int) {
					token, err := run(i)
					if err == nil {
						won.Add(1)
						return
					}
					refusedOrBusy(t, err, r.refusal)
					if !token.IsZero() {
						t.Error("a loser got a token")
					}
				})
				if won.Load() != 1 {
					t.Fatalf("%d of %d won, want 1", won.Load(), racers)
				}
				if got := l.events(account); r.event != "" && got[r.event] != 1 {
					t.Errorf("what happened: %v, want one %s", got, r.event)
				}
			}
		})
	}
}
