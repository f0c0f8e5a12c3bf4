//go:build cluster

package cluster_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/pause"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store"
)

const (
	rivals   = 6 // who fight for one address, or one account
	patience = 20 * time.Second
)

// load is what callers at all nodes do at once until it is ended.
type load struct {
	*world
	t        *testing.T
	roam     bool // to another node with each call, or only when one failed
	stop     chan struct{}
	stopping sync.Once
	done     chan struct{} // a bind was acknowledged; nobody need listen
	all      sync.WaitGroup

	mu       sync.Mutex
	people   []*person
	contests []contest
	calls    calls

	key     [32]byte // of a counter
	counted []int64  // the totals that were told
	sum     string   // an account that holds a number
	raised  raised
}

// contest is what rivals fought for: one address, or where it is empty one account.
type contest struct {
	to     string
	people []*person
}

// calls counts calls of Bind.
type calls struct {
	acknowledged, replacements, refused int
	failed                              int // of these, some are acknowledged when they are repeated
	repeated                            int // acknowledged after they failed
	abandoned                           int // preparations that failed
}

// raised counts calls of raise.
type raised struct{ acknowledged, failed int }

// start lets them begin.
func start(t *testing.T, w *world, roam bool) *load {
	l := &load{world: w, t: t, roam: roam, stop: make(chan struct{}), done: make(chan struct{})}
	l.sum = "sum " + rand.Text()
	if err := w.at(0).records.Apply(t.Context(), store.Change{Accounts: []store.Account{{ID: l.sum, Data: []byte("0")}}}); err != nil {
		t.Fatal(err)
	}
	_, _ = rand.Read(l.key[:])
	t.Cleanup(l.end)
	for i := range testdb.Nodes {
		for _, work := range []func(context.Context, *caller){l.bindSome, l.countOne, l.raiseOne} {
			l.repeat(func(ctx context.Context, callers []*caller) { work(ctx, callers[i]) })
		}
	}
	l.repeat(l.fightForAnAddress)
	l.repeat(l.fightForAnAccount)
	return l
}

// repeat does it until the load is ended. What is under way then is finished.
func (l *load) repeat(work func(context.Context, []*caller)) {
	var callers []*caller
	for i := range rivals {
		callers = append(callers, &caller{load: l, at: i})
	}
	l.all.Go(func() {
		for {
			select {
			case <-l.stop:
				return
			default:
				work(l.t.Context(), callers)
			}
		}
	})
}

// end returns when all of them have finished. It may be called again.
func (l *load) end() {
	l.stopping.Do(func() { close(l.stop) })
	l.all.Wait()
}

// await returns after so many binds were acknowledged.
func (l *load) await(n int) {
	l.t.Helper()
	for range n {
		select {
		case <-l.done:
		case <-time.After(3 * patience):
			l.t.Fatal("nothing is acknowledged")
		}
	}
}

// caller calls one node or another, and none that just failed.
type caller struct {
	*load
	at    int
	avoid [testdb.Nodes]time.Time // until then
}

func (c *caller) node() *instance {
	if c.roam {
		c.at++
	}
	for range testdb.Nodes {
		if time.Now().After(c.avoid[c.at%testdb.Nodes]) {
			break
		}
		c.at++
	}
	return c.world.at(c.at)
}

// failed reports that a call was neither done nor refused, or nobody knows.
func (c *caller) failed(err error) bool {
	for _, kind := range []error{association.ErrUnavailable, association.ErrBusy, context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, kind) {
			c.skip()
			return true
		}
	}
	return false
}

func (c *caller) skip() { c.avoid[c.at%testdb.Nodes] = time.Now().Add(time.Second) }

// join makes a person, or returns nil if a call failed.
func (c *caller) join(ctx context.Context) *person {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := strings.ToLower(rand.Text())
	m, err := c.node().Member(ctx, name)
	if c.abandon(err) {
		return nil
	}
	p := &person{Member: m, Ledger: dbproof.Ledger{Account: name}, told: map[string]string{}}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.people = append(c.people, p)
	return p
}

// propose proves an address for the person, or reports that a call failed.
func (c *caller) propose(ctx context.Context, p *person, to string) (dbproof.Proposal, bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	proved, err := c.node().Propose(ctx, p.Member, to)
	if c.abandon(err) {
		return proved, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p.Tried = append(p.Tried, proved)
	return proved, true
}

// abandon reports that a preparation failed. Nothing may refuse it.
func (c *caller) abandon(err error) bool {
	if err == nil {
		return false
	}
	if !c.failed(err) {
		c.t.Errorf("a preparation: %v", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls.abandoned++
	return true
}

// bind makes a call, and again, under the same name, until it is told yes or no.
func (c *caller) bind(ctx context.Context, person *person, p dbproof.Proposal) (done bool) {
	failed := 0
	began := time.Now()
	for {
		ctx, cancel := context.WithTimeout(ctx, patience)
		a, err := c.node().Bind(ctx, p, "bind "+p.To)
		cancel()
		// A node that reads the past may not know yet of a session just opened. It has to
		// in the end: a session that was acknowledged and stays unknown is lost.
		unknown := !c.roam && errors.Is(err, association.ErrUnauthenticated) && time.Since(began) < patience
		if unknown || err != nil && c.failed(err) {
			failed++
			if pause.Jittered(c.t.Context(), 10*time.Millisecond) != nil {
				return false
			}
			continue
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.calls.failed += failed
		switch {
		case err == nil:
			person.told[p.To] = a.ID
			c.calls.acknowledged++
			c.calls.repeated += min(failed, 1)
			c.calls.replacements += min(len(person.told)-1, 1)
			select {
			case c.done <- struct{}{}:
			default:
			}
		case errors.Is(err, association.ErrIdentifierTaken), errors.Is(err, association.ErrInvalidProof), errors.Is(err, association.ErrSudoRequired):
			c.calls.refused++
		default:
			c.t.Errorf("%s: bind: %v", person.Account, err)
		}
		return err == nil
	}
}

func address(name string, n int) string { return fmt.Sprintf("%s.%d@example.com", name, n) }
