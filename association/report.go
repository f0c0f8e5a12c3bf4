package association

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

func refuse(sentinel error, detail string) *Error { return &Error{Err: sentinel, Detail: detail} }

var sentinels = []error{
	ErrInvalidArgument, ErrInvalidProof, ErrInvalidPassword, ErrPasswordNotSet, ErrInvalidGrant,
	ErrUnauthenticated, ErrSudoRequired, ErrPermissionDenied, ErrBlocked, ErrNotRegistered,
	ErrIdentifierTaken, ErrUsernameTaken, ErrAccountExists, ErrNoSuchMethod, ErrLastMethod,
	ErrAssociationRequired, ErrSecondProof, ErrRateLimited, ErrUndeliverable, ErrBusy, ErrUnsupported, ErrUnavailable,
}

// report turns whatever ended a method into what its caller is told, and logs
// it. It is the one way out of every public method.
func (s *Service) report(ctx context.Context, op string, c Caller, err error) error {
	who := slog.Group("caller", "account", c.Actor.Account, "ip", s.pseudonym(c.IP.String()), "request", clip(c.RequestID))
	if err == nil {
		s.log.InfoContext(ctx, "done", "op", op, who)
		return nil
	}
	out := &Error{}
	if !errors.As(err, &out) {
		out = &Error{}
		if s.inTx && errors.Is(err, store.ErrConflict) {
			out.Err = ErrBusy // a read was given up for the sake of others
		} else if i := slices.IndexFunc(sentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }); i >= 0 {
			out.Err = sentinels[i]
		} else if errors.Is(err, context.Canceled) {
			out.Err = context.Canceled
		} else if errors.Is(err, context.DeadlineExceeded) {
			out.Err = context.DeadlineExceeded
		} else {
			out.Err, out.cause = ErrUnavailable, err
		}
	}
	out = &Error{Op: op, Err: out.Err, Detail: out.Detail, RetryAfter: out.RetryAfter, MaxAge: out.MaxAge, cause: out.cause}
	if errors.Is(out.Err, ErrUnavailable) {
		s.log.ErrorContext(ctx, "failed", "op", op, who, "cause", out.cause)
	} else {
		s.log.InfoContext(ctx, "refused", "op", op, who, "reason", out.Err.Error(), "detail", out.Detail)
	}
	return out
}

// pseudonym stands for an address in the log: the same one for the same
// address, and of no use without the index key.
func (s *Service) pseudonym(address string) string {
	return hex.EncodeToString(s.keys.name(useLog, []byte(address))[:8])
}
