//go:build cluster

package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/ligature-auth/ligature/store/bunstore"
)

// causes is a log that counts why calls were answered that something is unavailable.
type causes struct {
	slog.Handler
	mu sync.Mutex
	of map[string]int
}

func (c *causes) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func (c *causes) Handle(_ context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		if cause, ok := a.Value.Any().(error); ok && a.Key == "cause" {
			text := fmt.Sprint(cause)
			var told *bunstore.Error
			if errors.As(cause, &told) && told.Code == "" {
				text = fmt.Sprint(told.Op, ": ", told.Unwrap()) // what it does not tell
			}
			c.of[text]++
		}
		return true
	})
	return nil
}
