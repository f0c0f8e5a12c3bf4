package redisstore_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/ligature-auth/ligature/store"
)

// full is a Change with one new record of every kind.
func full() store.Change {
	return store.Change{
		Accounts: []store.Account{{ID: "ann"}},
		Proofs:   []store.Proof{{ID: "p", Account: "ann", Kind: 1, Expires: 1}},
		Link:     []store.Association{{ID: "x", Account: "ann", Kind: "email", Value: []byte("x@example.com")}},
		Events:   []store.Event{{ID: "e", Account: "ann", Expires: 1}},
		Notices:  []store.Notice{{ID: "n", Account: "ann", Expires: 1}},
	}
}

// next replaces what full wrote by records that stand elsewhere in each index.
func next() store.Change {
	return store.Change{
		Accounts: []store.Account{{ID: "ann", Version: 1}},
		Proofs:   []store.Proof{{ID: "p", Version: 1, Account: "bob", Kind: 2, CreatedAt: 2, Expires: 2}},
		Unlink:   full().Link,
		Link:     []store.Association{{ID: "y", Account: "bob", Kind: "email", Value: []byte("x@example.com")}},
		Notices:  []store.Notice{{ID: "n", Version: 1, Account: "bob", Due: 2, Expires: 2}},
	}
}

// An index that outlives its records is a leak, and one that lists them twice a lie.
func TestNothingIsLeftBehind(t *testing.T) {
	client := connect(t, &redis.Options{})
	s := open(t, client, "app")
	for _, change := range []store.Change{full(), next(), {Unlink: next().Link}} {
		if err := s.Apply(t.Context(), change); err != nil {
			t.Fatal(err)
		}
	}
	counters := []store.Counter{{N: 1, Expires: 1}, {Key: [32]byte{1}, Expires: 1}}
	if _, err := s.Count(t.Context(), counters); err != nil {
		t.Fatal(err)
	}
	n, err := s.DeleteExpired(t.Context(), math.MaxInt64, 99)
	if want := 4; err != nil || n != want {
		t.Errorf("DeleteExpired = %d, %v; want %d: a counter that was only read is none", n, err, want)
	}
	keys, err := client.Keys(t.Context(), "*").Result()
	if want := []string{"{app}:account:ann"}; err != nil || !slices.Equal(keys, want) {
		t.Errorf("left are %q, %v; want %q", keys, err, want)
	}
}

// Redis Cluster places a key by what is in the braces.
func TestEveryKeyHasTheHashTag(t *testing.T) {
	client := connect(t, &redis.Options{})
	s := open(t, client, "app")
	if err := s.Apply(t.Context(), full()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Count(t.Context(), []store.Counter{{N: 1}}); err != nil {
		t.Fatal(err)
	}
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) < 6 {
		t.Fatalf("keys: %q, %v", keys, err)
	}
	for _, key := range keys {
		if !strings.HasPrefix(key, "{app}:") {
			t.Errorf("a key is %q", key)
		}
	}
}

func TestDeleteExpiredGoesOnAfterABatch(t *testing.T) {
	s := open(t, connect(t, &redis.Options{}), "app")
	const all = 1200
	counters := make([]store.Counter, all)
	for i := range counters {
		counters[i] = store.Counter{Key: [32]byte{byte(i), byte(i >> 8)}, N: 1, Expires: 1}
	}
	if _, err := s.Count(t.Context(), counters); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ limit, want int }{{700, 700}, {all, 500}, {all, 0}} {
		if n, err := s.DeleteExpired(t.Context(), 2, tt.limit); err != nil || n != tt.want {
			t.Errorf("DeleteExpired up to %d = %d, %v; want %d", tt.limit, n, err, tt.want)
		}
	}
}
