package smtp_test

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

const (
	user     = "app"
	password = "correct-horse-9471"
)

// received is a message as a server got it.
type received struct {
	from string
	to   []string
	data []byte
}

// setup is how a server is.
type setup struct {
	// refuse is what it answers, by the name of the command; "end" is the message.
	refuse map[string]*gosmtp.SMTPError
	// stall makes it answer no message until the test ends.
	stall bool
	// atEnd, if there is one, is called when a message is there and not answered yet.
	atEnd      func()
	mechanisms []string // nil: PLAIN
	iterations int      // of SCRAM; 0: 4096
	implicit   bool
	plaintext  bool
	tls        *tls.Config
}

// server is a real one, of go-smtp.
type server struct {
	setup
	addr *net.TCPAddr
	over chan struct{}

	mu    sync.Mutex
	got   []received
	conns []net.Conn // all that were ever accepted
	open  int        // how many sessions there are now
	most  int        // the most at once
	left  chan struct{}
	auths []string
}

func (u setup) start(t testing.TB) *server {
	t.Helper()
	s := &server{setup: u}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().(*net.TCPAddr)
	s.over, s.left = make(chan struct{}), make(chan struct{}, 1000)
	inner := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open++
		s.most = max(s.most, s.open)
		return &session{s: s}, nil
	}))
	inner.Domain, inner.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	inner.EnableSMTPUTF8 = true
	if s.tls == nil {
		s.tls = ca(t, 0).serving(t)
	}
	var serving net.Listener = counting{listener, s}
	switch {
	case s.implicit:
		serving = tls.NewListener(serving, s.tls)
	case !s.plaintext:
		inner.TLSConfig = s.tls
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = inner.Serve(serving)
	}()
	t.Cleanup(func() {
		close(s.over)
		_ = inner.Close()
		_ = listener.Close() // Serve may not have come to know of it
		<-done
	})
	return s
}

// options returns those of a sender for this server.
func (s *server) options(t testing.TB) smtp.Options {
	o := smtp.Options{
		Host:      s.addr.IP.String(),
		Port:      s.addr.Port,
		TLSConfig: ca(t, 0).trust(),
		Username:  user,
		Password:  sender.NewSecret(password),
		From:      mail.Address{Name: "Beispiel 例子, Inc.", Address: "no-reply@mail.example.org"},
	}
	switch {
	case s.implicit:
		o.TLS = smtp.ImplicitTLS
	case s.plaintext:
		o.TLS, o.Username, o.Password = smtp.UnsafePlaintext, "", sender.Secret{}
	}
	return o
}

// sender returns one for this server.
func (s *server) sender(t testing.TB) *smtp.Sender { return newSender(t, s.options(t)) }

func newSender(t testing.TB, o smtp.Options) *smtp.Sender {
	t.Helper()
	to, err := smtp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = to.Close() })
	return to
}

func (s *server) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// connections returns how many there were, and how many at once.
func (s *server) connections() (all, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns), s.most
}

// hangUp closes all connections.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
}

type counting struct {
	net.Listener
	s *server
}

func (l counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.s.mu.Lock()
		l.s.conns = append(l.s.conns, c)
		l.s.mu.Unlock()
	}
	return c, err
}

// session is a connection to a server.
type session struct {
	s  *server
	ok bool // authenticated
	m  received
}

// refusing changes what it answers while it runs; nil means to accept.
func (s *server) refusing(command string, e *gosmtp.SMTPError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse = maps.Clone(s.refuse); s.refuse == nil {
		s.refuse = map[string]*gosmtp.SMTPError{}
	}
	s.refuse[command] = e
}

func (c *session) answer(command string) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if e := c.s.refuse[command]; e != nil {
		return e
	}
	return nil
}

func (c *session) Mail(from string, _ *gosmtp.MailOptions) error {
	if !c.ok && !c.s.plaintext {
		return gosmtp.ErrAuthRequired
	}
	c.m = received{from: from}
	return c.answer("MAIL")
}

func (c *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	c.m.to = append(c.m.to, to)
	return c.answer("RCPT")
}

func (c *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	c.m.data = bytes.Clone(data)
	if c.s.atEnd != nil {
		c.s.atEnd()
	}
	if c.s.stall {
		<-c.s.over
		return errors.New("over")
	}
	if err := c.answer("end"); err != nil {
		return err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.got = append(c.s.got, c.m)
	return nil
}

func (c *session) Reset() {}

func (c *session) Logout() error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.open--
	c.s.left <- struct{}{}
	return nil
}

func (c *session) AuthMechanisms() []string {
	if c.s.mechanisms == nil {
		return []string{sasl.Plain}
	}
	return c.s.mechanisms
}

func (c *session) Auth(mechanism string) (sasl.Server, error) {
	c.s.mu.Lock()
	c.s.auths = append(c.s.auths, mechanism)
	c.s.mu.Unlock()
	if err := c.answer("AUTH"); err != nil {
		return nil, err
	}
	check := func(name, secret string) error {
		if name != user || secret != password {
			return gosmtp.ErrAuthFailed
		}
		c.ok = true
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, name, secret string) error { return check(name, secret) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	case "CRAM-MD5":
		return &cramServer{pass: func() { c.ok = true }}, nil
	case "SCRAM-SHA-256", "SCRAM-SHA-1":
		return newSCRAMServer(mechanism, cmp.Or(c.s.iterations, 4096), func() { c.ok = true }), nil
	}
	return nil, gosmtp.ErrAuthUnknownMechanism
}
