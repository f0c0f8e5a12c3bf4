package dbproof_test

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// wire reads one message of a protocol. The first that a client sends may have another
// form.
type wire func(r io.Reader, first bool) ([]byte, error)

var wires = map[bunstore.Dialect]wire{
	// A type and a length, which counts itself; the first message has no type.
	bunstore.PostgreSQL: func(r io.Reader, first bool) ([]byte, error) {
		header := make([]byte, 5)
		if first {
			header = header[:4]
		}
		return readMessage(r, header, func() int {
			return int(binary.BigEndian.Uint32(header[len(header)-4:])) - 4
		})
	},
	// A length of three bytes, and a number.
	bunstore.MySQL: func(r io.Reader, _ bool) ([]byte, error) {
		header := make([]byte, 4)
		return readMessage(r, header, func() int {
			return int(header[0]) | int(header[1])<<8 | int(header[2])<<16
		})
	},
}

// readMessage reads a header and as much as it then says.
func readMessage(r io.Reader, header []byte, length func() int) ([]byte, error) {
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	m := append(header, make([]byte, length())...)
	_, err := io.ReadFull(r, m[len(header):])
	return m, err
}

// cut is what becomes of a message at which a connection is cut.
type cut struct {
	answer bool // it is the server's, not the client's
	half   bool // arrives
}

var cuts = []cut{{}, {half: true}, {answer: true}, {answer: true, half: true}}

func (c cut) String() string {
	whose, how := "client", "at"
	if c.answer {
		whose = "server"
	}
	if c.half {
		how = "within"
	}
	return how + " the " + whose + "'s message"
}

// proxy stands between a service and its database.
type proxy struct {
	wire
	listener net.Listener
	target   string
	all      sync.WaitGroup

	mu   sync.Mutex
	cut  cut
	left int // messages until the one that is cut, 0 for none
}

// newProxy listens until the test ends.
func newProxy(t *testing.T, w wire, target string) *proxy {
	t.Helper()
	p := &proxy{wire: w, target: target, listener: dbproof.Must(net.Listen("tcp", "127.0.0.1:0"))(t)}
	p.all.Go(func() {
		for {
			client, err := p.listener.Accept()
			if err != nil {
				return
			}
			p.all.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() { // after the pool's, which closes the connections
		if err := p.listener.Close(); err != nil {
			t.Error(err)
		}
		p.all.Wait()
	})
	return p
}

// arm makes the proxy cut the connection at the next message but at-1 of that side.
func (p *proxy) arm(c cut, at int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.left = c, at
}

// disarm reports whether there were as many messages.
func (p *proxy) disarm() (reached bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	reached = p.left == 0
	p.left = 0
	return reached
}

// goodbyes are what a client says before it closes a connection, in each protocol: of one
// that is no part of the write, which may have been closed before and be heard late.
var goodbyes = []string{"\x01\x00\x00\x00\x01", "X\x00\x00\x00\x04"}

// scissors returns what passes of a message, and whether it is the last.
func (p *proxy) scissors(m []byte, answer bool) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 || p.cut.answer != answer || !answer && slices.Contains(goodbyes, string(m)) {
		return m, false
	}
	p.left--
	if p.left > 0 {
		return m, false
	}
	if !p.cut.half {
		return nil, true
	}
	return m[:len(m)/2], true
}

// serve passes the messages of one connection on. Whichever side ends, or is cut off,
// the other ends with it.
func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	end := sync.OnceFunc(func() {
		_ = client.Close()
		_ = server.Close()
	})
	p.all.Go(func() {
		defer end()
		p.pass(server, client, true)
	})
	defer end()
	p.pass(client, server, false)
}

func (p *proxy) pass(from io.Reader, to io.Writer, answer bool) {
	for first := !answer; ; first = false {
		m, err := p.wire(from, first)
		if err != nil {
			return
		}
		m, last := p.scissors(m, answer)
		if _, err := to.Write(m); err != nil || last {
			return
		}
	}
}
