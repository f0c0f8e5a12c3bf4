package association_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

func TestCheckSudoHoldsThatTheSessionIsElevated(t *testing.T) {
	w, watch := watchedWorld(t, func(cfg *association.Config) { cfg.Policy.SudoMaxUses = 1 })
	w.member("ada", "email", "ada@example.com")
	c, _ := w.signIn("ada")
	other, _ := w.signIn("ada")
	check := func(c association.Caller, token association.Token) error {
		return w.svc.CheckSudo(t.Context(), c, token)
	}
	allRefused(t, association.ErrSudoRequired, map[string]error{"before": check(c, association.Token{})})
	sudo, foreign := w.sudo(c), w.sudo(other)
	before := watch.writes()
	for range 3 { // it is no use of the grant
		if err := errors.Join(check(c, sudo), check(c, association.Token{})); err != nil {
			t.Error(err)
		}
	}
	allRefused(t, association.ErrSudoRequired, map[string]error{
		"another session's": check(c, foreign), "garbage": check(c, association.NewToken("lgs1_x.y")),
	})
	allRefused(t, association.ErrUnauthenticated, map[string]error{"nobody": check(device("d"), sudo)})
	if watch.writes() != before {
		t.Error("a check wrote")
	}
	w.clock.Advance(10*time.Minute - time.Microsecond)
	if err := check(c, sudo); err != nil {
		t.Errorf("at 9:59.999999: %v", err)
	}
	w.clock.Advance(time.Microsecond)
	allRefused(t, association.ErrSudoRequired, map[string]error{"at 10:00": check(c, sudo), "from the session": check(c, association.Token{})})
	sudo = w.sudo(c)
	if err := w.someChange(c, sudo); err != nil {
		t.Fatal(err)
	}
	allRefused(t, association.ErrSudoRequired, map[string]error{"used up": check(c, sudo)})
	c = w.hostCaller(c.Actor.Account, "s")
	sudo = w.sudo(c)
	if err := w.svc.EndAccountSessions(t.Context(), c.Actor.Account); err != nil {
		t.Fatal(err)
	}
	allRefused(t, association.ErrSudoRequired, map[string]error{"of an old epoch": check(c, sudo)})
}

// someChange makes some change under sudo.
func (w *world) someChange(c association.Caller, sudo association.Token) error {
	return w.bind(c, "phone", phoneNumber, sudo, w.prove(c, "phone", phoneNumber))
}

