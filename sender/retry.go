package sender

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/internal/pause"
)

// RetryOptions say how often to try again. The zero RetryOptions are good for most.
type RetryOptions struct {
	// Tries is how often a message is tried in all: 0 means 3; at most 10.
	Tries int

	// Pause is how long to wait before the second try, to within a half: 0 means 200
	// milliseconds. It doubles with each, and comes after an *Error's RetryAfter.
	// Nobody waits for longer than an hour.
	Pause time.Duration

	// EvenUncertain tries again where it is uncertain that nothing was sent. The person
	// may then get the message twice, and you may pay for it twice, unless the vendor
	// knows it again by Message.ID.
	EvenUncertain bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	mostTries    = 10
	longestPause = time.Hour
)

// Retry is s, tried again where it fails for a time and nothing was sent. It does
// not wait for a try that the message's code, or the context, would not live to see.
// Every try has the same Message.ID.
func Retry(s Sender, o RetryOptions) Sender {
	if o.Tries <= 0 {
		o.Tries = 3
	}
	o.Tries = min(o.Tries, mostTries)
	if o.Pause <= 0 {
		o.Pause = 200 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return retry{s, o}
}

type retry struct {
	sender Sender
	RetryOptions
}

// Send sends m, and returns what the last try returned; as uncertain, if one before it
// was.
func (x retry) Send(ctx context.Context, m Message) (Receipt, error) {
	maybe := false // sent by an earlier try
	for try := 1; ; try++ {
		receipt, err := x.sender.Send(ctx, m)
		if err == nil {
			return receipt, nil
		}
		if maybe = maybe || Uncertain(err); maybe {
			err = AsUncertain(err)
		}
		if try == x.Tries || final(err) || maybe && !x.EvenUncertain {
			return receipt, err
		}
		wait := max(x.Pause, time.Microsecond) << (try - 1)
		var told *Error
		first := time.Duration(0)
		if errors.As(err, &told) {
			first = min(max(told.RetryAfter, 0), 2*longestPause)
		}
		if !x.lives(ctx, m, first+wait) {
			return receipt, err
		}
		if pause.For(ctx, first) != nil || pause.Jittered(ctx, wait) != nil {
			return receipt, fmt.Errorf("%w: %w", err, ctx.Err())
		}
	}
}

// final reports whether the error is one that no other try would change.
func final(err error) bool {
	return errors.Is(err, ErrPermanent) || errors.Is(err, ErrRecipient) || errors.Is(err, ErrQuota)
}

// lives reports whether there is a use in another try after the wait.
func (x retry) lives(ctx context.Context, m Message, wait time.Duration) bool {
	then := x.Now().Add(wait)
	deadline, ok := ctx.Deadline()
	return wait <= longestPause && (!ok || then.Before(deadline)) && (m.Expires.IsZero() || then.Before(m.Expires))
}

// MakesCode is that of the sender.
func (x retry) MakesCode(m Message) bool { return makesCode(x.sender, m) }

// CheckCode is that of the sender, tried once: whoever typed the code can do so again.
func (x retry) CheckCode(ctx context.Context, c CodeCheck) (bool, error) {
	return checkCode(ctx, x.sender, c)
}
