package storetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// rewriteProofs is a store that stores something else of a proof.
func rewriteProofs(rewrite func(p *store.Proof)) func(store.Store) store.Store {
	return onApply(func(ctx context.Context, good store.Store, change store.Change) error {
		for i := range change.Proofs {
			rewrite(&change.Proofs[i])
		}
		return good.Apply(ctx, change)
	})
}

// rewriteEvents is a store that stores something else of an event.
func rewriteEvents(rewrite func(e *store.Event)) func(store.Store) store.Store {
	return onApply(func(ctx context.Context, good store.Store, change store.Change) error {
		for i := range change.Events {
			rewrite(&change.Events[i])
		}
		return good.Apply(ctx, change)
	})
}

// wallClock is what a column without a zone makes of a time that a clock elsewhere
// shows.
func wallClock(micros int64) int64 {
	t := time.UnixMicro(micros).In(time.FixedZone("", 8*3600))
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC).UnixMicro()
}

func fieldBreakages() []breakage {
	return []breakage{
		{"data is text", "opaque/data_every_byte", rewriteProofs(
			func(p *store.Proof) { p.Data = bytes.ToValidUTF8(p.Data, []byte("\ufffd")) })},
		{"data ends at 65,535 bytes", "opaque/data_64_KiB", rewriteProofs(
			func(p *store.Proof) { p.Data = p.Data[:min(len(p.Data), 1<<16-1)] })},
		{"data is JSON", "opaque/data_JSON_that_a_JSON_column_would_tidy", rewriteProofs(func(p *store.Proof) {
			var v any
			if json.Unmarshal(p.Data, &v) == nil {
				p.Data, _ = json.Marshal(v) // what was read can be written
			}
		})},
		{"display is trimmed", "opaque/display_case_and_spaces", onApply(
			func(ctx context.Context, good store.Store, change store.Change) error {
				for i, l := range change.Link {
					change.Link[i].Display = strings.TrimSpace(l.Display)
				}
				return good.Apply(ctx, change)
			})},
		{"truncated micros", "integers/R14_microseconds", rewriteProofs(
			func(p *store.Proof) { p.Expires -= p.Expires % 1000 })},
		{"truncated micros of an event's expiry", "integers/R14_microseconds", rewriteEvents(
			func(e *store.Event) { e.Expires -= e.Expires % 1000 })},
		{"truncated micros of a notice", "integers/R14_microseconds", rewriteNotices(
			func(n *store.Notice) { n.Due -= n.Due % 1000 })},
		{"zone shift", "integers/R14_microseconds", rewriteProofs(
			func(p *store.Proof) { p.Expires = wallClock(p.Expires) })},
		{"zone shift of a notice", "integers/R14_clock_at_+8_hours", rewriteNotices(
			func(n *store.Notice) { n.Expires = wallClock(n.Expires) })},
		{"an event's expiry is lost", "apply/everything_at_once", rewriteEvents(
			func(e *store.Event) { e.Expires = 0 })},
		{"an event expires when it happens", "apply/everything_at_once", rewriteEvents(
			func(e *store.Event) { e.Expires = e.At })},
		{"a notice's two times change places", "apply/everything_at_once", rewriteNotices(
			func(n *store.Notice) { n.Due, n.Expires = n.Expires, n.Due })},
		{"a notice loses its account", "ids/accounts_case", rewriteNotices(
			func(n *store.Notice) { n.Account = "" })},
		{"lost NUL in data", "opaque/data_64_KiB_of_NUL", rewriteProofs(
			func(p *store.Proof) { p.Data = bytes.TrimRight(p.Data, "\x00") })},
		{"times are floats", "integers/R14_beyond_float64", rewriteProofs(
			func(p *store.Proof) { p.CreatedAt = int64(float64(p.CreatedAt)) })},
		{"times before the epoch are none", "integers/R14_before_the_epoch", rewriteProofs(
			func(p *store.Proof) { p.CreatedAt = max(p.CreatedAt, 0) })},
		{"kinds are signed", "integers/kind_and_status_128", rewriteProofs(
			func(p *store.Proof) { p.Kind = min(p.Kind, 127) })},
	}
}
