package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ligature-auth/ligature/store"
)

// careful is a good store that fails where it is asked what the contract says
// that the core never asks: the suite must not hold that against a store.
func careful(good store.Store) store.Store {
	var mu sync.Mutex
	used := map[string]bool{} // IDs of events and associations
	f := fake{Store: good}
	f.apply = func(ctx context.Context, change store.Change) error {
		mu.Lock()
		defer mu.Unlock()
		if err := unasked(change, used); err != nil {
			return err
		}
		err := good.Apply(ctx, change)
		if err == nil {
			for _, l := range change.Link {
				used["association "+l.ID] = true
			}
			for _, e := range change.Events {
				used["event "+e.ID] = true
			}
		}
		return err
	}
	f.count = func(ctx context.Context, counters []store.Counter) ([]int64, error) {
		keys := map[[32]byte]bool{}
		for _, c := range counters {
			if keys[c.Key] || c.N < 0 || len(counters) > 8 {
				return nil, fmt.Errorf("%d counters, one of which has %d or stands twice", len(counters), c.N)
			}
			keys[c.Key] = true
		}
		return good.Count(ctx, counters)
	}
	f.events = func(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
		return orFail(limit, func() ([]store.Event, error) { return good.Events(ctx, account, before, limit) })
	}
	f.notices = func(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
		return orFail(limit, func() ([]store.Notice, error) { return good.Notices(ctx, now, limit) })
	}
	f.deleteExpired = func(ctx context.Context, before int64, limit int) (int, error) {
		return orFail(limit, func() (int, error) { return good.DeleteExpired(ctx, before, limit) })
	}
	return f
}

func orFail[T any](limit int, call func() (T, error)) (T, error) {
	if limit < 0 {
		var none T
		return none, errors.New("negative limit")
	}
	return call()
}

// unasked says what is wrong with a Change.
func unasked(change store.Change, used map[string]bool) error {
	if n := records(change); n > 100 {
		return fmt.Errorf("a Change of %d records", n)
	}
	var wrong []string
	must := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	seen := map[string]bool{}
	once := func(what, id string) {
		must(!seen[what+id], "%s %q stands twice", what, id)
		seen[what+id] = true
	}
	own := func(what, id string, version int64, data []byte) {
		once(what, id)
		must(id != "" && len(id) <= 128, "%s: an ID of %d bytes", what, len(id))
		must(version >= 0, "%s: version %d", what, version)
		must(len(data) <= 64<<10, "%s: %d bytes of data", what, len(data))
		must(what == "account " || ascii(id), "%s: ID %q", what, id)
	}
	link := func(what string, x store.Association) {
		own(what, x.ID, 0, x.Data)
		once(what+"of ", x.Kind+"\x00"+string(x.Value))
		must(len(x.Kind) <= 64 && ascii(x.Kind), "kind %q", x.Kind)
		must(len(x.Value) <= 320 && len(x.Display) <= 320, "%d bytes displayed as %d", len(x.Value), len(x.Display))
		must(utf8.ValidString(x.Display) && !strings.Contains(x.Display, "\x00"), "display %q", x.Display)
	}
	for _, a := range change.Accounts {
		own("account ", a.ID, a.Version, a.Data)
		must(utf8.ValidString(a.ID) && !strings.ContainsFunc(a.ID, unicode.IsControl), "account ID %q", a.ID)
	}
	for _, p := range change.Proofs {
		own("proof ", p.ID, p.Version, p.Data)
	}
	for _, n := range change.Notices {
		own("notice ", n.ID, n.Version, n.Data)
	}
	for _, e := range change.Events {
		own("event ", e.ID, 0, e.Data)
		must(!used["event "+e.ID], "event ID %q was used", e.ID)
	}
	for _, u := range change.Unlink {
		link("unlink ", u)
	}
	for _, l := range change.Link {
		link("link ", l)
		must(!used["association "+l.ID], "association ID %q was used", l.ID)
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, ", "))
	}
	return nil
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}
