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
// transaction, from any number of goroutines. A ctx that is done ends it, with an
// error that wraps the context's; the deadline is the policy's SendTimeout. It must not log the message: Code and Text are
// secrets. It may use Message.ID to keep a vendor from sending twice.
//
// To is delivered to byte for byte, or refused with ErrRecipient: an encoder that
// repairs it sends to somebody else.
//
// An error says that the message was not handed over; where that is uncertain,
// because the carrier did not answer, it is an error too, and an *Error with Uncertain.
// Receipts and errors repeat neither code nor address; those of net/http repeat the
// URL, so do not wrap them.
type Sender interface {
	Send(ctx context.Context, m Message) (Receipt, error)
}

// Receipt is what the carrier said of an accepted message. What it did not say is empty.
type Receipt struct {
	Vendor    string // who took it, "twilio"
	MessageID string // the vendor's name for it
	Segments  int    // how many the vendor counts, and charges, it as
	Price     string // a decimal number, "0.0075", of Currency
	Currency  string // an ISO 4217 code, "USD"
}

// What went wrong, for errors.Is. A sender wraps one of these, by an *Error or
// with %w; sendertest insists.
var (
	// ErrTemporary: the same message may succeed later.
	ErrTemporary = errors.New("sender: temporary failure")
	// ErrPermanent: the same message will not succeed until somebody changes the
	// configuration, here or at the vendor.
	ErrPermanent = errors.New("sender: permanent failure")
	// ErrRecipient: this address is refused; others may work.
	ErrRecipient = errors.New("sender: recipient refused")
	// ErrQuota: the vendor's or the account's limit is reached.
	ErrQuota = errors.New("sender: quota exhausted")
)

// Error carries what a vendor told beyond the kind of failure.
type Error struct {
	Err        error         // one of the sentinels above; nil means ErrTemporary
	RetryAfter time.Duration // 0: not told
	Uncertain  bool          // the message may have been handed over all the same
	Detail     string        // the vendor's code or words, without address and code

	// RecipientLimit, with ErrQuota, says that the limit is this address's own. Whoever
	// asked for the message is not told, because others may have used it up.
	RecipientLimit bool
}

// Uncertain reports whether a message may have been handed over although Send
// returned err: an *Error says so itself; of any other error that wraps none of the
// sentinels, a context's among them, nobody knows.
func Uncertain(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Uncertain
	}
	return err != nil && !typed(err)
}

// AsUncertain returns err as one of a message that may have been handed over all the
// same, for a sender of senders of which an earlier one may have sent it. It wraps err,
// and is nil where err is.
func AsUncertain(err error) error {
	if err == nil || Uncertain(err) {
		return err
	}
	uncertain := &Error{Err: err, Uncertain: true}
	var e *Error
	if errors.As(err, &e) {
		uncertain.RetryAfter, uncertain.RecipientLimit = e.RetryAfter, e.RecipientLimit
	}
	return uncertain
}

// typed reports whether err wraps one of the sentinels.
func typed(err error) bool {
	for _, sentinel := range []error{ErrTemporary, ErrPermanent, ErrRecipient, ErrQuota} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
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
