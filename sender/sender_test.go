package sender_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

var sentinels = []error{sender.ErrTemporary, sender.ErrPermanent, sender.ErrRecipient, sender.ErrQuota}

func TestErrorIsItsSentinel(t *testing.T) {
	for _, want := range sentinels {
		err := fmt.Errorf("outer: %w", &sender.Error{Err: want, RetryAfter: time.Minute, Detail: "21610"})
		for _, other := range sentinels {
			if got := errors.Is(err, other); got != (other == want) {
				t.Errorf("errors.Is(an Error of %v, %v) = %t", want, other, got)
			}
		}
		var e *sender.Error
		if !errors.As(err, &e) || e.RetryAfter != time.Minute || e.Detail != "21610" {
			t.Errorf("errors.As lost what the vendor told: %+v", e)
		}
	}
}

func TestErrorMessage(t *testing.T) {
	for _, test := range []struct {
		err  sender.Error
		want string
	}{
		{sender.Error{}, "sender: temporary failure"},
		{sender.Error{Detail: "busy"}, "sender: temporary failure: busy"},
		{sender.Error{Err: sender.ErrQuota}, "sender: quota exhausted"},
		{sender.Error{Err: sender.ErrRecipient, Detail: "550 5.1.1"}, "sender: recipient refused: 550 5.1.1"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("Error() = %q, want %q", got, test.want)
		}
	}
	if err := error(&sender.Error{}); !errors.Is(err, sender.ErrTemporary) {
		t.Error("an Error without a sentinel is not temporary")
	}
}

// senderFunc is a Sender made of a func.
type senderFunc func(context.Context, sender.Message) (sender.Receipt, error)

func (f senderFunc) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	return f(ctx, m)
}

func TestMuxSendsByChannel(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "v")
	failure := errors.New("as it came")
	named := func(vendor string, err error) sender.Sender {
		return senderFunc(func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			if ctx.Value(key{}) != "v" {
				t.Error("the context did not get through")
			}
			return sender.Receipt{Vendor: vendor, MessageID: m.ID}, err
		})
	}
	mux := sender.Mux{
		sender.Email: named("smtp", nil),
		sender.SMS:   named("gateway", failure),
		"pager":      nil,
	}
	for _, test := range []struct {
		channel sender.Channel
		want    sender.Receipt
		err     error
	}{
		{sender.Email, sender.Receipt{Vendor: "smtp", MessageID: "7"}, nil},
		{sender.SMS, sender.Receipt{Vendor: "gateway", MessageID: "7"}, failure},
		{"pager", sender.Receipt{}, sender.ErrPermanent},
		{"fax", sender.Receipt{}, sender.ErrPermanent},
		{"", sender.Receipt{}, sender.ErrPermanent},
		{"EMAIL", sender.Receipt{}, sender.ErrPermanent},
	} {
		got, err := mux.Send(ctx, sender.Message{ID: "7", Channel: test.channel})
		if got != test.want {
			t.Errorf("channel %q: receipt %+v, want %+v", test.channel, got, test.want)
		}
		if !errors.Is(err, test.err) {
			t.Errorf("channel %q: error %v, want %v", test.channel, err, test.err)
		}
	}
	if _, err := mux.Send(ctx, sender.Message{Channel: sender.SMS}); err != failure { //nolint:errorlint // identity is the point
		t.Errorf("the mux wrapped a sender's error: %v", err)
	}
	if _, err := (sender.Mux)(nil).Send(ctx, sender.Message{Channel: sender.SMS}); !errors.Is(err, sender.ErrPermanent) {
		t.Errorf("a nil mux: error %v, want ErrPermanent", err)
	}
}
