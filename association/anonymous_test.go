package association_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// hostDuties is a host that writes down what it is told to do.
type hostDuties struct {
	calls  []string
	err    error                                  // what it answers
	during func(ctx context.Context, what string) // where set, runs first
}

func (h *hostDuties) told(ctx context.Context, what string) error {
	if h.during != nil {
		h.during(ctx, what)
	}
	h.calls = append(h.calls, what)
	return h.err
}

func (h *hostDuties) RevokeSessions(ctx context.Context, account, except string, before time.Time) error {
	return h.told(ctx, fmt.Sprintf("revoke %s except %q before %s", account, except, before.Format(time.RFC3339)))
}

func (h *hostDuties) DeleteAccount(ctx context.Context, account string) error {
	return h.told(ctx, "delete "+account)
}

// since returns what it was told since last asked.
func (h *hostDuties) since() []string {
	calls := h.calls
	h.calls = nil
	return calls
}

// on makes the host be called.
func (h *hostDuties) on(cfg *association.Config) { cfg.Revoker, cfg.Deleter = h, h }

func (w *world) anonymous(c association.Caller) (association.Caller, association.Session) {
	w.t.Helper()
	session, err := w.svc.SignInAnonymously(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.as(c, session), session
}

func (w *world) settle() {
	w.t.Helper()
	if _, err := w.svc.Deliver(w.t.Context(), math.MaxInt); err != nil {
		w.t.Fatal(err)
	}
}

// sweep deletes all that has expired.
func (w *world) sweep() {
	w.t.Helper()
	if _, err := w.svc.DeleteExpired(w.t.Context(), math.MaxInt); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnonymousSignInIsOpenWhereThePolicySaysSo(t *testing.T) {
	w := newWorld(t)
	if s, err := w.svc.SignInAnonymously(t.Context(), device("d")); !errors.Is(err, association.ErrPermissionDenied) || s.ID != "" {
		t.Errorf("%v, want ErrPermissionDenied", err)
	}
	w, watch := watchedWorld(t, anonymously)
	before := watch.writes()
	c, session := w.anonymous(named(device("d"), "one"))
	if !session.Anonymous || !c.Actor.Anonymous || c.Actor.HostSession || session.Account == "" {
		t.Errorf("the session is %+v, the actor %+v", session, c.Actor)
	}
	if watch.writes() != before+1 {
		t.Errorf("%d commits, want 1", watch.writes()-before)
	}
	if _, err := w.store.Account(t.Context(), session.Account); err == nil {
		t.Error("the store has an account already")
	}
	if actor, err := w.svc.ResumeSession(t.Context(), w.nameOf(session)); err != nil || !actor.Anonymous {
		t.Errorf("resumed: %+v, %v", actor, err)
	}
	// A repeat is the same call, and it is the device's.
	again, err := tokens(w.svc.SignInAnonymously(t.Context(), named(device("d"), "one")))
	if want, _ := tokens(session, nil); err != nil || again != want {
		t.Errorf("the repeat is %q, %v", again, err)
	}
	for name, c := range map[string]association.Caller{
		"another device": named(device("e"), "one"), "another request": named(device("d"), "two"), "no name": device("d"),
		"no device": named(association.Caller{}, "one"), "no device either": named(association.Caller{}, "one"),
	} {
		if s, err := w.svc.SignInAnonymously(t.Context(), c); err != nil || s.Account == session.Account {
			t.Errorf("%s: %q, %v, want another account", name, s.Account, err)
		}
	}
	w.clock.Advance(time.Minute)
	if s, err := w.svc.SignInAnonymously(t.Context(), named(device("d"), "one")); err != nil || s.Account == session.Account {
		t.Errorf("a minute later: %q, %v, want another account", s.Account, err)
	}
}

func TestAnonymousAccountsAreLimited(t *testing.T) {
	w := newWorld(t, anonymously)
	for range 60 {
		w.anonymous(device("d"))
	}
	_, err := w.svc.SignInAnonymously(t.Context(), device("e"))
	var told *association.Error
	if !errors.Is(err, association.ErrRateLimited) || !errors.As(err, &told) || told.RetryAfter != time.Hour {
		t.Errorf("the 61st: %v, want ErrRateLimited for an hour", err)
	}
	elsewhere := device("d")
	elsewhere.IP = elsewhere.IP.Next()
	w.anonymous(elsewhere)
	w.clock.Advance(time.Hour)
	w.anonymous(device("d"))
}

func TestAnAnonymousSessionIsRefreshed(t *testing.T) {
	w, _ := watchedWorld(t, anonymously)
	_, session := w.anonymous(device("d"))
	for range 3 {
		w.clock.Advance(29 * 24 * time.Hour)
		next, err := w.svc.Refresh(t.Context(), device("d"), session.Refresh)
		if err != nil || !next.Anonymous || next.Account != session.Account {
			t.Fatalf("refreshed: %+v, %v", next, err)
		}
		session = next
	}
	c := w.as(device("d"), session)
	if err := w.svc.SignOut(t.Context(), c); err != nil || w.alive(session.Access) {
		t.Errorf("signed out: %v, alive %t", err, w.alive(session.Access))
	}
}

// TestAnAnonymousAccountCanDoNothingElse: every method that takes a Caller refuses one
// who is anonymous, or has to be looked at and named here.
func TestAnAnonymousAccountCanDoNothingElse(t *testing.T) {
	// What it may: to sign up or in, as anybody may, and to come and go.
	may := map[string]error{
		"SignUp": association.ErrInvalidProof, "SignIn": association.ErrInvalidArgument, "ResetPassword": association.ErrInvalidArgument,
		"SignInAnonymously": nil, "SignInWithTicket": association.ErrUnsupported, "Send": nil, "Verify": association.ErrInvalidProof,
		"Refresh": association.ErrInvalidGrant, "Revoke": nil, "SignOut": nil, "EndSession": nil, "EndSudo": nil,
		"Identify": association.ErrUnauthenticated, "Resume": association.ErrUnauthenticated, "SessionName": nil, "CheckSignIn": nil,
	}
	looked := 0
	w, watch := watchedWorld(t, anonymously)
	typ := reflect.TypeOf(w.svc)
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		if m.Type.NumIn() < 3 || m.Type.In(2) != reflect.TypeFor[association.Caller]() {
			continue
		}
		looked++
		c, session := w.anonymous(device("d"))
		args := []reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(c)}
		for j := 3; j < m.Type.NumIn(); j++ {
			args = append(args, sensible(m.Type.In(j)))
		}
		before := watch.writes()
		results := reflect.ValueOf(w.svc).Method(i).Call(args)
		err, _ := results[len(results)-1].Interface().(error)
		if want, ok := may[m.Name]; ok {
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", m.Name, err, want)
			}
			continue
		}
		if !errors.Is(err, association.ErrPermissionDenied) || !strings.Contains(err.Error(), "sign up first") {
			t.Errorf("%s: %v, want ErrPermissionDenied", m.Name, err)
		}
		if watch.writes() != before || !w.alive(session.Access) {
			t.Errorf("%s changed something", m.Name)
		}
	}
	if looked < len(may)+15 {
		t.Errorf("only %d methods were looked at", looked)
	}
	c, _ := w.anonymous(device("d"))
	sent, err := w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com", Target: association.TargetCurrentUser})
	if !errors.Is(err, association.ErrUnauthenticated) || sent.ID != "" {
		t.Errorf("a code to an address of its own: %v, want ErrUnauthenticated", err)
	}
}

