package bunstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/internal/pause"
	"github.com/ligature-auth/ligature/store"
)

const (
	tries    = 24
	trying   = 2 * time.Second        // since the first failed: each may have waited long for a lock
	maxPause = 100 * time.Millisecond // the first is 2 ms, and each twice the last
)

// retry does something that is one transaction, again if the database gave it up for
// the sake of another; where that never ends, the error is store.ErrConflict. Inside a
// transaction of the host's it does it once: there only the whole can be done again.
// Any error that is not one of the contract's, nor of the host's InTx, comes out as an
// *Error.
func (s *Store) retry(ctx context.Context, op string, do func(context.Context) error) error {
	if s.dialect == "" {
		return fmt.Errorf("bunstore: %s: the dialect is none of SQLite, PostgreSQL and MySQL", op)
	}
	var late <-chan time.Time
	for try := 1; ; try++ {
		err := ctx.Err()
		if err == nil {
			err = do(ctx)
		}
		switch {
		case err == nil, errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrTaken):
			return err
		case ctx.Err() != nil:
			// Drivers differ in how they say that they were stopped.
			return &Error{Op: op, err: errors.Join(ctx.Err(), err)}
		case !isTransient(err):
			return failed(op, err)
		case s.hosted() || try == tries || passed(late):
			return &Error{Op: op, Code: codeOf(err).String(), err: errors.Join(store.ErrConflict, err)}
		}
		if late == nil {
			late = time.After(trying)
		}
		if err := pause.Jittered(ctx, min(maxPause, time.Millisecond<<min(try, 10))); err != nil {
			return &Error{Op: op, err: err}
		}
	}
}

// passed reports whether there is a time and it has passed.
func passed(at <-chan time.Time) bool {
	select {
	case <-at:
		return true
	default:
		return false
	}
}

// plainError comes out of retry as it is: what the host's InTx returned, and what
// says more than a code.
type plainError struct{ error }

// Unwrap returns what it was made of.
func (e *plainError) Unwrap() error { return e.error }

func failed(op string, err error) error {
	var plain *plainError
	if errors.As(err, &plain) {
		return plain.error
	}
	return &Error{Op: op, Code: codeOf(err).String(), err: err}
}
