package dbproof_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ligature-auth/ligature/store/bunstore"
)

// wire says where the messages of a protocol end.
type wire struct {
	// read reads one message. The first that a client sends may have another form.
	read func(r io.Reader, first bool) ([]byte, error)

	asks  func(m []byte) bool // the client's message is a statement
	ended func(m []byte) bool // the server's message is the last of the answer to a statement without rows
}

var wires = map[bunstore.Dialect]wire{
	// A type and a length, which counts itself; the first message has no type. What
	// has arguments is prepared first and done by 'E', Execute; what has none is a
	// simple query, 'Q'. ReadyForQuery, 'Z', ends each answer. The driver asks an idle
	// connection whether it lives by an empty query.
	bunstore.PostgreSQL: {
		read: func(r io.Reader, first bool) ([]byte, error) {
			header := make([]byte, 5)
			if first {
				header = header[:4]
			}
			return readMessage(r, header, func() int {
				return int(binary.BigEndian.Uint32(header[len(header)-4:])) - 4
			})
		},
		asks: func(m []byte) bool {
			return m[0] == 'E' || m[0] == 'Q' && !bytes.HasPrefix(m[5:], []byte("-- ping"))
		},
		ended: func(m []byte) bool { return m[0] == 'Z' },
	},
	// A length of three bytes and a number, which is 0 for a command.
	bunstore.MySQL: {
		read: func(r io.Reader, _ bool) ([]byte, error) {
			header := make([]byte, 4)
			return readMessage(r, header, func() int {
				return int(header[0]) | int(header[1])<<8 | int(header[2])<<16
			})
		},
		asks:  func(m []byte) bool { return m[3] == 0 },
		ended: func([]byte) bool { return true },
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

// cut is where a connection is cut.
type cut int32

const (
	nowhere      cut = iota
	beforeAsking     // the statement does not arrive
	beforeAnswer     // it does, and is executed, but there is no answer
	withinAnswer     // there is half of one
)

func (c cut) String() string {
	return [...]string{"nowhere", "before the statement", "before its answer", "within its answer"}[c]
}

// proxy stands between a service and its database.
type proxy struct {
	wire
	listener net.Listener
	target   string
	all      sync.WaitGroup

	mu    sync.Mutex
	armed bool
	seen  int // statements since it was armed
	at    int
	how   cut
}

// newProxy listens until the test ends.
func newProxy(t *testing.T, w wire, target string) *proxy {
	t.Helper()
	p := &proxy{wire: w, target: target, listener: must(net.Listen("tcp", "127.0.0.1:0"))(t)}
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

// arm makes the proxy count, and cut the connection of the statement of that number.
func (p *proxy) arm(at int, how cut) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.seen, p.at, p.how = true, 0, at, how
}

// disarm returns how many statements there were.
func (p *proxy) disarm() (seen int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	return p.seen
}

// next says what to do about the next statement.
func (p *proxy) next() cut {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.armed {
		return nowhere
	}
	p.seen++
	if p.seen != p.at {
		return nowhere
	}
	return p.how
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
	var losing atomic.Int32 // what becomes of the answer
	p.all.Go(func() {
		defer end()
		p.answers(client, server, &losing)
	})
	defer end()
	for first := true; ; first = false {
		m, err := p.read(client, first)
		if err != nil {
			return
		}
		if !first && p.asks(m) {
			how := p.next()
			if how == beforeAsking {
				return
			}
			losing.Store(int32(how))
		}
		if _, err := server.Write(m); err != nil {
			return
		}
	}
}

// answers passes on what the server says.
func (p *proxy) answers(client, server net.Conn, losing *atomic.Int32) {
	for {
		m, err := p.read(server, false)
		if err != nil {
			return
		}
		lost := cut(losing.Load())
		ended := p.ended(m)
		if lost == beforeAnswer {
			m = nil
		} else if lost == withinAnswer {
			m = m[:len(m)/2]
		}
		if lost != nowhere && !ended {
			continue
		}
		if _, err := client.Write(m); err != nil || lost != nowhere {
			return
		}
	}
}
