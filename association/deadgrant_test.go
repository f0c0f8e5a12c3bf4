package association_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

// A change that needs no sudo leaves a grant that a raised epoch has killed as dead as it
// was. A session of the host's outlives the epoch, so its grant is tried by itself.
func TestNoChangeRevivesADeadGrant(t *testing.T) {
	name := "Ada"
	for what, change := range map[string]func(l *lab, c association.Caller) error{
		"profile": func(l *lab, c association.Caller) error {
			return l.svc.SetProfile(l.t.Context(), c, association.ProfileRequest{Name: &name})
		},
		"sign out everywhere else": func(l *lab, c association.Caller) error {
			return l.svc.EndSessions(l.t.Context(), c, association.EndSessionsRequest{KeepCurrent: true})
		},
	} {
		l := newLab(t)
		c := l.host("ada", "s")
		token := l.recent(c)
		if err := l.svc.EndAccountSessions(t.Context(), "ada"); err != nil {
			t.Fatal(err)
		}
		if err := change(l, c); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err := l.svc.CheckSudo(t.Context(), c, token); !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("%s, after the grant died: got %v, want %v", what, err, association.ErrSudoRequired)
		}
	}
}

// A sudo whose account moved on while it was judged, in the very session, gives a grant
// that is dead; the next change of the session does not revive it either.
func TestNoChangeRevivesAGrantThatWasBornDead(t *testing.T) {
	l := newLab(t)
	l.member("ada", "email", "ada@example.com")
	c, _ := l.signIn("ada")
	first := true
	l.spy.before = func(_ context.Context, call string) error {
		if call != "Apply" || !first {
			return nil
		}
		first = false
		return l.svc.EndSessions(t.Context(), c, association.EndSessionsRequest{KeepCurrent: true})
	}
	token := l.sudo(c)
	name := "Ada"
	if err := l.svc.SetProfile(t.Context(), c, association.ProfileRequest{Name: &name}); err != nil {
		t.Fatal(err)
	}
	if err := l.svc.CheckSudo(t.Context(), c, token); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("got %v, want %v", err, association.ErrSudoRequired)
	}
}
