package sendertest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
)

// honest sends as the contract says.
type honest struct{ c *carrier }

func (h honest) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sender.Receipt{}, err
	}
	h.c.take(m.To, m.Text)
	return sender.Receipt{Vendor: "test", MessageID: m.ID}, nil
}

type sendFunc func(context.Context, sender.Message) (sender.Receipt, error)

func (f sendFunc) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	return f(ctx, m)
}

// refuse and stall are what an honest sender does on a bad carrier.
func refuse(context.Context, sender.Message) (sender.Receipt, error) {
	return sender.Receipt{}, &sender.Error{Err: sender.ErrRecipient, Detail: "550"}
}

func stall(ctx context.Context, _ sender.Message) (sender.Receipt, error) {
	<-ctx.Done()
	return sender.Receipt{}, ctx.Err()
}

// broken is one way to break the contract: what it replaces of an honest
// sender, and the subtest that must notice.
type broken struct {
	notices string
	send    func(honest) sendFunc
	refuse  sendFunc
	stall   sendFunc
}

// before makes a sender that does something wrong to a live message first.
func before(f func(honest, *sender.Message)) func(honest) sendFunc {
	return func(h honest) sendFunc {
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			if ctx.Err() == nil {
				f(h, &m)
			}
			return h.Send(ctx, m)
		}
	}
}

// failing makes a sender that refuses line breaks with the error that f makes.
func failing(f func(sender.Message) error) func(honest) sendFunc {
	return func(h honest) sendFunc {
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			if ctx.Err() == nil && strings.ContainsAny(m.To+m.Subject, "\r\n") {
				return sender.Receipt{}, f(m)
			}
			return h.Send(ctx, m)
		}
	}
}

var brokenSenders = map[string]broken{
	"ignores a cancelled context": {notices: "Cancelled", send: func(h honest) sendFunc {
		return func(_ context.Context, m sender.Message) (sender.Receipt, error) {
			return h.Send(context.Background(), m)
		}
	}},
	"hides the context's error": {notices: "Cancelled", send: func(h honest) sendFunc {
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			if ctx.Err() != nil {
				return sender.Receipt{}, sender.ErrTemporary
			}
			return h.Send(ctx, m)
		}
	}},
	"sends before it looks at the context": {notices: "Cancelled", send: func(h honest) sendFunc {
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			receipt, _ := h.Send(context.Background(), m)
			return receipt, ctx.Err()
		}
	}},
	"never gives up": {notices: "Stalled", stall: func(context.Context, sender.Message) (sender.Receipt, error) {
		select {}
	}},
	"takes silence for success": {notices: "Stalled", stall: func(ctx context.Context, _ sender.Message) (sender.Receipt, error) {
		<-ctx.Done()
		return sender.Receipt{}, nil
	}},
	"is certain of what it does not know": {notices: "Stalled", stall: func(ctx context.Context, _ sender.Message) (sender.Receipt, error) {
		<-ctx.Done()
		return sender.Receipt{}, sender.ErrTemporary
	}},
	"does not know what it was told": {notices: "Refused", refuse: func(context.Context, sender.Message) (sender.Receipt, error) {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrRecipient, Uncertain: true}
	}},
	"swallows a refusal": {notices: "Refused", refuse: func(context.Context, sender.Message) (sender.Receipt, error) {
		return sender.Receipt{}, nil
	}},
	"returns an untyped error": {notices: "Refused", refuse: func(context.Context, sender.Message) (sender.Receipt, error) {
		return sender.Receipt{}, errors.New("gateway said no")
	}},
	"returns its own timeout untyped": {notices: "Refused", refuse: func(context.Context, sender.Message) (sender.Receipt, error) {
		return sender.Receipt{}, fmt.Errorf("gateway: %w", context.DeadlineExceeded)
	}},
	"puts the code into an error": {notices: "Refused", refuse: func(_ context.Context, m sender.Message) (sender.Receipt, error) {
		return sender.Receipt{}, fmt.Errorf("%w: template of %s", sender.ErrPermanent, m.Code.Reveal())
	}},
	"puts the address into an error": {notices: "Refused", refuse: func(_ context.Context, m sender.Message) (sender.Receipt, error) {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrRecipient, Detail: "unknown mailbox " + m.To}
	}},
	"puts a hostile address into an error": {notices: "Hostile", send: failing(func(m sender.Message) error {
		return fmt.Errorf("%w: bad address %q", sender.ErrRecipient, m.To)
	})},
	"refuses a hostile field untyped": {notices: "Hostile", send: failing(func(sender.Message) error {
		return errors.New("bad header")
	})},
	"puts the code into the receipt": {notices: "Delivers", send: func(h honest) sendFunc {
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			_, err := h.Send(ctx, m)
			return sender.Receipt{MessageID: m.Code.Reveal() + "-1"}, err
		}
	}},
	"logs the text by slog":      {notices: "Silent", send: before(func(_ honest, m *sender.Message) { slog.Debug("sending", "text", m.Text) })},
	"logs the address by log":    {notices: "Silent", send: before(func(_ honest, m *sender.Message) { log.Printf("sending to %q", m.To) })},
	"prints the code":            {notices: "Silent", send: before(func(_ honest, m *sender.Message) { fmt.Println("code:", m.Code.Reveal()) })},
	"prints on the error stream": {notices: "Silent", send: before(func(_ honest, m *sender.Message) { fmt.Fprintln(os.Stderr, m.Text) })},
	"logs what a carrier refused": {notices: "Silent", refuse: func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
		log.Print("refused: ", m.To)
		return refuse(ctx, m)
	}},
	"panics on NUL": {notices: "Hostile", send: before(func(_ honest, m *sender.Message) {
		if strings.Contains(m.Locale, "\x00") {
			panic("NUL")
		}
	})},
	"takes the address for a list": {notices: "Hostile", send: before(func(h honest, m *sender.Message) {
		addresses := strings.Split(m.To, ",")
		for _, extra := range addresses[1:] {
			h.c.take(extra, m.Text)
		}
		m.To = addresses[0]
	})},
	"lets the subject inject a header": {notices: "Hostile", send: before(func(h honest, m *sender.Message) {
		if _, bcc, found := strings.Cut(m.Subject, "\r\nBcc: "); found {
			h.c.take(bcc, m.Text)
		}
	})},
	"refuses after it has sent": {notices: "Hostile", send: func(h honest) sendFunc {
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			receipt, err := h.Send(ctx, m)
			if err == nil && len(m.Subject) > 1000 {
				return sender.Receipt{}, sender.ErrPermanent
			}
			return receipt, err
		}
	}},
	"trims the address":       {notices: "Hostile", send: before(func(_ honest, m *sender.Message) { m.To = strings.TrimSpace(m.To) })},
	"cuts the address":        {notices: "Hostile", send: before(func(_ honest, m *sender.Message) { m.To = m.To[:min(len(m.To), 320)] })},
	"lower-cases the address": {notices: "Delivers", send: before(func(_ honest, m *sender.Message) { m.To = strings.ToLower(m.To) })},
	"loses the code":          {notices: "Delivers", send: before(func(_ honest, m *sender.Message) { m.Text = "Your code is ready." })},
	"copies an archive":       {notices: "Delivers", send: before(func(h honest, m *sender.Message) { h.c.take("archive@example.com", m.Text) })},
	"sends one message per address": {notices: "Delivers", send: func(h honest) sendFunc {
		var seen sync.Map
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			if _, again := seen.LoadOrStore(m.To, true); again && ctx.Err() == nil {
				return sender.Receipt{}, nil
			}
			return h.Send(ctx, m)
		}
	}},
	"refuses a notice": {notices: "Delivers", send: func(h honest) sendFunc {
		return func(ctx context.Context, m sender.Message) (sender.Receipt, error) {
			if ctx.Err() == nil && m.Code.Reveal() == "" {
				return sender.Receipt{}, sender.ErrPermanent
			}
			return h.Send(ctx, m)
		}
	}},
	"mixes up concurrent messages": {notices: "Concurrent", send: func(h honest) sendFunc {
		var last atomic.Pointer[string]
		return before(func(_ honest, m *sender.Message) {
			to := m.To
			last.Store(&to)
			for range 1000 {
				runtime.Gosched()
			}
			m.To = *last.Load()
		})(h)
	}},
}

