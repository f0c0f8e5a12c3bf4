//go:build cluster

package cluster_test

import (
	"context"
	"sync"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/store"
)

// bindSome lets a new person bind some addresses, one after another: first a new one,
// then others that replace it. Whatever fails in between, nobody else is in their way.
func (l *load) bindSome(ctx context.Context, c *caller) {
	p := c.join(ctx)
	for i := range 3 {
		if p == nil {
			return
		}
		proposed, ok := c.propose(ctx, p, address(p.Account, i))
		if !ok {
			return
		}
		if !c.bind(ctx, p, proposed) {
			l.t.Errorf("%s: bind number %d was refused", p.Account, i+1)
			return
		}
	}
}

// fightForAnAddress lets rivals who have all proved the same address bind it at once,
// at all nodes.
func (l *load) fightForAnAddress(ctx context.Context, callers []*caller) {
	fight := contest{}
	var proposed []dbproof.Proposal
	for i, c := range callers {
		p := c.join(ctx)
		if p == nil {
			return
		}
		if i == 0 {
			fight.to = address(p.Account, 0)
		}
		claim, ok := c.propose(ctx, p, fight.to)
		if !ok {
			return
		}
		fight.people, proposed = append(fight.people, p), append(proposed, claim)
	}
	l.fight(ctx, callers, fight, func(i int) (*person, dbproof.Proposal) { return fight.people[i], proposed[i] })
}

// fightForAnAccount lets one person who has proved some addresses bind them at once, at
// all nodes. The first to come binds, the second replaces it, which ends the other
// proofs.
func (l *load) fightForAnAccount(ctx context.Context, callers []*caller) {
	p := callers[0].join(ctx)
	if p == nil {
		return
	}
	var proposed []dbproof.Proposal
	for i := range callers {
		claim, ok := callers[0].propose(ctx, p, address(p.Account, i))
		if !ok {
			return
		}
		proposed = append(proposed, claim)
	}
	l.fight(ctx, callers, contest{people: []*person{p}}, func(i int) (*person, dbproof.Proposal) { return p, proposed[i] })
}

func (l *load) fight(ctx context.Context, callers []*caller, fight contest, claim func(i int) (*person, dbproof.Proposal)) {
	var all sync.WaitGroup
	for i, c := range callers {
		all.Go(func() {
			p, proposed := claim(i)
			c.bind(ctx, p, proposed)
		})
	}
	all.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.contests = append(l.contests, fight)
}

// countOne raises the counter that all raise.
func (l *load) countOne(ctx context.Context, c *caller) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	total, err := c.node().records.Count(ctx, []store.Counter{{Key: l.key, N: 1, Expires: 1}})
	if err != nil {
		c.skip()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counted = append(l.counted, total[0])
}

// raiseOne reads the number that all raise, and writes the next one.
func (l *load) raiseOne(ctx context.Context, c *caller) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := raise(ctx, c.node().records, l.sum)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		c.skip()
		l.raised.failed++
		return
	}
	l.raised.acknowledged++
}
