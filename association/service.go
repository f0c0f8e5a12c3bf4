package association

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/store"
)

const (
	applyTries = 8
	applyPause = 4 * time.Millisecond // doubled with each try, with jitter
)

// attempt runs one transition: step reads the records and says what to write,
// and on a conflict does so again, which it is told. An empty Change writes nothing. The error is
// step's, the store's (store.ErrTaken included), or ErrBusy.
func (s *Service) attempt(ctx context.Context, step func(again bool) (store.Change, error)) error {
	for try := range applyTries {
		if try > 0 {
			if err := pause(ctx, applyPause<<(try-1)); err != nil {
				return err
			}
		}
		change, err := step(try > 0)
		if err != nil {
			return err
		}
		if err = s.store.Apply(ctx, change); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return ErrBusy
}

// pause waits between half of d and d.
func pause(ctx context.Context, d time.Duration) error {
	var b [8]byte
	_, _ = rand.Read(b[:])
	half := uint64(d / 2)
	t := time.NewTimer(time.Duration(half + binary.BigEndian.Uint64(b[:])%half))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// readAccount returns the account, or, where the store has none yet, the one
// that the first change to it will insert: a host's users appear lazily.
func (s *Service) readAccount(ctx context.Context, id string, now int64) (*store.Account, error) {
	a, err := s.store.Account(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return newAccount(id, now), checkAccountID(id)
	}
	if err != nil {
		return nil, err
	}
	if a.ID != id {
		return nil, errors.New("the store returned another account than it was asked for")
	}
	return a, usable(a)
}

func newAccount(id string, now int64) *store.Account {
	return &store.Account{ID: id, CreatedAt: now, Status: statusActive}
}

// usable refuses an account that may not act (R08).
func usable(a *store.Account) error {
	if a.Status != statusActive {
		return refuse(ErrBlocked, "")
	}
	return nil
}

// accountByIdentifier returns the account that really has this identifier, or
// nil: what the store thinks equal is compared again (R46).
func (s *Service) accountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	a, err := s.store.AccountByIdentifier(ctx, kind, value)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if linked(a, kind, value) == nil {
		s.log.ErrorContext(ctx, "the store returned an account for an identifier it does not have", "kind", kind)
		return nil, nil
	}
	return a, nil
}

// readProof returns a proof of the kind that is asked for with its account, or
// nil where there is none.
func (s *Service) readProof(ctx context.Context, id string, kind uint8) (*store.Proof, *store.Account, error) {
	p, a, err := s.store.Proof(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if p.ID != id || p.Kind != kind {
		return nil, nil, nil
	}
	if a != nil && a.ID != p.Account { // whatever the store thinks equal (R46)
		return nil, nil, errors.New("the store returned a proof with another account than its own")
	}
	return p, a, nil
}

// The values of store.Proof.Kind.
const (
	proofVerification = 1
	proofGrant        = 2
	proofSession      = 3
)

func (s *Service) readVerification(ctx context.Context, slot string) (*store.Proof, *store.Account, verification, error) {
	p, a, err := s.readProof(ctx, slot, proofVerification)
	if p == nil {
		return nil, nil, verification{}, err
	}
	v, err := decode(p.Data, func(v *verification) int { return v.V }, verificationV)
	return p, a, v, err
}

func (s *Service) readGrant(ctx context.Context, id string) (*store.Proof, grant, error) {
	p, _, err := s.readProof(ctx, id, proofGrant)
	if p == nil {
		return nil, grant{}, err
	}
	g, err := decode(p.Data, func(g *grant) int { return g.V }, grantV)
	return p, g, err
}

func (s *Service) readSession(ctx context.Context, id string) (*store.Proof, *store.Account, session, error) {
	p, a, err := s.readProof(ctx, id, proofSession)
	if p == nil {
		return nil, nil, session{}, err
	}
	v, err := decode(p.Data, func(v *session) int { return v.V }, sessionV)
	return p, a, v, err
}

// with returns the proof with a new body, to be written over the version read.
func with(p store.Proof, expires int64, body any) store.Proof {
	p.Expires, p.Data = expires, encode(body)
	return p
}

// slotID names the one record for these fields.
func (s *Service) slotID(fields ...[]byte) string {
	return encoding.EncodeToString(s.keys.name(useSlot, fields...)[:idBytes])
}

func refuse(sentinel error, detail string) *Error { return &Error{Err: sentinel, Detail: detail} }

var sentinels = []error{
	ErrInvalidArgument, ErrInvalidProof, ErrInvalidPassword, ErrPasswordNotSet, ErrInvalidGrant,
	ErrUnauthenticated, ErrSudoRequired, ErrPermissionDenied, ErrBlocked, ErrNotRegistered,
	ErrIdentifierTaken, ErrUsernameTaken, ErrAccountExists, ErrRateLimited, ErrBusy, ErrUnsupported, ErrUnavailable,
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
		if i := slices.IndexFunc(sentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }); i >= 0 {
			out.Err = sentinels[i]
		} else if errors.Is(err, context.Canceled) {
			out.Err = context.Canceled
		} else if errors.Is(err, context.DeadlineExceeded) {
			out.Err = context.DeadlineExceeded
		} else {
			out.Err, out.cause = ErrUnavailable, err
		}
	}
	out = &Error{Op: op, Err: out.Err, Detail: out.Detail, RetryAfter: out.RetryAfter, cause: out.cause}
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