const brokenEnv = "LIGATURE_TEST_BROKEN"

// The suite must fail on a broken sender, and in the subtest that is there for
// it. A failing test cannot be told from a passing one from within, so each
// runs in a process of its own.
func TestRunFailsBrokenSenders(t *testing.T) {
	if name, child := os.LookupEnv(brokenEnv); child {
		runBroken(t, brokenSenders[name])
		return
	}
	run := func(t *testing.T, name, subtest string) (output string, err error) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunFailsBrokenSenders$/^"+subtest+"$", "-test.v")
		cmd.Env = append(os.Environ(), brokenEnv+"="+name)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(t, "none: an honest sender", ".*"); err != nil {
		t.Fatalf("an honest sender fails: %v\n%s", err, out)
	}
	for name, b := range brokenSenders {
		t.Run(name, func(t *testing.T) {
			out, err := run(t, name, b.notices)
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Fatalf("a sender that %s passes (%v)", name, err)
			}
			if !strings.Contains(out, "--- FAIL: TestRunFailsBrokenSenders/"+b.notices) {
				t.Errorf("a sender that %s does not fail %s:\n%s", name, b.notices, out)
			}
		})
	}
}

func runBroken(t *testing.T, b broken) {
	if b.send == nil {
		b.send = func(h honest) sendFunc { return h.Send }
	}
	if b.refuse == nil {
		b.refuse = refuse
	}
	if b.stall == nil {
		b.stall = stall
	}
	var c *carrier
	sendertest.Run(t, func(*testing.T) sender.Sender {
		c = new(carrier)
		return b.send(honest{c})
	}, sendertest.Options{
		Delivered: func() []sendertest.Delivery { return c.deliveries() },
		Refusing:  func(*testing.T) sender.Sender { return b.refuse },
		Stalling:  func(*testing.T) sender.Sender { return b.stall },
		Grace:     time.Second,
	})
}
