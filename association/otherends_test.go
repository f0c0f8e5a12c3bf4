package association_test

import (
	"errors"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// TestR64_WhatEndsTheOtherSessionsByItself: whatever takes something away does, what adds
// something does not unless that is asked for; the acting session and its sudo stay.
func TestR64_WhatEndsTheOtherSessionsByItself(t *testing.T) {
	for _, tt := range []struct {
		what string
		ends bool
	}{
		{"set password", true}, {"replace email", true}, {"name", true},
		{"remove email", true}, {"remove password", true}, {"remove username", true}, {"remove authenticator", true},
		{"bind phone", false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			duties := &hostDuties{}
			w := people(t, duties.on, func(c *association.Config) { c.Policy.AllowUsernameChange = true })
			p := w.person("ada", false, "password", "email", "authenticator")
			_, other := w.signIn("ada")
			sudo, err := p.sudo("password")
			if err != nil {
				t.Fatal(err)
			}
			duties.since()
			if err := p.use(sudo, tt.what); err != nil {
				t.Fatal(err)
			}
			if w.alive(other.Access) == tt.ends {
				t.Errorf("the other session lives: %t", !tt.ends)
			}
			// The host is told to end its own, but for the one that acts.
			if told := duties.since(); len(told) != 0 != tt.ends {
				t.Errorf("the host was told %q", told)
			}
			if err := w.svc.CheckSudo(t.Context(), p.c, sudo); err != nil {
				t.Errorf("the acting session's sudo: %v", err)
			}
		})
	}
}

// TestR64_AFirstBindEndsThemWhereThatIsAskedFor, in the same commit, and only if it is
// made.
func TestR64_AFirstBindEndsThemWhereThatIsAskedFor(t *testing.T) {
	for _, end := range []bool{false, true} {
		w, watch := watchedWorld(t)
		w.member("bob", "phone", phoneNumber)
		id := w.member("ada", "email", "ada@example.com")
		c, own := w.signIn("ada")
		_, other := w.signIn("ada")
		sudo := w.sudo(c)
		bind := func(to string) error {
			_, err := w.svc.Bind(t.Context(), c, association.BindRequest{
				Kind: "phone", To: to, SudoToken: sudo, VerificationToken: w.prove(c, "phone", to), EndOtherSessions: end,
			})
			return err
		}
		if err := bind(phoneNumber); !errors.Is(err, association.ErrIdentifierTaken) || !w.alive(other.Access) {
			t.Fatalf("a bind that is refused: %v, and the other session lives: %t", err, w.alive(other.Access))
		}
		epoch, before := w.epoch(id), watch.writes()
		const mine = "+8613911111111"
		if err := bind(mine); err != nil {
			t.Fatal(err)
		}
		commit := watch.applied[len(watch.applied)-1]
		if len(commit.Link) != 1 || watch.writes() != before+3 { // a code is sent, and verified
			t.Errorf("the bind is %d writes", watch.writes()-before-2)
		}
		if raised := w.epoch(id) != epoch; raised != end || w.alive(other.Access) == end || !w.alive(own.Access) {
			t.Errorf("end %t: raised %t, the other lives %t, its own %t", end, raised, w.alive(other.Access), w.alive(own.Access))
		}
		if err := w.svc.CheckSudo(t.Context(), c, sudo); err != nil {
			t.Errorf("the acting session's sudo: %v", err)
		}
	}
}
