package model_test

import (
	"context"
	"flag"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/memstore"
)

var longer = flag.Duration("model.time", 0, "how long each store is tried; 0 is a quick look")

// sequence is one random sequence of calls.
func sequence(ctx context.Context, rt *rapid.T, st store.Store, p plant, met tally) {
	rt.Repeat(newRun(ctx, rt, st, p, met).actions())
}

// The Service does what the model says may be done, and the invariants hold, on a store
// in memory and in a database.
func TestTheServiceKeepsToItsModel(t *testing.T) {
	met := tally{}
	for _, st := range []struct {
		name, checks string
		fresh        func(t *testing.T) func() store.Store
	}{
		{"memstore", "100", func(*testing.T) func() store.Store {
			return func() store.Store { return memstore.New(memstore.Limits{}) }
		}},
		{"SQLite", "30", func(t *testing.T) func() store.Store {
			st, db := bundb.All[0].Open(t, bunstore.Config{})
			return func() store.Store {
				bundb.Empty(t, db)
				return st
			}
		}},
	} {
		t.Run(st.name, func(t *testing.T) {
			if f := flag.Lookup("rapid.checks"); raceDetector {
				setting(t, "rapid.checks", "3")
			} else if f.Value.String() == f.DefValue {
				setting(t, "rapid.checks", st.checks)
			}
			fresh := st.fresh(t)
			for began, first := time.Now(), true; first || time.Since(began) < *longer; first = false {
				rapid.Check(t, func(rt *rapid.T) { sequence(t.Context(), rt, fresh(), plant{}, met) })
			}
		})
	}
	if !raceDetector { // which makes them too few for that
		met.enough(t)
	}
}

// tally is how often each call was done, refused, cut short by a crash and interrupted.
type tally map[string]*struct{ done, refused, crashed, interrupted int }

// The calls by how their names begin, the longer ones first.
var called = []string{
	"bind", "confirm", "delete expired", "delete", "deliver", "end the sessions", "end", "enrol", "refresh", "reset",
	"send", "set the password", "set the profile", "set the username", "sign in anonymously", "sign in by a code",
	"sign in on", "sign out", "sign up", "sudo", "the host", "trade", "unbind", "verify",
}

func (met tally) count(name string, f *frame, err error) {
	for _, call := range called {
		if !strings.HasPrefix(name, call) {
			continue
		}
		if met[call] == nil {
			met[call] = &struct{ done, refused, crashed, interrupted int }{}
		}
		switch n := met[call]; {
		case f.interrupted:
			n.interrupted++
		case f.died:
			n.crashed++
		case err == nil:
			n.done++
		default:
			n.refused++
		}
		return
	}
	panic("a call without a name: " + name)
}

// enough holds that nothing was left out: or the test tests nothing.
func (met tally) enough(t *testing.T) {
	refused, crashed, interrupted := 0, 0, 0
	for _, call := range called {
		n := met[call]
		if n == nil || n.done == 0 {
			t.Errorf("%s: it was never done", call)
			continue
		}
		t.Logf("%s: %+v", call, *n)
		refused += n.refused
		crashed += n.crashed
		interrupted += n.interrupted
	}
	if refused == 0 || crashed == 0 || interrupted == 0 {
		t.Errorf("%d calls were refused, %d crashed, %d were interrupted", refused, crashed, interrupted)
	}
}
