package dbproof_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// step is a request, one call of the Service and before it Identify where somebody is
// signed in, and what it costs.
type step struct {
	name string

	// outside and inside are exactly the statements that the driver gets, outside of
	// a transaction and inside of one. A Change of one record is one statement and no
	// transaction.
	outside, inside int

	// unlinks is for a Change that PostgreSQL takes as a transaction, as the others do
	// each of more than one record: it takes one that unlinks nothing as one statement,
	// which counts as inside.
	unlinks bool

	// pairs is how often two counters are raised by one call of Count: one statement,
	// but two on MySQL.
	pairs int

	// own is how many of the statements read the caller's own session, as any request
	// of somebody signed in has to.
	own int

	// limit is for what is left: outside and inside without own, and with pairs on
	// MySQL. Where it is 0, outsideLimit and insideLimit are, each for its part.
	limit, outsideLimit, insideLimit int

	// arrange does what comes before the request, and returns the request.
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

	// The session, the budgets of passwords and of wrong ones; then session, event.
	{name: "sudo, by password", outside: 3, inside: 2, own: 1, limit: 4, arrange: sudoByPassword},
	// The session, the verification; then session, verification, event.
	{name: "sudo, by code", outside: 2, inside: 3, own: 1, limit: 4, arrange: sudoByCode},
	// What is kept of a session of the host's, the account; then that of the session, event.
	{name: "sudo, by a recent sign-in", outside: 2, inside: 2, own: 1, limit: 4, arrange: sudoBySignIn},

	// The session, the verification; then account, session, verification, association,
	// event.
	{name: "bind", outside: 2, inside: 5, own: 1, outsideLimit: 2, insideLimit: 8, arrange: bindFirst},
	// And the notice, and the association that goes.
	{name: "bind, replacing", outside: 2, inside: 7, unlinks: true, own: 1, outsideLimit: 2, insideLimit: 8, arrange: bindReplacing},

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
				outside, inside, limit := s.outside, s.inside, s.limit
				switch {
				case d.Dialect == bunstore.MySQL:
					outside, limit = outside+s.pairs, limit+s.pairs
				case d.Dialect == bunstore.PostgreSQL && !s.unlinks:
					inside = min(inside, 1)
				}
				if len(l.outside) != outside || len(l.inside) != inside {
					t.Errorf("%d statements and %d in a transaction, want %d and %d:\n%s", len(l.outside), len(l.inside), outside, inside,
						strings.Join(append(l.outside, l.inside...), "\n"))
				}
				outside -= s.own
				if s.limit > 0 && outside+inside > limit {
					t.Errorf("%d statements, the limit is %d", outside+inside, limit)
				}
				if s.limit == 0 && (outside > s.outsideLimit || inside > s.insideLimit) {
					t.Errorf("%d statements and %d in a transaction, the limits are %d and %d", outside, inside, s.outsideLimit, s.insideLimit)
				}
			})
		}
	})
}

// budgetLab is a rig over a database that counts statements.
type budgetLab struct {
	*dbproof.Rig
	closed  *dbproof.Rig // where nobody signs up
	keeping *dbproof.Rig // which keeps the passwords itself, so that an account has no factor
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
	l := &budgetLab{Rig: dbproof.Must(dbproof.NewRig(records))(t)}
	l.closed = dbproof.Must(dbproof.NewRig(records, func(c *association.Config) { c.Policy.AllowSignUp = false }))(t)
	l.keeping = dbproof.Must(dbproof.NewRig(records, func(c *association.Config) { c.Passwords = nil }))(t)
	tap.before = l.count
	return l
}

// count leaves out what ends and begins: BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE.
func (l *budgetLab) count(statement string, inTx bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	statement = statement[:min(len(statement), 70)] // enough to tell them apart
	switch first, _, _ := strings.Cut(statement, " "); {
	case first == "BEGIN", first == "COMMIT", first == "ROLLBACK", first == "SAVEPOINT", first == "RELEASE":
	case inTx, first == "WITH": // PostgreSQL's, for a transaction
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
