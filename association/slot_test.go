package association_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

func TestR20_ANewCodeSupersedesTheOld(t *testing.T) {
	l := newLab(t, roomy)
	c := l.host("ada", "s")
	type sent struct{ id, code string }
	var codes []sent
	for range 4 {
		id, code := l.ask(c, "ada@example.com")
		codes = append(codes, sent{id, code})
		l.clock.Advance(time.Minute)
	}
	newest := codes[3]
	for _, old := range codes[:3] {
		for _, code := range []string{old.code, newest.code} {
			if _, err := l.svc.Verify(t.Context(), c, old.id, code); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("a superseded ID: got %v, want %v", err, association.ErrInvalidProof)
			}
		}
	}
	if r := l.record(newest.id); r.Guesses != 0 || r.WindowGuesses != 0 {
		t.Errorf("guesses at superseded codes were charged to the live one: %+v", r)
	}
	if _, err := l.svc.Verify(t.Context(), c, newest.id, newest.code); err != nil {
		t.Errorf("the newest code: %v", err)
	}
}

// TestR20_ATokenDiesWithItsSlot: a new code supersedes the token of the old one.
func TestR20_ATokenDiesWithItsSlot(t *testing.T) {
	l := newLab(t)
	c := l.host("ada", "s")
	sudo, old := l.recent(c), l.token(c, "email", "ada@example.com")
	l.clock.Advance(time.Minute)
	l.ask(c, "ada@example.com")
	_, err := l.svc.Bind(t.Context(), c, association.BindRequest{
		Kind: "email", To: "ada@example.com", SudoToken: sudo, VerificationToken: old,
	})
	if !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the token of a superseded code: got %v, want %v", err, association.ErrInvalidProof)
	}
}

// TestR21_AGuessIsAtOneCode: of twenty live codes for one address, a guess at one
// tries no other and costs no other.
func TestR21_AGuessIsAtOneCode(t *testing.T) {
	l := newLab(t, roomy, longCodes)
	ids, codes := make([]string, 20), make([]string, 20)
	for i := range ids {
		ids[i], codes[i] = l.ask(device(fmt.Sprint(i)), "ada@example.com")
	}
	for i := 1; i <= 5; i++ {
		if _, err := l.svc.Verify(t.Context(), device("0"), ids[0], codes[i]); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("another's code: got %v, want %v", err, association.ErrInvalidProof)
		}
	}
	if r := l.record(ids[0]); r.Guesses != 5 {
		t.Errorf("five guesses were charged as %+v", r)
	}
	for i := 1; i < 20; i++ {
		if r := l.record(ids[i]); r.Guesses != 0 || r.WindowGuesses != 0 {
			t.Errorf("a guess at another code was charged here: %+v", r)
		}
		if _, err := l.svc.Verify(t.Context(), device(fmt.Sprint(i)), ids[i], codes[i]); err != nil {
			t.Errorf("the right code of device %d: %v", i, err)
		}
	}
}

// TestR21_ACodeStaysOnItsDevice: what was asked for signed out on one device is
// refused on another, and the guess costs nothing.
func TestR21_ACodeStaysOnItsDevice(t *testing.T) {
	l := newLab(t)
	a := device("a")
	id, code := l.ask(a, "ada@example.com")
	for _, other := range []string{"b", "", "A", "a ", "device:a"} {
		for _, guess := range []string{code, wrong(code)} {
			if _, err := l.svc.Verify(t.Context(), device(other), id, guess); !errors.Is(err, association.ErrInvalidProof) {
				t.Errorf("on device %q: got %v, want %v", other, err, association.ErrInvalidProof)
			}
		}
	}
	if r := l.record(id); r.Guesses != 0 {
		t.Errorf("guesses from other devices were charged: %+v", r)
	}
	g, err := l.svc.Verify(t.Context(), a, id, code)
	if err != nil {
		t.Fatal(err)
	}
	l.own("email", "ada@example.com")
	for _, other := range []string{"b", ""} {
		_, err := l.svc.SignIn(t.Context(), device(other), association.SignInRequest{VerificationToken: g.Token})
		if !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("the token on device %q: got %v, want %v", other, err, association.ErrInvalidProof)
		}
	}
	if _, err := l.svc.SignIn(t.Context(), a, association.SignInRequest{VerificationToken: g.Token}); err != nil {
		t.Errorf("the token on its device: %v", err)
	}
}

