// Package pause waits a little, so that those who collided do not collide again.
package pause

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"
)

// Jittered waits between half of d and d, or until ctx ends: then it returns ctx's
// error. d is at least 2 ns.
func Jittered(ctx context.Context, d time.Duration) error {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	half := uint64(d / 2)
	return For(ctx, time.Duration(half+binary.BigEndian.Uint64(b[:])%half))
}

// For waits for d, or until ctx ends: then it returns ctx's error.
func For(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