func TestCheckFreshHoldsThatSomebodyProvedThemselvesOfLate(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada")
	c, _ := w.signIn("ada")
	check := func(c association.Caller, age time.Duration) error { return w.svc.CheckFresh(t.Context(), c, age) }
	if err := errors.Join(check(c, time.Second), check(c, time.Microsecond)); err != nil {
		t.Errorf("at once: %v", err)
	}
	allRefused(t, association.ErrInvalidArgument, map[string]error{"within nothing": check(c, 0), "within less": check(c, -time.Second)})
	w.clock.Advance(time.Hour)
	if err := check(c, time.Hour); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	for _, age := range []time.Duration{time.Hour - time.Microsecond, time.Microsecond} {
		err := check(c, age)
		var told *association.Error
		if !errors.Is(err, association.ErrSudoRequired) || !errors.As(err, &told) || told.MaxAge != age {
			t.Errorf("within %v: %v", age, err)
		}
	}
	w.sudo(c)
	if err := check(c, time.Minute); err != nil {
		t.Errorf("after sudo: %v", err)
	}
	// A sudo that rests on the sign-in is as old as that.
	bare := w.hostCaller("nobody's", "s")
	bare.Actor.AuthenticatedAt = w.clock.Now().Add(-4 * time.Minute)
	if _, err := w.svc.Sudo(t.Context(), bare, association.SudoRequest{}); err != nil {
		t.Fatal(err)
	}
	if err := check(bare, 4*time.Minute); err != nil {
		t.Errorf("four minutes after signing in: %v", err)
	}
	allRefused(t, association.ErrSudoRequired, map[string]error{"a sudo by a sign-in": check(bare, 3*time.Minute)})
	// It says who they were when they proved it: an old epoch's says nothing.
	host := w.hostCaller(id, "s")
	host.Actor.AuthenticatedAt = w.clock.Now().Add(-time.Hour)
	w.sudo(host)
	if err := check(host, time.Minute); err != nil {
		t.Errorf("a session of the host's, after sudo: %v", err)
	}
	if err := w.svc.EndAccountSessions(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	allRefused(t, association.ErrSudoRequired, map[string]error{"a sudo of an old epoch": check(host, time.Minute)})
	never, tomorrow := host, host
	never.Actor.AuthenticatedAt = time.Time{}
	tomorrow.Actor.AuthenticatedAt = w.clock.Now().Add(24 * time.Hour)
	allRefused(t, association.ErrSudoRequired, map[string]error{
		"a host that does not say when": check(never, 1000*time.Hour), "a host whose clock is wrong": check(tomorrow, time.Hour),
	})
	allRefused(t, association.ErrUnauthenticated, map[string]error{"nobody": check(device("d"), math.MaxInt64)})
}

func TestCheckAssociationHoldsThatThereIsOne(t *testing.T) {
	const day = 24 * time.Hour
	risks := &riskTeller{}
	w, _ := watchedWorld(t, func(cfg *association.Config) {
		cfg.Policy.ReproveAfter = map[string]time.Duration{"phone": 30 * day}
		cfg.Risks = risks
	})
	id := w.member("ada", "phone", phoneNumber)
	c := w.hostCaller(id, "s")
	check := func(c association.Caller, kind string) error { return w.svc.CheckAssociation(t.Context(), c, kind) }
	if err := errors.Join(check(c, "phone"), check(c, "username")); err != nil {
		t.Error(err)
	}
	allRefused(t, association.ErrAssociationRequired, map[string]error{"none": check(c, "email"), "a user without any": check(w.hostCaller("new", "s"), "phone")})
	allRefused(t, association.ErrUnsupported, map[string]error{"no such kind": check(c, "fax"), "empty": check(c, "")})
	allRefused(t, association.ErrUnauthenticated, map[string]error{"nobody": check(device("d"), "phone")})
	risks.risky = true
	allRefused(t, association.ErrAssociationRequired, map[string]error{"at risk": check(c, "phone")})
	risks.risky, risks.err = false, errors.New("down")
	allRefused(t, association.ErrUnavailable, map[string]error{"nobody can say": check(c, "phone")})
	risks.err = nil
	w.clock.Advance(30*day - time.Microsecond)
	if err := check(c, "phone"); err != nil {
		t.Errorf("before thirty days: %v", err)
	}
	w.clock.Advance(time.Microsecond)
	allRefused(t, association.ErrAssociationRequired, map[string]error{"proved thirty days ago": check(c, "phone")})
}

func TestSudoStateSaysByWhatItCouldBe(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	state := func(c association.Caller) association.SudoState {
		t.Helper()
		s, err := w.svc.SudoState(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	c := w.hostCaller(id, "s")
	before := watch.writes()
	s := state(c)
	if s.Elevated || s.Factor != "" || !s.Expires.IsZero() {
		t.Errorf("before sudo: %+v", s)
	}
	var kinds, masks []string
	for _, f := range s.Factors {
		kinds, masks = append(kinds, f.Kind), append(masks, f.Masked)
	}
	slices.Sort(kinds[1:])
	if kinds[0] != "password" || !slices.Equal(kinds, []string{"password", "email", "phone"}) ||
		!slices.Contains(masks, "a***@example.com") || !slices.Contains(masks, "+86 138****0000") {
		t.Errorf("the factors are %+v", s.Factors)
	}
	if watch.writes() != before {
		t.Error("to ask wrote")
	}
	w.sudo(c)
	if s := state(c); !s.Elevated || s.Factor != "password" || !s.Expires.Equal(w.clock.Now().Add(10*time.Minute)) {
		t.Errorf("after sudo: %+v", s)
	}
	if s := state(w.hostCaller(id, "another")); s.Elevated {
		t.Errorf("in another session: %+v", s)
	}
	w.clock.Advance(10 * time.Minute)
	if s := state(c); s.Elevated {
		t.Errorf("ten minutes later: %+v", s)
	}
	w.sudo(c)
	if err := w.svc.EndAccountSessions(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if s := state(c); s.Elevated {
		t.Errorf("in another epoch: %+v", s)
	}
	// Where there is no factor the sign-in is one, recent or not: it says what to do.
	fresh := w.hostCaller("new", "s")
	for range 2 {
		if s := state(fresh); len(s.Factors) != 1 || s.Factors[0] != (association.SudoFactor{Kind: "sign_in"}) {
			t.Errorf("without a factor: %+v", s)
		}
		w.clock.Advance(time.Hour)
	}
	_, err := w.svc.SudoState(t.Context(), device("d"))
	allRefused(t, association.ErrUnauthenticated, map[string]error{"nobody": err})
}
