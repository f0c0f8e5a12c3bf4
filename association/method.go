package association

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// PasswordID is the ID of the password among an account's methods.
const PasswordID = "password"

// Method is one of the ways in which somebody proves to be the owner of an account, or
// names it.
type Method struct {
	// ID is what Unbind takes: an association's or authenticator's, or PasswordID.
	ID string
	// Kind is an association's kind, "password" or "authenticator".
	Kind string
	// Value is the identifier as its kind formats it, Masked as it may be shown to
	// whoever looks over a shoulder; both empty where there is none.
	Value, Masked string
	// AddedAt is when it was bound or set; zero where the host keeps the password.
	AddedAt time.Time
	// SignsIn says that it would let the person in by itself, as the policy is now: an
	// address by a code, the password beside any identifier.
	SignsIn bool
	// Sudo says that it may prove who somebody is, for a change: Sudo would take it by
	// itself.
	Sudo bool
	// Removable says that Unbind would not refuse it as the last of its sort: another
	// usable method stays.
	Removable bool
	// Replaceable says that another of its kind may take its place, under one of the
	// factors that Sudo takes.
	Replaceable bool
}

// Methods lists every method of the acting account, associations first, oldest first:
// what there is and what may be done to each.
//
// ErrUnauthenticated, ErrBlocked, ErrPermissionDenied (an anonymous account),
// ErrUnavailable.
func (s *Service) Methods(ctx context.Context, c Caller) ([]Method, error) {
	m, err := s.methods(ctx, c)
	if err != nil {
		return nil, s.report(ctx, "methods", c, err)
	}
	return m, nil
}

func (s *Service) methods(ctx context.Context, c Caller) ([]Method, error) {
	if err := s.outsideTx(); err != nil {
		return nil, err
	}
	now := s.now()
	a, err := s.actor(ctx, c, now)
	if err != nil {
		return nil, err
	}
	d, hasPassword, err := s.hasPassword(ctx, a)
	if err != nil {
		return nil, err
	}
	sudo, err := s.sudoFactors(ctx, a, now)
	if err != nil {
		return nil, err
	}
	vouches := func(id string) bool {
		return slices.ContainsFunc(sudo, func(f factor) bool { return f.key() == id })
	}
	removable := func(id string) (bool, error) {
		ways, err := s.ways(ctx, a, d, now, id)
		return ways > 0, err
	}
	replaceable := func(as store.Association) (bool, error) {
		if !s.reachable(as) {
			return s.policy.AllowUsernameChange, nil
		}
		for _, f := range sudo {
			if err := s.mayLose(ctx, f, a, d, as.ID, now); !errors.Is(err, ErrSudoRequired) {
				return err == nil, err
			}
		}
		return false, nil
	}
	var all []Method
	for _, as := range a.Associations {
		k, ok := s.kinds[as.Kind]
		if !ok {
			continue
		}
		m := Method{
			ID: as.ID, Kind: as.Kind, Value: k.Format(as.Value), Masked: k.Mask(as.Value), AddedAt: at(as.CreatedAt),
			SignsIn: s.reachable(as) && !s.stale(as, d, now), Sudo: vouches(as.ID),
		}
		if m.Replaceable, err = replaceable(as); err != nil {
			return nil, err
		}
		if m.Removable, err = removable(as.ID); err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if hasPassword {
		m := Method{ID: PasswordID, Kind: factorPassword, Sudo: vouches(PasswordID), Replaceable: s.passwords == nil}
		m.SignsIn = s.passwords != nil || len(all) > 0
		if d.Password != nil {
			m.AddedAt = at(d.Password.SetAt)
		}
		if s.passwords == nil {
			if m.Removable, err = removable(PasswordID); err != nil {
				return nil, err
			}
		}
		all = append(all, m)
	}
	if app := d.Authenticator; app != nil {
		all = append(all, Method{ID: app.ID, Kind: factorAuthenticator, AddedAt: at(app.SetAt), Sudo: vouches(app.ID), Removable: true})
	}
	return all, nil
}
