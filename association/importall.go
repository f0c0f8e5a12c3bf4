package association

import (
	"context"
	"errors"
	"iter"
)

// ImportAll imports one account after another, and can be run again: one whose ID is
// known already is left as it is, whoever changed it since. Each needs an ID. What
// else is refused is told to refused, with the account, and the rest goes on; nil
// means that the first refusal ends it. It returns how many accounts are new.
//
// Import says what is refused, and which addresses to bring: those that were proved to
// the host, and no others. ErrBusy, ErrUnavailable and a context's error end it whatever
// refused is; what was imported stays, so run it again.
func (s *Service) ImportAll(ctx context.Context, accounts iter.Seq[ImportedAccount], refused func(ImportedAccount, error)) (imported int, err error) {
	for in := range accounts {
		err := s.importOne(ctx, in)
		switch {
		case err == nil:
			imported++
		case errors.Is(err, ErrAccountExists):
		case refused == nil, ctx.Err() != nil, errors.Is(err, ErrUnavailable), errors.Is(err, ErrBusy):
			return imported, err
		default:
			refused(in, err)
		}
	}
	return imported, nil
}

func (s *Service) importOne(ctx context.Context, in ImportedAccount) error {
	if in.ID == "" {
		return s.report(ctx, "import", Caller{}, refuse(ErrInvalidArgument, "an account of many needs an ID"))
	}
	_, err := s.Import(ctx, in)
	return err
}