// TestR21_StrangersHaveSlotsOfTheirOwn: whoever asks for a code to the same
// address, signed in or not, disturbs nobody else's.
func TestR21_StrangersHaveSlotsOfTheirOwn(t *testing.T) {
	l := newLab(t, roomy)
	callers := []association.Caller{
		device("a"), device("b"), device(""), device(""), l.host("ada", "s"), l.host("eve", "s"),
	}
	ids, codes := make([]string, len(callers)), make([]string, len(callers))
	for i, c := range callers {
		ids[i], codes[i] = l.ask(c, "ada@example.com")
	}
	for i, c := range callers {
		if _, err := l.svc.Verify(t.Context(), c, ids[i], codes[i]); err != nil {
			t.Errorf("caller %d: %v", i, err)
		}
	}
}

// TestR24_AMissingSlotIsARefusal: a record that goes away between its reading
// and the write takes the verdict with it.
func TestR24_AMissingSlotIsARefusal(t *testing.T) {
	l := newLab(t)
	c := device("d")
	id, code := l.ask(c, "ada@example.com")
	deletions := 0
	l.spy.before = func(ctx context.Context, call string) error {
		if call == "Apply" {
			n, err := l.spy.Store.DeleteExpired(ctx, math.MaxInt64, math.MaxInt)
			deletions += n
			return err
		}
		return nil
	}
	g, err := l.svc.Verify(t.Context(), c, id, code)
	if !errors.Is(err, association.ErrInvalidProof) || !g.Token.IsZero() {
		t.Errorf("a right guess whose record is deleted: got %v, want %v", err, association.ErrInvalidProof)
	}
	if deletions == 0 {
		t.Fatal("nothing was deleted")
	}
	l.spy.before = nil
	writes := l.spy.writes()
	together(100, func(int) {
		if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("a right guess at a deleted record: got %v, want %v", err, association.ErrInvalidProof)
		}
	})
	if l.spy.writes() != writes {
		t.Error("a guess at a deleted record wrote something")
	}
}

// TestR25_DeleteExpiredForgetsNoGuess: housekeeping frees no slot that counts.
func TestR25_DeleteExpiredForgetsNoGuess(t *testing.T) {
	l := newLab(t, roomy)
	c := l.host("ada", "s")
	id, code := l.ask(c, "ada@example.com")
	l.guess(5, c, id, code)
	l.clock.Advance(24*time.Hour - time.Microsecond)
	if _, err := l.svc.DeleteExpired(t.Context(), math.MaxInt); err != nil {
		t.Fatal(err)
	}
	if r := l.record(id); r.WindowGuesses != 5 {
		t.Errorf("after housekeeping within the day: %+v, want 5 guesses", r)
	}
	l.clock.Advance(2 * time.Microsecond)
	if _, err := l.svc.DeleteExpired(t.Context(), math.MaxInt); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.store.Proof(t.Context(), slotOf(id)); err == nil {
		t.Error("the record of yesterday is still there")
	}
}

// TestR23_OneOwner: of many accounts that proved one address, one gets it, and
// the others keep their tokens.
func TestR23_OneOwner(t *testing.T) {
	l := newLab(t, roomy)
	type claim struct {
		c           association.Caller
		sudo, token association.Token
	}
	claims := make([]claim, 32)
	for i := range claims {
		c := l.host(fmt.Sprint("account ", i), "s")
		claims[i] = claim{c, l.recent(c), l.token(c, "email", "ada@example.com")}
	}
	bind := func(i int) error {
		_, err := l.svc.Bind(t.Context(), claims[i].c, association.BindRequest{
			Kind: "email", To: "ada@example.com", SudoToken: claims[i].sudo, VerificationToken: claims[i].token,
		})
		return err
	}
	var won atomic.Int32
	winner := make([]bool, len(claims))
	l.spy.meet(len(claims))
	together(len(claims), func(i int) {
		if err := bind(i); err == nil {
			won.Add(1)
			winner[i] = true
		} else if !errors.Is(err, association.ErrIdentifierTaken) {
			t.Errorf("a loser: got %v, want %v", err, association.ErrIdentifierTaken)
		}
	})
	if won.Load() != 1 {
		t.Fatalf("%d accounts got the address, want 1", won.Load())
	}
	for i := range claims {
		want := association.ErrIdentifierTaken
		if winner[i] {
			want = association.ErrInvalidProof
		}
		if err := bind(i); !errors.Is(err, want) {
			t.Errorf("once more: got %v, want %v", err, want)
		}
	}
}
