package dbproof_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb/bundb"
	"github.com/ligature-auth/ligature/store"
)

// race runs a test of the racers on every database; each must find a connection free.
func race(t *testing.T, test func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier)) {
	bundb.Each(t, func(t *testing.T, d bundb.Database) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		b, db := openRace(t, d)
		test(ctx, t, dbproof.Must(dbproof.NewRig(b))(t), b)
		if n := db.Stats().WaitCount; n > 0 {
			t.Errorf("a connection was waited for %d times", n)
		}
	})
}

// winners returns who got no error, and fails for any but the refusal that is wanted.
// Those who lose too often are told to come again.
func winners(t *testing.T, errs []error, refusal error) (won []int) {
	t.Helper()
	for i, err := range errs {
		switch {
		case err == nil:
			won = append(won, i)
		case !errors.Is(err, refusal) && !errors.Is(err, association.ErrBusy):
			t.Errorf("a loser: %v, want %v", errors.Join(err, errors.Unwrap(err)), refusal)
		}
	}
	return won
}

func TestR23_OneCodeGivesOneToken(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier) {
		c := dbproof.Device("d")
		a := dbproof.Must(r.Ask(ctx, c, "ada@example.com"))(t)
		b.raise()
		won := winners(t, dbproof.Together(racers, func(int) error {
			_, err := r.Verify(ctx, c, a.ID, a.Code)
			return err
		}), association.ErrInvalidProof)
		if len(won) != 1 || b.applied.Load() != 1 {
			t.Errorf("%d tokens for one code in %d writes, want 1", len(won), b.applied.Load())
		}
	})
}

func TestR23_OneTokenBindsOnce(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier) {
		p := dbproof.Must(r.Propose(ctx, dbproof.Must(r.Member(ctx, "ada"))(t), "ada@example.com"))(t)
		b.raise()
		won := winners(t, dbproof.Together(racers, func(int) error {
			_, err := r.Bind(ctx, p, "")
			return err
		}), association.ErrInvalidProof)
		if len(won) != 1 {
			t.Errorf("%d binds by one token, want 1", len(won))
		}
		ledger{"ada", []dbproof.Proposal{p}}.mustBe(ctx, t, b.Store, 1)
	})
}

func TestR48_OneAddressOfManyClaimantsHasOneOwner(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier) {
		const to = "shared@example.com"
		var claims []dbproof.Proposal
		for i := range racers {
			m := dbproof.Must(r.Member(ctx, fmt.Sprint("user-", i)))(t)
			claims = append(claims, dbproof.Must(r.Propose(ctx, m, to))(t))
		}
		b.raise()
		won := winners(t, dbproof.Together(racers, func(i int) error {
			_, err := r.Bind(ctx, claims[i], "")
			return err
		}), association.ErrIdentifierTaken)
		if len(won) != 1 {
			t.Fatalf("%d owners, want 1", len(won))
		}
		owner := dbproof.Must(b.AccountByIdentifier(ctx, "email", []byte(to)))(t)
		if owner.ID != claims[won[0]].Actor.Account {
			t.Errorf("%s has the address, and %s was told so", owner.ID, claims[won[0]].Actor.Account)
		}
		for i, p := range claims {
			done := 0
			if i == won[0] {
				done = 1
			}
			ledger{p.Actor.Account, []dbproof.Proposal{p}}.mustBe(ctx, t, b.Store, done)
		}
	})
}

// TestR52_OfTheLastTwoMethodsOneStays: half of the racers remove the address, the other
// half the password, each while both are there.
func TestR52_OfTheLastTwoMethodsOneStays(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, _ *dbproof.Rig, b *barrier) {
		r := dbproof.Must(dbproof.NewRig(b, func(cfg *association.Config) { cfg.Passwords = nil }))(t)
		id := dbproof.Must(r.Import(ctx, association.ImportedAccount{
			ID: "ada", Password: dbproof.Password,
			Identifiers: []association.ImportedIdentifier{{Kind: "username", Value: "ada"}, {Kind: "email", Value: "ada@example.com"}},
		}))(t)
		c := dbproof.Device("d")
		s := dbproof.Must(r.SignIn(ctx, c, association.SignInRequest{Identifier: "ada", Password: dbproof.Password}))(t)
		c.Actor = dbproof.Must(r.Authenticate(ctx, s.Access))(t)
		sudo := dbproof.Must(r.Sudo(ctx, c, association.SudoRequest{Password: dbproof.Password}))(t)
		email, _ := dbproof.Must(r.Service.Account(ctx, id))(t).Of("email")
		b.raise()
		errs := dbproof.Together(racers, func(i int) error {
			remove := []string{email.ID, association.PasswordID}[i%2]
			return r.Unbind(ctx, c, association.UnbindRequest{ID: remove, SudoToken: sudo.Token})
		})
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won < 0:
				won = i
			case err == nil:
				t.Errorf("%d and %d both won", won, i)
			case !errors.Is(err, association.ErrLastMethod) && !errors.Is(err, association.ErrNoSuchMethod) && !errors.Is(err, association.ErrBusy):
				t.Errorf("a loser: %v", errors.Join(err, errors.Unwrap(err)))
			}
		}
		if won < 0 {
			t.Fatal("nobody won")
		}
		a := dbproof.Must(r.Service.Account(ctx, id))(t)
		if _, has := a.Of("email"); has == a.HasPassword || a.HasPassword != (won%2 == 0) {
			t.Errorf("%d won, and the account has an address %t and a password %t", won, has, a.HasPassword)
		}
		if got := dbproof.Must(b.Account(ctx, id))(t); got.Epoch != 1 || got.Version != 2 {
			t.Errorf("epoch %d and version %d after one removal", got.Epoch, got.Version)
		}
	})
}

