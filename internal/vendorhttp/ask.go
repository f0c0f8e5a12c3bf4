package vendorhttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/ligature-auth/ligature/sender"
)

// maxAnswer is more than any vendor has to say of one message.
const maxAnswer = 64 << 10

// Answer is a whole answer of a vendor.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Ask sends the request once and reads the whole answer, whatever its status. An error
// is one to return from Send: it says whether the request may have arrived, and wraps
// the context's where that has ended.
func Ask(c *http.Client, req *http.Request) (Answer, error) {
	ctx := req.Context()
	if ctx.Err() != nil {
		return Answer{}, Unsent(ctx, "not sent")
	}
	var wanted, got atomic.Bool
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
	}
	res, err := c.Do(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	if err != nil {
		// Without a connection nothing has left; a transport that does not tell of its
		// connections may have sent anything.
		if wanted.Load() && !got.Load() {
			return Answer{}, Unsent(ctx, "no connection")
		}
		return Answer{}, lost(ctx, "no answer")
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return Answer{}, lost(ctx, "the answer broke off")
	}
	if len(body) > maxAnswer {
		return Answer{}, lost(ctx, "the answer is too long")
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// Unsent is the error for a request that has not left.
func Unsent(ctx context.Context, detail string) error {
	return wrap(ctx, &sender.Error{Err: sender.ErrTemporary, Detail: detail})
}

// lost is the error for a request of which nobody knows what became.
func lost(ctx context.Context, detail string) error {
	return wrap(ctx, &sender.Error{Err: sender.ErrTemporary, Uncertain: true, Detail: detail})
}

func wrap(ctx context.Context, err *sender.Error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", err, ctx.Err())
	}
	return err
}
