//go:build cluster

package cluster_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store"
)

// rounds says how often to kill a node, if not three times.
const rounds = "LIGATURE_TEST_ROUNDS"

// killedNodes kills a node with SIGKILL while callers bind at all three, and brings it
// back while they go on. Then every node tells the same: all that was acknowledged, and
// nothing in part.
func killedNodes(t *testing.T, c *testdb.Cluster) {
	times := 3
	if s := os.Getenv(rounds); s != "" {
		times = dbproof.Must(strconv.Atoi(s))(t)
	}
	newest := open(t, c, waiting)
	var people []*person
	var sum calls
	causes := map[string]int{}
	for n := range times {
		wait := []string{waiting, plain}[n%2]
		t.Run(fmt.Sprintf("round %d, wsrep_sync_wait=%s", n+1, wait), func(t *testing.T) {
			w := open(t, c, wait)
			l := start(t, w, wait == waiting)
			l.await(20)
			c.Kill(n % testdb.Nodes)
			killed := time.Now()
			l.await(20)
			recovered := time.Since(killed)
			c.Start(n % testdb.Nodes)
			l.await(20)
			l.end()
			t.Logf("it took %v until 20 binds were acknowledged without the node, and %v until it was back: %+v; %d counts; raised %+v",
				recovered.Round(time.Millisecond), time.Since(killed).Round(time.Millisecond), l.calls, len(l.counted), l.raised)
			checked := time.Now()
			l.check(t, newest)
			newest.agree(t)
			t.Logf("checked in %v", time.Since(checked).Round(time.Millisecond))
			people = append(people, l.people...)
			sum.add(l.calls)
			for cause, n := range w.causes.of {
				causes[cause] += n
			}
		})
	}
	for i := range newest.instances {
		newest.audit(t, i, people)
	}
	t.Logf("%d nodes were killed: %+v; %d people are as they were told", times, sum, len(people))
	for _, cause := range slices.Sorted(maps.Keys(causes)) {
		t.Logf("%d calls failed by: %s", causes[cause], cause)
	}
}

func (c *calls) add(d calls) {
	c.acknowledged += d.acknowledged
	c.replacements += d.replacements
	c.refused += d.refused
	c.failed += d.failed
	c.repeated += d.repeated
	c.abandoned += d.abandoned
}

// audit audits people at a node, each of whom owns what nobody else does.
func (w *world) audit(t *testing.T, node int, people []*person) map[*person]dbproof.Audited {
	t.Helper()
	s := w.at(node).records
	notices, err := dbproof.Notices(t.Context(), s)
	if err != nil {
		t.Error(err)
	}
	owners := map[string]string{}
	found := map[*person]dbproof.Audited{}
	for _, p := range people {
		a, err := p.audit(t.Context(), s, notices[p.Account])
		if err != nil {
			t.Errorf("node %d: %s: %v", node, p.Account, err)
		}
		if a.Owned != "" && owners[a.Owned] != "" {
			t.Errorf("node %d: %s and %s both have %s", node, p.Account, owners[a.Owned], a.Owned)
		}
		owners[a.Owned] = p.Account
		found[p] = a
	}
	return found
}

// check looks at what the load left behind, at each node.
func (l *load) check(t *testing.T, newest *world) {
	t.Helper()
	errs := dbproof.Together(testdb.Nodes, func(i int) error {
		found := newest.audit(t, i, l.people)
		return errors.Join(l.checkContests(t, newest, i, found), l.checkSpent(t, newest, i, found), l.checkSums(t, newest, i))
	})
	for i, err := range errs {
		if err != nil {
			t.Errorf("node %d: %v", i, err)
		}
	}
}

// checkContests: an address has the one owner who was told so, and an account was bound
// once or twice.
func (l *load) checkContests(t *testing.T, newest *world, node int, found map[*person]dbproof.Audited) (errs error) {
	for _, c := range l.contests {
		told, done := 0, 0
		for _, p := range c.people {
			told += len(p.told)
			done += len(found[p].Spent)
			if c.to != "" && (len(p.told) > 0) != (found[p].Owned == c.to) {
				errs = errors.Join(errs, fmt.Errorf("%s was told %q of %s, and has %q", p.Account, p.told, c.to, found[p].Owned))
			}
		}
		most := 2
		if c.to != "" {
			most = 1
		}
		if told < 1 || done > most {
			errs = errors.Join(errs, fmt.Errorf("a contest for %q has %d winners who were told, and %d", c.to, told, done))
		}
		if c.to == "" {
			continue
		}
		if _, err := newest.at(node).records.AccountByIdentifier(t.Context(), "email", []byte(c.to)); err != nil {
			errs = errors.Join(errs, fmt.Errorf("the owner of %s: %w", c.to, err))
		}
	}
	return errs
}

// checkSpent shows what was spent again, for another request.
func (l *load) checkSpent(t *testing.T, newest *world, node int, found map[*person]dbproof.Audited) (errs error) {
	for _, p := range l.people {
		for _, tried := range p.Tried {
			if !slices.Contains(found[p].Spent, tried.To) {
				continue
			}
			if _, err := newest.at(node).Bind(t.Context(), tried, "another bind"); !errors.Is(err, association.ErrInvalidProof) {
				errs = errors.Join(errs, fmt.Errorf("a spent proof: %v, want %v", err, association.ErrInvalidProof))
			}
		}
	}
	return errs
}

// checkSums: nothing that was added is missing, and no two were told one total.
func (l *load) checkSums(t *testing.T, newest *world, node int) (errs error) {
	s := newest.at(node).records
	totals, err := s.Count(t.Context(), []store.Counter{{Key: l.key}})
	if err != nil {
		return err
	}
	told := slices.Sorted(slices.Values(l.counted))
	if n := len(told); n == 0 || totals[0] < told[n-1] || len(slices.Compact(told)) != n {
		errs = fmt.Errorf("%d counts were told, of them %d different ones, and the total is %d", n, len(slices.Compact(told)), totals[0])
	}
	a, err := s.Account(t.Context(), l.sum)
	if err != nil {
		return errors.Join(errs, err)
	}
	n, err := strconv.Atoi(string(a.Data))
	if least := l.raised.acknowledged; err != nil || n < least || n > least+l.raised.failed || n == 0 {
		errs = errors.Join(errs, fmt.Errorf("a number that was raised %+v is %q", l.raised, a.Data))
	}
	return errs
}