// TestR23_OneWriterAVersion lets one account bind many addresses at once. The first
// has it; whoever comes second replaces it, which ends all that is older; and no
// other has anything.
func TestR23_OneWriterAVersion(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier) {
		m := dbproof.Must(r.Member(ctx, "ada"))(t)
		var proposed []dbproof.Proposal
		for i := range racers {
			proposed = append(proposed, dbproof.Must(r.Propose(ctx, m, fmt.Sprintf("ada-%d@example.com", i)))(t))
		}
		b.raise()
		won := winners(t, dbproof.Together(racers, func(i int) error {
			_, err := r.Bind(ctx, proposed[i], "")
			return err
		}), association.ErrInvalidProof)
		if len(won) < 1 || len(won) > 2 {
			t.Fatalf("%d binds, want a first one and at most one that replaces it", len(won))
		}
		const replaced, left, refused = 0, 1, 2
		rank := map[string]int{}
		for _, p := range proposed {
			rank[p.To] = refused
		}
		for _, i := range won {
			rank[proposed[i].To] = replaced
		}
		for _, as := range dbproof.Must(b.Account(ctx, "ada"))(t).Associations {
			rank[string(as.Value)] = left
		}
		slices.SortFunc(proposed, func(p, q dbproof.Proposal) int { return rank[p.To] - rank[q.To] })
		ledger{"ada", proposed}.mustBe(ctx, t, b.Store, len(won))
	})
}

func TestR23_OneChangeAVersion(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, _ *dbproof.Rig, b *barrier) {
		account := store.Account{ID: "ada", CreatedAt: 1, Status: 1}
		if err := b.Apply(ctx, store.Change{Accounts: []store.Account{account}}); err != nil {
			t.Fatal(err)
		}
		for version := int64(1); version <= 3; version++ {
			account.Version = version
			b.raise()
			errs := dbproof.Together(racers, func(i int) error {
				return b.Apply(ctx, store.Change{
					Accounts: []store.Account{account},
					Events:   []store.Event{{ID: fmt.Sprintf("%d-%d", version, i), Account: "ada"}},
				})
			})
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !errors.Is(err, store.ErrConflict) {
					t.Errorf("a loser: %v, want %v", err, store.ErrConflict)
				}
			}
			got := dbproof.Must(b.Account(ctx, "ada"))(t).Version
			if won != 1 || got != version+1 {
				t.Errorf("%d replaced version %d, which is now %d", won, version, got)
			}
			if events := dbproof.Must(b.Events(ctx, "ada", "", 1000))(t); len(events) != int(version) {
				t.Errorf("%d events after %d changes", len(events), version)
			}
		}
	})
}

func TestACounterRaisedByManyTellsEachAnotherTotal(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, _ *dbproof.Rig, b *barrier) {
		key, other := [32]byte{1}, [32]byte{2}
		told := make([][]int64, racers)
		errs := dbproof.Together(racers, func(i int) (err error) {
			told[i], err = b.Count(ctx, []store.Counter{{Key: key, N: 1, Expires: 1}, {Key: other, N: 2, Expires: 1}})
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for place, n := range []int64{1, 2} {
			var totals, want []int64
			for i := range told {
				totals, want = append(totals, told[i][place]), append(want, n*int64(i+1))
			}
			if slices.Sort(totals); !slices.Equal(totals, want) {
				t.Errorf("the totals are %v, want %v", totals, want)
			}
		}
	})
}

// TestARefreshTokenOfManyTabsHasOneSuccessor: nobody is thrown out, since the token
// before the last is good for a minute more, and gets the same successor.
func TestARefreshTokenOfManyTabsHasOneSuccessor(t *testing.T) {
	race(t, func(ctx context.Context, t *testing.T, r *dbproof.Rig, b *barrier) {
		m := dbproof.Must(r.Member(ctx, "ada"))(t)
		b.raise()
		told := make([]association.Session, racers)
		errs := dbproof.Together(racers, func(i int) (err error) {
			told[i], err = r.Refresh(ctx, m.Caller, m.Session.Refresh)
			return err
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		for _, s := range told {
			if s.Refresh.Reveal() != told[0].Refresh.Reveal() || s.Access.Reveal() != told[0].Access.Reveal() {
				t.Fatal("two successors")
			}
		}
		if n := b.applied.Load(); n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
		for _, access := range []association.Token{m.Session.Access, told[0].Access} {
			if _, err := r.Authenticate(ctx, access); err != nil {
				t.Errorf("thrown out: %v", err)
			}
		}
		if _, err := r.Refresh(ctx, m.Caller, told[0].Refresh); err != nil {
			t.Errorf("the successor: %v", err)
		}
	})
}
