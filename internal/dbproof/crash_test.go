package dbproof_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// crashes says how often to kill a process for each database, if not three times.
const crashes = "LIGATURE_TEST_CRASHES"

// TestR65_AKilledProcessLeavesNoHalfBind kills a process that binds, at any moment.
// Then whatever it said is done is done, the rest is done or not, and nothing in part.
func TestR65_AKilledProcessLeavesNoHalfBind(t *testing.T) {
	runs := 3
	if s := os.Getenv(crashes); s != "" {
		runs = dbproof.Must(strconv.Atoi(s))(t)
	}
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		dsn := d.DSN(t)
		t.Run("migrate", func(t *testing.T) {
			if err := d.On(t, d.Connect(t, dsn), bunstore.Config{}).Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		var sum tally
		for n := range runs {
			t.Run(fmt.Sprint("crash ", n+1), func(t *testing.T) {
				c := crash(t, d, dsn)
				db := d.Connect(t, dsn) // nobody else has it open
				c.check(t, d, db)
				bundb.Empty(t, db)
				sum.add(c.tally)
			})
		}
		t.Logf("%d processes were killed: %d binds were acknowledged, %d of them replacements; of %d under way %d were done and %d not",
			runs, sum.acknowledged, sum.replacements, sum.done+sum.undone, sum.done, sum.undone)
		if sum.acknowledged == 0 || sum.done+sum.undone == 0 {
			t.Error("the processes were killed too early or too late to tell anything")
		}
	})
}

// tally counts the binds of crashed processes.
type tally struct {
	acknowledged, replacements int
	done, undone               int // of those under way
}

func (t *tally) add(u tally) {
	t.acknowledged += u.acknowledged
	t.replacements += u.replacements
	t.done += u.done
	t.undone += u.undone
}

// crashed is what a process said before it was killed.
type crashed struct {
	tally
	accounts []string
	said     map[string][]said // of each account, without what is done
	done     map[string]int    // how many binds of the account were acknowledged
	links    map[string]string // the ID of the association that the address was told to be
}

// crash starts a process, and kills it when it has said any number of lines, and just
// begins another bind.
func crash(t *testing.T, d bundb.Database, dsn string) *crashed {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBinder$", "-test.timeout=5m")
	child.Env = append(os.Environ(), binderDatabase+"="+d.Name, binderDSN+"="+dsn)
	child.Stderr = os.Stderr
	output := dbproof.Must(child.StdoutPipe())(t)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	c := &crashed{said: map[string][]said{}, done: map[string]int{}, links: map[string]string{}}
	lines := bufio.NewReader(output)
	killed := false
	for left := 16 + rand.IntN(100); ; left-- {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		}
		var s said
		if err := errors.Join(err, json.Unmarshal(line, &s)); err != nil {
			t.Fatalf("the process said %q: %v", line, err)
		}
		c.hear(t, s)
		if !killed && left <= 0 && s.Done == "" {
			killed = true
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("the process was not killed: %v", child.ProcessState)
	}
	return c
}

func (c *crashed) hear(t *testing.T, s said) {
	t.Helper()
	switch {
	case s.Failed != "":
		t.Fatalf("the process failed: %s", s.Failed)
	case s.Done == "":
		if c.said[s.Account] == nil {
			c.accounts = append(c.accounts, s.Account)
		}
		c.said[s.Account] = append(c.said[s.Account], s)
	default:
		c.links[s.To] = s.Done
		c.acknowledged++
		if c.done[s.Account]++; c.done[s.Account] > 1 {
			c.replacements++
		}
	}
}

// check looks at what the process left behind, and then makes the last two calls for
// each account again.
func (c *crashed) check(t *testing.T, d bundb.Database, db *sql.DB) {
	done := map[string]int{}
	snapshot(t, d, db, func(s store.Store) {
		for _, account := range c.accounts {
			n, err := c.ledger(account).audit(t.Context(), s)
			if err != nil {
				t.Errorf("%s: %v", account, err)
			}
			least, most := c.done[account], len(c.said[account])
			if n < least || n > most || most > least+1 {
				t.Errorf("%s: %d binds are done of %d that were begun and %d that were acknowledged", account, n, most, least)
			}
			done[account] = n
			c.tally.done += n - least
			c.undone += most - n
		}
	})
	owners := dbproof.Must(db.QueryContext(t.Context(), `SELECT kind, value FROM association_association GROUP BY kind, value HAVING COUNT(*) > 1`))(t)
	if owners.Next() {
		t.Error("an address has two owners")
	}
	if err := errors.Join(owners.Err(), owners.Close()); err != nil {
		t.Error(err)
	}
	records := d.On(t, db, bunstore.Config{})
	r := dbproof.Must(dbproof.NewRig(records))(t)
	for _, account := range c.accounts {
		for i, s := range c.said[account] {
			if i >= len(c.said[account])-2 {
				retry(t, r, s, c.links[s.To], done[account]-i-1)
			}
		}
		c.ledger(account).mustBe(t.Context(), t, records, len(c.said[account]))
	}
}

func (c *crashed) ledger(account string) ledger {
	l := ledger{Account: account}
	for _, s := range c.said[account] {
		l.Tried = append(l.Tried, s.proposal())
	}
	return l
}

// retry makes a call of Bind again, after which so many were done: none if it was the
// last one that was, less than none if it was not done itself.
func retry(t *testing.T, r *dbproof.Rig, s said, link string, later int) {
	t.Helper()
	if later >= 0 {
		if _, err := r.Bind(t.Context(), s.proposal(), "another "+s.request()); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("a spent proof: %v, want %v", err, association.ErrInvalidProof)
		}
	}
	a, err := r.Bind(t.Context(), s.proposal(), s.request())
	switch {
	case later > 0:
		if !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("the repeat of a bind that was replaced: %v, want %v", err, association.ErrInvalidProof)
		}
	case err != nil:
		t.Errorf("the repeat of the last bind: %v", errors.Join(err, errors.Unwrap(err)))
	case link != "" && a.ID != link:
		t.Errorf("the repeat was told of the association %s, the first time of %s", a.ID, link)
	}
}

// snapshot shows one state of the whole database.
func snapshot(t *testing.T, d bundb.Database, db *sql.DB, look func(store.Store)) {
	t.Helper()
	tx := dbproof.Must(bunOf(t, d, db).BeginTx(context.WithoutCancel(t.Context()), &sql.TxOptions{Isolation: sql.LevelRepeatableRead}))(t)
	look(bunstore.New(tx, bunstore.Config{}))
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}
