package dbproof_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/bunstore"
	"github.com/ligature-auth/ligature/store/storetest"
)

const databases = "../../docs/databases.md"

func read(t *testing.T, path string) string {
	t.Helper()
	return string(dbproof.Must(os.ReadFile(path))(t))
}

// blocks returns what databases.md shows in a language.
func blocks(t *testing.T, language string) (blocks []string) {
	t.Helper()
	for _, after := range strings.Split(read(t, databases), "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(after, "```\n")
		blocks = append(blocks, block)
	}
	return blocks
}

func TestDatabasesShowsWhatIsTested(t *testing.T) {
	shown := blocks(t, "go")
	tested := []string{"../../store/bunstore/example_test.go", "databases_test.go"}
	if len(shown) != len(tested) {
		t.Fatalf("%d blocks of Go", len(shown))
	}
	for i, block := range shown {
		if !strings.Contains(read(t, tested[i]), block) {
			t.Errorf("%s has not what databases.md shows:\n%s", tested[i], block)
		}
	}
}

// bindWithUser is what databases.md shows.
func bindWithUser(ctx context.Context, db *bun.DB, svc *association.Service, c association.Caller, r association.BindRequest) error {
	tx, err := db.BeginTx(ctx, nil) // db is your *bun.DB
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `UPDATE users SET email = ? WHERE id = ?`, r.To, c.Actor.Account); err != nil {
		return err
	}
	if _, err := svc.With(bunstore.New(tx, bunstore.Config{})).Bind(ctx, c, r); err != nil {
		return err // ErrBusy: roll back, and do the whole again
	}
	return tx.Commit()
}

func TestTheShownTransaction(t *testing.T) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		ctx := t.Context()
		s, users := openHost(t, d, bunstore.Config{})
		r := dbproof.Must(dbproof.NewRig(s))(t)
		p := dbproof.Must(r.Propose(ctx, dbproof.Must(r.Member(ctx, "ada"))(t), "ada@example.com"))(t)
		if err := addUser(ctx, users, "ada", "before"); err != nil {
			t.Fatal(err)
		}
		request := association.BindRequest{Kind: "email", To: p.To, SudoToken: p.Sudo}
		if err := bindWithUser(ctx, users.DB, r.Service, p.Caller, request); err == nil {
			t.Error("bound without a proof")
		}
		if got := users.email(ctx, t, "ada"); got != "before" {
			t.Errorf("refused, the host has %q", got)
		}
		request.VerificationToken = p.Token
		if err := bindWithUser(ctx, users.DB, r.Service, p.Caller, request); err != nil {
			t.Fatal(err)
		}
		if got := users.email(ctx, t, "ada"); got != p.To {
			t.Errorf("bound, the host has %q", got)
		}
		ledger{"ada", []dbproof.Proposal{p}}.mustBe(ctx, t, s, 1)
	})
}

// TestAPartitionedHistory runs the statements that databases.md shows, while the store
// is open. SQLite has no partitions.
func TestAPartitionedHistory(t *testing.T) {
	const before, within, later = "000600000000000", "00066187351f800", "000700000000000" // and a digit more
	shown := blocks(t, "sql")
	if len(shown) != 2 {
		t.Fatalf("%d blocks of SQL", len(shown))
	}
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		block := shown[0]
		switch d.Dialect {
		case bunstore.SQLite:
			return
		case bunstore.MySQL:
			block = shown[1]
		}
		once, monthly, ok := strings.Cut(block, "-- Then")
		if !ok {
			t.Fatal("no line begins with Then")
		}
		s, db := d.Open(t, bunstore.Config{})
		conn := dbproof.Must(db.Conn(t.Context()))(t)
		defer func() { _ = conn.Close() }()
		execute := func(statements string) {
			t.Helper()
			for statement := range strings.SplitSeq(statements, ";\n") {
				if strings.TrimSpace(statement) == "" {
					continue
				}
				if _, err := conn.ExecContext(t.Context(), statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				}
			}
		}
		happen := func(ids ...string) {
			t.Helper()
			change := store.Change{}
			for _, id := range ids {
				change.Events = append(change.Events, store.Event{ID: id, Account: "ann", Expires: 1, Data: []byte(id)})
			}
			if err := s.Apply(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		want := func(ids ...string) {
			t.Helper()
			var got []string
			for _, e := range dbproof.Must(s.Events(t.Context(), "ann", "", 99))(t) {
				got = append(got, e.ID)
			}
			if !slices.Equal(got, ids) {
				t.Errorf("the history is %q, want %q", got, ids)
			}
		}

		happen(before+"1", before+"2")
		execute(once)
		happen(before+"3", within+"1", within+"2")
		want(within+"2", within+"1", before+"3", before+"2", before+"1")
		_, after, _ := strings.Cut(monthly, "\n")
		execute(after) // drops the first
		happen(later+"1", later+"2")
		want(later+"2", later+"1", within+"2", within+"1")
		for range 4 { // wherever they are
			if n, err := s.DeleteExpired(t.Context(), 2, 1); n != 1 || err != nil {
				t.Errorf("%d were deleted, %v", n, err)
			}
		}
		want()
		t.Run("store", func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) store.Store {
				bundb.Empty(t, db)
				return s
			}, storetest.Options{Serial: true}) // a partition changes no race
		})
		if err := s.MigrateTo(t.Context(), 0); err != nil {
			t.Errorf("down: %v", err)
		}
	})
}
