package association

import (
	"context"
	"errors"

	"github.com/ligature-auth/ligature/store"
)

// readAccount returns the account, or, where the store has none yet, the one
// that the first change to it will insert: a host's users appear lazily.
func (s *Service) readAccount(ctx context.Context, id string, now int64) (*store.Account, error) {
	a, err := s.storedAccount(ctx, id, now)
	if err != nil {
		return nil, err
	}
	return a, usable(a)
}

// storedAccount is readAccount for whoever may look at one that may not act.
func (s *Service) storedAccount(ctx context.Context, id string, now int64) (*store.Account, error) {
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
	return a, nil
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
	proofHostSession  = 2 // the sudo grant in a session that the host keeps
	proofSession      = 3
	proofQuarantine   = 4
	proofTicket       = 5
)

func (s *Service) readVerification(ctx context.Context, slot string) (*store.Proof, *store.Account, verification, error) {
	p, a, err := s.readProof(ctx, slot, proofVerification)
	if p == nil {
		return nil, nil, verification{}, err
	}
	v, err := decode(p.Data, func(v *verification) int { return v.V }, verificationV)
	return p, a, v, err
}

// readSession reads a session of either kind.
func (s *Service) readSession(ctx context.Context, id string, kind uint8) (*store.Proof, *store.Account, session, error) {
	p, a, err := s.readProof(ctx, id, kind)
	if p == nil {
		return nil, nil, session{}, err
	}
	v, err := decode(p.Data, func(v *session) int { return v.V }, sessionV)
	if a == nil && v.Anonymous {
		a = newAccount(p.Account, p.CreatedAt)
	}
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
