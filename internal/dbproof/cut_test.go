package dbproof_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// TestR30_ACutConnectionIsToldAndLeavesNoHalfBind cuts the connection at each message
// of the protocol, of either side, in the write of a bind: of a first one, which
// PostgreSQL takes as one statement, and of one that replaces an address, which is a
// transaction everywhere. The caller is told that it failed, though it is done where
// the answer to the commit was lost; and who makes the call again is told of the one
// that is done.
func TestR30_ACutConnectionIsToldAndLeavesNoHalfBind(t *testing.T) {
	for _, replacing := range []bool{false, true} {
		t.Run(map[bool]string{false: "first", true: "replacing"}[replacing], func(t *testing.T) {
			eachCut(t, func(t *testing.T, l *cutLab, how cut) {
				lost, done := 0, 0
				at := 1
				for ; ; at++ {
					reached, did := l.tryBind(t, how, at, replacing)
					if !reached {
						break
					}
					if did {
						done++
					} else {
						lost++
					}
					if did && !how.answer {
						t.Errorf("done without the client's message %d", at)
					}
					if !did && done > 0 {
						t.Errorf("not done, though it was with an answer of fewer messages than %d", at)
					}
				}
				t.Logf("%d messages: %d binds were lost and %d done", at-1, lost, done)
				if lost+done < 1 || how.answer && done < 1 || !how.answer && lost < 1 {
					t.Error("the messages were not those of a bind")
				}
			})
		})
	}
}

// TestR30_ACutVerdictIsToldAgain cuts the connection at each message of the one
// statement that writes a verdict, which is no transaction.
func TestR30_ACutVerdictIsToldAgain(t *testing.T) {
	eachCut(t, func(t *testing.T, l *cutLab, how cut) {
		at := 1
		for l.tryVerify(t, how, at) {
			at++
		}
		if at < 2 {
			t.Error("no message was cut")
		}
	})
}

// eachCut runs a test on every database that a connection leads to: not on SQLite.
func eachCut(t *testing.T, test func(t *testing.T, l *cutLab, how cut)) {
	_ = mysql.SetLogger(&mysql.NopLogger{}) // it would tell of each cut
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		w, ok := wires[d.Dialect]
		if !ok {
			return
		}
		dsn := d.DSN(t)
		proxy := newProxy(t, w, testdb.Addr(t, dsn))
		direct := d.On(t, d.Connect(t, dsn), bunstore.Config{})
		if err := direct.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		pool := d.Connect(t, testdb.Through(t, dsn, proxy.listener.Addr().String()))
		l := &cutLab{direct: direct, pool: pool, scissors: &scissors{Store: d.On(t, pool, bunstore.Config{}), proxy: proxy}}
		l.Rig = dbproof.Must(dbproof.NewRig(l.scissors))(t)
		for _, how := range cuts {
			t.Run(how.String(), func(t *testing.T) { test(t, l, how) })
		}
		if n := pool.Stats().InUse; n > 0 {
			t.Errorf("%d connections are in use", n)
		}
	})
}

// scissors is a store whose next write is cut.
type scissors struct {
	store.Store
	proxy   *proxy
	how     cut
	at      int // 0 if the next write is not to be cut
	reached bool
}

func (s *scissors) Apply(ctx context.Context, change store.Change) error {
	if s.at == 0 {
		return s.Store.Apply(ctx, change)
	}
	s.proxy.arm(s.how, s.at)
	s.at = 0
	err := s.Store.Apply(ctx, change)
	s.reached = s.proxy.disarm()
	return err
}

type cutLab struct {
	*dbproof.Rig
	*scissors
	pool    *sql.DB     // through the proxy
	direct  store.Store // past it
	members int
}

// cold makes the next statements go over a new connection, where a driver that prepares
// each once has all of them to prepare, and makes the next write be cut.
func (l *cutLab) cold(how cut, at int) {
	l.pool.SetMaxIdleConns(0)
	l.pool.SetMaxIdleConns(1)
	l.how, l.at = how, at
}

// next is somebody new.
func (l *cutLab) next(t *testing.T) dbproof.Member {
	l.members++
	return dbproof.Must(l.Member(t.Context(), fmt.Sprint("user-", l.members)))(t)
}

// tryBind cuts the write of a bind at a message and makes the call again. It returns
// whether there were as many messages, and whether the bind was done all the same.
func (l *cutLab) tryBind(t *testing.T, how cut, at int, replacing bool) (reached, did bool) {
	ctx := t.Context()
	m := l.next(t)
	var all ledger
	all.Account = m.Actor.Account
	propose := func(name string) dbproof.Proposal {
		p := dbproof.Must(l.Propose(ctx, m, m.Actor.Account+name+"@example.com"))(t)
		all.Tried = append(all.Tried, p)
		return p
	}
	if replacing {
		dbproof.Must(l.Bind(ctx, propose(".1"), ""))(t)
	}
	before := len(all.Tried)
	p := propose(".2")

	l.cold(how, at)
	told, err := l.Bind(ctx, p, "request")
	reached = l.reached
	if want := map[bool]error{false: nil, true: association.ErrUnavailable}[reached]; !errors.Is(err, want) {
		t.Errorf("message %d: told %v, want %v", at, err, want)
	}
	done := dbproof.Must(all.audit(ctx, l.direct))(t)
	if did = done > before; err == nil && !did {
		t.Errorf("message %d: told of a bind that is not done", at)
	}

	again := dbproof.Must(l.Bind(ctx, p, "request"))(t)
	if err == nil && again.ID != told.ID {
		t.Error("the repeat was told of another association")
	}
	all.mustBe(ctx, t, l.direct, before+1)
	if _, err := l.Bind(ctx, p, "another request"); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the token again: %v, want %v", err, association.ErrInvalidProof)
	}
	return reached, did
}

// tryVerify cuts the write of a verdict at a message, makes the call again, and uses
// the token. It returns whether there were as many messages.
func (l *cutLab) tryVerify(t *testing.T, how cut, at int) (reached bool) {
	ctx := t.Context()
	m := l.next(t)
	to := m.Actor.Account + "@example.com"
	a := dbproof.Must(l.Ask(ctx, m.Caller, to))(t)
	c := m.Caller
	c.RequestID = "request"

	l.cold(how, at)
	told, err := l.Verify(ctx, c, a.ID, a.Code)
	reached = l.reached
	if want := map[bool]error{false: nil, true: association.ErrUnavailable}[reached]; !errors.Is(err, want) {
		t.Errorf("message %d: told %v, want %v", at, err, want)
	}
	again := dbproof.Must(l.Verify(ctx, c, a.ID, a.Code))(t)
	if err == nil && told.Token.Reveal() != again.Token.Reveal() {
		t.Error("the repeat was told of another token")
	}
	found, err := dbproof.Ledger{Account: m.Actor.Account}.Audit(ctx, l.direct, nil)
	if err != nil || found.Guesses != 1 {
		t.Errorf("%d guesses were charged, %v", found.Guesses, err)
	}
	p := dbproof.Proposal{m, to, again.Token}
	dbproof.Must(l.Bind(ctx, p, ""))(t)
	ledger{m.Actor.Account, []dbproof.Proposal{p}}.mustBe(ctx, t, l.direct, 1)
	return reached
}
