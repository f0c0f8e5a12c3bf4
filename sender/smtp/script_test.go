package smtp_test

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/sender/smtp"
)

// script is a server that says what it is told to, in clear, and nothing else.
type script struct {
	// replies are by the command's verb; "greeting" and "end" are the server's own. What
	// is not there has a reply that lets the message through; an empty one hangs up.
	replies map[string]string
	// most is how many bytes it says on a connection; when it has more to say, it says
	// the rest of those, and calls cut. 0 means no limit.
	most int
	cut  func(net.Conn)
	// instead, if there is one, may reply otherwise, by how often that was asked of the
	// connection before.
	instead func(name string, before int) (reply string, ok bool)
	// tls, if there is one, is what it goes on with after STARTTLS.
	tls *tls.Config

	addr *net.TCPAddr
	over chan struct{} // gets one for each connection that is over
	mu   sync.Mutex
	said []string // the lines of clients, but for the message's
	ends int      // how many ends of messages came
}

var letThrough = map[string]string{
	"greeting": "220 localhost ESMTP",
	"EHLO":     "250-localhost\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES",
	"MAIL":     "250 2.1.0 sender",
	"RCPT":     "250 2.1.5 recipient",
	"DATA":     "354 go on",
	"end":      "250-2.0.0 queued\r\n250 2.0.0 as 4711",
	"RSET":     "250 2.0.0 reset",
	"QUIT":     "221 2.0.0 bye",
}

func (s *script) start(t testing.TB) *script {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr, s.over = listener.Addr().(*net.TCPAddr), make(chan struct{}, 1000)
	var all sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	all.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			all.Go(func() {
				defer c.Close()
				s.serve(c)
				s.over <- struct{}{}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return s
}

func (s *script) serve(c net.Conn) {
	left := s.most
	before := map[string]int{}
	say := func(name string) bool {
		reply, ok := s.replies[name]
		if s.instead != nil {
			reply, ok = s.instead(name, before[name])
		}
		if !ok {
			reply = letThrough[name]
		}
		before[name]++
		if reply == "" {
			return false
		}
		reply += "\r\n"
		if s.most > 0 && len(reply) > left {
			_, _ = c.Write([]byte(reply[:left]))
			s.cut(c)
			return false
		}
		left -= len(reply)
		_, err := c.Write([]byte(reply))
		return err == nil
	}
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, 1<<20)
	goesOn := say("greeting")
	for goesOn && lines.Scan() {
		verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " ")
		s.mu.Lock()
		s.said = append(s.said, lines.Text())
		s.mu.Unlock()
		goesOn = say(verb)
		if verb == "STARTTLS" && goesOn && s.tls != nil {
			c = tls.Server(c, s.tls)
			lines = bufio.NewScanner(c)
		}
		if verb != "DATA" || !goesOn || !strings.HasPrefix(s.replies["DATA"]+letThrough["DATA"], "354") {
			continue
		}
		for goesOn = false; lines.Scan(); {
			if lines.Text() == "." {
				s.mu.Lock()
				s.ends++
				s.mu.Unlock()
				goesOn = say("end")
				break
			}
		}
	}
}

// heard returns the lines of clients, and how many messages came to their end.
func (s *script) heard() (lines []string, ends int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.said), s.ends
}

func (s *script) options() smtp.Options {
	return smtp.Options{
		Host: s.addr.IP.String(), Port: s.addr.Port, TLS: smtp.UnsafePlaintext,
		From: mail.Address{Address: "no-reply@mail.example.org"},
	}
}
