package redisstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ligature-auth/ligature/internal/redisstore"
	"github.com/ligature-auth/ligature/store"
)

func TestNewRefusesAClientThatRepeats(t *testing.T) {
	for _, retries := range []int{0, 1} { // 0 is go-redis's own 3
		client := redis.NewClient(&redis.Options{MaxRetries: retries})
		if _, err := redisstore.New(client, "app"); err == nil {
			t.Errorf("New took a client with MaxRetries %d", retries)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
}

// deaf is a connection that breaks when it is told to, as soon as the server has done its
// work and answers.
type deaf struct {
	net.Conn
	lose *atomic.Bool
}

func (d deaf) Read(b []byte) (int, error) {
	n, err := d.Conn.Read(b)
	if err == nil && d.lose.CompareAndSwap(true, false) {
		return 0, errors.Join(io.EOF, d.Close())
	}
	return n, err
}

// A Change whose answer is lost was written. To call that a conflict would be a lie: the
// core would decide anew about a code that is spent.
func TestALostAnswerIsNoConflict(t *testing.T) {
	var lose atomic.Bool
	s := open(t, connect(t, &redis.Options{
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return deaf{conn, &lose}, err
		},
	}), "app")
	if err := s.Apply(t.Context(), full()); err != nil {
		t.Fatal(err)
	}
	lose.Store(true)
	if err := s.Apply(t.Context(), next()); err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrTaken) {
		t.Errorf("Apply: %v, want an error that is none of the contract's", err)
	}
	if a, err := s.Account(t.Context(), "ann"); err != nil || a.Version != 2 {
		t.Errorf("Account: %+v, %v; want version 2", a, err)
	}
}

// go-redis itself waits for the answer to what it has sent.
func TestR68_AContextEndsTheCallWhileRedisIsBusy(t *testing.T) {
	client := connect(t, &redis.Options{})
	s := open(t, client, "app")
	if err := client.Do(t.Context(), "CLIENT", "PAUSE", time.Hour.Milliseconds(), "WRITE").Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Do(context.Background(), "CLIENT", "UNPAUSE").Err(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Apply(ctx, full()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Apply: %v, want %v", err, context.DeadlineExceeded)
	}
}

// At maxmemory Redis refuses the first write of a script and none after it.
func TestAFullRedisWritesAllOrNothing(t *testing.T) {
	client := connect(t, &redis.Options{})
	s := open(t, client, "app")
	if err := s.Apply(t.Context(), full()); err != nil {
		t.Fatal(err)
	}
	limit := func(bytes string) {
		t.Helper()
		if err := client.ConfigSet(t.Context(), "maxmemory", bytes).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		change store.Change
	}{
		{"an insert", store.Change{
			Accounts: []store.Account{{ID: "bob"}},
			Proofs:   []store.Proof{{ID: "q", Account: "bob", Kind: 2}},
		}},
		{"a replacement", next()},
	} {
		limit("1")
		err := s.Apply(t.Context(), tt.change)
		limit("0")
		if err != nil && !strings.HasPrefix(err.Error(), "OOM") {
			t.Errorf("%s: %v", tt.name, err)
		}
		last := tt.change.Accounts[0]
		a, errA := s.Account(t.Context(), last.ID)
		proofs, errP := s.Proofs(t.Context(), "bob", 2)
		if errP != nil || errA != nil && !errors.Is(errA, store.ErrNotFound) {
			t.Fatal(errA, errP)
		}
		wroteAccount, wroteProof := a != nil && a.Version == last.Version+1, len(proofs) == 1
		if want := err == nil; wroteAccount != want || wroteProof != want {
			t.Errorf("%s (%v): account written: %t, proof: %t", tt.name, err, wroteAccount, wroteProof)
		}
	}
}
