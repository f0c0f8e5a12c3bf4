package association

import "context"

// Hash is a hash that was taken.
type Hash struct {
	Judge         func(password string) bool
	Memory, Lanes int64
	Own           bool
}

// ParseHash reads a hash that may take so much memory.
func ParseHash(text string, memory int64) (Hash, error) {
	h, err := parseHash(text, memory)
	return Hash{h.judge, h.memory, h.lanes, h.own}, err
}

// MakeHash and DecoyHash make hashes as they are made today.
var (
	MakeHash  = makeHash
	DecoyHash = decoyHash
)

// WritePHC reads a PHC string and writes it again.
func WritePHC(s string) (string, bool) {
	p, ok := parsePHC(s)
	return p.text(), ok
}

// Gate is the gate of a policy.
type Gate struct{ g *gate }

// NewGate makes one with so many processors.
func NewGate(processors int, p Policy) Gate { return Gate{newGate(processors, p)} }

// Do runs f when it is its turn.
func (g Gate) Do(ctx context.Context, memory, lanes int64, f func()) error {
	return g.g.do(ctx, cost{memory, lanes}, f)
}

// Try runs f if it is its turn at once.
func (g Gate) Try(memory, lanes int64, f func()) bool { return g.g.try(cost{memory, lanes}, f) }

// Weight is what a computation counts for.
func (g Gate) Weight(memory, lanes int64) (ofLanes, ofBytes int64) {
	return g.g.weight(cost{memory, lanes})
}

// HoldHashing lets nothing be hashed until it is released.
func HoldHashing(ctx context.Context, s *Service) (release func()) {
	g := s.hashing
	if err := g.processors.Acquire(ctx, g.lanes); err != nil {
		panic(err)
	}
	return func() { g.processors.Release(g.lanes) }
}
