// Package mailbox is a [sender.Sender] that delivers nothing: it keeps the last
// messages in memory, where a test or a developer's page reads them.
//
// FOR TESTS AND DEVELOPMENT ONLY. Everything in a mailbox, and everything it
// prints on Options.Out, is in clear: whoever reads it can take over every
// account that it has a code for. It must not be reachable in production (R40),
// and it registers no HTTP handler for that reason: an application that wants
// such a page writes those three lines itself, where they can be seen.
package mailbox

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// Options sets up a mailbox. The zero Options keep 1000 messages and print none.
type Options struct {
	// Limit is how many messages are kept; a new one drops the oldest. 0 or less
	// means 1000.
	Limit int
	// Out, if not nil, gets a line for every message, code and text IN CLEAR: a
	// developer's own terminal, never a log file. Control characters are escaped.
	Out io.Writer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Mailbox keeps messages in memory. It is safe for concurrent use.
type Mailbox struct {
	limit int
	out   io.Writer
	now   func() time.Time

	mu       sync.Mutex
	messages []Message // oldest first
}

// New makes an empty mailbox.
func New(o Options) *Mailbox {
	if o.Limit <= 0 {
		o.Limit = 1000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Mailbox{limit: o.Limit, out: o.Out, now: o.Now}
}

// Send keeps the message. It fails only if ctx is done or Out refuses the line,
// which is sender.ErrTemporary; then the message is not kept.
func (b *Mailbox) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sender.Receipt{}, err
	}
	kept := Message{
		Channel:  m.Channel,
		To:       m.To,
		Purpose:  m.Purpose,
		Template: m.Template,
		Language: m.Language,
		Code:     m.Code.Reveal(),
		Subject:  m.Subject,
		Text:     m.Text,
		HTML:     m.HTML,
	}

	b.mu.Lock()
	defer b.mu.Unlock()
	kept.At = b.now()
	if b.out != nil {
		// One write a message, so that lines of a shared terminal stay whole.
		if _, err := io.WriteString(b.out, kept.line()); err != nil {
			// The writer's own error may repeat what it was given.
			return sender.Receipt{}, &sender.Error{Err: sender.ErrTemporary, Detail: "mailbox output failed"}
		}
	}
	if len(b.messages) == b.limit {
		b.messages = slices.Delete(b.messages, 0, 1)
	}
	b.messages = append(b.messages, kept)
	return sender.Receipt{Vendor: "mailbox", MessageID: m.ID}, nil
}

// Messages returns a copy of what is kept, oldest first; never nil, so that it
// marshals as a JSON array.
func (b *Mailbox) Messages() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Message{}, b.messages...)
}

// Last returns the newest message to the address, byte for byte, and whether
// there is one.
func (b *Mailbox) Last(to string) (Message, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range slices.Backward(b.messages) {
		if m.To == to {
			return m, true
		}
	}
	return Message{}, false
}
