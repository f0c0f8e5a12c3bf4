package association_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/username"
)

// hostPasswords is a host that keeps the passwords: by account ID.
type hostPasswords struct {
	mu    sync.Mutex
	of    map[string]string
	asked int
	err   error
}

func (h *hostPasswords) HasPassword(_ context.Context, account string) (bool, error) {
	return h.of[account] != "", h.err
}

func (h *hostPasswords) VerifyPassword(_ context.Context, account, password string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked++
	return h.of[account] != "" && h.of[account] == password, h.err
}

func TestAHostThatKeepsThePasswords(t *testing.T) {
	host := &hostPasswords{of: map[string]string{}}
	w := newWorld(t, func(c *association.Config) { c.Passwords = host })
	id, err := w.svc.Import(t.Context(), association.ImportedAccount{
		ID: "host-7", Identifiers: []association.ImportedIdentifier{{Kind: username.New().Name(), Value: "ada"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	signIn := func(identifier, password string) (association.Session, error) {
		return w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: identifier, Password: password})
	}
	if _, err := signIn("ada", password); !errors.Is(err, association.ErrInvalidPassword) {
		t.Errorf("an account without a password: %v", err)
	}
	host.of[id] = password
	if _, err := signIn("ada", "wrong"); !errors.Is(err, association.ErrInvalidPassword) {
		t.Errorf("wrong: %v", err)
	}
	asked := host.asked
	if _, err := signIn("nobody", password); !errors.Is(err, association.ErrInvalidPassword) || host.asked != asked {
		t.Errorf("unknown: %v, and the host was asked %d times, want not at all", err, host.asked-asked)
	}
	c, session := w.signIn("ada")
	if session.Account != id {
		t.Errorf("signed in as %q, want %q", session.Account, id)
	}
	sudo := w.sudo(c)
	if err := w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: sudo, Password: "another one"}); !errors.Is(err, association.ErrUnsupported) {
		t.Errorf("SetPassword: %v, want ErrUnsupported", err)
	}
	if account, err := w.svc.Account(t.Context(), id); err != nil || !account.HasPassword || !account.PasswordSetAt.IsZero() {
		t.Errorf("the account says %+v, %v", account, err)
	}
	for _, in := range []association.ImportedAccount{{Password: password}, {PasswordHash: testHash()}} {
		if _, err := w.svc.Import(t.Context(), in); !errors.Is(err, association.ErrUnsupported) {
			t.Errorf("Import with a password: %v, want ErrUnsupported", err)
		}
	}

	// A host that cannot say is a refusal, never passage (R30).
	host.err = errors.New("LDAP is down")
	if _, err := signIn("ada", password); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("sign-in while the host fails: %v", err)
	}
	if _, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{Password: password}); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("sudo while the host fails: %v", err)
	}
	if _, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{}); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("sudo by recent sign-in while the host fails: %v", err)
	}
}
