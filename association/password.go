package association

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ligature-auth/ligature/store"
)

// PasswordVerifier judges passwords that the host keeps: an existing application
// puts its own hashes behind it. With one configured, ligature neither stores
// nor sets passwords.
type PasswordVerifier interface {
	// HasPassword reports whether the account has a password at all. One counts as a way
	// to sign in, by the host's own form.
	HasPassword(ctx context.Context, account string) (bool, error)

	// VerifyPassword reports whether this is the account's password, as it was
	// typed. False for an account without one. Ligature bounds how many wrong
	// answers an account survives, and asks even when that many were given, so that
	// nobody learns of it by the time it takes; the cost of asking is the host's to
	// bound. It should take as long for a wrong password as for a right one; for what is
	// nobody's, ligature hashes as it would itself, so that hashes of another cost tell
	// the known from the unknown where ligature signs in.
	VerifyPassword(ctx context.Context, account, password string) (bool, error)
}

// PasswordFunc is a PasswordVerifier where every account has a password: it is
// VerifyPassword.
type PasswordFunc func(ctx context.Context, account, password string) (bool, error)

// HasPassword is true.
func (f PasswordFunc) HasPassword(context.Context, string) (bool, error) { return true, nil }

// VerifyPassword calls f.
func (f PasswordFunc) VerifyPassword(ctx context.Context, account, password string) (bool, error) {
	return f(ctx, account, password)
}

// checkPassword holds the rules for a password to be set.
func (s *Service) checkPassword(password string) error {
	switch {
	case s.passwords != nil:
		return refuse(ErrUnsupported, "the application keeps its passwords itself")
	case !utf8.ValidString(password):
		return refuse(ErrInvalidArgument, "the password is not valid text")
	case len(password) < s.policy.PasswordMinBytes:
		return refuse(ErrInvalidArgument, fmt.Sprintf("the password needs at least %d bytes", s.policy.PasswordMinBytes))
	case len(password) > maxPasswordBytes:
		return refuse(ErrInvalidArgument, fmt.Sprintf("the password is longer than %d bytes", maxPasswordBytes))
	}
	return nil
}

// hashPassword returns the hash of a password that checkPassword allows.
func (s *Service) hashPassword(ctx context.Context, password string) (hash string, err error) {
	if err := s.checkPassword(password); err != nil {
		return "", err
	}
	err = s.hashing.do(ctx, ownCost, func() { hash = makeHash(password) })
	return hash, err
}

// hashOnce makes the hash of a password that a call sets, unless it did so in an earlier
// try, once guardHashing has let it. It may have waited, and moves now along: what died
// meanwhile is dead.
func (s *Service) hashOnce(ctx context.Context, password string, hash *string, now *int64) error {
	if *hash != "" {
		return nil
	}
	made, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	*hash, *now = made, s.now()
	return nil
}

// checkHash refuses a hash from elsewhere that cannot be judged here, is none worth
// the name, or costs too much.
func (s *Service) checkHash(hash string) error {
	if _, err := parseHash(hash, s.hashing.most()); err != nil {
		return refuse(ErrInvalidArgument, err.Error())
	}
	return nil
}

// hasPassword reports whether the account could prove itself by a password, and
// returns its data.
func (s *Service) hasPassword(ctx context.Context, a *store.Account) (d accountData, has bool, err error) {
	if d, err = decodeAccount(a); err != nil {
		return d, false, err
	}
	if s.passwords != nil {
		has, err = s.passwords.HasPassword(ctx, a.ID)
		return d, has, err
	}
	return d, d.Password != nil, nil
}

// formed refuses what cannot be anybody's password, before anything is looked up.
func formed(password string) error {
	if len(password) > maxPasswordBytes || !utf8.ValidString(password) {
		return refuse(ErrInvalidArgument, "the password is too long or not valid text")
	}
	return nil
}

// judgePassword returns nil for the account's right password, within the budget
// of wrong ones, and ErrInvalidPassword else. The account may be nil: that costs
// as much, and is counted as much, under whatever was given in its place.
func (s *Service) judgePassword(ctx context.Context, c Caller, now int64, a *store.Account, unknown string, password string) error {
	if err := s.guardHashing(ctx, c, now); err != nil {
		return err
	}
	subject := "unknown:" + unknown
	p := s.decoy
	known := false
	if a != nil {
		subject = "account:" + a.ID
		d, err := decodeAccount(a)
		if err != nil {
			return err
		}
		if d.Password != nil {
			p, known = *d.Password, true
		}
	}
	right, err := s.matchPassword(ctx, a, p, password)
	if err != nil {
		return err
	}
	right = right && (known || s.passwords != nil)
	right, err = s.guardPassword(ctx, now, subject, right)
	if err != nil {
		return err
	}
	if !right {
		return refuse(ErrInvalidPassword, "")
	}
	return nil
}

// matchPassword hashes what was typed, unless the host keeps the passwords.
func (s *Service) matchPassword(ctx context.Context, a *store.Account, p passwordData, password string) (right bool, err error) {
	if s.passwords != nil && a != nil {
		right, err = s.passwords.VerifyPassword(ctx, a.ID, password)
		return right, scrub(err, password)
	}
	h, err := parseHash(p.Hash, s.hashing.most())
	if err != nil {
		return false, fmt.Errorf("a stored password hash cannot be read: %w", err)
	}
	if !p.AsTyped {
		password = norm.NFC.String(password)
	}
	err = s.hashing.do(ctx, h.cost, func() { right = h.judge(password) })
	if s.passwords != nil && errors.Is(err, ErrUnavailable) {
		err = nil // the host turns nobody away, so this would be the unknown
	}
	return right && s.passwords == nil, err
}

// withPassword sets a password under the factor f, aged.
func (s *Service) withPassword(ctx context.Context, a *store.Account, d accountData, f factor, hash string, now int64) (accountData, error) {
	if d.Password != nil {
		var err error
		if d.Gone, err = s.leaves(ctx, a, d, passwordFactor(d), f, now); err != nil {
			return d, err
		}
	}
	roots := f.sets(func(key string) bool { return key != factorPassword && hasKey(a, d, key) })
	d.Password = &passwordData{Hash: hash, SetAt: now, Roots: roots}
	return d, nil
}

// isPassword reports whether this is the account's password, if it was set then: of one
// that came later nobody learns by repeating a call.
func (s *Service) isPassword(ctx context.Context, c Caller, a *store.Account, set int64, password string) (bool, error) {
	d, err := decodeAccount(a)
	if err != nil || d.Password == nil || d.Password.SetAt != set {
		return false, err
	}
	if err := s.guardHashing(ctx, c, s.now()); err != nil {
		return false, err
	}
	return s.matchPassword(ctx, a, *d.Password, password)
}

func (h *change) removePassword(ctx context.Context) error {
	switch {
	case h.s.passwords != nil:
		return refuse(ErrUnsupported, "the application keeps its passwords itself")
	case h.data.Password == nil:
		return refuse(ErrNoSuchMethod, "")
	}
	if err := h.mayLose(ctx, ""); err != nil {
		return err
	}
	h.event.Kind = EventRemovePassword
	if err := h.loses(ctx, passwordFactor(h.data)); err != nil {
		return err
	}
	h.data.Password = nil
	return nil
}
