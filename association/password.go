package association

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
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
	// bound. It should take as long for a wrong password as for a right one.
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

// hashParams are OWASP's for argon2id: 19 MiB, two passes, one lane.
var hashParams = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// The most that a hash from elsewhere may ask of us, and the least it must hold.
const (
	maxHashMemory     = 256 * 1024 // KiB
	maxHashIterations = 16
	minSaltBytes      = 8
	minHashKeyBytes   = 16
)

// decoyHash is judged in place of a password that does not exist, so that the
// unknown costs what the known costs (R56).
var decoyHash = sync.OnceValue(func() string {
	h, err := argon2id.CreateHash(newID(), hashParams)
	if err != nil {
		panic("association: no randomness: " + err.Error())
	}
	return h
})

// gate bounds how many passwords are hashed at once: all cores but one, so that
// a storm of sign-ins leaves room for everything else.
type gate chan struct{}

func newGate() gate { return make(gate, max(1, runtime.GOMAXPROCS(0)-1)) }

func (g gate) do(ctx context.Context, hash func() error) error {
	select {
	case g <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g }()
	return hash()
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

// hashPassword returns a PHC string for a password that checkPassword allows.
func (s *Service) hashPassword(ctx context.Context, password string) (hash string, err error) {
	if err := s.checkPassword(password); err != nil {
		return "", err
	}
	err = s.hashing.do(ctx, func() error {
		hash, err = argon2id.CreateHash(norm.NFC.String(password), hashParams)
		return err
	})
	return hash, err
}

// checkHash refuses a PHC string that is not argon2id, is none worth the name, or
// costs too much.
func checkHash(hash string) error {
	p, _, _, err := argon2id.DecodeHash(hash)
	if err != nil {
		return refuse(ErrInvalidArgument, "the password hash is not an argon2id PHC string")
	}
	// argon2 panics without passes or lanes, and a short key matches by chance.
	if p.Iterations < 1 || p.Parallelism < 1 || p.SaltLength < minSaltBytes || p.KeyLength < minHashKeyBytes {
		return refuse(ErrInvalidArgument, "the password hash is too weak to be one")
	}
	if p.Memory > maxHashMemory || p.Iterations > maxHashIterations {
		return refuse(ErrInvalidArgument, "the password hash asks for too much work")
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
	hash := s.decoy
	known := false
	if a != nil {
		subject = "account:" + a.ID
		d, err := decodeAccount(a)
		if err != nil {
			return err
		}
		if d.Password != nil {
			hash, known = d.Password.Hash, true
		}
	}
	right, err := s.matchPassword(ctx, a, hash, password)
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

func (s *Service) matchPassword(ctx context.Context, a *store.Account, hash, password string) (right bool, err error) {
	if s.passwords != nil && a != nil {
		return s.passwords.VerifyPassword(ctx, a.ID, password)
	}
	err = s.hashing.do(ctx, func() error {
		right, err = argon2id.ComparePasswordAndHash(norm.NFC.String(password), hash)
		return err
	})
	if errors.Is(err, argon2id.ErrInvalidHash) || errors.Is(err, argon2id.ErrIncompatibleVersion) {
		return false, errors.New("a stored password hash cannot be read")
	}
	return right && s.passwords == nil, err
}
