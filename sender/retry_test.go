package sender_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// answers is a sender that gives one answer after another, the last again and again.
type answers struct {
	errs  []error
	tries []time.Time
	ids   map[string]bool
}

func (s *answers) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	err := s.errs[min(len(s.tries), len(s.errs)-1)]
	s.tries = append(s.tries, time.Now())
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	s.ids[m.ID] = true
	return sender.Receipt{MessageID: "receipt"}, err
}

var (
	temporary  = &sender.Error{Err: sender.ErrTemporary}
	errUntyped = errors.New("?")
	uncertain  = &sender.Error{Err: sender.ErrTemporary, Uncertain: true}
)

func TestRetry(t *testing.T) {
	for name, test := range map[string]struct {
		errs    []error
		options sender.RetryOptions
		life    time.Duration // of the code; 0: there is none
		timeout time.Duration // of the context
		tries   int
		err     error
		atLeast time.Duration

		uncertain bool // though the last try was certain
		waits     bool // before the last try
	}{
		"sent at once":                  {errs: []error{nil}, tries: 1},
		"sent the second time":          {errs: []error{temporary, nil}, tries: 2, atLeast: 100 * time.Millisecond},
		"sent the third time":           {errs: []error{temporary, sender.ErrTemporary, nil}, tries: 3, atLeast: 300 * time.Millisecond},
		"given up":                      {errs: []error{temporary}, tries: 3, err: sender.ErrTemporary},
		"as often as is asked":          {errs: []error{temporary}, options: sender.RetryOptions{Tries: 5}, tries: 5, err: sender.ErrTemporary},
		"never more than ten times":     {errs: []error{temporary}, options: sender.RetryOptions{Tries: 1000, Pause: time.Millisecond}, tries: 10, err: sender.ErrTemporary},
		"once":                          {errs: []error{temporary}, options: sender.RetryOptions{Tries: 1}, tries: 1, err: sender.ErrTemporary},
		"permanent":                     {errs: []error{sender.ErrPermanent}, tries: 1, err: sender.ErrPermanent},
		"recipient":                     {errs: []error{sender.ErrRecipient}, tries: 1, err: sender.ErrRecipient},
		"quota":                         {errs: []error{sender.ErrQuota}, tries: 1, err: sender.ErrQuota},
		"another kind later":            {errs: []error{temporary, sender.ErrRecipient}, tries: 2, err: sender.ErrRecipient},
		"uncertain":                     {errs: []error{uncertain}, tries: 1, err: sender.ErrTemporary},
		"uncertain, and allowed":        {errs: []error{uncertain, nil}, options: sender.RetryOptions{EvenUncertain: true}, tries: 2},
		"uncertain before, and allowed": {errs: []error{uncertain, temporary, nil}, options: sender.RetryOptions{EvenUncertain: true}, tries: 3},
		"nobody knows, and allowed":     {errs: []error{errUntyped, nil}, options: sender.RetryOptions{EvenUncertain: true}, tries: 2},
		"nobody knows":                  {errs: []error{errUntyped}, tries: 1, err: errUntyped},
		"uncertain, then refused":       {errs: []error{uncertain, sender.ErrRecipient}, options: sender.RetryOptions{EvenUncertain: true}, tries: 2, err: sender.ErrRecipient, uncertain: true},
		"uncertain, then not":           {errs: []error{uncertain, &sender.Error{RetryAfter: time.Minute}}, options: sender.RetryOptions{EvenUncertain: true}, timeout: 10 * time.Second, tries: 2, err: sender.ErrTemporary, uncertain: true, waits: true},
		"a context's error":             {errs: []error{context.DeadlineExceeded}, tries: 1, err: context.DeadlineExceeded},
		"the vendor says when, and there is time": {errs: []error{&sender.Error{RetryAfter: 5 * time.Second}, nil}, timeout: 10 * time.Second, tries: 2, atLeast: 5 * time.Second, waits: true},
		"the vendor says when":                    {errs: []error{&sender.Error{RetryAfter: 3 * time.Second}, nil}, tries: 2, atLeast: 3 * time.Second},
		"the vendor says never":                   {errs: []error{&sender.Error{RetryAfter: 1<<63 - 1}, nil}, tries: 1, err: sender.ErrTemporary},
		"the code dies first":                     {errs: []error{&sender.Error{RetryAfter: 61 * time.Second}, nil}, life: time.Minute, tries: 1, err: sender.ErrTemporary},
		"the code lives so long":                  {errs: []error{&sender.Error{RetryAfter: 20 * time.Second}, nil}, life: time.Minute, tries: 2, atLeast: 20 * time.Second},
		"the context ends first":                  {errs: []error{&sender.Error{RetryAfter: 20 * time.Second}, nil}, timeout: 10 * time.Second, tries: 1, err: sender.ErrTemporary},
		"no pause is as it comes":                 {errs: []error{temporary, nil}, options: sender.RetryOptions{Pause: -1}, tries: 2, atLeast: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				if test.timeout > 0 {
					ctx, cancel = context.WithTimeout(t.Context(), test.timeout)
				}
				defer cancel()
				m := sender.Message{ID: "same"}
				if test.life > 0 {
					m.Expires = time.Now().Add(test.life)
				}
				s := &answers{errs: test.errs}
				began := time.Now()
				receipt, err := sender.Retry(s, test.options).Send(ctx, m)
				took := time.Since(began)
				last := test.errs[min(test.tries, len(test.errs))-1]
				if len(s.tries) != test.tries || !errors.Is(err, test.err) || !errors.Is(err, last) || sender.Uncertain(err) != (test.uncertain || sender.Uncertain(last)) {
					t.Errorf("%d tries and %v, want %d and %v", len(s.tries), err, test.tries, last)
				}
				if receipt.MessageID != "receipt" || len(s.ids) != 1 {
					t.Errorf("the receipt is %+v, the messages %v", receipt, s.ids)
				}
				if took < test.atLeast {
					t.Errorf("it took %v, want %v at least", took, test.atLeast)
				}
				if test.timeout > 0 && took > 0 && !test.waits {
					t.Errorf("it waited %v for a try that the context does not live to see", took)
				}
			})
		})
	}
}

