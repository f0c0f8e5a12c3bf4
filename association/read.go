package association

import (
	"context"
	"unicode"
	"unicode/utf8"
)

// Account returns what is known of an account, its associations included. An
// account that the store has nothing of is a host's user who has bound nothing
// yet: it comes back with its ID alone.
//
// ErrInvalidArgument (no account has such an ID), ErrBlocked, ErrUnavailable.
func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	a, err := s.account(ctx, id)
	if err != nil {
		return Account{}, s.report(ctx, "account", Caller{}, err)
	}
	return a, nil
}

func (s *Service) account(ctx context.Context, id string) (Account, error) {
	if id == "" {
		return Account{}, refuse(ErrInvalidArgument, "no account ID")
	}
	if err := checkAccountID(id); err != nil {
		return Account{}, err
	}
	a, err := s.readAccount(ctx, id, s.now())
	if err != nil {
		return Account{}, err
	}
	d, err := decodeAccount(a)
	if err != nil {
		return Account{}, err
	}
	out := Account{ID: a.ID, Name: d.Name}
	if a.Version > 0 {
		out.CreatedAt = at(a.CreatedAt)
	}
	if out.HasPassword, err = s.hasPassword(ctx, a, d); err != nil {
		return Account{}, err
	}
	if d.Password != nil {
		out.PasswordSetAt = at(d.Password.SetAt)
	}
	for _, as := range a.Associations {
		out.Associations = append(out.Associations, s.association(as))
	}
	return out, nil
}

// DeleteExpired deletes up to limit records that nothing depends on any more and
// returns how many went. The host calls it now and then, until it returns less
// than limit; nothing dead works before, it only takes up room.
func (s *Service) DeleteExpired(ctx context.Context, limit int) (int, error) {
	n, err := s.store.DeleteExpired(ctx, s.now(), limit)
	if err != nil {
		return n, s.report(ctx, "delete expired", Caller{}, err)
	}
	return n, nil
}

const maxAccountIDBytes = 128

// checkAccountID holds what the store is promised of an account's ID. Empty
// passes: it stands for one to be made.
func checkAccountID(id string) error {
	if len(id) > maxAccountIDBytes || !utf8.ValidString(id) {
		return refuse(ErrInvalidArgument, "an account ID is at most 128 bytes of UTF-8")
	}
	for _, r := range id {
		if unicode.IsControl(r) {
			return refuse(ErrInvalidArgument, "an account ID holds no control characters")
		}
	}
	return nil
}
