package smtp_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// A connection is of no more use where the server says goodbye, even if it does not hang
// up, and where it says more than was asked: that would be taken for its next answer.
func TestWhatMakesAConnectionUnusable(t *testing.T) {
	for _, test := range []struct {
		at, reply string
		want      error // of the first message; nil: it works
	}{
		{"end", "250 2.0.0 queued\r\n250 2.0.0 unasked", nil},
		{"end", "250-2.0.0 queued\r\n250 2.0.0 as 4711\r\n250 2.0.0 unasked\r\n250 2.0.0 and more", nil},
		{"end", "451 4.3.0 later\r\n250 2.0.0 unasked", sender.ErrTemporary},
		{"RCPT", "550 5.1.1 nobody\r\n250 2.0.0 unasked", sender.ErrRecipient},
		{"MAIL", "421 4.3.2 bye", sender.ErrTemporary},
		{"RCPT", "421 4.3.2 bye", sender.ErrTemporary},
		{"DATA", "421 4.3.2 bye", sender.ErrTemporary},
		{"end", "421 4.3.2 bye", sender.ErrTemporary},
	} {
		var said atomic.Bool
		s := (&script{instead: func(name string, _ int) (string, bool) {
			return test.reply, name == test.at && !said.Swap(true)
		}}).start(t)
		to := newSender(t, s.options())
		if _, err := to.Send(t.Context(), message()); !errors.Is(err, test.want) {
			t.Errorf("%s answered with %q: %v, want %v", test.at, test.reply, err, test.want)
		}
		if _, err := to.Send(t.Context(), message()); err != nil {
			t.Errorf("%s answered with %q: the next message fails: %v", test.at, test.reply, err)
		}
		heard, _ := s.heard()
		if n := count(heard, "EHLO"); n != 2 {
			t.Errorf("%s answered with %q: %d connections, want 2", test.at, test.reply, n)
		}
	}
}