// A context that ends between two tries ends the waiting, with the last error.
func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		s := &answers{errs: []error{temporary}}
		began := time.Now()
		_, err := sender.Retry(s, sender.RetryOptions{Pause: time.Hour}).Send(ctx, sender.Message{})
		if took := time.Since(began); !errors.Is(err, sender.ErrTemporary) || !errors.Is(err, context.Canceled) || took != time.Second || len(s.tries) != 1 {
			t.Errorf("%v after %v and %d tries", err, took, len(s.tries))
		}
	})
}

func TestTimeout(t *testing.T) {
	type key struct{}
	for name, test := range map[string]struct {
		send      func(ctx context.Context) error
		timeout   time.Duration // of the caller's context
		err       error
		uncertain bool
		took      time.Duration
	}{
		"in time":                 {send: func(context.Context) error { return nil }},
		"refused":                 {send: func(context.Context) error { return sender.ErrPermanent }, err: sender.ErrPermanent},
		"too late":                {send: hang, err: sender.ErrTemporary, uncertain: true, took: 3 * time.Second},
		"too late, wrapped":       {send: func(ctx context.Context) error { return fmt.Errorf("x: %w", hang(ctx)) }, err: sender.ErrTemporary, uncertain: true, took: 3 * time.Second},
		"too late, and it knows":  {send: func(ctx context.Context) error { _ = hang(ctx); return temporary }, err: sender.ErrTemporary, took: 3 * time.Second},
		"too late, and refused":   {send: func(ctx context.Context) error { _ = hang(ctx); return sender.ErrRecipient }, err: sender.ErrRecipient, took: 3 * time.Second},
		"sent at the last moment": {send: func(ctx context.Context) error { _ = hang(ctx); return nil }, took: 3 * time.Second},
		"the caller's own end":    {send: hang, timeout: time.Second, err: context.DeadlineExceeded, uncertain: true, took: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, 1), time.Hour)
				if test.timeout > 0 {
					ctx, cancel = context.WithTimeout(ctx, test.timeout)
				}
				defer cancel()
				s := sender.Timeout(senderFunc(func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
					if ctx.Value(key{}) == nil {
						t.Error("the context does not get through")
					}
					return sender.Receipt{MessageID: m.ID}, test.send(ctx)
				}), 3*time.Second)
				began := time.Now()
				receipt, err := s.Send(ctx, sender.Message{ID: "x"})
				if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) || sender.Uncertain(err) != test.uncertain || time.Since(began) != test.took || receipt.MessageID != "x" {
					t.Errorf("%v, uncertain %t, after %v; want %v, %t, %v", err, sender.Uncertain(err), time.Since(began), test.err, test.uncertain, test.took)
				}
			})
		})
	}
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestUncertain(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{sender.ErrTemporary, false},
		{fmt.Errorf("x: %w", sender.ErrQuota), false},
		{&sender.Error{}, false},
		{temporary, false},
		{uncertain, true},
		{fmt.Errorf("x: %w", uncertain), true},
		{&sender.Error{Err: context.DeadlineExceeded}, false}, // it says so itself
		{context.Canceled, true},
		{errors.New("panic: out of cheese"), true},
	} {
		if got := sender.Uncertain(test.err); got != test.want {
			t.Errorf("Uncertain(%v) = %t, want %t", test.err, got, test.want)
		}
	}
}
