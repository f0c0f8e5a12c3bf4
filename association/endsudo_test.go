package association_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// A sudo token that was in a URL is spent, by whoever shows the session that it is of,
// alive or not; and no other token is.
func TestR38_ASudoTokenShownInAURLIsSpent(t *testing.T) {
	l := newLab(t, unlimited, func(c *association.Config) { c.Policy.AccessTTL = time.Minute })
	id := l.imported("ada", testHash())
	c, session := l.signIn("ada")
	other, _ := l.signIn("ada")
	host := l.host(id, "a session")
	// after shows the session's access token, that long after it was made.
	after := func(d time.Duration) association.Caller {
		l.clock.Advance(d)
		shown, _ := l.svc.Identify(t.Context(), association.Caller{}, session.Access)
		return shown
	}
	for name, tt := range map[string]struct {
		of    association.Caller
		spent bool
		by    func(sudo association.Token) (association.Caller, association.Token)
	}{
		"its session": {c, true, func(sudo association.Token) (association.Caller, association.Token) { return c, sudo }},
		"its session, dead": {c, true, func(sudo association.Token) (association.Caller, association.Token) {
			return after(2 * time.Minute), sudo
		}},
		"its host's session": {host, true, func(sudo association.Token) (association.Caller, association.Token) { return host, sudo }},
		"another session":    {c, false, func(sudo association.Token) (association.Caller, association.Token) { return other, sudo }},
		"another's host": {host, false, func(sudo association.Token) (association.Caller, association.Token) {
			return l.host(id, "another"), sudo
		}},
		"nobody": {c, false, func(sudo association.Token) (association.Caller, association.Token) {
			return association.Caller{}, sudo
		}},
		"another token":        {c, false, func(association.Token) (association.Caller, association.Token) { return c, l.sudo(other) }},
		"a token that is none": {c, false, func(association.Token) (association.Caller, association.Token) { return c, association.NewToken("x") }},
		"no token":             {c, false, func(association.Token) (association.Caller, association.Token) { return c, association.Token{} }},
	} {
		sudo := l.sudo(tt.of)
		if err := l.svc.EndSudo(t.Context(), tt.of, association.Token{}); err != nil {
			t.Error(err)
		}
		by, token := tt.by(sudo)
		before := l.spy.writes()
		if err := l.svc.EndSudo(t.Context(), by, token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if wrote := l.spy.writes() > before; wrote != tt.spent {
			t.Errorf("%s: it wrote %t", name, wrote)
		}
		err := l.svc.CheckSudo(t.Context(), tt.of, sudo)
		if tt.spent != errors.Is(err, association.ErrSudoRequired) || !tt.spent && err != nil {
			t.Errorf("%s: the token afterwards: %v", name, err)
		}
	}
	if _, err := l.svc.SudoState(t.Context(), c); err != nil {
		t.Errorf("the session ended with it: %v", err)
	}
	sudo := l.sudo(c)
	l.spy.before = func(context.Context, string) error { return errors.New("the store is broken") }
	if err := l.svc.EndSudo(t.Context(), c, sudo); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("of a broken store: %v", err)
	}
}
