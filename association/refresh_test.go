package association_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

func (w *world) refresh(token association.Token) (association.Session, error) {
	return w.svc.Refresh(w.t.Context(), device("d"), token)
}

func TestTheTokensBeforeARefreshLiveAMinuteMore(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	_, first := w.signIn("ada")
	second, err := w.refresh(first.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute - time.Microsecond)
	if !w.alive(first.Access) || !w.alive(second.Access) {
		t.Error("an access token died within the minute")
	}
	again, err := w.refresh(first.Refresh)
	if err != nil {
		t.Fatalf("the previous refresh token: %v", err)
	}
	if again.Access.Reveal() != second.Access.Reveal() || again.Refresh.Reveal() != second.Refresh.Reveal() ||
		again.ID != second.ID || again.Account != second.Account ||
		!again.AccessExpires.Equal(second.AccessExpires) || !again.Expires.Equal(second.Expires) {
		t.Error("the previous refresh token got another successor")
	}
	w.clock.Advance(time.Microsecond)
	if w.alive(first.Access) {
		t.Error("the old access token lives after its minute")
	}
	if !w.alive(second.Access) {
		t.Error("the new access token died with the old")
	}
}

func TestAnOldRefreshTokenEndsTheSession(t *testing.T) {
	for _, tt := range []struct {
		name string
		old  func(w *world, first association.Session) (present association.Token, live association.Session)
	}{
		{"the one before, after its minute", func(w *world, first association.Session) (association.Token, association.Session) {
			second, _ := w.refresh(first.Refresh)
			w.clock.Advance(time.Minute)
			return first.Refresh, second
		}},
		{"two before, at once", func(w *world, first association.Session) (association.Token, association.Session) {
			second, _ := w.refresh(first.Refresh)
			third, _ := w.refresh(second.Refresh)
			return first.Refresh, third
		}},
		{"long ago", func(w *world, first association.Session) (association.Token, association.Session) {
			live := first
			for range 5 {
				w.clock.Advance(time.Hour)
				live, _ = w.refresh(live.Refresh)
			}
			return first.Refresh, live
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			w.member("ada")
			_, first := w.signIn("ada")
			present, live := tt.old(w, first)
			if !w.alive(live.Access) {
				t.Fatal("the session is dead already")
			}
			if _, err := w.refresh(present); !errors.Is(err, association.ErrInvalidGrant) {
				t.Errorf("%v, want ErrInvalidGrant", err)
			}
			if w.alive(live.Access) {
				t.Error("the access token lives")
			}
			if _, err := w.refresh(live.Refresh); !errors.Is(err, association.ErrInvalidGrant) {
				t.Errorf("the live refresh token: %v, want ErrInvalidGrant", err)
			}
			if last := watch.applied[len(watch.applied)-1]; len(last.Events) != 1 {
				t.Error("it is in no event")
			}
		})
	}
}

func TestGarbageWithTheIDOfASessionEndsNothing(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada")
	w.member("bob")
	_, ada := w.signIn("ada")
	_, bob := w.signIn("bob")
	id := ada.Refresh.Reveal()[:len("lgr1_")+22]
	before := watch.writes()
	for name, garbage := range map[string]string{
		"zeros":                id + ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"another's secret":     id + bob.Refresh.Reveal()[len(id):],
		"the access's secret":  id + ada.Access.Reveal()[len(id):],
		"one character":        id + ".A",
		"an unknown session":   "lgr1_AAAAAAAAAAAAAAAAAAAAAA" + ada.Refresh.Reveal()[len(id):],
		"nothing":              "",
		"of no form":           "refresh",
		"the ID of the record": ada.ID,
	} {
		if _, err := w.refresh(association.NewToken(garbage)); !errors.Is(err, association.ErrInvalidGrant) {
			t.Errorf("%s: %v, want ErrInvalidGrant", name, err)
		}
	}
	if watch.writes() != before || !w.alive(ada.Access) || !w.alive(bob.Access) {
		t.Error("something changed")
	}
}

// Two tabs that share a refresh token both go on.
func TestManyRefreshesOfOneTokenHaveOneSuccessor(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada")
	_, session := w.signIn("ada")
	before := watch.writes()
	told := make([]association.Session, 32)
	if err := errors.Join(dbproof.Together(len(told), func(i int) (err error) {
		told[i], err = w.refresh(session.Refresh)
		return err
	})...); err != nil {
		t.Fatal(err)
	}
	for _, s := range told {
		if s.Refresh.Reveal() != told[0].Refresh.Reveal() || s.Access.Reveal() != told[0].Access.Reveal() {
			t.Fatal("two successors")
		}
	}
	if watch.writes() != before+1 {
		t.Errorf("%d writes, want 1", watch.writes()-before)
	}
	if _, err := w.refresh(told[0].Refresh); err != nil {
		t.Errorf("the successor: %v", err)
	}
}
