package redisstore_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ligature-auth/ligature/store"
)

// An index has the keys of its records in it, and an association's begins with the kind.
func TestAssociationsOfOneInstantAreInTheOrderOfTheirIDs(t *testing.T) {
	s := open(t, connect(t, &redis.Options{}), "app")
	if err := s.Apply(t.Context(), store.Change{
		Accounts: []store.Account{{ID: "ann"}},
		Link: []store.Association{
			{ID: "1", Account: "ann", Kind: "phone", Value: []byte("+4930")},
			{ID: "12", Account: "ann", Kind: "email", Value: []byte("z@example.com")},
			{ID: "2", Account: "ann", Kind: "email", Value: []byte("a@example.com")},
		},
	}); err != nil {
		t.Fatal(err)
	}
	a, err := s.Account(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, x := range a.Associations {
		got += x.ID + " "
	}
	if want := "1 12 2 "; got != want {
		t.Errorf("associations %q, want %q", got, want)
	}
}

// Who reads a proof of nobody's must not be handed an account, whatever is stored.
func TestAProofOfNobodyHasNoAccount(t *testing.T) {
	s := open(t, connect(t, &redis.Options{}), "app")
	if err := s.Apply(t.Context(), store.Change{
		Accounts: []store.Account{{ID: ""}}, Proofs: []store.Proof{{ID: "p"}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, a, err := s.Proof(t.Context(), "p"); err != nil || a != nil {
		t.Errorf("Proof: account %+v, %v; want none", a, err)
	}
}
