package dbproof_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// step is one call of the Service and what it costs.
type step struct {
	name string

	// outside and inside are exactly the statements that the driver gets, outside of
	// a transaction and inside of one. A Change of one record is one statement and no
	// transaction.
	outside, inside int

	// pairs is how often two counters are raised by one call of Count: one statement,
	// but two on MySQL.
	pairs int

	// own is how many of the statements read the caller's own session, as any call of
	// somebody signed in has to.
	own int

	// limit is for what is left: outside and inside without own, and pairs on MySQL.
	// Where it is 0, insideLimit and outsideLimit are, each for its part.
	limit, outsideLimit, insideLimit int

	// over is by how many statements the step is known to exceed limit.
	over int

	// arrange does what comes before the call, and returns the call.
	arrange func(ctx context.Context, t *testing.T, l *budgetLab) func() error
}

var steps = []step{
	// The slot, the caller's budget, the code, the target's budgets.
	{name: "send, signed out", outside: 4, pairs: 1, limit: 5, arrange: sendSignedOut},
	// With sign-up closed, the account of the address as well.
	{name: "send, signed out, sign-up closed", outside: 5, pairs: 1, limit: 5, arrange: sendClosed},
	// The session, and two budgets of the caller's.
	{name: "send, a new address", outside: 5, pairs: 2, own: 1, limit: 5, arrange: sendNew},
	{name: "send, the account's address", outside: 5, pairs: 2, own: 1, limit: 5, arrange: sendOwn},
	{name: "send, another's address, sign-up closed", outside: 6, pairs: 2, own: 1, limit: 5, arrange: sendAnothers},

	// The slot, the budget of guesses, the verdict.
	{name: "verify, right", outside: 3, limit: 3, arrange: verifyRight},
	{name: "verify, wrong", outside: 3, limit: 3, arrange: verifyWrong},

	// The session, the budgets of passwords and of wrong ones, the grant; then session,
	// grant, event. Two over: the budget of passwords of an IP address, and the
	// session, which gets another name.
	{name: "sudo, by password", outside: 4, inside: 3, own: 1, limit: 4, over: 2, arrange: sudoByPassword},
	// The session, the grant, the verification; then session, verification, grant, event.
	// Two over: what is read and spent of the verification beyond what a password costs.
	{name: "sudo, by code", outside: 3, inside: 4, own: 1, limit: 4, over: 2, arrange: sudoByCode},
	// The account, which is all of a session of the host's; the grant; grant, event.
	{name: "sudo, by a recent sign-in", outside: 2, inside: 2, own: 1, limit: 4, arrange: sudoBySignIn},

	// The session, the grant, the verification; then account, session, grant,
	// verification, association, event.
	{name: "bind", outside: 3, inside: 6, own: 1, outsideLimit: 2, insideLimit: 8, arrange: bindFirst},
	// And the notice, and the association that goes.
	{name: "bind, replacing", outside: 3, inside: 8, own: 1, outsideLimit: 2, insideLimit: 8, arrange: bindReplacing},

	// The account, the budgets of passwords and of wrong ones; then session, event.
	{name: "sign in, by password", outside: 3, inside: 2, limit: 5, arrange: signInByPassword},
	// The verification, the account; then verification, session, event.
	{name: "sign in, by code", outside: 2, inside: 3, limit: 5, arrange: signInByCode},
}

// TestStatementsOfEachStep counts what each step asks of the database. A number that
// changes is a change of what the library costs its hosts.
func TestStatementsOfEachStep(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		l := newBudgetLab(t, d)
		for _, s := range steps {
			t.Run(s.name, func(t *testing.T) {
				call := s.arrange(t.Context(), t, l)
				l.reset()
				if err := call(); err != nil {
					t.Fatal(err)
				}
				outside, limit := s.outside, s.limit
				if d.Dialect == bunstore.MySQL {
					outside, limit = outside+s.pairs, limit+s.pairs
				}
				if len(l.outside) != outside || len(l.inside) != s.inside {
					t.Errorf("%d statements and %d in a transaction, want %d and %d:\n%s", len(l.outside), len(l.inside), outside, s.inside,
						strings.Join(append(l.outside, l.inside...), "\n"))
				}
				outside -= s.own
				if over := max(0, outside+s.inside-limit); s.limit > 0 && over != s.over {
					t.Errorf("%d statements are %d over the limit, want %d", outside+s.inside, over, s.over)
				}
				if s.limit == 0 && (outside > s.outsideLimit || s.inside > s.insideLimit) {
					t.Errorf("%d statements and %d in a transaction, the limits are %d and %d", outside, s.inside, s.outsideLimit, s.insideLimit)
				}
			})
		}
	})
}

// budgetLab is a rig over a database that counts statements.
type budgetLab struct {
	*rig
	closed  *rig // where nobody signs up
	keeping *rig // which keeps the passwords itself, so that an account has no factor
	members int

	mu              sync.Mutex
	outside, inside []string
}

func newBudgetLab(t *testing.T, d bundb.Database) *budgetLab {
	t.Helper()
	db, tap := openTapped(t, d, d.DSN(t))
	records := d.On(t, db, bunstore.Config{})
	if err := records.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := &budgetLab{rig: must(newRig(records))(t)}
	l.closed = must(newRig(records, func(c *association.Config) { c.Policy.AllowSignUp = false }))(t)
	l.keeping = must(newRig(records, func(c *association.Config) { c.Passwords = nil }))(t)
	tap.before = l.count
	return l
}

// count leaves out what ends and begins: BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE.
func (l *budgetLab) count(statement string, inTx bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch first, _, _ := strings.Cut(statement, " "); {
	case first == "BEGIN", first == "COMMIT", first == "ROLLBACK", first == "SAVEPOINT", first == "RELEASE":
	case inTx:
		l.inside = append(l.inside, statement)
	default:
		l.outside = append(l.outside, statement)
	}
}

func (l *budgetLab) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outside, l.inside = nil, nil
}

// next returns a name that nobody has.
func (l *budgetLab) next() string {
	l.members++
	return fmt.Sprint("user-", l.members)
}
