package association_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// Hashing may wait for its turn. A sudo that dies meanwhile is dead, and what was
// asked for before the commit is of the epoch before.
func TestR03_SudoThatEndsWhileAPasswordIsHashed(t *testing.T) {
	var jump atomic.Int64 // added to the time from the second look at the clock on
	var looks atomic.Int64
	w := newWorld(t, func(c *association.Config) {
		now := c.Now
		c.Now = func() time.Time {
			if looks.Add(1) > 1 {
				return now().Add(time.Duration(jump.Load()))
			}
			return now()
		}
	})
	w.member("ada")
	c, _ := w.signIn("ada")
	sudo := w.sudo(c)
	w.clock.Advance(9 * time.Minute)
	looks.Store(0)
	jump.Store(int64(2 * time.Minute))
	err := w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: sudo, Password: "another horse"})
	if !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("a sudo of eleven minutes: %v, want ErrSudoRequired", err)
	}
	jump.Store(0)
	if err := w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: sudo, Password: "another horse"}); err != nil {
		t.Errorf("of nine minutes: %v", err)
	}
}
