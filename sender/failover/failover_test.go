package failover_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/failover"
	"github.com/ligature-auth/ligature/sender/sendertest"
)

// vendor answers what it is told to, and counts.
type vendor struct {
	name string
	err  error
	sent int
}

func (v *vendor) Send(context.Context, sender.Message) (sender.Receipt, error) {
	v.sent++
	if v.err != nil {
		return sender.Receipt{}, v.err
	}
	return sender.Receipt{Vendor: v.name}, nil
}

var uncertain = &sender.Error{Err: sender.ErrTemporary, Uncertain: true}

func TestFailover(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second error
		even          bool
		vendor        string
		sent          [2]int
		err           error
	}{
		{name: "the first", vendor: "first", sent: [2]int{1, 0}},
		{name: "temporary", first: sender.ErrTemporary, vendor: "second", sent: [2]int{1, 1}},
		{name: "permanent", first: sender.ErrPermanent, vendor: "second", sent: [2]int{1, 1}},
		{name: "quota", first: sender.ErrQuota, vendor: "second", sent: [2]int{1, 1}},
		{name: "quota of the address", first: &sender.Error{Err: sender.ErrQuota, RecipientLimit: true}, sent: [2]int{1, 0}, err: sender.ErrQuota},
		{name: "the address is refused", first: sender.ErrRecipient, sent: [2]int{1, 0}, err: sender.ErrRecipient},
		{name: "uncertain", first: uncertain, sent: [2]int{1, 0}, err: sender.ErrTemporary},
		{name: "nobody knows", first: context.DeadlineExceeded, sent: [2]int{1, 0}, err: context.DeadlineExceeded},
		{name: "uncertain, and allowed", first: uncertain, even: true, vendor: "second", sent: [2]int{1, 1}},
		{name: "both", first: sender.ErrTemporary, second: sender.ErrQuota, sent: [2]int{1, 1}, err: sender.ErrQuota},
	} {
		first, second := &vendor{"first", test.first, 0}, &vendor{"second", test.second, 0}
		receipt, err := failover.New(failover.Options{EvenUncertain: test.even}, first, second).Send(t.Context(), sender.Message{})
		if receipt.Vendor != test.vendor || !errors.Is(err, test.err) || (err == nil) != (test.err == nil) || [2]int{first.sent, second.sent} != test.sent {
			t.Errorf("%s: %q, %v, sent %d and %d times", test.name, receipt.Vendor, err, first.sent, second.sent)
		}
	}
}

// A context that has ended hands the message to nobody else.
func TestFailoverEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	second := &vendor{name: "second"}
	first := sendFunc(func() error { cancel(); return sender.ErrTemporary })
	if _, err := failover.New(failover.Options{}, first, second).Send(ctx, sender.Message{}); !errors.Is(err, sender.ErrTemporary) || second.sent != 0 {
		t.Errorf("%v, and the second sent %d", err, second.sent)
	}
}

type sendFunc func() error

func (f sendFunc) Send(context.Context, sender.Message) (sender.Receipt, error) {
	return sender.Receipt{}, f()
}

// TestASenderRests: after so many failures in a row it is left alone, and after a while
// tried by one message; the first that it takes brings it back.
func TestASenderRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := &vendor{"first", sender.ErrTemporary, 0}, &vendor{"second", nil, 0}
		var changes []string
		s := failover.New(failover.Options{Failures: 3, Rest: time.Minute, OnChange: func(i int, rests bool) {
			changes = append(changes, fmt.Sprint(i, " ", rests))
		}}, first, second)
		send := func(n int, vendor string, sent int) {
			t.Helper()
			for range n {
				receipt, err := s.Send(t.Context(), sender.Message{})
				if err != nil || receipt.Vendor != vendor {
					t.Errorf("%q, %v; want %q", receipt.Vendor, err, vendor)
				}
			}
			if first.sent != sent {
				t.Errorf("the first was tried %d times, want %d", first.sent, sent)
			}
		}
		send(3, "second", 3)
		send(100, "second", 3)
		time.Sleep(time.Minute + 1)
		send(1, "second", 4) // tried, and rests again
		send(100, "second", 4)
		time.Sleep(time.Minute + 1)
		first.err = nil
		send(10, "first", 14)
		if got := fmt.Sprint(changes); got != "[0 true 0 false]" {
			t.Errorf("told were %s", got)
		}

		// What says nothing of its health does not make it rest.
		for range 10 {
			for _, err := range []error{sender.ErrRecipient, sender.ErrQuota, sender.ErrPermanent, context.Canceled} {
				first.err = err
				_, _ = s.Send(t.Context(), sender.Message{})
			}
		}
		if first.sent != 54 || len(changes) != 2 {
			t.Errorf("tried %d times, told were %v", first.sent, changes)
		}
	})
}

func TestAllRest(t *testing.T) {
	s := failover.New(failover.Options{Failures: 1, Rest: time.Hour}, &vendor{"first", sender.ErrTemporary, 0}, &vendor{"second", uncertain, 0})
	_, _ = s.Send(t.Context(), sender.Message{})
	_, err := s.Send(t.Context(), sender.Message{})
	var told *sender.Error
	if !errors.As(err, &told) || !errors.Is(err, sender.ErrTemporary) || told.RetryAfter != time.Hour || sender.Uncertain(err) {
		t.Errorf("got %v", err)
	}
}

