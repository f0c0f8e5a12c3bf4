package mailbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/sender/sendertest"
)

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func now() time.Time { return at }

func message(n int) sender.Message {
	code := fmt.Sprintf("%06d", n)
	return sender.Message{
		ID:      fmt.Sprintf("id-%d", n),
		Channel: sender.Email,
		To:      fmt.Sprintf("p%d@example.com", n),
		Purpose: sender.Bind,
		Code:    sender.NewCode(code),
		Subject: "Your code",
		Text:    "Your code is " + code + ".",
	}
}

func mustSend(t *testing.T, b *mailbox.Mailbox, m sender.Message) {
	t.Helper()
	if _, err := b.Send(t.Context(), m); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

func TestMailboxIsASender(t *testing.T) {
	var b *mailbox.Mailbox
	sendertest.Run(t, func(*testing.T) sender.Sender {
		b = mailbox.New(mailbox.Options{})
		return b
	}, sendertest.Options{
		Delivered: func() []sendertest.Delivery {
			var all []sendertest.Delivery
			for _, m := range b.Messages() {
				all = append(all, sendertest.Delivery{To: m.To, Content: m.Text})
			}
			return all
		},
		Refusing: func(*testing.T) sender.Sender {
			return mailbox.New(mailbox.Options{Out: brokenWriter{}})
		},
	})
}

// brokenWriter fails as a file or a network would: with what it was given.
type brokenWriter struct{}

func (brokenWriter) Write(p []byte) (int, error) { return 0, fmt.Errorf("cannot write %q", p) }

func TestMessagesAreKeptOldestFirst(t *testing.T) {
	for _, test := range []struct {
		limit, sent int
		want        []string
	}{
		{limit: 3, sent: 2, want: []string{"000000", "000001"}},
		{limit: 3, sent: 3, want: []string{"000000", "000001", "000002"}},
		{limit: 3, sent: 5, want: []string{"000002", "000003", "000004"}},
		{limit: 1, sent: 2, want: []string{"000001"}},
	} {
		b := mailbox.New(mailbox.Options{Limit: test.limit})
		for i := range test.sent {
			mustSend(t, b, message(i))
		}
		var got []string
		for _, m := range b.Messages() {
			got = append(got, m.Code)
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("limit %d, %d sent: kept %v, want %v", test.limit, test.sent, got, test.want)
		}
	}
}

func TestDefaultLimitIs1000(t *testing.T) {
	for _, limit := range []int{0, -1} {
		b := mailbox.New(mailbox.Options{Limit: limit})
		for i := range 1001 {
			mustSend(t, b, message(i))
		}
		got := b.Messages()
		if len(got) != 1000 || got[0].Code != "000001" {
			t.Errorf("limit %d keeps %d messages from %s, want 1000 from 000001", limit, len(got), got[0].Code)
		}
	}
}

func TestMessagesIsACopy(t *testing.T) {
	b := mailbox.New(mailbox.Options{})
	mustSend(t, b, message(1))
	b.Messages()[0].To = "elsewhere"
	if got := b.Messages()[0].To; got != "p1@example.com" {
		t.Errorf("a change of the copy reached the mailbox: %q", got)
	}
}

func TestMessagesMarshal(t *testing.T) {
	b := mailbox.New(mailbox.Options{Now: now})
	for _, test := range []struct{ name, want string }{
		{"none", `[]`},
		{"one", `[{"channel":"email","to":"p7@example.com","purpose":"bind","template":"","language":"","code":"000007",` +
			`"subject":"Your code","text":"Your code is 000007.","html":"","at":"2026-03-01T12:00:00Z"}]`},
	} {
		got, err := json.Marshal(b.Messages())
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v\nwant %s", test.name, got, err, test.want)
		}
		mustSend(t, b, message(7))
	}
}

func TestLastIsTheNewestToTheAddress(t *testing.T) {
	b := mailbox.New(mailbox.Options{})
	for i := range 4 {
		m := message(i)
		m.To = []string{"a@example.com", "b@example.com"}[i%2]
		mustSend(t, b, m)
	}
	for to, want := range map[string]string{"a@example.com": "000002", "b@example.com": "000003", "A@example.com": "", "": ""} {
		got, ok := b.Last(to)
		if got.Code != want || ok != (want != "") {
			t.Errorf("Last(%q) = %q, %t, want %q", to, got.Code, ok, want)
		}
	}
}

func TestOutGetsALineInClear(t *testing.T) {
	var out strings.Builder
	b := mailbox.New(mailbox.Options{Out: &out})
	m := message(7)
	m.Subject = "\x1b[2J\r\n\u202e"
	mustSend(t, b, m)
	want := `mailbox: email bind to "p7@example.com": code "000007": "\x1b[2J\r\n\u202e": "Your code is 000007."` + "\n"
	if got := out.String(); got != want {
		t.Errorf("printed %q\nwant    %q", got, want)
	}
}

func TestNotSentIsNotKept(t *testing.T) {
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		out  io.Writer
		want error
	}{
		{"cancelled", done, nil, context.Canceled},
		{"broken output", t.Context(), brokenWriter{}, sender.ErrTemporary},
	} {
		b := mailbox.New(mailbox.Options{Out: test.out})
		if _, err := b.Send(test.ctx, message(1)); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v, want %v", test.name, err, test.want)
		}
		if n := len(b.Messages()); n != 0 {
			t.Errorf("%s: kept %d messages", test.name, n)
		}
	}
}

func TestMailboxIsSafeForConcurrentUse(t *testing.T) {
	var out strings.Builder // guarded by the mailbox alone
	b := mailbox.New(mailbox.Options{Limit: 10, Out: &out})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			if _, err := b.Send(t.Context(), message(i)); err != nil {
				t.Errorf("Send: %v", err)
			}
			b.Messages()
			b.Last("p1@example.com")
		})
	}
	wg.Wait()
	if got := len(b.Messages()); got != 10 {
		t.Errorf("kept %d messages, want 10", got)
	}
	if got := strings.Count(out.String(), "\n"); got != 64 {
		t.Errorf("printed %d lines, want 64", got)
	}
}
