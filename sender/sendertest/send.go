package sendertest

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime/debug"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// sendTimeout is what a policy would set.
const sendTimeout = 10 * time.Second

// message makes the n-th message. Its code and address are unlike anything that
// an honest error, receipt or log line holds by chance.
func (s suite) message(n int) sender.Message {
	code := fmt.Sprintf("8261%06d", n)
	m := sender.Message{
		ID:       rand.Text(),
		Channel:  s.Channel,
		To:       s.To(n),
		Purpose:  sender.Bind,
		Template: sender.BindCode,
		Code:     sender.NewCode(code),
		Expires:  time.Now().Add(10 * time.Minute).UTC(),
		Lifetime: 10 * time.Minute,
		Service:  "Example",
		Account:  "s***",
		Locale:   "de-CH",
		Language: "en",
		Text:     code + " adds this address to account s*** of Example. Never share it.",
	}
	return s.asMail(m, "Your code for Example")
}

// asMail completes a message where the channel is that of mail.
func (s suite) asMail(m sender.Message, subject string) sender.Message {
	if s.Channel == sender.Email {
		m.Subject = subject
		m.HTML = "<!doctype html><html lang=\"en\"><title>" + subject + "</title><p>" + m.Text + "</p></html>"
	}
	return m
}

// notice makes a message without a code.
func (s suite) notice(n int) sender.Message {
	m := s.message(n)
	m.Purpose, m.Template, m.Code, m.Expires, m.Lifetime = sender.Notice, sender.AddressRemoved, sender.Code{}, time.Time{}, 0
	m.At = time.Now().UTC()
	m.Text = "An address was removed from account s*** of Example."
	return s.asMail(m, "Your account at Example changed")
}

// send is Send, watched: it may neither panic nor outlive its context by more
// than Grace. Where it did, that is reported and ok is false. The rest of what
// every answer owes is checked too.
func (s suite) send(ctx context.Context, t *testing.T, to sender.Sender, m sender.Message) (ok bool, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	type answer struct {
		receipt  sender.Receipt
		err      error
		panicked string
	}
	done := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if p := recover(); p != nil {
				a.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
			done <- a
		}()
		a.receipt, a.err = to.Send(ctx, m)
	}()

	var a answer
	select {
	case a = <-done:
	case <-ctx.Done():
		select {
		case a = <-done:
		case <-time.After(s.Grace):
			t.Errorf("Send has not returned %v after its context was done (%v)", s.Grace, ctx.Err())
			return false, nil
		}
	}
	if a.panicked != "" {
		t.Errorf("Send panicked: %s", a.panicked)
		return false, nil
	}
	if a.err != nil {
		checkError(ctx, t, a.err, m)
	}
	if what := leak(fmt.Sprintf("%+v", a.receipt), m); what != "" {
		t.Errorf("the receipt holds the message's %s: %+v", what, a.receipt)
	}
	return true, a.err
}
