package smtp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

// toldInAll is how many bytes a script says until the message is taken.
func toldInAll() (n int) {
	for _, name := range []string{"greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"} {
		n += len(letThrough[name]) + len("\r\n")
	}
	return n
}

// After each byte of its answers the server hangs up, resets the connection, or says no
// more until the context ends. The failure is uncertain if, and only if, the message had
// come to its end.
func TestCutAtEveryByteOfTheAnswers(t *testing.T) {
	for name, cut := range map[string]func(net.Conn, context.CancelFunc){
		"hang up": func(net.Conn, context.CancelFunc) {},
		"reset":   func(c net.Conn, _ context.CancelFunc) { _ = c.(*net.TCPConn).SetLinger(0) },
		"stall": func(c net.Conn, cancel context.CancelFunc) {
			cancel()
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			uncertain := 0
			for n := 1; n < toldInAll(); n++ {
				ctx, cancel := context.WithCancel(t.Context())
				s := (&script{most: n, cut: func(c net.Conn) { cut(c, cancel) }}).start(t)
				_, err := newSender(t, s.options()).Send(ctx, message())
				_, ends := s.heard()
				checkFailure(t, name, err, sender.ErrTemporary, ends == 1)
				if want := ctx.Err(); name == "stall" && !errors.Is(err, want) {
					t.Errorf("cut at %d: %v, want it to wrap %v", n, err, want)
				}
				uncertain += ends
				cancel()
			}
			if want := len(letThrough["end"]) + len("\r\n"); uncertain != want {
				t.Errorf("uncertain at %d bytes, want %d", uncertain, want)
			}
		})
	}
	s := (&script{most: toldInAll()}).start(t)
	s.cut = func(net.Conn) {}
	if _, err := newSender(t, s.options()).Send(t.Context(), message()); err != nil {
		t.Errorf("a server that says all and nothing more: %v", err)
	}
}

// proxy passes a connection on, and so many bytes of the server's, then hangs up.
type proxy struct {
	to   net.Addr
	most int64
	told int64         // how many bytes the server has said, once done
	done chan struct{} // closed at the end of the connection
}

func (p *proxy) start(t *testing.T) *net.TCPAddr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		client, err := listener.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", p.to.String())
		if err != nil {
			return
		}
		up := make(chan struct{})
		go func() {
			defer close(up)
			_, _ = io.Copy(server, client)
			_ = server.Close()
		}()
		p.told, _ = io.Copy(client, io.LimitReader(server, p.most))
		_, _ = server.Read(make([]byte, 1)) // the byte that is one too many
		_ = client.Close()
		<-up
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-p.done
	})
	return listener.Addr().(*net.TCPAddr)
}

// The same under TLS, where a cut hits records.
func TestCutUnderTLS(t *testing.T) {
	for name, mode := range map[string]setup{"STARTTLS": {}, "implicit TLS": {implicit: true}} {
		t.Run(name, func(t *testing.T) {
			s := mode.start(t)
			through := func(most int64) (told int64, arrived int, err error) {
				before := len(s.received())
				p := &proxy{to: s.addr, most: most}
				o := s.options(t)
				o.Port = p.start(t).Port
				to := newSender(t, o)
				_, err = to.Send(t.Context(), message())
				_ = to.Close()
				<-p.done
				return p.told, len(s.received()) - before, err
			}
			all, arrived, err := through(1 << 20)
			if err != nil || arrived != 1 {
				t.Fatalf("uncut: %v", err)
			}
			// Signatures differ in their length by a byte or two, and the goodbye is told, too.
			sent, uncertain, certain := 0, 0, 0
			for n := int64(1); n < all; n++ {
				if n < all-250 {
					n += 40
				}
				_, arrived, err := through(n)
				if err == nil {
					sent++
					if arrived != 1 {
						t.Errorf("cut at %d of %d: sent, and it arrived %d times", n, all, arrived)
					}
					continue
				}
				checkFailure(t, name, err, sender.ErrTemporary, arrived == 1)
				uncertain, certain = uncertain+arrived, certain+1-arrived
			}
			if sent == 0 || uncertain == 0 || certain == 0 {
				t.Errorf("cut in %d bytes: %d sent, %d uncertain, %d certain", all, sent, uncertain, certain)
			}
		})
	}
}

// Options.Timeout ends what the context would not.
func TestTimeout(t *testing.T) {
	for _, mode := range []setup{{}, {implicit: true}, {plaintext: true}} {
		mode.stall = true
		s := mode.start(t)
		o := s.options(t)
		o.Timeout = 500 * time.Millisecond
		_, err := newSender(t, o).Send(t.Context(), message())
		checkFailure(t, "timeout", err, sender.ErrTemporary, true)
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			t.Errorf("no context has ended, but the error wraps one's: %v", err)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	s := &script{addr: l.Addr().(*net.TCPAddr)}
	_, err = newSender(t, s.options()).Send(t.Context(), message())
	checkFailure(t, "nobody", err, sender.ErrTemporary, false)
	if err == nil || !strings.Contains(err.Error(), "connecting: connection refused") {
		t.Errorf("nobody is there: %v", err)
	}
}

// A context ends Send also before there is a server to speak of.
func TestContextEndsWhatIsBeforeTheMessage(t *testing.T) {
	for name, test := range map[string]struct {
		mode smtp.TLSMode
		say  string // before it falls silent
		wait string // for the client to say
	}{
		"no greeting":              {smtp.UnsafePlaintext, "", ""},
		"no answer to EHLO":        {smtp.UnsafePlaintext, "220 localhost\r\n", "EHLO"},
		"no answer to STARTTLS":    {smtp.StartTLS, "220 localhost\r\n250-localhost\r\n250 STARTTLS\r\n", "STARTTLS"},
		"no handshake":             {smtp.StartTLS, "220 localhost\r\n250-localhost\r\n250 STARTTLS\r\n220 go on\r\n", "\x16"},
		"no handshake to begin by": {smtp.ImplicitTLS, "", "\x16"},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			var heard strings.Builder
			for line := range strings.Lines(test.say) {
				if strings.HasPrefix(line, "220 go on") {
					await := make([]byte, 1024)
					for !strings.Contains(heard.String(), "STARTTLS") {
						n, err := c.Read(await)
						if err != nil {
							return
						}
						heard.Write(await[:n])
					}
				}
				_, _ = io.WriteString(c, line)
			}
			for buf := make([]byte, 1024); !strings.Contains(heard.String(), test.wait); {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				heard.Write(buf[:n])
			}
			cancel()
			_, _ = io.Copy(io.Discard, c)
		}()
		_, err = newSender(t, smtp.Options{
			Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: test.mode,
			From: mail.Address{Address: "no-reply@mail.example.org"},
		}).Send(ctx, message())
		checkFailure(t, name, err, sender.ErrTemporary, false)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		_ = l.Close()
		<-done
	}
}
