package smtp

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"github.com/ligature-auth/ligature/sender"
)

// Sender hands messages to an SMTP server. It is safe for concurrent use. Printed, it
// shows the server alone.
type Sender struct {
	o     Options
	addr  string
	slots chan struct{} // one taken for each message on its way
	pool  *pool
}

// New makes a Sender. It connects to nothing: an error names the field of Options that
// is wrong.
func New(o Options) (*Sender, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return build(o), nil
}

func build(o Options) *Sender {
	o = o.withDefaults()
	return &Sender{
		o:     o,
		addr:  net.JoinHostPort(o.Host, strconv.Itoa(o.Port)),
		slots: make(chan struct{}, o.MaxConns),
		pool:  &pool{most: o.MaxIdle, maxAge: o.IdleTimeout},
	}
}

// Close says goodbye on the connections that are idle, for two seconds at most. Messages
// on their way go on, and later ones are refused. Close returns nil, also when called
// again.
func (s *Sender) Close() error {
	s.pool.close()
	return nil
}

// Send hands m to the server, and returns when that has taken or refused it, ctx is done
// or Options.Timeout is over. Of an error that is not the server's, the package comment
// says when it is Uncertain; one that ctx brought about wraps its error, too.
//
// The MessageID of the receipt is the Message-ID of the email.
func (s *Sender) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sender.Receipt{}, ended(&sender.Error{}, err)
	}
	if s.pool.isClosed() {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: "the sender is closed"}
	}
	l, refusal := s.write(m)
	if refusal != nil {
		return sender.Receipt{}, refusal
	}
	if f := s.handOver(ctx, l); f != nil {
		told := f.tell()
		if err := ctx.Err(); err != nil && !f.refused() {
			return sender.Receipt{}, ended(told, err)
		}
		return sender.Receipt{}, told
	}
	return sender.Receipt{Vendor: "smtp", MessageID: l.id}, nil
}

// handOver delivers a letter on a connection that is idle or, failing that, a new one.
func (s *Sender) handOver(ctx context.Context, l letter) *failure {
	ctx, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return &failure{at: waiting, err: ctx.Err()}
	}

	if err := ctx.Err(); err != nil { // which tells nothing of the connections that are idle
		return &failure{at: waiting, err: err}
	}
	if c := s.pool.take(); c != nil {
		switch {
		case c.alive(ctx):
			f := s.deliverOn(ctx, c, l)
			if f == nil || !f.stale() || ctx.Err() != nil {
				return f
			}
			// The server hung up after all, and nothing of the message was sent.
		case ctx.Err() != nil:
			c.drop()
			return &failure{at: waiting, err: ctx.Err()}
		default:
			c.drop()
			s.pool.drop() // those that were idle for longer: to try each takes its time
		}
	}
	c, f := s.dial(ctx)
	if f != nil {
		return f
	}
	return s.deliverOn(ctx, c, l)
}

func (s *Sender) deliverOn(ctx context.Context, c *conn, l letter) *failure {
	usable, f := c.deliver(ctx, s.o.From.Address, l)
	switch {
	case !usable:
		c.drop()
	case !s.pool.keep(c):
		c.quit()
	}
	return f
}

// String shows the server.
func (s *Sender) String() string { return fmt.Sprintf("smtp.Sender{%s}", s.addr) }

// GoString is String.
func (s *Sender) GoString() string { return s.String() }

// Format writes String for every verb.
func (s *Sender) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

var (
	_ sender.Sender = (*Sender)(nil)
	_ fmt.Formatter = (*Sender)(nil)
)
