package sendertest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// refused: a failure is told, typed and certain, and says nothing of the message.
func (s suite) refused(t *testing.T) {
	if s.Refusing == nil {
		t.Skip("Options.Refusing is nil")
	}
	to := s.Refusing(t)
	for _, m := range []sender.Message{s.message(1), s.notice(2)} {
		if ok, err := s.send(t.Context(), t, to, m); ok && err == nil {
			t.Errorf("a %s message that the carrier refuses is sent without an error", m.Purpose)
		} else if ok && sender.Uncertain(err) {
			t.Errorf("what the carrier refuses is said to be uncertain: %v", err)
		}
	}
}

// checkError checks an error of a Send that had ctx.
func checkError(ctx context.Context, t *testing.T, err error, m sender.Message) {
	t.Helper()
	if !typed(ctx, err) {
		t.Errorf("the error wraps none of sender's sentinels (context: %v): %v", ctx.Err(), err)
	}
	var e *sender.Error
	if errors.As(err, &e) && e.RetryAfter < 0 {
		t.Errorf("RetryAfter is negative: %v", e.RetryAfter)
	}
	if what := leak(fmt.Sprintf("%v\n%+v", err, err), m); what != "" {
		t.Errorf("the error holds the message's %s: %v", what, err)
	}
}

// typed reports whether a caller can tell what err means. Only a context that
// is done excuses a context's error: a client's own timeout is ErrTemporary.
func typed(ctx context.Context, err error) bool {
	for _, sentinel := range []error{sender.ErrTemporary, sender.ErrPermanent, sender.ErrRecipient, sender.ErrQuota} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

// leak names the first part of the message that out shows: as it is, quoted, or
// as a part of a URL, which the errors of net/http repeat.
func leak(out string, m sender.Message) string {
	for _, part := range []struct{ name, value string }{
		{"code", m.Code.Reveal()},
		{"address", m.To},
		{"text", m.Text},
		{"page", m.HTML},
	} {
		if part.value == "" {
			continue
		}
		quoted := strconv.Quote(part.value)
		for _, form := range []string{
			part.value,
			quoted[1 : len(quoted)-1],
			url.QueryEscape(part.value),
			url.PathEscape(part.value),
		} {
			if strings.Contains(out, form) {
				return part.name
			}
		}
	}
	return ""
}
