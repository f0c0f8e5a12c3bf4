// Package failover sends by another vendor where one fails:
//
//	sms := failover.New(failover.Options{}, sender.Timeout(first, 3*time.Second), sender.Timeout(second, 3*time.Second))
//
// A sender that fails for a time again and again is left alone for a while, so that nobody
// waits for it: each has a circuit breaker (github.com/sony/gobreaker). A refusal comes at
// once, and is often about one address: it makes no sender rest. A message that one sender
// may have sent after all is not handed to another, unless [Options].EvenUncertain says
// so.
//
// Codes that a vendor makes itself (sender.CodeChecker) have no second sender: who made
// one must check it.
package failover

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/ligature-auth/ligature/sender"
)

// Options say when to go on to the next sender. The zero Options are good for most.
type Options struct {
	// Failures is how many temporary ones in a row make a sender rest: 0 means 5.
	Failures int

	// Rest is how long it rests before one message tries it again: 0 means 30 seconds.
	Rest time.Duration

	// EvenUncertain goes on to the next sender where it is uncertain that nothing was
	// sent. The person may then get the message twice, and you may pay for both.
	EvenUncertain bool

	// OnChange, if not nil, is told when the sender of this index, from 0, begins or ends
	// to rest. It is called within a Send.
	OnChange func(index int, rests bool)
}

// Sender hands each message to the first of its senders that takes it. It is safe for
// concurrent use. Make one with New.
type Sender struct {
	options  Options
	senders  []sender.Sender
	breakers []*gobreaker.CircuitBreaker[sender.Receipt]
}

// New makes a Sender of those that are tried, in their order.
func New(o Options, first sender.Sender, others ...sender.Sender) *Sender {
	if o.Failures <= 0 {
		o.Failures = 5
	}
	if o.Rest <= 0 {
		o.Rest = 30 * time.Second
	}
	x := &Sender{options: o, senders: append([]sender.Sender{first}, others...)}
	for i := range x.senders {
		settings := gobreaker.Settings{
			MaxRequests: 1,
			Timeout:     o.Rest,
			ReadyToTrip: func(c gobreaker.Counts) bool { return int64(c.ConsecutiveFailures) >= int64(o.Failures) },
			IsExcluded:  func(err error) bool { return errors.Is(err, errNoFailure) },
		}
		if o.OnChange != nil {
			settings.OnStateChange = func(_ string, from, to gobreaker.State) {
				if from == gobreaker.StateClosed || to == gobreaker.StateClosed {
					o.OnChange(i, to != gobreaker.StateClosed)
				}
			}
		}
		x.breakers = append(x.breakers, gobreaker.NewCircuitBreaker[sender.Receipt](settings))
	}
	return x
}

// errNoFailure stands for what says nothing of a sender's health.
var errNoFailure = errors.New("not the sender's failure")

// verdict is what the breaker of a sender is told of its error.
func verdict(err error, tried bool, late bool) error {
	refused := errors.Is(err, sender.ErrRecipient) || errors.Is(err, sender.ErrQuota) || errors.Is(err, sender.ErrPermanent)
	switch {
	case refused && tried:
		return nil // it is there again
	case refused, late, errors.Is(err, context.Canceled):
		return errNoFailure
	}
	return err
}

// aboutRecipient reports whether an error is about the address, for which another sender
// is no way around.
func aboutRecipient(err error) bool {
	var e *sender.Error
	return errors.Is(err, sender.ErrRecipient) || errors.As(err, &e) && e.RecipientLimit
}

// Send tries one sender after another, and returns what the last that it tried
// returned: the first that took the message, or refused its address or had enough of it, or
// may have sent it, or was under way when ctx ended; as uncertain, if one before it was.
// With all of them at rest it is sender.ErrTemporary.
func (x *Sender) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sender.Receipt{}, err
	}
	last := error(&sender.Error{Err: sender.ErrTemporary, RetryAfter: x.options.Rest, Detail: fmt.Sprintf("all %d senders rest", len(x.senders))})
	maybe := false // sent by an earlier one
	began := time.Now()
	for i, s := range x.senders {
		var receipt sender.Receipt
		var err error
		tried := x.breakers[i].State() == gobreaker.StateHalfOpen
		_, rests := x.breakers[i].Execute(func() (sender.Receipt, error) {
			mine := time.Now()
			receipt, err = s.Send(ctx, m)
			// Those before it may have taken the time that it lacked.
			late := err != nil && ctx.Err() != nil && mine.Sub(began) > time.Since(mine)
			return receipt, verdict(err, tried, late)
		})
		if errors.Is(rests, gobreaker.ErrOpenState) || errors.Is(rests, gobreaker.ErrTooManyRequests) {
			continue
		}
		if err == nil {
			return receipt, nil
		}
		maybe = maybe || sender.Uncertain(err)
		if maybe {
			err = sender.AsUncertain(err)
		}
		if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = fmt.Errorf("%w: %w", err, ctx.Err())
		}
		if ctx.Err() != nil || aboutRecipient(err) || maybe && !x.options.EvenUncertain {
			return sender.Receipt{}, err
		}
		last = err
	}
	return sender.Receipt{}, last
}
