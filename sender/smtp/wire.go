package smtp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"time"
)

const (
	// mostHeard is how many bytes a server may say in the time of one message, TLS
	// included. Without a limit one that never ends a line would fill the memory.
	mostHeard = 1 << 20
	// mostLine is how long a line of an answer may be. RFC 4954, section 4.2, has the
	// longest, 12288 bytes.
	mostLine = 16 << 10
)

var (
	errTooMuch = errors.New("smtp: the server says too much")
	// longAgo is a deadline that ends reads and writes that wait already.
	longAgo = time.Unix(1, 0)
)

// wire is a connection as the network has it, below TLS. But for obey it belongs to one
// goroutine at a time.
type wire struct {
	net.Conn
	left int // how many bytes the server may still say
}

// Read reads what the server says, up to the limit.
func (w *wire) Read(p []byte) (int, error) {
	if w.left <= 0 {
		return 0, errTooMuch
	}
	n, err := w.Conn.Read(p)
	w.left -= n
	return n, err
}

// obey makes ctx end whatever waits on the wire. After release that is over; it reports
// whether the wire is still good, which it is not once ctx was done.
func (w *wire) obey(ctx context.Context) (release func() bool) {
	w.left = mostHeard
	return context.AfterFunc(ctx, func() { _ = w.SetDeadline(longAgo) })
}

// lines lets through whole lines alone. net/textproto takes what came before an error
// for a line, and so a "250" that was cut short for an answer. On the other hand it takes
// no answer that is a code alone, which RFC 5321, section 4.2, has clients accept.
type lines struct {
	below *bufio.Reader
	r     *bufio.Reader // over below, with room for a line
	rest  []byte        // of the last line
}

func wholeLines(below *bufio.Reader) *lines {
	return &lines{below: below, r: bufio.NewReaderSize(below, mostLine)}
}

// empty reports whether nothing that was heard is left to be read.
func (l *lines) empty() bool {
	return len(l.rest) == 0 && l.r.Buffered() == 0 && l.below.Buffered() == 0
}

// Read reads a line or a part of it, once all of it is there.
func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		line, err := l.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return 0, errTooMuch // the reader above would take the other error for its own
		}
		if err != nil {
			return 0, err
		}
		if code := bytes.TrimRight(line, "\r\n"); len(code) == 3 {
			line = append(bytes.Clone(code), " \r\n"...)
		}
		l.rest = line
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}
