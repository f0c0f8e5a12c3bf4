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

// stalled: a context that ends in the middle of Send ends Send.
func (s suite) stalled(t *testing.T) {
	if s.Stalling == nil {
		t.Skip("Options.Stalling is nil")
	}
	// Long enough to be under way; if Send is not, the test is only weaker.
	const underWay = 50 * time.Millisecond
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, underWay)
		},
		"cancel": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			timer := time.AfterFunc(underWay, cancel)
			return ctx, func() { timer.Stop(); cancel() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := s.Stalling(t)
			ctx, cancel := end(t.Context())
			defer cancel()
			if ok, err := s.send(ctx, t, to, s.message(0)); ok && err == nil {
				t.Error("a message that the carrier never took is sent without an error")
			} else if ok && !sender.Uncertain(err) {
				t.Errorf("what becomes of a message that the carrier has in hand is said to be certain: %v", err)
			}
		})
	}
}
