package association

import (
	"context"
	"errors"
	"time"

	"github.com/ligature-auth/ligature/internal/pause"
	"github.com/ligature-auth/ligature/store"
)

// errAgain is a step's own conflict: what it read does not fit together.
var errAgain = errors.New("read again")

const (
	applyTries = 8
	applyPause = 4 * time.Millisecond // doubled with each try, with jitter
)

// attempt runs one transition: step reads the records and says what to write,
// and on a conflict does so again, which it is told. An empty Change writes
// nothing. The error is step's, the store's (store.ErrTaken included), or ErrBusy:
// at once inside a transaction of the host's, where a second look may see no more
// than the first.
func (s *Service) attempt(ctx context.Context, step func(again bool) (store.Change, error)) error {
	for try := range applyTries {
		if try > 0 {
			if err := pause.Jittered(ctx, applyPause<<(try-1)); err != nil {
				return err
			}
		}
		change, err := step(try > 0)
		if err == nil {
			err = s.store.Apply(ctx, change)
			if err == nil {
				s.observe(ctx, change.Events)
				s.settleNow(ctx, change.Notices)
			}
			if !errors.Is(err, store.ErrConflict) {
				return err
			}
		} else if !errors.Is(err, errAgain) {
			return err
		}
		if s.inTx {
			return refuse(ErrBusy, "roll back, then repeat the whole transaction")
		}
	}
	return ErrBusy
}
