package smtp_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"math/big"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// said is what a program printed.
type said struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// freePort returns a port that nobody listens on, below those that the system gives to
// clients: it stays free until the server is up.
func freePort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		n, err := rand.Int(rand.Reader, big.NewInt(12000))
		if err != nil {
			t.Fatal(err)
		}
		port := strconv.Itoa(20000 + int(n.Int64()))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// missing skips a test, but not in CI.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// await returns once there is what is waited for.
func await(t *testing.T, what string, ended <-chan struct{}, ready func() bool, log func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("waited for %s, and it ended:\n%s", what, log())
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s:\n%s", what, log())
		}
	}
}
