package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// deliver checks that of many who read what is due, and lease what they read, each
// notice is left to one of them.
func (s suite) deliver(t *testing.T) {
	const owed, page, patience = 16, 5, 320
	s.check(t, "R23 many deliverers lease each notice once", func(t *testing.T, s1 subject) {
		var change store.Change
		for i := range owed {
			change.Notices = append(change.Notices, due(fmt.Sprintf("%03d", i), now-int64(i)))
		}
		s1.apply(change)

		var mu sync.Mutex
		leases := map[string][]string{} // by notice, who has it
		lease := func(n store.Notice, who string) error {
			n.Due, n.Data = later, []byte(who)
			err := s1.Apply(t.Context(), store.Change{Notices: []store.Notice{n}})
			switch {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				leases[n.ID] = append(leases[n.ID], who)
			case !is(err, store.ErrConflict):
				return err
			}
			return nil
		}
		for _, err := range atOnce(s.callers, func(i int) error {
			for range patience {
				list, err := s1.Notices(t.Context(), now, page)
				if err != nil || len(list) == 0 {
					return err
				}
				for _, n := range list {
					if err := lease(n, mark(i)); err != nil {
						return err
					}
				}
			}
			return fmt.Errorf("notices were still due after %d attempts to lease them", patience)
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}

		for _, n := range change.Notices {
			got, who := s1.notice(n.ID), leases[n.ID]
			if len(who) != 1 {
				t.Errorf("notice %s was leased by %q, want one of them", n.ID, who)
				continue
			}
			n.Version, n.Due, n.Data = 2, later, []byte(who[0])
			wantEqual(t, "notice", got, n)
		}
	})
}