// sensible is an argument that says nothing, and where it must say something, something
// that passes.
func sensible(typ reflect.Type) reflect.Value {
	switch typ {
	case reflect.TypeFor[association.SendRequest]():
		return reflect.ValueOf(association.SendRequest{Kind: "email", To: "x@example.com"})
	case reflect.TypeFor[association.BindRequest]():
		return reflect.ValueOf(association.BindRequest{Kind: "email", To: "x@example.com"})
	case reflect.TypeFor[association.PasswordRequest]():
		return reflect.ValueOf(association.PasswordRequest{Password: "long enough"})
	case reflect.TypeFor[association.UsernameRequest]():
		return reflect.ValueOf(association.UsernameRequest{Username: "ada-2"})
	case reflect.TypeFor[association.HistoryRequest]():
		return reflect.ValueOf(association.HistoryRequest{Limit: 1})
	case reflect.TypeFor[association.SudoRequest]():
		return reflect.ValueOf(association.SudoRequest{Password: password})
	case reflect.TypeFor[time.Duration]():
		return reflect.ValueOf(time.Hour)
	}
	if typ.Kind() == reflect.String && typ == reflect.TypeFor[string]() {
		return reflect.ValueOf("email")
	}
	return reflect.Zero(typ)
}

// By its token or by its session: with a new session, and everything before it dead.
func TestAnAnonymousAccountIsUpgraded(t *testing.T) {
	for _, byToken := range []bool{true, false} {
		duties := &hostDuties{}
		w, watch := watchedWorld(t, anonymously, duties.on)
		created := w.clock.Now()
		guest, session := w.anonymous(device("d"))
		w.clock.Advance(time.Hour)
		c, r := device("e"), association.SignUpRequest{Kind: "email", To: "ada@example.com", Name: "Ada", Password: password, Username: "ada"}
		if byToken {
			r.AnonymousToken = session.Access
		} else {
			c.Actor = guest.Actor
		}
		r.VerificationToken = w.prove(c, "email", "ada@example.com")
		before := watch.writes()
		own, err := w.signUp(c, r)
		if err != nil || own.Account != session.Account || own.ID == session.ID || own.Anonymous {
			t.Fatalf("the session is %+v, %v", own, err)
		}
		account, err := w.svc.Account(t.Context(), own.Account)
		if err != nil || account.Name != "Ada" || !account.HasPassword || len(account.Associations) != 2 || !account.CreatedAt.Equal(created) {
			t.Errorf("the account is %+v, %v", account, err)
		}
		if w.epoch(own.Account) != 1 {
			t.Errorf("the epoch is %d, want it raised", w.epoch(own.Account))
		}
		if w.alive(session.Access) || !w.alive(own.Access) {
			t.Error("the old session lives, or the new one does not")
		}
		if actor, err := w.svc.Authenticate(t.Context(), own.Access); err != nil || actor.Anonymous {
			t.Errorf("the new session is of %+v, %v", actor, err)
		}
		want := []string{fmt.Sprintf("revoke %s except \"\" before %s", own.Account, w.clock.Now().Format(time.RFC3339))}
		if got := duties.since(); !slices.Equal(got, want) {
			t.Errorf("the host was told %q, want %q", got, want)
		}
		var kinds []association.EventKind
		history, err := w.svc.History(t.Context(), w.as(device("e"), own), association.HistoryRequest{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range history.Events {
			kinds = append(kinds, e.Kind)
		}
		if !slices.Equal(kinds, []association.EventKind{association.EventUpgrade, association.EventSignInAnonymously}) {
			t.Errorf("the history is %v", kinds)
		}
		if e := history.Events[0]; e.Session != own.ID || e.Factor != "email" || e.Association != account.Associations[0].ID && e.Association != account.Associations[1].ID {
			t.Errorf("the event is %+v", e)
		}
		if n := watch.writes() - before; n != 3 { // the upgrade, the lease of the notice, its end
			t.Errorf("%d commits, want 3", n)
		}
	}
}

// A guest's token counts for twenty minutes more than it lives: typing a code takes its
// time. It is the token that counts, of the last two generations, and nothing else.
func TestAnAnonymousTokenThatSignsUp(t *testing.T) {
	ttl := 2 * time.Hour
	for name, tt := range map[string]struct {
		token func(w *world) association.Token
		later time.Duration
		want  error
	}{
		"at once":           {func(w *world) association.Token { _, s := w.anonymous(device("d")); return s.Access }, 0, nil},
		"20 minutes late":   {func(w *world) association.Token { _, s := w.anonymous(device("d")); return s.Access }, ttl + 20*time.Minute - time.Microsecond, nil},
		"later than that":   {func(w *world) association.Token { _, s := w.anonymous(device("d")); return s.Access }, ttl + 20*time.Minute, association.ErrInvalidArgument},
		"a refresh token":   {func(w *world) association.Token { _, s := w.anonymous(device("d")); return s.Refresh }, 0, association.ErrInvalidArgument},
		"garbage":           {func(*world) association.Token { return association.NewToken("x") }, 0, association.ErrInvalidArgument},
		"of a real account": {func(w *world) association.Token { w.member("bob"); _, s := w.signIn("bob"); return s.Access }, 0, association.ErrInvalidArgument},
		"signed out": {func(w *world) association.Token {
			c, s := w.anonymous(device("d"))
			_ = w.svc.SignOut(w.t.Context(), c)
			return s.Access
		}, 0, association.ErrInvalidArgument},
		"of the generation before": {func(w *world) association.Token {
			_, s := w.anonymous(device("d"))
			_, _ = w.svc.Refresh(w.t.Context(), device("d"), s.Refresh)
			return s.Access
		}, 0, nil},
		"older than that": {func(w *world) association.Token {
			_, s := w.anonymous(device("d"))
			next, _ := w.svc.Refresh(w.t.Context(), device("d"), s.Refresh)
			_, _ = w.svc.Refresh(w.t.Context(), device("d"), next.Refresh)
			return s.Access
		}, 0, association.ErrInvalidArgument},
		"of one the host has made an account of": {func(w *world) association.Token {
			_, s := w.anonymous(device("d"))
			if _, err := w.svc.Import(w.t.Context(), association.ImportedAccount{ID: s.Account}); err != nil {
				w.t.Fatal(err)
			}
			return s.Access
		}, 0, association.ErrInvalidArgument},
		"of one the host has deleted": {func(w *world) association.Token {
			_, s := w.anonymous(device("d"))
			if err := w.svc.DeleteAccount(w.t.Context(), s.Account); err != nil {
				w.t.Fatal(err)
			}
			return s.Access
		}, 0, association.ErrInvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			w, watch := watchedWorld(t, anonymously)
			token := tt.token(w)
			w.clock.Advance(tt.later)
			c := device("e")
			proof := w.prove(c, "email", "ada@example.com")
			before := watch.writes()
			s, err := w.signUp(c, association.SignUpRequest{VerificationToken: proof, AnonymousToken: token})
			if !errors.Is(err, tt.want) || (err == nil) != (s.ID != "") {
				t.Fatalf("%+v, %v, want %v", s, err, tt.want)
			}
			if err == nil {
				return
			}
			if watch.writes() != before {
				t.Error("a refusal changed something")
			}
			if _, err := w.signUp(c, association.SignUpRequest{VerificationToken: proof}); err != nil {
				t.Errorf("the proof is good no more: %v", err)
			}
		})
	}
}

func TestOfManyUpgradesOneWins(t *testing.T) {
	w, watch := watchedWorld(t, anonymously)
	_, session := w.anonymous(device("d"))
	callers, proofs := make([]association.Caller, racers), make([]association.Token, racers)
	for i := range racers {
		callers[i] = device(fmt.Sprint("d", i))
		proofs[i] = w.prove(callers[i], "email", fmt.Sprintf("ada%d@example.com", i))
	}
	sessions := make([]association.Session, racers)
	watch.meet(racers)
	errs := dbproof.Together(racers, func(i int) (err error) {
		sessions[i], err = w.signUp(callers[i], association.SignUpRequest{VerificationToken: proofs[i], AnonymousToken: session.Access})
		return err
	})
	winner := -1
	for i, err := range errs {
		if err != nil {
			refusedOrBusy(t, err, association.ErrInvalidArgument)
			continue
		}
		if winner >= 0 {
			t.Fatalf("both %d and %d won", winner, i)
		}
		winner = i
	}
	if winner < 0 || sessions[winner].Account != session.Account || !w.alive(sessions[winner].Access) {
		t.Fatalf("the winner is %d", winner)
	}
	if got := w.bound(session.Account); len(got) != 1 || got["email"] != fmt.Sprintf("ada%d@example.com", winner) {
		t.Errorf("the account has %v", got)
	}
	loser := (winner + 1) % racers
	if own, err := w.signUp(callers[loser], association.SignUpRequest{VerificationToken: proofs[loser]}); err != nil || own.Account == session.Account {
		t.Errorf("a loser, without the guest: %q, %v", own.Account, err)
	}
}

// Signing up with an address that has an account signs in there, whoever asks; what the
// guest leaves behind is named for the host to find.
func TestAGuestWhoHasAnAccountSignsInToIt(t *testing.T) {
	w, _ := watchedWorld(t, anonymously)
	id := w.member("ada", "email", "ada@example.com")
	_, session := w.anonymous(device("d"))
	w.clock.Advance(time.Second)
	c := device("d")
	w.clock.Advance(time.Second) // events of one instant are in no order
	own, err := w.signUp(c, association.SignUpRequest{VerificationToken: w.prove(c, "email", "ada@example.com"), AnonymousToken: session.Access})
	if err != nil || own.Account != id {
		t.Fatalf("%q, %v, want %q", own.Account, err, id)
	}
	history, err := w.svc.History(t.Context(), w.as(c, own), association.HistoryRequest{Limit: 1})
	if err != nil || len(history.Events) != 1 || history.Events[0].Kind != association.EventSignIn || history.Events[0].Other != session.Account {
		t.Errorf("the event is %+v, %v, want the guest in it", history, err)
	}
	if !w.alive(session.Access) || w.epoch(id) != 0 {
		t.Error("the guest was ended, or the account's epoch raised")
	}
}

// The host is told of an anonymous account once nobody can come back to it, and not
// before: not while it is refreshed, nor if it has signed up, nor twice.
func TestIdleAnonymousAccountsEnd(t *testing.T) {
	const ttl = 30 * 24 * time.Hour
	for _, swept := range []bool{false, true} {
		duties := &hostDuties{}
		w, _ := watchedWorld(t, anonymously, duties.on)
		look := func(when string, want ...string) {
			t.Helper()
			if swept {
				w.sweep()
			}
			w.settle()
			if got := duties.since(); !slices.Equal(got, want) {
				t.Errorf("swept %t, %s: the host was told %q, want %q", swept, when, got, want)
			}
		}
		_, idle := w.anonymous(device("idle"))
		_, busy := w.anonymous(device("busy"))
		_, upgraded := w.anonymous(device("upgraded"))
		_, disabled := w.anonymous(device("disabled"))
		_, deleted := w.anonymous(device("deleted"))
		gone, left := w.anonymous(device("left"))
		if err := errors.Join(w.svc.Disable(t.Context(), disabled.Account), w.svc.DeleteAccount(t.Context(), deleted.Account), w.svc.SignOut(t.Context(), gone)); err != nil {
			t.Fatal(err)
		}
		c := device("upgraded")
		if _, err := w.signUp(c, association.SignUpRequest{VerificationToken: w.prove(c, "email", "ada@example.com"), AnonymousToken: upgraded.Access}); err != nil {
			t.Fatal(err)
		}
		duties.since() // what they were owed
		w.clock.Advance(ttl / 2)
		next, err := w.svc.Refresh(t.Context(), device("busy"), busy.Refresh)
		if err != nil {
			t.Fatal(err)
		}
		look("while all are alive")
		w.clock.Advance(ttl/2 - time.Microsecond)
		look("a microsecond before it")
		w.clock.Advance(2 * time.Microsecond)
		if swept {
			w.sweep()
		}
		w.settle()
		got := duties.since()
		slices.Sort(got)
		want := []string{"delete " + idle.Account, "delete " + left.Account}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("when they are over the host is told %q, want %q", got, want)
		}
		w.clock.Advance(2 * time.Hour)
		if due, err := w.store.Notices(t.Context(), w.clock.Now().UnixMicro(), 10); err != nil || len(due) != 0 {
			t.Errorf("swept %t: %d notices are still tried, %v", swept, len(due), err)
		}
		w.clock.Advance(ttl/2 - 3*time.Microsecond - 2*time.Hour)
		look("while the busy one lives")
		if next, err = w.svc.Refresh(t.Context(), device("busy"), next.Refresh); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second)
		look("refreshed at the last moment")
		w.clock.Advance(ttl)
		look("when that is over", "delete "+busy.Account)
		w.clock.Advance(ttl)
		look("later")
		if _, err := w.svc.Refresh(t.Context(), device("busy"), next.Refresh); !errors.Is(err, association.ErrInvalidGrant) {
			t.Errorf("the session that ended: %v", err)
		}
	}
}

