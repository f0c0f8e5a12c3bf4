package sender

import (
	"context"
	"time"
)

// Timeout is s with a context that ends after d. Its error is then ErrTemporary, and
// uncertain, unless s says otherwise by an error of its own. It leaves time for another try within the policy's SendTimeout.
func Timeout(s Sender, d time.Duration) Sender { return timeout{s, d} }

type timeout struct {
	sender Sender
	after  time.Duration
}

// Send sends m within the time.
func (x timeout) Send(ctx context.Context, m Message) (receipt Receipt, err error) {
	err = x.within(ctx, func(ctx context.Context) (err error) {
		receipt, err = x.sender.Send(ctx, m)
		return err
	})
	return receipt, err
}

// MakesCode is that of the sender.
func (x timeout) MakesCode(m Message) bool { return makesCode(x.sender, m) }

// CheckCode checks the code within the time.
func (x timeout) CheckCode(ctx context.Context, c CodeCheck) (right bool, err error) {
	err = x.within(ctx, func(ctx context.Context) (err error) {
		right, err = checkCode(ctx, x.sender, c)
		return err
	})
	return right, err
}

// within calls do with a context that ends after the time. An error of that context,
// and not of the caller's own, is the sender's to answer for.
func (x timeout) within(ctx context.Context, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, x.after)
	defer cancel()
	err := do(bounded)
	if err != nil && !typed(err) && bounded.Err() != nil && ctx.Err() == nil {
		return &Error{Err: ErrTemporary, Uncertain: true, Detail: "no answer after " + x.after.String()}
	}
	return err
}
