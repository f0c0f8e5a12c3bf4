package association_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// What ends its own session is told nil again when its answer was lost, though the
// token that it shows is dead: to the very call, for a minute, and to nothing else.
func TestLeavingIsAnsweredAgain(t *testing.T) {
	type leave func(w *world, c association.Caller, sudo association.Token) error
	ways := map[string]leave{
		"delete": func(w *world, c association.Caller, sudo association.Token) error {
			return w.svc.Delete(t.Context(), c, association.DeleteRequest{SudoToken: sudo})
		},
		"end sessions": func(w *world, c association.Caller, _ association.Token) error {
			return w.svc.EndSessions(t.Context(), c, association.EndSessionsRequest{})
		},
		"end device, by its session": func(w *world, c association.Caller, _ association.Token) error {
			return w.svc.EndDevice(t.Context(), c, sessionOf(w, c))
		},
		"end device, by its name": func(w *world, c association.Caller, _ association.Token) error {
			return w.svc.EndDevice(t.Context(), c, c.Device)
		},
	}
	for name, leave := range ways {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(cfg *association.Config) { cfg.Policy.AllowDelete = true })
			w.account("ada")
			c, session := w.signIn("ada")
			sudo := w.sudo(c)
			// request is a call as it arrives: nobody until its token is looked at.
			request := func(id string, access association.Token) (association.Caller, error) {
				fresh := device(c.Device)
				fresh.RequestID = id
				return w.svc.Identify(t.Context(), fresh, access)
			}
			first, err := request("one", session.Access)
			if err != nil {
				t.Fatal(err)
			}
			if err := leave(w, first, sudo); err != nil {
				t.Fatal(err)
			}
			events := len(eventsOf(w, first.Actor.Account))

			w.clock.Advance(59 * time.Second)
			again, err := request("one", session.Access)
			if !errors.Is(err, association.ErrUnauthenticated) || again.Actor != (association.Actor{}) {
				t.Fatalf("the session lives on: %v, %v", again.Actor, err)
			}
			if err := leave(w, again, sudo); err != nil {
				t.Errorf("the repeat: %v", err)
			}
			if n := len(eventsOf(w, first.Actor.Account)); n != events {
				t.Errorf("the repeat did something: %d events, then %d", events, n)
			}

			secret := session.Access.Reveal()
			forged := association.NewToken(secret[:len(secret)-8] + strings.Repeat("A", 8))
			for what, c := range map[string]association.Caller{
				"another request":    nobody(request("two", session.Access)),
				"one without a name": nobody(request("", session.Access)),
				"a forged token":     nobody(request("one", forged)),
				"no token":           {RequestID: "one", Device: first.Device},
				"the refresh token":  nobody(request("one", session.Refresh)),
			} {
				if err := leave(w, c, sudo); !errors.Is(err, association.ErrUnauthenticated) {
					t.Errorf("%s: got %v, want ErrUnauthenticated", what, err)
				}
			}
			for other, call := range ways {
				if strings.HasPrefix(other, name[:6]) {
					continue
				}
				if err := call(w, again, sudo); !errors.Is(err, association.ErrUnauthenticated) {
					t.Errorf("%s by the same name: got %v, want ErrUnauthenticated", other, err)
				}
			}
			w.clock.Advance(time.Second)
			if err := leave(w, again, sudo); !errors.Is(err, association.ErrUnauthenticated) {
				t.Errorf("a minute later: got %v, want ErrUnauthenticated", err)
			}
		})
	}
}

func nobody(c association.Caller, _ error) association.Caller { return c }

// sessionOf is the session of a caller, who may be nobody any more.
func sessionOf(w *world, c association.Caller) string {
	if c.Actor.Session != "" {
		return c.Actor.Session
	}
	return "gone"
}

// A change that rests on the session alone is not made again by its repeat, and is by
// another request.
func TestWhatRestsOnTheSessionIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	account := w.account("ada")
	c, _ := w.signIn("ada")
	name := "Ada"
	for call, make := range map[string]func(association.Caller) error{
		"set profile": func(c association.Caller) error {
			return w.svc.SetProfile(t.Context(), c, association.ProfileRequest{Name: &name})
		},
		"end sessions": func(c association.Caller) error {
			return w.svc.EndSessions(t.Context(), c, association.EndSessionsRequest{KeepCurrent: true})
		},
	} {
		for _, step := range []struct {
			request string
			events  int
		}{{"one " + call, 1}, {"one " + call, 0}, {"two " + call, 1}, {"", 1}, {"", 1}} {
			before := len(eventsOf(w, account))
			c.RequestID = step.request
			if err := make(c); err != nil {
				t.Fatal(err)
			}
			if n := len(eventsOf(w, account)) - before; n != step.events {
				t.Errorf("%s, request %q: %d events, want %d", call, step.request, n, step.events)
			}
		}
	}
}

// The name of a device ends its sessions, and nobody else's.
func TestADeviceIsEndedByItsName(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	w.account("bob")
	c, _ := w.signIn("ada")
	sessions := func(d string, who string) (tokens []association.Token) {
		for range 2 {
			s, err := w.svc.SignIn(t.Context(), device(d), association.SignInRequest{Identifier: who, Password: password})
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, s.Access)
		}
		return tokens
	}
	alive := func(tokens []association.Token) (n int) {
		for _, access := range tokens {
			if _, err := w.svc.Authenticate(t.Context(), access); err == nil {
				n++
			}
		}
		return n
	}
	phone, laptop, unnamed, bobs := sessions("phone", "ada"), sessions("laptop", "ada"), sessions("", "ada"), sessions("phone", "bob")
	for _, id := range []string{"phone", "", "unknown"} {
		if err := w.svc.EndDevice(t.Context(), c, id); err != nil {
			t.Fatal(err)
		}
	}
	if p, l, u, b := alive(phone), alive(laptop), alive(unnamed), alive(bobs); p != 0 || l != 2 || u != 2 || b != 2 {
		t.Errorf("left are %d of the phone, %d of the laptop, %d unnamed, %d of another account; want 0, 2, 2, 2", p, l, u, b)
	}
}

func eventsOf(w *world, account string) []string {
	w.t.Helper()
	all, err := w.store.Events(w.t.Context(), account, "", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	var kinds []string
	for _, stored := range all {
		e, err := association.ParseEvent(stored)
		if err != nil {
			w.t.Fatal(err)
		}
		kinds = append(kinds, string(e.Kind))
	}
	return kinds
}
