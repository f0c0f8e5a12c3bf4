package association_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// Whoever hands in any token of a session has it ended, as RFC 7009 has it.
func TestRevoke(t *testing.T) {
	for name, tt := range map[string]struct {
		token func(w *world, s association.Session) association.Token
		ends  bool
	}{
		"the access token":  {func(_ *world, s association.Session) association.Token { return s.Access }, true},
		"the refresh token": {func(_ *world, s association.Session) association.Token { return s.Refresh }, true},
		"an access token that has expired": {func(w *world, s association.Session) association.Token {
			w.clock.Advance(3 * time.Hour)
			return s.Access
		}, true},
		"the refresh token before": {func(w *world, s association.Session) association.Token {
			if _, err := w.refresh(s.Refresh); err != nil {
				w.t.Fatal(err)
			}
			return s.Refresh
		}, true},
		"a foreign one": {func(*world, association.Session) association.Token { return association.NewToken("eyJhbGciOi.J9.x") }, false},
		"none":          {func(*world, association.Session) association.Token { return association.Token{} }, false},
		"one of its ID with another secret": {func(_ *world, s association.Session) association.Token {
			raw := []byte(s.Access.Reveal())
			raw[len(raw)-5] ^= 1
			return association.NewToken(string(raw))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			w.member("ada")
			_, s := w.signIn("ada")
			sessionName := w.nameOf(s)
			token := tt.token(w, s)
			for range 2 { // the second time there is nothing left to do
				if err := w.svc.Revoke(t.Context(), device("d"), token); err != nil {
					t.Fatal(err)
				}
			}
			_, err := w.svc.ResumeSession(t.Context(), sessionName)
			if ended := errors.Is(err, association.ErrUnauthenticated); ended != tt.ends {
				t.Errorf("the session: %v, want it ended: %t", err, tt.ends)
			}
			before := watch.writes()
			if err := w.svc.Revoke(t.Context(), device("d"), token); err != nil || watch.writes() != before {
				t.Errorf("once more: %v, %d writes", err, watch.writes()-before)
			}
		})
	}
}