// Of many at once one tries a sender that has rested.
func TestOneTriesTheRested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int64
		hold := make(chan struct{})
		broken := true
		first := sendFunc(func() error {
			tries.Add(1)
			if broken {
				return sender.ErrTemporary
			}
			<-hold
			return nil
		})
		s := failover.New(failover.Options{Failures: 1, Rest: time.Minute}, first, sendFunc(func() error { return nil }))
		_, _ = s.Send(t.Context(), sender.Message{})
		time.Sleep(time.Minute + 1)
		broken = false
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if _, err := s.Send(t.Context(), sender.Message{}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := tries.Load(); n != 2 {
			t.Errorf("the sender was tried %d times, want once more", n-1)
		}
		close(hold)
		wg.Wait()
	})
}

func TestFailoverIsASender(t *testing.T) {
	var all *carrier
	sendertest.Run(t, func(*testing.T) sender.Sender {
		all = &carrier{}
		return failover.New(failover.Options{}, sendFunc(func() error { return sender.ErrTemporary }), all)
	}, sendertest.Options{
		Delivered: func() []sendertest.Delivery { return all.deliveries() },
		Refusing: func(*testing.T) sender.Sender {
			return failover.New(failover.Options{}, &vendor{"first", sender.ErrPermanent, 0})
		},
		Stalling: func(*testing.T) sender.Sender { return failover.New(failover.Options{}, &carrier{stalls: true}) },
	})
}

// carrier keeps what it is handed.
type carrier struct {
	stalls bool
	mu     sync.Mutex
	all    []sendertest.Delivery
}

func (c *carrier) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if c.stalls {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		return sender.Receipt{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, sendertest.Delivery{To: m.To, Content: m.Text})
	return sender.Receipt{Vendor: "carrier", MessageID: m.ID}, nil
}

func (c *carrier) deliveries() []sendertest.Delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sendertest.Delivery{}, c.all...)
}

// A sender is not to blame for the time that those before it took.
func TestTheFirstsTimeIsNotTheSecondsFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(d time.Duration) sender.Sender {
			return sendFuncOf(func(ctx context.Context, _ sender.Message) (sender.Receipt, error) {
				select {
				case <-ctx.Done():
					return sender.Receipt{}, ctx.Err()
				case <-time.After(d):
					return sender.Receipt{}, sender.ErrTemporary
				}
			})
		}
		var rests []int
		s := failover.New(failover.Options{Failures: 2, OnChange: func(i int, _ bool) { rests = append(rests, i) }}, slow(9*time.Second), slow(2*time.Second))
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, _ = s.Send(ctx, sender.Message{})
			cancel()
		}
		if fmt.Sprint(rests) != "[0]" {
			t.Errorf("these rest: %v, want the first", rests)
		}
	})
}

// What an earlier sender may have sent is uncertain, whatever a later one knows.
func TestAnEarlierUncertaintyIsNotForgotten(t *testing.T) {
	for _, later := range []error{sender.ErrTemporary, sender.ErrRecipient, sender.ErrPermanent} {
		_, err := failover.New(failover.Options{EvenUncertain: true}, &vendor{"first", uncertain, 0}, &vendor{"second", later, 0}).Send(t.Context(), sender.Message{})
		if !errors.Is(err, later) || !sender.Uncertain(err) {
			t.Errorf("%v, uncertain %t; want %v, as uncertain", err, sender.Uncertain(err), later)
		}
	}
	var told *sender.Error
	if err := sender.AsUncertain(&sender.Error{Err: sender.ErrQuota, RetryAfter: time.Minute, Detail: "7"}); !errors.As(err, &told) || told.RetryAfter != time.Minute || err.Error() != "sender: quota exhausted: 7" {
		t.Errorf("got %v", err)
	}
	if err := sender.AsUncertain(nil); err != nil {
		t.Error(err)
	}
}

// A sender that hangs rests, wherever it stands: those after it are then tried.
func TestAHangingSenderRestsThoughItIsNotTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := 0
		hanging := sendFuncOf(func(ctx context.Context, _ sender.Message) (sender.Receipt, error) {
			hangs++
			<-ctx.Done()
			return sender.Receipt{}, sender.ErrTemporary
		})
		last := &vendor{"last", nil, 0}
		s := failover.New(failover.Options{Failures: 3, Rest: time.Hour}, &vendor{"first", sender.ErrTemporary, 0}, hanging, last)
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, err := s.Send(ctx, sender.Message{})
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want one that wraps the context's", err)
			}
			cancel()
		}
		if hangs != 3 || last.sent != 7 {
			t.Errorf("it hung %d times, and the last sent %d", hangs, last.sent)
		}
	})
}

// A sender that refuses is there: its rest is over.
func TestARefusalEndsARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var changes []bool
		first := &vendor{"first", sender.ErrTemporary, 0}
		s := failover.New(failover.Options{Failures: 1, Rest: time.Minute, OnChange: func(_ int, rests bool) { changes = append(changes, rests) }}, first)
		_, _ = s.Send(t.Context(), sender.Message{})
		time.Sleep(time.Minute + 1)
		first.err = sender.ErrRecipient
		if _, err := s.Send(t.Context(), sender.Message{}); !errors.Is(err, sender.ErrRecipient) || fmt.Sprint(changes) != "[true false]" {
			t.Errorf("%v, and told were %v", err, changes)
		}
	})
}
