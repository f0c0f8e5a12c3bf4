package association_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// deliver delivers up to limit, which must be want and no error.
func (l *lab) deliver(limit, want int) {
	l.t.Helper()
	if n, err := l.svc.Deliver(l.t.Context(), limit); n != want || err != nil {
		l.t.Errorf("delivered %d, %v, want %d", n, err, want)
	}
}

// courier is a sender that does first what a test wants.
type courier struct {
	sender.Sender
	first func(ctx context.Context, m sender.Message) error
}

func (c *courier) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if m.Purpose == sender.Notice {
		if err := c.first(ctx, m); err != nil {
			return sender.Receipt{}, err
		}
	}
	return c.Sender.Send(ctx, m)
}

// owingBy is owing with a courier.
func owingBy(t *testing.T, n int, first func(ctx context.Context, m sender.Message) error) *lab {
	t.Helper()
	return owing(t, n, func(cfg *association.Config) { cfg.Sender = &courier{cfg.Sender, first} })
}

func TestDeliverTellsOnceWhatHappened(t *testing.T) {
	l := owing(t, 0)
	account, err := l.svc.Import(t.Context(), association.ImportedAccount{Identifiers: identifiers("username", "lovelace", "phone", "+8613900000000")})
	if err != nil {
		t.Fatal(err)
	}
	c, r := l.replacing(account, phoneNumber)
	c.Locale = "zh-CN"
	if _, err := l.svc.Bind(t.Context(), c, r); err != nil {
		t.Fatal(err)
	}
	id := l.notices()[0].ID
	l.clock.Advance(10 * time.Minute)
	l.deliver(10, 1)
	told := l.out.told()
	if len(told) != 1 {
		t.Fatalf("%d notices went out, want 1", len(told))
	}
	m := told[0]
	if m.ID != id || m.Channel != sender.SMS || m.To != "+8613900000000" || m.Locale != "zh-CN" || m.Account != "l***" || !m.Code.IsZero() {
		t.Errorf("sent %#v, want the notice %s", []any{m.ID, m.Channel, m.Locale, m.Account}, id)
	}
	if !strings.Contains(m.Text, "2026-11-22 12:00 UTC") || !strings.Contains(m.Text, "Acme") {
		t.Errorf("the text is %q: not when it happened", m.Text)
	}

	// What is sent holds no address any more, and is gone at the next housekeeping.
	sent := l.notices()
	if len(sent) != 1 || sent[0].Due != math.MaxInt64 || len(noticeOf(t, sent[0]).Target) != 0 {
		t.Errorf("the store has %+v", sent)
	}
	l.clock.Advance(time.Microsecond)
	if _, err := l.svc.DeleteExpired(t.Context(), math.MaxInt); err != nil || len(l.notices()) != 0 {
		t.Errorf("after housekeeping: %v, %d notices", err, len(l.notices()))
	}
}

func TestASentNoticeStaysSent(t *testing.T) {
	l := owing(t, 1)
	l.deliver(10, 1)
	for range 100 { // without any housekeeping
		l.clock.Advance(time.Hour)
		l.deliver(10, 0)
	}
}

func TestDeliverKeepsToItsLimit(t *testing.T) {
	l := owing(t, 5)
	for _, limit := range []int{0, -1, math.MinInt} {
		if n, err := l.svc.Deliver(t.Context(), limit); n != 0 || !errors.Is(err, association.ErrInvalidArgument) {
			t.Errorf("a limit of %d: %d, %v, want %v", limit, n, err, association.ErrInvalidArgument)
		}
	}
	for _, want := range []int{2, 2, 1, 0} {
		l.deliver(2, want)
	}
	if n := len(l.out.told()); n != 5 {
		t.Errorf("%d went out, want 5", n)
	}
}

// However many instances deliver, each notice goes out once.
func TestManyDeliverEachNoticeOnce(t *testing.T) {
	for range repetitions {
		l := owing(t, 20)
		var total atomic.Int64
		l.spy.meet(racers) // all have read the same twenty before any takes one
		together(racers, func(int) {
			n, err := l.svc.Deliver(t.Context(), 20)
			if err != nil {
				t.Error(err)
			}
			total.Add(int64(n))
		})
		ids := map[string]bool{}
		for _, m := range l.out.told() {
			ids[m.ID] = true
		}
		if n := len(l.out.told()); n != 20 || len(ids) != 20 || total.Load() != 20 {
			t.Errorf("%d messages, %d notices, %d counted, want 20", n, len(ids), total.Load())
		}
	}
}

// A lease begins when the notice is taken, not with the call: a slow sender loses
// none to another instance.
func TestASlowSenderKeepsItsNotices(t *testing.T) {
	var l *lab
	l = owingBy(t, 5, func(context.Context, sender.Message) error {
		l.clock.Advance(time.Minute) // longer than the policy lets it
		return nil
	})
	probe := 0
	l.spy.before = func(ctx context.Context, call string) error {
		if call != "Apply" {
			return nil
		}
		if probe++; probe != 10 { // the record that the last is sent
			return nil
		}
		l.spy.before = nil
		l.deliver(10, 0)
		return nil
	}
	l.deliver(10, 5)
	if probe != 10 || len(l.out.told()) != 5 {
		t.Errorf("%d writes, %d messages, want 10 and 5", probe, len(l.out.told()))
	}
}

// Whoever stops waiting lets the message under way go, and it is recorded.
func TestDeliverEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := owingBy(t, 3, func(ctx context.Context, _ sender.Message) error {
		cancel()
		return ctx.Err()
	})
	if n, err := l.svc.Deliver(ctx, 10); n != 1 || !errors.Is(err, context.Canceled) || errors.Is(err, association.ErrUnavailable) {
		t.Errorf("delivered %d, %v, want 1 and %v", n, err, context.Canceled)
	}
	l.deliver(10, 2)
	l.clock.Advance(time.Hour)
	l.deliver(10, 0)
}

// TestR57_NoticesAreNoPump: what costs nothing to repeat is told five times an hour, the
// first times, and an address that goes is told of it all the same.
func TestR57_NoticesAreNoPump(t *testing.T) {
	w := newWorld(t)
	p := w.person("ada", false, "password", "phone")
	deliver := func() (told int) {
		t.Helper()
		before := len(w.mail.Messages())
		for range 10 {
			if n, err := w.svc.Deliver(t.Context(), 100); err != nil {
				t.Fatal(err)
			} else if n == 0 {
				break
			}
		}
		return len(w.mail.Messages()) - before
	}
	deliver()
	w.clock.Advance(time.Hour)
	sudo, err := p.sudo("password")
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		w.clock.Advance(time.Second)
		if err := p.svc.SetPassword(t.Context(), p.c, association.PasswordRequest{SudoToken: sudo, Password: "another one"}); err != nil {
			t.Fatal(err)
		}
	}
	if told := deliver(); told != 5 {
		t.Errorf("of eight new passwords the phone was told %d, want 5", told)
	}
	if err := p.use(sudo, "remove phone"); err != nil {
		t.Fatal(err)
	}
	if told := deliver(); told != 1 {
		t.Errorf("of its removal it was told %d, want 1", told)
	}
}
