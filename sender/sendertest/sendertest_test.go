package sendertest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
)

// carrier remembers what it took.
type carrier struct {
	mu  sync.Mutex
	got []sendertest.Delivery
}

func (c *carrier) take(to, content string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, sendertest.Delivery{To: to, Content: content})
}

func (c *carrier) deliveries() []sendertest.Delivery {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sendertest.Delivery{}, c.got...)
}

// gateway is a sender as a vendor of text messages would need it.
type gateway struct{ url string }

func (g gateway) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	form := url.Values{"to": {m.To}, "text": {m.Text}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(form.Encode()))
	if err != nil {
		return sender.Receipt{}, sender.ErrPermanent
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil && ctx.Err() != nil {
		return sender.Receipt{}, ctx.Err()
	}
	if err != nil {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrTemporary, Uncertain: true, Detail: "no answer"}
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK:
		return sender.Receipt{Vendor: "gateway", MessageID: res.Header.Get("Message-Id")}, nil
	case http.StatusTooManyRequests:
		return sender.Receipt{}, &sender.Error{Err: sender.ErrQuota, RetryAfter: time.Minute}
	default:
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: res.Status}
	}
}

// A sender over a real network passes, and nothing of it is skipped.
func TestRunPassesAGateway(t *testing.T) {
	serve := func(t *testing.T, h http.HandlerFunc) gateway {
		server := httptest.NewServer(h)
		t.Cleanup(func() {
			http.DefaultClient.CloseIdleConnections()
			server.Close()
		})
		return gateway{server.URL}
	}
	var c *carrier
	sendertest.Run(t, func(t *testing.T) sender.Sender {
		c = new(carrier)
		c := c
		return serve(t, func(_ http.ResponseWriter, r *http.Request) {
			c.take(r.FormValue("to"), r.FormValue("text"))
		})
	}, sendertest.Options{
		Channel:   sender.SMS,
		To:        func(n int) string { return fmt.Sprintf("+8613800%06d", n) },
		Delivered: func() []sendertest.Delivery { return c.deliveries() },
		Refusing: func(t *testing.T) sender.Sender {
			return serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusTooManyRequests)
			})
		},
		Stalling: func(t *testing.T) sender.Sender {
			over := make(chan struct{})
			g := serve(t, func(http.ResponseWriter, *http.Request) { <-over })
			t.Cleanup(func() { close(over) })
			return g
		},
	})
}

// With no options the suite runs what it can.
func TestRunWithoutOptions(t *testing.T) {
	sendertest.Run(t, func(*testing.T) sender.Sender { return honest{new(carrier)} }, sendertest.Options{})
}
