// Package sendertest proves a [sender.Sender]. It is the contract of package
// sender in executable form:
//
//	func TestGateway(t *testing.T) {
//		var carrier *fakeCarrier
//		sendertest.Run(t, func(t *testing.T) sender.Sender {
//			carrier = startCarrier(t)
//			return gateway.New(carrier.URL)
//		}, sendertest.Options{
//			Delivered: func() []sendertest.Delivery { return carrier.deliveries() },
//			Refusing:  func(t *testing.T) sender.Sender { return gateway.New(startRefusing(t).URL) },
//			Stalling:  func(t *testing.T) sender.Sender { return gateway.New(startSilent(t).URL) },
//		})
//	}
//
// Run it with -race. What a sender writes past log, log/slog, os.Stdout and
// os.Stderr, to a logger of its own for one, the suite does not see.
package sendertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// Options tell the suite about the sender. All are optional; what cannot be
// checked without one is skipped, and the skip is printed.
type Options struct {
	// Channel of the messages; empty means sender.Email.
	Channel sender.Channel
	// To returns the n-th of as many different valid addresses of Channel; nil
	// means email addresses at example.com. A vendor's sandbox that has one
	// address may return it always; mix-ups of recipients then go unseen.
	To func(n int) string
	// Delivered returns what the carrier of the newest sender has got so far.
	Delivered func() []Delivery
	// Refusing returns a sender whose carrier refuses every message.
	Refusing func(t *testing.T) sender.Sender
	// Stalling returns a sender whose carrier takes a message and never answers.
	Stalling func(t *testing.T) sender.Sender
	// Grace is how long Send may go on after its context is done; 0 means 5 s.
	Grace time.Duration
}

// Delivery is one message to one recipient as the carrier got it; a message to
// two recipients is two deliveries.
type Delivery struct {
	To string // byte for byte
	// Content is all else that was sent: the text, or a template's parameters.
	Content string
}

// Run runs the suite, as subtests. It calls newSender at the start of each for a
// fresh sender with a fresh carrier that accepts every message.
//
// It replaces the default loggers, os.Stdout and os.Stderr for a while: no test
// may run in parallel with it.
func Run(t *testing.T, newSender func(t *testing.T) sender.Sender, o Options) {
	t.Helper()
	if o.Channel == "" {
		o.Channel = sender.Email
	}
	if o.To == nil {
		o.To = func(n int) string { return fmt.Sprintf("Some.One+%d@example.com", n) }
	}
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	s := suite{newSender: newSender, Options: o}
	t.Run("Delivers", s.delivers)
	t.Run("Concurrent", s.concurrent)
	t.Run("Cancelled", s.cancelled)
	t.Run("Stalled", s.stalled)
	t.Run("Refused", s.refused)
	t.Run("Hostile", s.hostile)
	t.Run("Silent", s.silent)
}

type suite struct {
	newSender func(t *testing.T) sender.Sender
	Options
}