// A host that fails is told again, with the pause of a notice between.
func TestAHostThatCannotDeleteIsAskedAgain(t *testing.T) {
	duties := &hostDuties{}
	w, _ := watchedWorld(t, anonymously, duties.on)
	_, session := w.anonymous(device("d"))
	w.clock.Advance(30*24*time.Hour + time.Microsecond)
	duties.err = errors.New("the host is down")
	w.settle()
	w.settle()
	duties.err = nil
	w.clock.Advance(time.Minute + 10*time.Second)
	w.settle()
	w.settle()
	if got, want := duties.since(), []string{"delete " + session.Account, "delete " + session.Account}; !slices.Equal(got, want) {
		t.Errorf("the host was told %q, want %q", got, want)
	}
}

// A guest that ends while the password of its sign-up is hashed is over: the host may
// have been told so.
func TestAGuestThatEndsWhileAPasswordIsHashed(t *testing.T) {
	var jump, looks int64
	w := newWorld(t, unlimited, anonymously, func(cfg *association.Config) {
		now := cfg.Now
		cfg.Now = func() time.Time {
			if looks++; jump > 0 && looks > 1 {
				return now().Add(time.Duration(jump))
			}
			return now()
		}
	})
	c, session := w.anonymous(device("d"))
	w.clock.Advance(30*24*time.Hour - time.Second)
	proof := w.prove(c, "email", "ada@example.com")
	looks, jump = 0, int64(2*time.Second)
	_, err := w.signUp(c, association.SignUpRequest{VerificationToken: proof, Password: password})
	if !errors.Is(err, association.ErrInvalidArgument) {
		t.Errorf("%v, want ErrInvalidArgument", err)
	}
	jump = 0
	if own, err := w.signUp(c, association.SignUpRequest{VerificationToken: proof, Password: password}); err != nil || own.Account != session.Account {
		t.Errorf("a second before its end: %q, %v", own.Account, err)
	}
}
