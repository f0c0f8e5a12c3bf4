package smtp_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

// idling returns a sender with n idle connections to a script. Now is for what is to
// happen while a letter is written.
func idling(t *testing.T, n int, now func(), instead func(name string, before int) (string, bool)) (*script, *smtp.Sender) {
	t.Helper()
	var there atomic.Int64
	all := make(chan struct{})
	s := (&script{instead: func(name string, before int) (string, bool) {
		if name == "RCPT" {
			if there.Add(1) == int64(n) {
				close(all)
			}
			select {
			case <-all:
			case <-t.Context().Done():
			}
		}
		return instead(name, before)
	}}).start(t)
	o := s.options()
	o.MaxConns, o.MaxIdle = n, n
	o.Now = func() time.Time { now(); return at }
	o.Timeout = 2500 * time.Millisecond // not enough to try three dead connections
	to := newSender(t, o)
	var sent sync.WaitGroup
	for range n {
		sent.Go(func() {
			if _, err := to.Send(t.Context(), message()); err != nil {
				t.Errorf("the first messages: %v", err)
			}
		})
	}
	sent.Wait()
	return s, to
}

func nothing() {}

// Connections that died without a word cost a message the time of one.
func TestDeadConnectionsCostTheTimeOfOne(t *testing.T) {
	const n = 3
	s, to := idling(t, n, nothing, func(name string, _ int) (string, bool) {
		if name == "RSET" {
			<-t.Context().Done()
		}
		return "", false
	})
	if _, err := to.Send(t.Context(), message()); err != nil {
		t.Error(err)
	}
	said, ends := s.heard()
	if asked, dialed := count(said, "RSET"), count(said, "EHLO"); asked != 1 || dialed != n+1 || ends != n+1 {
		t.Errorf("%d of %d connections are asked, %d made, and %d messages come", asked, n, dialed, ends)
	}
	for range n - 1 { // but for the one whose script still waits
		select {
		case <-s.over:
		case <-time.After(10 * time.Second):
			t.Fatal("a dead connection stays open")
		}
	}
}

// A context that ends says nothing against the connections that are idle, and is no
// reason to dial.
func TestAContextThatEndsLeavesIdleConnectionsAlone(t *testing.T) {
	for _, test := range []struct {
		at      string // what the context ends in
		detail  string
		dropped bool // the connection is of no more use then
	}{
		{"writing", "waiting for a connection: cancelled", false},
		{"RSET", "waiting for a connection: cancelled", true},
		{"MAIL", "MAIL: timeout", true},
	} {
		var armed atomic.Bool
		var end atomic.Value
		ends := func(name string) bool {
			if name != test.at || !armed.CompareAndSwap(true, false) {
				return false
			}
			end.Load().(context.CancelFunc)()
			return true
		}
		s, to := idling(t, 2, func() { ends("writing") }, func(name string, _ int) (string, bool) {
			if ends(name) {
				<-t.Context().Done()
			}
			return "", false
		})
		for range 20 { // where a slot is free, too, it is by chance which is seen
			ctx, cancel := context.WithCancel(t.Context())
			end.Store(cancel)
			armed.Store(true)
			_, err := to.Send(ctx, message())
			cancel()
			checkFailure(t, test.at, err, sender.ErrTemporary, false)
			if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), test.detail) {
				t.Errorf("it ends in %s: %v, want %q", test.at, err, test.detail)
			}
			if test.dropped {
				break
			}
		}
		if _, err := to.Send(t.Context(), message()); err != nil {
			t.Errorf("it ended in %s, and the next message fails: %v", test.at, err)
		}
		said, _ := s.heard()
		if dialed := count(said, "EHLO"); dialed != 2 {
			t.Errorf("it ended in %s, and made it %d connections", test.at, dialed)
		}
	}
}
