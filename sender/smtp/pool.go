package smtp

import (
	"sync"
	"time"
)

// pool keeps connections that are idle, for a while.
type pool struct {
	most   int
	maxAge time.Duration

	mu      sync.Mutex
	closed  bool
	idle    []resting // the newest last
	parting sync.WaitGroup
}

type resting struct {
	*conn
	alarm *time.Timer
}

// take returns the connection that was used last, or nil.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	last := len(p.idle) - 1
	r := p.idle[last]
	p.idle[last] = resting{}
	p.idle = p.idle[:last]
	r.alarm.Stop()
	return r.conn
}

// keep takes a connection, and says goodbye on it if there are enough. It does not take
// one after close, which would not wait for the goodbye.
func (p *pool) keep(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return false
	case len(p.idle) == p.most:
		p.parting.Go(c.quit)
	default:
		p.idle = append(p.idle, resting{c, time.AfterFunc(p.maxAge, func() { p.expire(c) })})
	}
	return true
}

// expire ends a connection, unless it is in use again.
func (p *pool) expire(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, r := range p.idle {
		if r.conn == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.parting.Go(c.quit)
			return
		}
	}
}

// drop ends all connections that are idle, without a goodbye.
func (p *pool) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.idle {
		r.alarm.Stop()
		r.conn.drop()
	}
	p.idle = nil
}

// isClosed reports whether close was called.
func (p *pool) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// close ends the idle connections, and returns when all goodbyes are said.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, r := range p.idle {
		r.alarm.Stop()
		p.parting.Go(r.quit)
	}
	p.idle = nil
	p.mu.Unlock()
	p.parting.Wait()
}
