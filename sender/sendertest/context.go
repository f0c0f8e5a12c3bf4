package sendertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// cancelled: a context that is done already sends nothing.
func (s suite) cancelled(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Hour))
	defer cancel()

	to := s.newSender(t)
	for _, test := range []struct {
		ctx  context.Context
		want error
	}{
		{cancelled, context.Canceled},
		{expired, context.DeadlineExceeded},
	} {
		if ok, err := s.send(test.ctx, t, to, s.message(0)); ok && !errors.Is(err, test.want) {
			t.Errorf("with a context that is done, Send returns %v, want %v", err, test.want)
		}
	}
	if s.Delivered != nil {
		if n := len(s.Delivered()); n != 0 {
			t.Errorf("contexts that were done made %d deliveries", n)
		}
	}
}

// stalled: a context that ends in the middle of Send ends Send, and what becomes of the
// message is then uncertain.
func (s suite) stalled(t *testing.T) {
	if s.Stalling == nil {
		t.Skip("Options.Stalling is nil")
	}
	for name, end := range map[string]func(context.Context, time.Duration) (context.Context, context.CancelFunc){
		"deadline": context.WithTimeout,
		"cancel": func(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			timer := time.AfterFunc(after, cancel)
			return ctx, func() { timer.Stop(); cancel() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Where Send had nothing under way yet, it is given longer.
			const least, most = 50 * time.Millisecond, time.Second
			for underWay := least; ; underWay *= 2 {
				to := s.Stalling(t)
				ctx, cancel := end(t.Context(), underWay)
				ok, err := s.send(ctx, t, to, s.message(0))
				cancel()
				switch {
				case !ok:
					return
				case err == nil:
					t.Error("a message that the carrier never took is sent without an error")
					return
				case sender.Uncertain(err):
					return
				case underWay > most:
					t.Errorf("what becomes of a message that the carrier has in hand is said to be certain: %v", err)
					return
				}
			}
		})
	}
}
