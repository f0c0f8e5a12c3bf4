package association

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// ImportedAccount is an account that the host vouches for.
type ImportedAccount struct {
	ID          string // the host's user ID; empty to have one made
	Name        string
	Identifiers []ImportedIdentifier // one of a kind at most

	// Password is hashed here, under the policy for passwords; PasswordHash is a hash
	// that the host made of the password as it was typed. Give at most one. Taken are
	// argon2id, argon2i and scrypt as PHC strings ("$argon2id$v=19$m=65536,t=3,p=4$...",
	// "$scrypt$ln=15,r=8,p=1$..."), and bcrypt ("$2a$", "$2b$", "$2y$"), which judges
	// no password of more than 72 bytes. One that takes more than a quarter of
	// Policy.HashMemory or about a second is refused; a cheap one is taken. The next
	// right password replaces it by a hash made here. Until then one that costs more
	// or less is told from an unknown account by the time it takes.
	Password, PasswordHash string

	CreatedAt time.Time // zero means now
}

// ImportedIdentifier is an identifier that the host has proved itself.
type ImportedIdentifier struct {
	Kind, Value string
}

// Import makes an account without any proof but the host's word, and returns its
// ID. It is the one way in for addresses that nobody proved here (R39), and is
// not meant to be reached from any request.
//
// ErrAccountExists, ErrIdentifierTaken, ErrInvalidArgument, ErrUnsupported, ErrBusy,
// ErrUnavailable. Nothing is imported then.
func (s *Service) Import(ctx context.Context, in ImportedAccount) (id string, err error) {
	id, err = s.importAccount(ctx, in)
	return id, s.report(ctx, "import", Caller{}, err)
}

func (s *Service) importAccount(ctx context.Context, in ImportedAccount) (string, error) {
	now := s.now()
	if err := errors.Join(checkName(in.Name), checkAccountID(in.ID)); err != nil {
		return "", err
	}
	hash := in.PasswordHash
	var err error
	switch {
	case in.Password != "" && in.PasswordHash != "":
		return "", refuse(ErrInvalidArgument, "give a password or its hash, not both")
	case in.Password != "":
		hash, err = s.hashPassword(ctx, in.Password)
	case in.PasswordHash != "" && s.passwords != nil:
		return "", refuse(ErrUnsupported, "the application keeps its passwords itself")
	case in.PasswordHash != "":
		err = s.checkHash(hash)
	}
	if err != nil {
		return "", err
	}
	a := newAccount(in.ID, now)
	if a.ID == "" {
		a.ID = newID()
	}
	if !in.CreatedAt.IsZero() {
		a.CreatedAt = in.CreatedAt.UnixMicro()
	}
	d := accountData{V: dataV, Name: in.Name}
	if hash != "" {
		d.Password = &passwordData{Hash: hash, SetAt: now, AsTyped: in.PasswordHash != ""}
	}
	a.Data = encode(d)
	change := store.Change{
		Accounts: []store.Account{*a},
		Events:   []store.Event{s.happened(event{Kind: EventImport}, a.ID, Caller{}, now)},
	}
	for _, i := range in.Identifiers {
		k, err := s.kind(i.Kind)
		if err != nil {
			return "", err
		}
		value, err := k.Canonical(i.Value)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(change.Link, func(l store.Association) bool { return l.Kind == k.Name() }) {
			return "", refuse(ErrInvalidArgument, "an account has one identifier of a kind")
		}
		change.Link = append(change.Link, newAssociation(a.ID, k.Name(), value, clip(i.Value), byImport, nil, now))
	}
	err = s.attempt(ctx, func(bool) (store.Change, error) {
		// Looked for first, because a conflict may be the store's own, and inside a
		// transaction of the host's there is no second look.
		if _, err := s.store.Account(ctx, a.ID); !errors.Is(err, store.ErrNotFound) {
			return store.Change{}, cmp.Or(err, error(refuse(ErrAccountExists, "")))
		}
		return change, nil
	})
	if errors.Is(err, store.ErrTaken) {
		err = refuse(ErrIdentifierTaken, "")
	}
	if err != nil {
		return "", err
	}
	return a.ID, nil
}
