package association_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// TestR08_ADisabledAccountIsRefusedByEveryMethod, though its session and its sudo are
// alive: each method that takes a Caller refuses one whose account is disabled, or has to
// be looked at and named here.
func TestR08_ADisabledAccountIsRefusedByEveryMethod(t *testing.T) {
	// What rests on no account that acts: what anybody may, and to leave.
	others := map[string]error{
		"SignUp": association.ErrInvalidProof, "SignIn": association.ErrInvalidArgument, "ResetPassword": association.ErrInvalidArgument,
		"SignInAnonymously": association.ErrPermissionDenied, "SignInWithTicket": association.ErrUnsupported, "Verify": association.ErrInvalidProof,
		"Refresh": association.ErrInvalidGrant, "Revoke": nil, "SignOut": nil, "EndSession": nil, "EndSudo": nil,
		"Identify": association.ErrUnauthenticated, "Resume": association.ErrUnauthenticated,
	}
	for _, byHost := range []bool{false, true} {
		l := newLab(t, unlimited)
		id := l.imported("ada", testHash(), "email", "ada@example.com")
		typ := reflect.TypeOf(l.svc)
		looked := 0
		for i := range typ.NumMethod() {
			m := typ.Method(i)
			if m.Type.NumIn() < 3 || m.Type.In(2) != reflect.TypeFor[association.Caller]() {
				continue
			}
			looked++
			c, _ := l.signIn("ada")
			if byHost {
				c = l.host(id, "s")
			}
			sudo := l.sudo(c)
			l.block(id)
			for _, withSudo := range []bool{false, true} {
				args := []reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(c)}
				for j := 3; j < m.Type.NumIn(); j++ {
					arg := reflect.New(m.Type.In(j)).Elem()
					arg.Set(sensible(m.Type.In(j)))
					if arg.Kind() == reflect.Struct && withSudo {
						if f := arg.FieldByName("SudoToken"); f.IsValid() {
							f.Set(reflect.ValueOf(sudo))
						}
					}
					args = append(args, arg)
				}
				before := l.spy.writes()
				results := reflect.ValueOf(l.svc).Method(i).Call(args)
				err, _ := results[len(results)-1].Interface().(error)
				want, other := others[m.Name]
				if !other {
					want = association.ErrBlocked
				}
				if m.Name == "SignOut" && byHost {
					want = association.ErrUnauthenticated // only the host can end it
				}
				if !errors.Is(err, want) {
					t.Errorf("by the host %t, sudo %t, %s: %v, want %v", byHost, withSudo, m.Name, err, want)
				}
				if !other && l.spy.writes() != before {
					t.Errorf("%s changed something", m.Name)
				}
			}
			if err := l.svc.Enable(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		if looked < len(others)+15 {
			t.Errorf("only %d methods were looked at", looked)
		}
	}
}

// TestR08_DisabledBetweenTwoSteps: whatever was begun is not gone on with, in a whole
// life of an account, and nothing of it comes back when the account is enabled.
func TestR08_DisabledBetweenTwoSteps(t *testing.T) {
	public, private := ticketKey(1)
	begin := func() (*lab, *ceremony, []step) {
		l := newLab(t, unlimited, anonymously, takesTickets(public))
		return l, &ceremony{l: l, c: device("d")}, wholeLife(func(account string) association.Token {
			ticket, err := association.NewTicket(private, association.TicketRequest{KeyID: "app", Audience: "acme", Account: account, At: l.clock.Now()})
			if err != nil {
				t.Fatal(err)
			}
			return ticket
		})
	}
	refusals := []error{
		association.ErrBlocked, association.ErrUnauthenticated, association.ErrInvalidProof,
		association.ErrNotRegistered, // find, where it has no username yet
	}
	_, _, steps := begin()
	at := func(name string) int { return slices.IndexFunc(steps, func(s step) bool { return s.name == name }) }
	first, last := at("authenticate")+1, at("end account sessions")
	if first < 1 || last < first+20 {
		t.Fatal("the steps are not what they were")
	}
	for i := first; i < last; i++ {
		l, x, steps := begin()
		take := func(s step) error { _, err := s.run(t.Context(), x, x.c); return err }
		for _, s := range steps[:i] {
			if err := take(s); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		id, c := x.guest.Account, x.c
		was := l.bound(id)
		l.clock.Advance(time.Second)
		if err := l.svc.Disable(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for _, enabled := range []bool{false, true} {
			if enabled {
				l.clock.Advance(time.Second)
				if err := l.svc.Enable(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			before := l.spy.writes()
			for _, s := range steps[i:last] {
				if enabled && (s.name == "find" || s.name == "sign in with a ticket") {
					continue // these rest on nothing of before
				}
				x.c = c
				if err := take(s); !isAny(err, refusals) {
					t.Errorf("disabled before %q, enabled again %t: %s: %v", steps[i].name, enabled, s.name, err)
				}
			}
			if l.spy.writes() != before {
				t.Errorf("disabled before %q, enabled again %t: something changed", steps[i].name, enabled)
			}
		}
		if got := l.bound(id); !reflect.DeepEqual(got, was) {
			t.Errorf("disabled before %q: the account has %v, had %v", steps[i].name, got, was)
		}
	}
}
