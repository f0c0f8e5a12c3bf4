package dbproof_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// The environment of a child process that runs TestBinder.
const (
	binderDatabase = "LIGATURE_TEST_BINDER_DATABASE" // the name of a bundb.Database
	binderDSN      = "LIGATURE_TEST_BINDER_DSN"
)

const (
	binders = 8 // how many bind at once, each for an account of its own
	changes = 4 // how often one account binds: first a bind, then replacements
)

// said is a line of a binder: what it is about to bind or, with Done, has bound.
type said struct {
	Account, Session, To, Sudo, Token string
	Done                              string // the association's ID
	Failed                            string // nothing goes on after this
}

// request names the call of Bind, for it to be repeated.
func (s said) request() string { return "bind " + s.To }

// proposal is the call again.
func (s said) proposal() dbproof.Proposal {
	c := dbproof.Device("device of " + s.Account)
	c.Actor = association.Actor{Account: s.Account, Session: s.Session}
	m := dbproof.Member{Caller: c, Sudo: association.NewToken(s.Sudo)}
	return dbproof.Proposal{m, s.To, association.NewToken(s.Token)}
}

// TestBinder binds until it is killed, and says so on its output. It does nothing
// unless the environment tells it where.
func TestBinder(t *testing.T) {
	i := slices.IndexFunc(bundb.All, func(d bundb.Database) bool { return d.Name == os.Getenv(binderDatabase) })
	if i < 0 {
		return
	}
	d := bundb.All[i]
	r := dbproof.Must(dbproof.NewRig(d.On(t, d.Connect(t, os.Getenv(binderDSN)), bunstore.Config{})))(t)
	var output sync.Mutex
	say := func(s said) {
		line, _ := json.Marshal(s)
		output.Lock()
		defer output.Unlock()
		// One write to the pipe: once it is made, the line outlives this process.
		if _, err := os.Stdout.Write(append(line, '\n')); err != nil {
			os.Exit(1)
		}
	}
	var all sync.WaitGroup
	for range binders {
		all.Go(func() {
			for {
				if err := bindSome(t.Context(), r, say); err != nil {
					say(said{Failed: fmt.Sprintf("%+v", err)})
					return
				}
			}
		})
	}
	all.Wait()
}

// bindSome makes an account and lets it bind some addresses, one after another.
func bindSome(ctx context.Context, r *dbproof.Rig, say func(said)) error {
	name := strings.ToLower(rand.Text())
	m, err := r.Member(ctx, name)
	if err != nil {
		return err
	}
	for i := range changes {
		p, err := r.Propose(ctx, m, fmt.Sprintf("%s.%d@example.com", name, i))
		if err != nil {
			return err
		}
		s := said{Account: name, Session: m.Session.ID, To: p.To, Sudo: p.Sudo.Reveal(), Token: p.Token.Reveal()}
		say(s)
		a, err := r.Bind(ctx, p, s.request())
		if err == nil && i%2 == 1 { // some are slow to tell: more are killed with the answer in hand
			_, err = r.Account(ctx, name)
		}
		if err != nil {
			return err
		}
		s.Done = a.ID
		say(s)
	}
	return nil
}
