package dbproof_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// TestR30_ACutConnectionIsToldAndLeavesNoHalfBind cuts the connection at each statement
// of the write of a bind that replaces an address, from BEGIN to COMMIT. The caller is
// told that it failed, though it is done where the answer to COMMIT was lost; and who
// makes the call again is told of the one that is done.
func TestR30_ACutConnectionIsToldAndLeavesNoHalfBind(t *testing.T) {
	eachCut(t, func(t *testing.T, l *cutLab) {
		last := l.tryBind(t, nowhere, 0, 0)
		if last < 3 {
			t.Fatalf("a transaction of %d statements", last)
		}
		for _, how := range []cut{beforeAsking, beforeAnswer, withinAnswer} {
			for at := 1; at <= last; at++ {
				t.Run(fmt.Sprintf("%v %d of %d", how, at, last), func(t *testing.T) {
					if seen := l.tryBind(t, how, at, last); seen != at {
						t.Errorf("%d statements were seen", seen)
					}
				})
			}
		}
	})
}

// TestR30_ACutVerdictIsToldAgain cuts the connection at the one statement that writes a
// verdict, which is no transaction. A driver may execute that again by itself, since it
// cannot know: it is conditional, so it takes effect once.
func TestR30_ACutVerdictIsToldAgain(t *testing.T) {
	eachCut(t, func(t *testing.T, l *cutLab) {
		for _, how := range []cut{nowhere, beforeAsking, beforeAnswer, withinAnswer} {
			t.Run(how.String(), func(t *testing.T) { l.tryVerify(t, how) })
		}
	})
}

// eachCut runs a test on every database that a connection leads to: not on SQLite.
func eachCut(t *testing.T, test func(t *testing.T, l *cutLab)) {
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
		l := &cutLab{direct: direct, scissors: &scissors{Store: d.On(t, pool, bunstore.Config{}), proxy: proxy}}
		l.rig = must(newRig(l.scissors))(t)
		test(t, l)
		if n := pool.Stats().InUse; n > 0 {
			t.Errorf("%d connections are in use", n)
		}
	})
}

// scissors is a store whose next write is cut.
type scissors struct {
	store.Store
	proxy *proxy
	ready bool
	at    int
	how   cut
	seen  int // statements of the write
}

func (s *scissors) Apply(ctx context.Context, change store.Change) error {
	if !s.ready {
		return s.Store.Apply(ctx, change)
	}
	s.ready = false
	s.proxy.arm(s.at, s.how)
	err := s.Store.Apply(ctx, change)
	s.seen = s.proxy.disarm()
	return err
}

type cutLab struct {
	*rig
	*scissors
	direct  store.Store // past the proxy
	members int
}

// next is somebody new.
func (l *cutLab) next(t *testing.T) member {
	l.members++
	return must(l.member(t.Context(), fmt.Sprint("user-", l.members)))(t)
}

// tryBind cuts the write of a second bind at a statement, makes the call again, and
// returns how many statements the write had until it was cut.
func (l *cutLab) tryBind(t *testing.T, how cut, at, last int) (seen int) {
	ctx := t.Context()
	m := l.next(t)
	first := must(l.propose(ctx, m, m.Actor.Account+".1@example.com"))(t)
	must(l.bind(ctx, first, ""))(t)
	second := must(l.propose(ctx, m, m.Actor.Account+".2@example.com"))(t)
	both := ledger{m.Actor.Account, []proposal{first, second}}

	l.ready, l.at, l.how = true, at, how
	told, err := l.bind(ctx, second, "request")
	want, done := error(nil), 2
	if how != nowhere {
		want = association.ErrUnavailable
	}
	if how == beforeAsking || at < last {
		done = 1
	}
	if !errors.Is(err, want) {
		t.Errorf("told %v, want %v", err, want)
	}
	both.mustBe(ctx, t, l.direct, done)

	again := must(l.bind(ctx, second, "request"))(t)
	if err == nil && again.ID != told.ID {
		t.Error("the repeat was told of another association")
	}
	both.mustBe(ctx, t, l.direct, 2)
	if _, err := l.bind(ctx, second, "another request"); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the token again: %v, want %v", err, association.ErrInvalidProof)
	}
	return l.seen
}

// tryVerify cuts the write of a verdict, makes the call again, and uses the token.
func (l *cutLab) tryVerify(t *testing.T, how cut) {
	ctx := t.Context()
	m := l.next(t)
	to := m.Actor.Account + "@example.com"
	a := must(l.ask(ctx, m.Caller, to))(t)
	c := m.Caller
	c.RequestID = "request"

	l.ready, l.at, l.how = true, 1, how
	told, err := l.Verify(ctx, c, a.id, a.code)
	if err != nil && !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("told %v, want %v", err, association.ErrUnavailable)
	}
	if l.seen < 1 || how == nowhere && l.seen != 1 {
		t.Errorf("%d statements were seen", l.seen)
	}
	again := must(l.Verify(ctx, c, a.id, a.code))(t)
	if err == nil && told.Token.Reveal() != again.Token.Reveal() {
		t.Error("the repeat was told of another token")
	}
	guesses := 0
	err = ledger{account: m.Actor.Account}.eachProof(ctx, l.direct, verifications, func(r record) error {
		guesses += r.Guesses
		return nil
	})
	if err != nil || guesses != 1 {
		t.Errorf("%d guesses were charged, %v", guesses, err)
	}
	p := proposal{m, to, again.Token}
	must(l.bind(ctx, p, ""))(t)
	ledger{m.Actor.Account, []proposal{p}}.mustBe(ctx, t, l.direct, 1)
}
