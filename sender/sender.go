package sender

import (
	"context"
	"errors"
	"time"
)

// Sender delivers one message. It returns when the message has been handed over
// to whatever carries it on, or with an error when that did not happen.
//
// Send is called after the commit that made the code, outside of any
// transaction, from any number of goroutines. It must honour ctx, whose deadline
// is the policy's SendTimeout, and must not log the message: Code and Text are
// secrets. It does not retry beyond ctx, and it may use Message.ID to keep a
// vendor from sending twice.
//
// An error says that the message was not handed over; where that is uncertain,
// it is an error too. Receipts and errors repeat neither code nor address.
type Sender interface {
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Receipt is what the carrier said of an accepted message. Both may be empty.
type Receipt struct {
	Vendor    string // who took it, "twilio"
	MessageID string // the vendor's name for it
}

// What went wrong, for errors.Is. A sender wraps one of these, by an *Error or
// with %w; sendertest insists. Of any other error the core knows only that the
// message did not go out.
var (
	// ErrTemporary: the same message may succeed later.
	ErrTemporary = errors.New("sender: temporary failure")
	// ErrPermanent: the same message will never succeed.
	ErrPermanent = errors.New("sender: permanent failure")
	// ErrRecipient: this address is refused; others may work.
	ErrRecipient = errors.New("sender: recipient refused")
	// ErrQuota: the vendor's or the account's limit is reached.
	ErrQuota = errors.New("sender: quota exhausted")
)

// Error carries what a vendor told beyond the kind of failure.
type Error struct {
	Err        error         // one of the sentinels above
	RetryAfter time.Duration // 0: not told
	Detail     string        // the vendor's code or words, without address and code
}

// Error names the failure and the vendor's detail.
func (e *Error) Error() string {
	msg := ErrTemporary.Error()
	if e.Err != nil {
		msg = e.Err.Error()
	}
	if e.Detail == "" {
		return msg
	}
	return msg + ": " + e.Detail
}

// Unwrap returns the sentinel, ErrTemporary where none was given.
func (e *Error) Unwrap() error {
	if e.Err == nil {
		return ErrTemporary
	}
	return e.Err
}
