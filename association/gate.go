package association

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

// hashRoom is how many times the memory of a hash is kept free for it, so that
// Policy.HashMemory is what the process really grows by. Nobody gives that memory
// back but the garbage collector, and it lets the heap grow to twice what was alive
// when it last looked (GOGC=100). Alive is then what is hashed at that moment, and,
// because whatever is born while it looks counts as alive, as much again.
const hashRoom = 4

// gate bounds the hashing of passwords: how much memory it takes at once, and how
// many processors, which are all but one, so that a storm of sign-ins leaves room for
// everything else. Who waits too long for a turn is turned away, for a queue that
// grows faster than it is served helps nobody. Turns are in order of arrival, and
// whether somebody gets one depends on neither the account nor the password: a turn
// is never for less than a hash of our own, so that one that takes less memory does
// not show while others wait.
type gate struct {
	processors, memory *semaphore.Weighted
	lanes, bytes       int64 // of the two
	wait               time.Duration
}

func newGate(processors int, p Policy) *gate {
	g := &gate{lanes: int64(max(1, processors)), bytes: int64(p.HashMemory) << 20, wait: p.HashQueueTime}
	g.processors, g.memory = semaphore.NewWeighted(g.lanes), semaphore.NewWeighted(g.bytes)
	return g
}

// most is the memory that one hash may take.
func (g *gate) most() int64 { return g.bytes / hashRoom }

// weight is what a computation counts for, which is never more than there is.
func (g *gate) weight(c cost) (lanes, bytes int64) {
	return min(c.lanes, g.lanes), min(hashRoom*max(c.memory, ownCost.memory), g.bytes)
}

// do runs f when it is its turn. The error is the context's, or, for who would wait
// longer than the policy says, ErrUnavailable with the time to try again; f has then
// not run.
func (g *gate) do(ctx context.Context, c cost, f func()) error {
	lanes, bytes := g.weight(c)
	waiting, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	if g.processors.Acquire(waiting, lanes) != nil {
		return g.turnedAway(ctx)
	}
	defer g.processors.Release(lanes)
	if g.memory.Acquire(waiting, bytes) != nil {
		return g.turnedAway(ctx)
	}
	defer g.memory.Release(bytes)
	f()
	return nil
}

// try runs f if it need not wait and keeps nobody waiting, and reports whether it did.
func (g *gate) try(c cost, f func()) bool {
	lanes, bytes := g.weight(c)
	if !g.processors.TryAcquire(lanes) {
		return false
	}
	defer g.processors.Release(lanes)
	if !g.memory.TryAcquire(bytes) {
		return false
	}
	defer g.memory.Release(bytes)
	f()
	return true
}

func (g *gate) turnedAway(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return &Error{Err: ErrUnavailable, Detail: "overloaded", RetryAfter: g.wait, cause: errOverloaded}
}

var errOverloaded = errors.New("passwords wait longer than Policy.HashQueueTime to be hashed")
