package httpadapter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// recorder is a store that can be looked at as a whole, before and after.
type recorder struct {
	store.Store

	mu      sync.Mutex
	kept    snapshot
	failing int // so many more writes fail
}

// snapshot is everything in a store, field by field.
type snapshot map[cell]string

type cell struct{ record, id, field string }

func newRecorder(inner store.Store) *recorder { return &recorder{Store: inner, kept: snapshot{}} }

func (r *recorder) snapshot() snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.kept)
}

func (r *recorder) Apply(ctx context.Context, c store.Change) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failing > 0 {
		r.failing--
		return errors.New("the disk is full")
	}
	if err := r.Store.Apply(ctx, c); err != nil {
		return err
	}
	for _, a := range c.Accounts {
		r.kept.put("account", a.ID, a.Data, map[string]any{
			"version": a.Version + 1, "epoch": a.Epoch, "created": a.CreatedAt, "status": a.Status,
		})
	}
	for _, p := range c.Proofs {
		r.kept.put("proof", p.ID, p.Data, map[string]any{
			"version": p.Version + 1, "kind": p.Kind, "account": p.Account, "created": p.CreatedAt, "kept until": p.Expires,
		})
	}
	for _, a := range c.Unlink {
		r.kept.drop("association", a.Kind+" "+string(a.Value))
	}
	for _, a := range c.Link {
		r.kept.put("association", a.Kind+" "+string(a.Value), a.Data, map[string]any{
			"id": a.ID, "account": a.Account, "display": a.Display, "created": a.CreatedAt,
		})
	}
	for _, n := range c.Notices {
		r.kept.put("notice", n.ID, n.Data, map[string]any{"version": n.Version + 1, "account": n.Account, "due": n.Due})
	}
	for _, e := range c.Events {
		r.kept.put("event", e.ID, e.Data, map[string]any{"account": e.Account, "at": e.At})
	}
	return nil
}

func (r *recorder) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	totals, err := r.Store.Count(ctx, counters)
	for i, total := range totals {
		if counters[i].N > 0 {
			r.kept[cell{"counter", fmt.Sprintf("%x", counters[i].Key), "n"}] = fmt.Sprint(total)
		}
	}
	return totals, err
}

// put keeps a record: its envelope, and what its Data is made of.
func (s snapshot) put(record, id string, data []byte, envelope map[string]any) {
	s.drop(record, id)
	for field, v := range envelope {
		s[cell{record, id, field}] = fmt.Sprint(v)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		panic("the Data of a " + record + " is not a JSON object")
	}
	for field, v := range fields {
		s[cell{record, id, "data." + field}] = string(v)
	}
}

func (s snapshot) drop(record, id string) {
	maps.DeleteFunc(s, func(c cell, _ string) bool { return c.record == record && c.id == id })
}

// since names what is different from before, as "record.field", each once.
func (s snapshot) since(before snapshot) []string {
	different := map[string]bool{}
	for c, v := range s {
		if old, ok := before[c]; !ok || old != v {
			different[c.record+"."+c.field] = true
		}
	}
	for c := range before {
		if _, ok := s[c]; !ok {
			different[c.record+"."+c.field] = true
		}
	}
	return slices.Sorted(maps.Keys(different))
}

// total is the sum of every counter.
func (s snapshot) total() (n int) {
	for c, v := range s {
		if c.record == "counter" {
			var one int
			_, _ = fmt.Sscan(v, &one)
			n += one
		}
	}
	return n
}

func TestRecorderSeesEveryPart(t *testing.T) {
	w := newWorld(t)
	before := w.store.snapshot()
	w.account("ada", "email", "ada@example.com")
	c := w.signedIn(w.bearer(), "ada")
	badPassword.of(c.do("POST", "/v1/user/sudo", m{"password": "wrong horse"}))
	c.ok(c.bind("new@example.com", c.sudo(), c.prove("new@example.com")))
	changed := w.store.snapshot().since(before)
	for _, want := range []string{"account.epoch", "association.account", "proof.data.current", "event.at", "counter.n", "notice.due"} {
		if !slices.Contains(changed, want) {
			t.Errorf("%s changed unseen; seen: %v", want, changed)
		}
	}
}
