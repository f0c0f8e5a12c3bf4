package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
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
	return s.tell(ctx, a)
}

// tell is what a Service tells of an account.
func (s *Service) tell(ctx context.Context, a *store.Account) (Account, error) {
	d, has, err := s.hasPassword(ctx, a)
	if err != nil {
		return Account{}, err
	}
	out := Account{
		ID: a.ID, Name: d.Name, Picture: d.Picture, Locale: d.Locale,
		HasPassword: has, HasAuthenticator: d.Authenticator != nil,
	}
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

// Find returns the account that has what was typed as an identifier of any configured
// kind, for a host that signs people in by itself. Never tell a stranger whether it
// found one.
//
// ErrNotRegistered (none has it, or it is an identifier of no kind), ErrBlocked,
// ErrUnavailable.
func (s *Service) Find(ctx context.Context, identifier string) (Account, error) {
	a, err := s.find(ctx, identifier)
	if err != nil {
		return Account{}, s.report(ctx, "find", Caller{}, err)
	}
	return a, nil
}

func (s *Service) find(ctx context.Context, identifier string) (Account, error) {
	k, value := s.recognise(identifier)
	if k == nil {
		return Account{}, refuse(ErrNotRegistered, "")
	}
	a, err := s.accountByIdentifier(ctx, k.Name(), value)
	if err != nil {
		return Account{}, err
	}
	if a == nil {
		return Account{}, refuse(ErrNotRegistered, "")
	}
	if err := usable(a); err != nil {
		return Account{}, err
	}
	return s.tell(ctx, a)
}
