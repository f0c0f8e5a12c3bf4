package redisstore

import (
	"cmp"
	"context"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/ligature-auth/ligature/store"
)

// entry is a record as store.lua takes it.
type entry struct {
	Key     string
	Version string // "0" if there must be none
	Account string
	Record  text
	Indexes map[string]string // what each sorts it by
}

// text is a record's JSON, as a string in other JSON.
type text struct{ record any }

// MarshalText implements encoding.TextMarshaler.
func (t text) MarshalText() ([]byte, error) { return json.Marshal(t.record) }

// association keeps every byte of Display, where a string of JSON keeps UTF-8.
type association struct {
	store.Association
	Display []byte
}

// Apply implements [store.Store].
func (s *Store) Apply(ctx context.Context, change store.Change) error {
	var plan struct{ Old, New []entry }
	replace := func(key string, version *int64, account string, record any, indexes map[string]string) {
		plan.Old = append(plan.Old, entry{Key: key, Version: fmt.Sprint(*version)})
		*version++
		plan.New = append(plan.New, entry{key, fmt.Sprint(*version), account, text{record}, indexes})
	}
	for _, a := range change.Accounts {
		a.Associations = nil
		replace("account:"+a.ID, &a.Version, a.ID, &a, nil)
	}
	for _, p := range change.Proofs {
		indexes := map[string]string{proofs(p.Account, p.Kind): order(p.CreatedAt), "expires": order(p.Expires)}
		replace("proof:"+p.ID, &p.Version, p.Account, &p, indexes)
	}
	for _, n := range change.Notices {
		indexes := map[string]string{"due": order(n.Due), "expires": order(n.Expires)}
		replace("notice:"+n.ID, &n.Version, n.Account, &n, indexes)
	}
	for _, u := range change.Unlink {
		plan.Old = append(plan.Old, link(u))
	}
	for _, l := range change.Link {
		plan.New = append(plan.New, link(l))
	}
	for _, e := range change.Events {
		indexes := map[string]string{"events:" + e.Account: e.ID, "expires": order(e.Expires)}
		plan.New = append(plan.New, entry{Key: "event:" + e.ID, Record: text{e}, Indexes: indexes})
	}
	outcome, err := run[string](ctx, s, "apply", plan)
	return cmp.Or(err, map[string]error{"conflict": store.ErrConflict, "taken": store.ErrTaken}[outcome])
}

// link is an identifier's entry. Its version is no number: it says which association holds
// the identifier, and whose that is.
func link(a store.Association) entry {
	indexes := map[string]string{"associations:" + a.Account: order(a.CreatedAt) + a.ID}
	return entry{identifier(a.Kind, a.Value), a.ID + "\n" + a.Account, a.Account, text{association{a, []byte(a.Display)}}, indexes}
}

// Count implements [store.Store]. A sum beyond an int64 is an error.
func (s *Store) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	entries := make([]entry, len(counters))
	for i, c := range counters {
		indexes := map[string]string{"expires": order(c.Expires)}
		entries[i] = entry{Key: fmt.Sprintf("counter:%x", c.Key), Version: fmt.Sprint(c.N), Indexes: indexes}
	}
	return run[[]int64](ctx, s, "count", entries)
}

// DeleteExpired implements [store.Store], in batches: Redis serves nobody else meanwhile.
func (s *Store) DeleteExpired(ctx context.Context, before int64, limit int) (deleted int, err error) {
	for deleted < limit {
		batch := min(500, limit-deleted)
		n, err := run[int](ctx, s, "expire", []string{"expires", "-", "(" + order(before), "BYLEX", "LIMIT", "0", fmt.Sprint(batch)})
		if deleted += n; err != nil || n < batch {
			return deleted, err
		}
	}
	return deleted, nil
}

// order encodes an integer so that the order of bytes is that of numbers.
func order(n int64) string { return fmt.Sprintf("%016x", uint64(n)^1<<63) }

// identifier is the key of one. JSON does not keep every byte, hence the hex.
func identifier(kind string, value []byte) string {
	return fmt.Sprintf("identifier:%s:%x", kind, value)
}

func proofs(account string, kind uint8) string { return fmt.Sprintf("proofs:%d:%s", kind, account) }
