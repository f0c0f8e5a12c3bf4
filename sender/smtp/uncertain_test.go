package smtp_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// A message that cannot have been sent whole is no uncertain one, however much of it was.
func TestCutInTheMiddleOfTheMessage(t *testing.T) {
	for _, mode := range []setup{{plaintext: true}, {}} {
		for name, cut := range map[string]func(net.Conn, context.CancelFunc){
			"reset": func(c net.Conn, _ context.CancelFunc) {
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			},
			"stall": func(_ net.Conn, cancel context.CancelFunc) { cancel() },
		} {
			s := mode.start(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				client, err := l.Accept()
				if err != nil {
					return
				}
				_ = client.(*net.TCPConn).SetReadBuffer(64 << 10) // or it all fits in there
				server, err := net.Dial("tcp", s.addr.String())
				if err != nil {
					_ = client.Close()
					return
				}
				go func() { _, _ = io.Copy(client, server) }()
				_, _ = io.CopyN(server, client, 1<<16)
				cut(client, cancel)
				_ = server.Close()
				<-ctx.Done()
				_ = client.Close()
			}()
			o := s.options(t)
			o.Port = l.Addr().(*net.TCPAddr).Port
			m := message()
			m.Text = strings.Repeat("x", 8<<20)
			_, err = newSender(t, o).Send(ctx, m)
			checkFailure(t, name, err, sender.ErrTemporary, false)
			if len(s.received()) != 0 {
				t.Errorf("%s: it arrived", name)
			}
			cancel()
			<-done
			_ = l.Close()
		}
	}
}

// A context that ends just when the message is about to go out: it did, or it did not.
func TestCutBeforeTheMessage(t *testing.T) {
	m := message()
	m.Text, m.HTML = "short enough to go out at once", ""
	for range 200 {
		ctx, cancel := context.WithCancel(t.Context())
		s := (&script{instead: func(name string, _ int) (string, bool) {
			if name == "DATA" {
				defer cancel()
			}
			return "", name == "end"
		}}).start(t)
		_, err := newSender(t, s.options()).Send(ctx, m)
		cancel()
		<-s.over
		_, ends := s.heard()
		checkFailure(t, "cut", err, sender.ErrTemporary, ends == 1)
	}
}

// The answer to the message cannot be decrypted, and TLS cannot even tell the server so.
// That such an alert does not go out says nothing of the message, which had.
func TestGarbledAnswerToTheMessage(t *testing.T) {
	for range 20 { // the alert and the reset race
		ended := make(chan struct{}, 1)
		s := setup{atEnd: func() { ended <- struct{}{} }}.start(t)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			client, err := l.Accept()
			if err != nil {
				return
			}
			defer client.Close()
			server, err := net.Dial("tcp", s.addr.String())
			if err != nil {
				return
			}
			defer server.Close()
			go func() { _, _ = io.Copy(server, client) }()
			for buf := make([]byte, 1<<16); ; {
				n, err := server.Read(buf)
				if err != nil {
					return
				}
				select {
				case <-ended:
					buf[n-1] ^= 1
					_, _ = client.Write(buf[:n])
					_ = client.(*net.TCPConn).SetLinger(0)
					return
				default:
				}
				if _, err := client.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
		o := s.options(t)
		o.Port = l.Addr().(*net.TCPAddr).Port
		_, err = newSender(t, o).Send(t.Context(), message())
		checkFailure(t, "garbled", err, sender.ErrTemporary, true)
		if n := len(s.received()); n != 1 {
			t.Errorf("it arrived %d times", n)
		}
		_ = l.Close()
		<-done
	}
}
