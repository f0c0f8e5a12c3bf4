package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"strings"
	"time"

	client "github.com/wneessen/go-mail/smtp"
)

const (
	// probeTimeout is how long a connection that was idle has to show that it is alive.
	probeTimeout = time.Second
	// quitTimeout is how long a server has to answer a goodbye.
	quitTimeout = 2 * time.Second
)

// conn is a connection on which the server takes messages. It belongs to one goroutine
// at a time.
type conn struct {
	wire  *wire
	lines *lines
	*client.Client
}

// dial connects, encrypts and authenticates.
func (s *Sender) dial(ctx context.Context) (*conn, *failure) {
	network, err := new(net.Dialer).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, &failure{at: connecting, err: err}
	}
	w := &wire{Conn: network}
	release := w.obey(ctx)
	c, f := s.greet(ctx, w)
	if !release() && f == nil {
		f = &failure{at: connecting, err: context.Cause(ctx)}
	}
	if f != nil {
		_ = w.Close()
		return nil, f
	}
	return c, nil
}

func (s *Sender) greet(ctx context.Context, w *wire) (*conn, *failure) {
	var stream net.Conn = w
	if s.o.TLS == ImplicitTLS {
		encrypted := tls.Client(w, s.o.TLSConfig)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return nil, &failure{at: encrypting, err: err}
		}
		stream = encrypted
	}
	smtp, err := client.NewClient(stream, s.o.Host)
	if err != nil {
		return nil, &failure{at: greeting, err: err}
	}
	if err := smtp.Hello(s.o.LocalName); err != nil {
		return nil, &failure{at: hello, err: err}
	}
	if s.o.TLS == StartTLS {
		if _, ok, err := s.offered(smtp, "STARTTLS"); err != nil {
			return nil, &failure{at: hello, err: err}
		} else if !ok {
			return nil, &failure{at: encrypting, err: errNoStartTLS}
		}
		if err := smtp.StartTLS(s.o.TLSConfig); err != nil {
			return nil, &failure{at: encrypting, err: err}
		}
	}
	heard := wholeLines(smtp.Text.R)
	smtp.Text.R = bufio.NewReader(heard)
	smtp.SkipSMTPUTF8(true) // all that is sent is ASCII
	if s.o.Username != "" {
		if f := s.authenticate(smtp); f != nil {
			return nil, f
		}
	}
	return &conn{wire: w, lines: heard, Client: smtp}, nil
}

// offered returns whether the server has an extension, and its parameters. Keywords are of
// either case (RFC 5321, section 4.1.1.1), and the client finds capitals alone, so that a
// server without such ones is asked once more.
func (s *Sender) offered(smtp *client.Client, keyword string) (parameters string, ok bool, err error) {
	if ok, parameters := smtp.Extension(keyword); ok {
		return parameters, true, nil
	}
	if err := smtp.Text.PrintfLine("EHLO %s", s.o.LocalName); err != nil {
		return "", false, err
	}
	_, said, err := smtp.Text.ReadResponse(250)
	if refusal := new(textproto.Error); errors.As(err, &refusal) && refusal.Code/100 == 5 {
		return "", false, nil // it has HELO alone
	}
	if err != nil {
		return "", false, err
	}
	_, extensions, _ := strings.Cut(said, "\n") // the first line is its name
	for line := range strings.Lines(extensions) {
		if word, parameters, _ := strings.Cut(strings.TrimSpace(line), " "); strings.EqualFold(word, keyword) {
			return parameters, true, nil
		}
	}
	return "", false, nil
}

// alive reports whether the server still answers, and makes it forget what was begun.
func (c *conn) alive(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	release := c.wire.obey(ctx)
	err := c.Reset()
	return release() && err == nil
}

// deliver hands a letter over. Where usable is false the connection is of no more use.
func (c *conn) deliver(ctx context.Context, from string, l letter) (usable bool, f *failure) {
	release := c.wire.obey(ctx)
	f = c.transact(from, l)
	intact := f == nil || f.refused() && f.code() != 421
	// What a server says unasked would be taken for the next answer.
	return release() && intact && c.Text.R.Buffered() == 0 && c.lines.empty(), f
}

func (c *conn) transact(from string, l letter) *failure {
	if err := c.Mail("<" + from + ">"); err != nil {
		return &failure{at: mailFrom, err: err}
	}
	if err := c.Rcpt("<" + l.to + ">"); err != nil {
		return &failure{at: rcptTo, err: err}
	}
	if err := c.Text.PrintfLine("DATA"); err != nil {
		return &failure{at: dataStart, err: err}
	}
	if _, _, err := c.Text.ReadResponse(354); err != nil {
		return &failure{at: dataStart, err: err}
	}
	// Not the client's Data, whose Close tells an end that did not go out and an answer
	// that did not come by one error.
	body := c.Text.DotWriter()
	if _, err := body.Write(l.data); err != nil {
		return &failure{at: dataBody, err: err}
	}
	if err := body.Close(); err != nil {
		return &failure{at: dataBody, err: err}
	}
	_, _, err := c.Text.ReadResponse(250)
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code/100 == 2 { // RFC 5321, section 4.2: the first digit decides
		return nil
	}
	if err != nil {
		return &failure{at: dataEnd, err: err}
	}
	return nil
}

// quit says goodbye, as RFC 5321, section 4.1.1.10, wants it, and closes the connection.
func (c *conn) quit() {
	ctx, cancel := context.WithTimeout(context.Background(), quitTimeout)
	defer cancel()
	defer c.wire.obey(ctx)()
	_ = c.Quit()
	_ = c.wire.Close()
}

// drop closes the connection as it is. It does not close TLS, which would wait.
func (c *conn) drop() { _ = c.wire.Close() }
