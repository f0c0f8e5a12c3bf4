package association

import (
	"context"
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
	d, has, err := s.hasPassword(ctx, a)
	if err != nil {
		return Account{}, err
	}
	out := Account{ID: a.ID, Name: d.Name, HasPassword: has}
	if a.Version > 0 {
		out.CreatedAt = at(a.CreatedAt)
	}
	if d.Password != nil {
		out.PasswordSetAt = at(d.Password.SetAt)
	}
	for _, as := range a.Associations {
		out.Associations = append(out.Associations, s.association(as))
	}
	return out, nil
}
