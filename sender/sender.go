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
// transaction, from any number of goroutines. A ctx that is done ends it, with
// nothing sent and an error that wraps the context's or a sentinel; the deadline
// is the policy's SendTimeout. It must not log the message: Code and Text are
// secrets. It may use Message.ID to keep a vendor from sending twice.
//
// To is delivered to byte for byte, or refused with ErrRecipient: an encoder that
// repairs it sends to somebody else.
//
// An error says that the message was not handed over; where that is uncertain,
// it is an error too. Receipts and errors repeat neither code nor address; those of
// net/http repeat the URL, so do not wrap them.
type Sender interface {
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Receipt is what the carrier said of an accepted message. Both may be empty.
type Receipt struct {
	Vendor    string // who took it, "twilio"
	MessageID string // the vendor's name for it
}

// What went wrong, for errors.Is. A sender wraps one of these, by an *Error or
// with %w; sendertest insists. So far the core answers all of them alike, as
// unavailable, and logs them.
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
