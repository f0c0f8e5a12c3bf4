package association_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// hosted is a lab over SQLite, with a host that has a table of its own there.
type hosted struct {
	*lab
	db *bun.DB
}

func newHosted(t *testing.T, edits ...func(*association.Config)) *hosted {
	t.Helper()
	records, pool := bundb.All[0].Open(t, bunstore.Config{})
	h := &hosted{db: bun.NewDB(pool, sqlitedialect.New())}
	h.lab = owing(t, 0, append(edits, func(cfg *association.Config) {
		cfg.Store.(*watched).Store = records
	})...)
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE host_user (id TEXT PRIMARY KEY, email TEXT)"); err != nil {
		t.Fatal(err)
	}
	return h
}

var errRollback = errors.New("the host thinks better of it")

// inTx runs do in a transaction of the host's, together with a write of its own.
func (h *hosted) inTx(account, email string, do func(svc *association.Service) error) error {
	return h.db.RunInTx(h.t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO host_user VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET email = excluded.email", account, email); err != nil {
			return err
		}
		return do(h.svc.With(bunstore.New(tx, bunstore.Config{})))
	})
}

// user is the address that the host has of an account, or "".
func (h *hosted) user(account string) (email string) {
	h.t.Helper()
	err := h.db.QueryRowContext(h.t.Context(), "SELECT email FROM host_user WHERE id = ?", account).Scan(&email)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		h.t.Fatal(err)
	}
	return email
}

// A bind in a transaction of the host's is done with it or not at all: the rows of
// both, the event, the notice, the tokens that it spends, and the answer for its
// repeat.
func TestWithBindsInTheHostsTransaction(t *testing.T) {
	h := newHosted(t)
	account := h.own("email", "old@example.com")
	c, r := h.replacing(account, "new@example.com")
	c = named(c, "one")
	var told association.Association
	bind := func(end error) error {
		return h.inTx(account, "new@example.com", func(svc *association.Service) (err error) {
			if told, err = svc.Bind(t.Context(), c, r); err != nil {
				return err
			}
			if a, err := svc.Account(t.Context(), account); err != nil || len(a.Associations) != 1 || a.Associations[0] != told {
				t.Errorf("inside, the account is %+v, %v, want %+v", a, err, told)
			}
			if got := h.bound(account)["email"]; end != nil && got != "old@example.com" {
				t.Errorf("outside, before the end, the account has %q", got)
			}
			return end
		})
	}
	state := func(name, email string, events, notices int) {
		t.Helper()
		if bound, user := h.bound(account)["email"], h.user(account); bound != email || user != "" && user != email {
			t.Errorf("%s: the account has %q, the host %q, want %q", name, bound, user, email)
		}
		if got := h.events(account)["bind"]; got != events || len(h.notices()) != notices {
			t.Errorf("%s: %d events, %d notices, want %d and %d", name, got, len(h.notices()), events, notices)
		}
	}

	if err := bind(errRollback); !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
	state("rolled back", "old@example.com", 0, 0)
	first := told
	if h.user(account) != "" {
		t.Error("the host's row is there")
	}

	if err := bind(nil); err != nil {
		t.Fatalf("the same again: %v", err)
	}
	if told.ID == first.ID {
		t.Error("what was rolled back has left an answer")
	}
	state("committed", "new@example.com", 1, 1)
	first = told

	if err := bind(nil); err != nil || told != first {
		t.Errorf("repeated: %+v, %v, want %+v", told, err, first)
	}
	state("repeated", "new@example.com", 1, 1)
	h.deliver(10, 1)
	if to := h.out.told()[0].To; to != "old@example.com" {
		t.Errorf("the notice went to %q", to)
	}
}

// The same of an import, and of what is refused.
func TestWithImportsInTheHostsTransaction(t *testing.T) {
	h := newHosted(t)
	in := association.ImportedAccount{ID: "ada", Identifiers: identifiers("email", "ada@example.com")}
	importing := func(in association.ImportedAccount, end error) error {
		return h.inTx(in.ID, "ada@example.com", func(svc *association.Service) error {
			if _, err := svc.Import(t.Context(), in); err != nil {
				return err
			}
			return end
		})
	}
	other := in
	other.ID = "eve"
	for _, tt := range []struct {
		name      string
		in        association.ImportedAccount
		end, want error
		has       string
	}{
		{"rolled back", in, errRollback, errRollback, ""},
		{"committed", in, nil, nil, "ada@example.com"},
		{"again", in, nil, association.ErrAccountExists, "ada@example.com"},
		{"another with the same address", other, nil, association.ErrIdentifierTaken, ""},
	} {
		if err := importing(tt.in, tt.end); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if bound, user := h.bound(tt.in.ID)["email"], h.user(tt.in.ID); bound != tt.has || user != tt.has {
			t.Errorf("%s: the account has %q, the host %q, want %q", tt.name, bound, user, tt.has)
		}
	}
}
