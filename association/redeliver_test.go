package association_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// What cannot be sent is tried again, ever later, and for 72 hours.
func TestDeliverTriesAgainEverLater(t *testing.T) {
	tries := 0
	broken := true
	l := owingBy(t, 1, func(context.Context, sender.Message) error {
		if tries++; broken {
			return sender.ErrTemporary
		}
		return nil
	})
	begin := l.clock.Now()
	try := func(pause time.Duration) {
		t.Helper()
		want := tries + 1
		l.deliver(10, 0)
		if got := noticeOf(t, l.notices()[0]).Attempts; tries != want || got != want {
			t.Errorf("%d tries, %d recorded, want %d", tries, got, want)
		}
		l.clock.Advance(pause - time.Microsecond)
		l.deliver(10, 0)
		if tries != want {
			t.Errorf("tried again before %v had passed", pause)
		}
		l.clock.Advance(time.Microsecond)
	}
	for _, seconds := range []time.Duration{70, 140, 280, 560, 1120, 2240, 3600, 3600} {
		try(seconds * time.Second)
	}
	for l.clock.Now().Before(begin.Add(71 * time.Hour)) {
		try(time.Hour)
	}
	broken = false
	l.deliver(10, 1)
	if n := len(l.out.told()); n != 1 {
		t.Errorf("%d went out in the end, want 1", n)
	}
}

func TestANoticeIsTooLateAfter72Hours(t *testing.T) {
	for late, want := range map[time.Duration]int{72*time.Hour - time.Microsecond: 1, 72 * time.Hour: 0} {
		l := owing(t, 1)
		l.clock.Advance(late)
		l.deliver(10, want)
		if n := len(l.out.told()); n != want {
			t.Errorf("after %v %d went out, want %d", late, n, want)
		}
	}
}

// The rest goes on, and the caller is not told: it is in the log.
func TestOneThatCannotBeSentHoldsUpNoOther(t *testing.T) {
	l := owingBy(t, 3, func(_ context.Context, m sender.Message) error {
		if m.To == "old1@example.com" {
			return sender.ErrPermanent
		}
		return nil
	})
	l.deliver(10, 2)
	if n := len(l.out.told()); n != 2 {
		t.Errorf("%d went out, want 2", n)
	}
}

// An address that takes no messages is tried once a day: whoever can bring a vendor to say
// so for a while must not be able to silence a notice.
func TestANoticeToARefusedAddressIsTriedOnceADay(t *testing.T) {
	for _, test := range []struct {
		err   error
		tries int
	}{
		{sender.ErrRecipient, 3},
		{&sender.Error{Err: sender.ErrRecipient, Detail: "550 5.1.1"}, 3},
		{sender.ErrTemporary, 36},
		{sender.ErrPermanent, 36},
		{&sender.Error{Err: sender.ErrQuota, RetryAfter: time.Hour}, 36},
		{&sender.Error{Err: sender.ErrQuota, RecipientLimit: true}, 36},
		{context.DeadlineExceeded, 36},
		{errors.New("nothing that a sender returns"), 36},
	} {
		tries := map[string]int{}
		l := owingBy(t, 1, func(_ context.Context, m sender.Message) error {
			if m.Purpose != sender.Notice {
				return nil
			}
			tries[m.ID]++
			return test.err
		})
		for range 50 { // for 100 hours
			if _, err := l.svc.Deliver(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			l.clock.Advance(2 * time.Hour)
		}
		for id, n := range tries {
			if n != test.tries || len(tries) != 1 {
				t.Errorf("%v: %s was tried %d times of %v, want %d", test.err, id, n, tries, test.tries)
			}
		}
		if len(tries) == 0 {
			t.Errorf("%v: nothing was tried", test.err)
		}
	}
}

// At least once: every call to the store fails in turn, before its work and after
// it, and each notice arrives, under one ID however often.
func TestANoticeArrivesWhateverTheStoreDoes(t *testing.T) {
	for _, after := range []bool{false, true} {
		for k := 1; ; k++ {
			l := owing(t, 2)
			calls, hit := 0, ""
			hook := func(_ context.Context, call string) error {
				if calls++; calls == k {
					hit = call
					return errors.New("the store is broken")
				}
				return nil
			}
			if after {
				l.spy.after = hook
			} else {
				l.spy.before = hook
			}
			n, err := l.svc.Deliver(t.Context(), 10)
			name := fmt.Sprintf("call %d (%s), after the work %t", k, hit, after)
			if n != len(l.out.told()) || hit != "" && !errors.Is(err, association.ErrUnavailable) {
				t.Errorf("%s: delivered %d, %v, and %d went out", name, n, err, len(l.out.told()))
			}
			l.spy.before, l.spy.after = nil, nil
			if hit == "" {
				if k != 6 { // one to read, two for each notice
					t.Errorf("Deliver makes %d calls, want 5", k-1)
				}
				break
			}
			for range 3 {
				if _, err := l.svc.Deliver(t.Context(), 10); err != nil {
					t.Errorf("%s: then %v", name, err)
				}
				l.clock.Advance(70 * time.Second)
			}
			ids := map[string]int{}
			for _, m := range l.out.told() {
				ids[m.ID]++
			}
			repeats := len(l.out.told()) - len(ids)
			lost := !after && hit == "Apply" && k%2 == 1 // that it was sent could not be written
			if want := map[bool]int{true: 1}[lost]; len(ids) != 2 || repeats != want {
				t.Errorf("%s: %d notices arrived, %d of them again, want 2 and %d", name, len(ids), repeats, want)
			}
		}
	}
}

// What nobody here can send, or has come too late, neither goes out nor stands in the
// way of the others.
func TestWhatCannotBeSentIsInNobodysWay(t *testing.T) {
	const target = `"target":"b2xkQGV4YW1wbGUuY29t"`
	for name, n := range map[string]store.Notice{
		"expired":             {Expires: -1, Data: []byte(`{"v":1,"kind":"replaced","identifier":"email",` + target + `}`)},
		"no JSON":             {Data: []byte("\x00")},
		"nothing":             {},
		"a newer version":     {Data: []byte(`{"v":2,"kind":"replaced","identifier":"email",` + target + `}`)},
		"an unknown notice":   {Data: []byte(`{"v":1,"kind":"renamed","identifier":"email",` + target + `}`)},
		"an unknown address":  {Data: []byte(`{"v":1,"kind":"replaced","identifier":"fax",` + target + `}`)},
		"no address at all":   {Data: []byte(`{"v":1,"kind":"replaced","identifier":"username",` + target + `}`)},
		"attempts below zero": {Data: []byte(`{"v":1,"kind":"renamed","identifier":"email","attempts":-9223372036854775808}`)},
	} {
		t.Run(name, func(t *testing.T) {
			l := owing(t, 2)
			now := l.clock.Now().UnixMicro()
			for i := range 3 { // due before the others
				n.ID, n.Due = fmt.Sprint("bad ", i), now-1
				if n.Expires >= 0 {
					n.Expires = now + time.Hour.Microseconds()
				}
				if err := l.spy.Store.Apply(t.Context(), store.Change{Notices: []store.Notice{n}}); err != nil {
					t.Fatal(err)
				}
			}
			l.deliver(3, 0)
			l.deliver(3, 2)
			for _, kept := range l.notices() {
				if strings.HasPrefix(kept.ID, "bad") && string(kept.Data) != string(n.Data) {
					t.Errorf("its data are now %q: an instance that knows it cannot read it", kept.Data)
				}
			}
			if n := len(l.out.told()); n != 2 {
				t.Errorf("%d went out, want 2", n)
			}
		})
	}
}
