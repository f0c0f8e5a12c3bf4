package sendertest

import (
	"bytes"
	"context"
	"io"
	"log"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// silent: no log line and no output shows a part of a message (R67).
func (s suite) silent(t *testing.T) {
	output := capture(t)
	senders := []sender.Sender{s.newSender(t)}
	if s.Refusing != nil {
		senders = append(senders, s.Refusing(t))
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	messages := []sender.Message{s.message(1), s.notice(2)}
	for _, to := range senders {
		for _, m := range messages {
			_, _ = s.send(t.Context(), t, to, m)
			_, _ = s.send(done, t, to, m)
		}
	}
	out := output()
	for _, m := range messages {
		if what := leak(out, m); what != "" {
			t.Errorf("logs or prints the message's %s:\n%s", what, out)
		}
	}
}

// capture redirects the default loggers, at every level, and the standard
// streams until the returned func is called, or the test ends.
func capture(t *testing.T) (output func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	var logged buffer
	logger, writer, flags, stdout, stderr := slog.Default(), log.Writer(), log.Flags(), os.Stdout, os.Stderr
	// SetDefault makes log write to slog, so log comes after it both times.
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.Level(math.MinInt)})))
	log.SetOutput(&logged)
	os.Stdout, os.Stderr = file, file

	restore := sync.OnceFunc(func() {
		os.Stdout, os.Stderr = stdout, stderr
		slog.SetDefault(logger)
		log.SetOutput(writer)
		log.SetFlags(flags)
	})
	t.Cleanup(func() {
		restore()
		_ = file.Close()
	})
	return func() string {
		restore()
		printed, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(printed) + logged.String()
	}
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*buffer)(nil)

// Write takes what is logged, from any number of goroutines.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns all that was logged so far.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
