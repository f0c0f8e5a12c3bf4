package memstore

import (
	"bytes"
	"context"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// Apply implements [store.Store]. It answers [ErrFull] only for a Change that
// nothing else refuses.
func (s *Store) Apply(ctx context.Context, change store.Change) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	if err := s.refusal(change); err != nil {
		return err
	}
	s.write(change)
	return nil
}

// refusal judges the whole Change before any of it is written, so that there is
// nothing to roll back.
func (s *Store) refusal(change store.Change) error {
	var accounts, proofs, notices int
	for _, a := range change.Accounts {
		// A record that is missing has version 0, which is what an insert names.
		if s.accounts[a.ID].Version != a.Version {
			return store.ErrConflict
		}
		if a.Version == 0 {
			accounts++
		}
	}
	for _, p := range change.Proofs {
		if s.proofs[p.ID].Version != p.Version {
			return store.ErrConflict
		}
		if p.Version == 0 {
			proofs++
		}
	}
	for _, n := range change.Notices {
		if s.notices[n.ID].Version != n.Version {
			return store.ErrConflict
		}
		if n.Version == 0 {
			notices++
		}
	}
	freed := map[identifier]bool{}
	for _, u := range change.Unlink {
		old, ok := s.associations[identifierOf(u)]
		if !ok || old.ID != u.ID || old.Account != u.Account {
			return store.ErrConflict
		}
		freed[identifierOf(u)] = true
	}
	for _, l := range change.Link {
		if _, taken := s.associations[identifierOf(l)]; taken && !freed[identifierOf(l)] {
			return store.ErrTaken
		}
	}
	if exceeds(len(s.accounts), accounts, s.limits.Accounts) ||
		exceeds(len(s.proofs), proofs, s.limits.Proofs) ||
		exceeds(len(s.notices), notices, s.limits.Notices) ||
		exceeds(len(s.associations), len(change.Link)-len(change.Unlink), s.limits.Associations) {
		return ErrFull
	}
	return nil
}

func (s *Store) write(change store.Change) {
	for _, a := range change.Accounts {
		a.Version++
		a.Data = bytes.Clone(a.Data)
		a.Associations = nil
		s.accounts[a.ID] = a
	}
	for _, p := range change.Proofs {
		p.Version++
		p.Data = bytes.Clone(p.Data)
		s.proofs[p.ID] = p
	}
	for _, n := range change.Notices {
		n.Version++
		n.Data = bytes.Clone(n.Data)
		s.notices[n.ID] = n
	}
	for _, u := range change.Unlink {
		key := identifierOf(u)
		delete(s.associations, key)
		s.linked[u.Account] = slices.DeleteFunc(s.linked[u.Account], func(k identifier) bool { return k == key })
		if len(s.linked[u.Account]) == 0 {
			delete(s.linked, u.Account)
		}
	}
	for _, l := range change.Link {
		key := identifierOf(l)
		s.associations[key] = copyAssociation(l)
		s.linked[l.Account] = append(s.linked[l.Account], key)
	}
	for _, e := range change.Events {
		e.Data = bytes.Clone(e.Data)
		events := s.events[e.Account]
		at, _ := slices.BinarySearchFunc(events, e.ID, compareEventID)
		events = slices.Insert(events, at, e)
		s.events[e.Account] = slices.Delete(events, 0, max(0, len(events)-s.limits.Events))
	}
}
