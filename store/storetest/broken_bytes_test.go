package storetest_test

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/ligature-auth/ligature/store"
)

// collation is a store that keeps every byte and compares sloppily.
type collation struct {
	store.Store
	fold func(kind, value string) string

	mu     sync.Mutex
	stored map[string]store.Association // by fold
}

func collate(fold func(kind, value string) string) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		return &collation{Store: good, fold: fold, stored: map[string]store.Association{}}
	}
}

func (c *collation) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.stored[c.fold(kind, string(value))]; ok {
		kind, value = old.Kind, old.Value
	}
	return c.Store.AccountByIdentifier(ctx, kind, value)
}

func (c *collation) Apply(ctx context.Context, change store.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	unlinked := map[string]bool{}
	var sloppy []store.Association
	for _, u := range change.Unlink {
		f := c.fold(u.Kind, string(u.Value))
		if old, ok := c.stored[f]; ok {
			u.Kind, u.Value = old.Kind, old.Value
		}
		unlinked[f] = true
		sloppy = append(sloppy, u)
	}
	for _, l := range change.Link {
		f := c.fold(l.Kind, string(l.Value))
		if _, ok := c.stored[f]; ok && !unlinked[f] {
			return store.ErrTaken
		}
	}
	change.Unlink = sloppy
	if err := c.Store.Apply(ctx, change); err != nil {
		return err
	}
	for f := range unlinked {
		delete(c.stored, f)
	}
	for _, l := range change.Link {
		l.Value = bytes.Clone(l.Value)
		c.stored[c.fold(l.Kind, string(l.Value))] = l
	}
	return nil
}

// ofValue makes a fold that takes the kind as it is.
func ofValue(fold func(value string) string) func(kind, value string) string {
	return func(kind, value string) string { return kind + "\x00" + fold(value) }
}

// rewriteValues is a store that loses bytes of values on their way in, in
// look-ups too.
func rewriteValues(rewrite func([]byte) []byte) func(store.Store) store.Store {
	return func(good store.Store) store.Store {
		f := onApply(func(ctx context.Context, good store.Store, change store.Change) error {
			for _, list := range [][]store.Association{change.Unlink, change.Link} {
				for i := range list {
					list[i].Value = rewrite(list[i].Value)
				}
			}
			return good.Apply(ctx, change)
		})(good).(fake)
		f.byIdentifier = func(ctx context.Context, kind string, value []byte) (*store.Account, error) {
			return good.AccountByIdentifier(ctx, kind, rewrite(value))
		}
		return f
	}
}

func byteBreakages() []breakage {
	accents := strings.NewReplacer("\u00e1", "a")
	sharp := strings.NewReplacer("\u00df", "ss")
	trim := func(v string) string { return strings.TrimRight(v, " ") }
	return []breakage{
		{"collation compare folds case", "bytes/R45_case", collate(ofValue(strings.ToLower))},
		{"collation compare folds the Kelvin sign", "bytes/R45_Kelvin_sign", collate(ofValue(strings.ToLower))},
		{"collation compare folds accents", "bytes/R45_accent", collate(ofValue(accents.Replace))},
		{"collation compare takes sharp s for ss", "bytes/R45_sharp_s_and_ss", collate(ofValue(sharp.Replace))},
		{"collation compare ignores trailing spaces", "bytes/R45_trailing_space", collate(ofValue(trim))},
		{"collation compare ignores the zero-width space", "bytes/R45_zero-width_space", collate(ofValue(
			func(v string) string { return strings.ReplaceAll(v, "\u200b", "") }))},
		{"collation compare takes all emoji for equal", "bytes/R45_emoji", collate(ofValue(func(v string) string {
			return strings.Map(func(r rune) rune { return min(r, 0x10000) }, v)
		}))},
		{"values are compared to 255 bytes", "bytes/R45_last_of_320_bytes", collate(ofValue(
			func(v string) string { return v[:min(len(v), 255)] }))},
		{"NUL ends a value", "bytes/R45_NUL_cuts", collate(ofValue(
			func(v string) string { v, _, _ = strings.Cut(v, "\x00"); return v }))},
		{"lost NUL in values", "bytes/R45_NUL_inside", rewriteValues(
			func(v []byte) []byte { return bytes.ReplaceAll(v, []byte{0}, nil) })},
		{"invalid UTF-8 is replaced", "bytes/R45_invalid_UTF-8", rewriteValues(
			func(v []byte) []byte { return bytes.ToValidUTF8(v, []byte("\ufffd")) })},
		{"high bytes are lost", "bytes/R45_every_byte", rewriteValues(
			func(v []byte) []byte { return bytes.ToValidUTF8(v, []byte("?")) })},
		{"kinds are one namespace", "bytes/R49_kinds", collate(func(_, value string) string { return value })},
		{"case of kinds is folded", "bytes/R49_case_of_kinds", collate(
			func(kind, value string) string { return strings.ToLower(kind) + "\x00" + value })},
		{"kind and value run together", "bytes/R49_where_the_kind_ends", collate(
			func(kind, value string) string { return kind + value })},
		{"kind and value meet at a colon", "bytes/R49_where_the_colon_is", collate(
			func(kind, value string) string { return kind + ":" + value })},
		{"case of account IDs is folded", "ids/accounts_case", func(good store.Store) store.Store {
			return fake{Store: good, account: func(ctx context.Context, id string) (*store.Account, error) {
				if a, err := good.Account(ctx, id); err == nil {
					return a, nil
				}
				return good.Account(ctx, strings.ToLower(id))
			}}
		}},
		{"spaces after proof IDs are ignored", "ids/proofs_trailing_space", func(good store.Store) store.Store {
			return fake{Store: good, proof: func(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
				if p, a, err := good.Proof(ctx, id); err == nil {
					return p, a, nil
				}
				return good.Proof(ctx, id+" ")
			}}
		}},
	}
}
