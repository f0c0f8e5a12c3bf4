// Package memstore keeps ligature's records in memory, for tests and for
// programs that are one process and may forget everything when it ends.
//
// It is bounded: each kind of record has a cap, and at its cap a store refuses
// what is new with [ErrFull] and goes on serving what it has. It never makes
// room by dropping a record, because a flood could then push out the very
// counter that limits it (R29); only an account's oldest events go, which limit
// nobody. Having no clock, it drops expired records only in
// [Store.DeleteExpired], which the host schedules.
package memstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/ligature-auth/ligature/store"
)

// ErrFull says that a new record would exceed its cap; nothing was written.
// Run DeleteExpired, or raise the cap in [Limits].
var ErrFull = errors.New("memstore: full")

// Limits caps the number of records of each kind. Zero means the default; a
// negative cap admits none.
type Limits struct {
	Accounts     int // 0 means 100,000
	Associations int // 0 means 100,000
	Proofs       int // live and expired ones together; 0 means 100,000
	Counters     int // live and expired ones together; 0 means 100,000
	Notices      int // sent and unsent ones together; 0 means 100,000
	Events       int // of each account; 0 means 1,000. The oldest make room
}

// Store is a [store.Store] in memory. Make one with [New].
type Store struct {
	limits Limits

	mu           sync.Mutex // guards what follows
	accounts     map[string]store.Account
	associations map[identifier]store.Association
	linked       map[string][]identifier // by account
	proofs       map[string]store.Proof
	counters     map[[32]byte]counter
	notices      map[string]store.Notice
	events       map[string][]store.Event // by account, ascending by ID
}

type identifier struct{ kind, value string }

type counter struct{ n, expires int64 }

var _ store.Store = (*Store)(nil)

// New returns an empty store with the given caps.
func New(limits Limits) *Store {
	return &Store{
		limits: Limits{
			Accounts:     cmp.Or(limits.Accounts, 100_000),
			Associations: cmp.Or(limits.Associations, 100_000),
			Proofs:       cmp.Or(limits.Proofs, 100_000),
			Counters:     cmp.Or(limits.Counters, 100_000),
			Notices:      cmp.Or(limits.Notices, 100_000),
			Events:       max(0, cmp.Or(limits.Events, 1000)),
		},
		accounts:     map[string]store.Account{},
		associations: map[identifier]store.Association{},
		linked:       map[string][]identifier{},
		proofs:       map[string]store.Proof{},
		counters:     map[[32]byte]counter{},
		notices:      map[string]store.Notice{},
		events:       map[string][]store.Event{},
	}
}

// Account implements [store.Store].
func (s *Store) Account(ctx context.Context, id string) (*store.Account, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.account(id)
}

// AccountByIdentifier implements [store.Store].
func (s *Store) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	a, ok := s.associations[identifier{kind, string(value)}]
	if !ok {
		return nil, store.ErrNotFound
	}
	return s.account(a.Account)
}

// Proof implements [store.Store].
func (s *Store) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	if err := s.lock(ctx); err != nil {
		return nil, nil, err
	}
	defer s.mu.Unlock()
	p, ok := s.proofs[id]
	if !ok {
		return nil, nil, store.ErrNotFound
	}
	p.Data = bytes.Clone(p.Data)
	if p.Account == "" {
		return &p, nil, nil
	}
	a, err := s.account(p.Account)
	if err != nil {
		return &p, nil, nil
	}
	return &p, a, nil
}

// Proofs implements [store.Store]. It looks at every proof there is.
func (s *Store) Proofs(ctx context.Context, account string, kind uint8) ([]store.Proof, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	found := []store.Proof{}
	for _, p := range s.proofs {
		if p.Account == account && p.Kind == kind {
			p.Data = bytes.Clone(p.Data)
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b store.Proof) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return found, nil
}

// Count implements [store.Store]. The whole set is counted or, with [ErrFull],
// none of it. A value that would pass the largest int64 stays there.
func (s *Store) Count(ctx context.Context, counters []store.Counter) ([]int64, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	fresh := map[[32]byte]bool{}
	for _, c := range counters {
		if _, known := s.counters[c.Key]; !known && c.N != 0 {
			fresh[c.Key] = true
		}
	}
	if exceeds(len(s.counters), len(fresh), s.limits.Counters) {
		return nil, ErrFull
	}
	values := make([]int64, len(counters))
	for i, c := range counters {
		old, known := s.counters[c.Key]
		if c.N != 0 {
			if !known {
				old.expires = c.Expires
			}
			if c.N > math.MaxInt64-old.n {
				c.N = math.MaxInt64 - old.n
			}
			old.n += c.N
			s.counters[c.Key] = old
		}
		values[i] = old.n
	}
	return values, nil
}

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, account, before string, limit int) ([]store.Event, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	events := s.events[account]
	end := len(events)
	if before != "" {
		end, _ = slices.BinarySearchFunc(events, before, compareEventID)
	}
	found := []store.Event{}
	for i := end - 1; i >= 0 && len(found) < limit; i-- {
		e := events[i]
		e.Data = bytes.Clone(e.Data)
		found = append(found, e)
	}
	return found, nil
}

// Notices implements [store.Store]. It looks at every notice there is.
func (s *Store) Notices(ctx context.Context, now int64, limit int) ([]store.Notice, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	due := []store.Notice{}
	for _, n := range s.notices {
		if n.Due <= now {
			due = append(due, n)
		}
	}
	slices.SortFunc(due, func(a, b store.Notice) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), strings.Compare(a.ID, b.ID))
	})
	due = due[:min(limit, len(due))]
	for i := range due {
		due[i].Data = bytes.Clone(due[i].Data)
	}
	return due, nil
}

// DeleteExpired implements [store.Store]. It looks at every record that can expire.
func (s *Store) DeleteExpired(ctx context.Context, before int64, limit int) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	deleted := 0
	for id, p := range s.proofs {
		if deleted < limit && p.Expires < before {
			delete(s.proofs, id)
			deleted++
		}
	}
	for key, c := range s.counters {
		if deleted < limit && c.expires < before {
			delete(s.counters, key)
			deleted++
		}
	}
	for id, n := range s.notices {
		if deleted < limit && n.Expires < before {
			delete(s.notices, id)
			deleted++
		}
	}
	for account, events := range s.events {
		live := slices.DeleteFunc(events, func(e store.Event) bool {
			expired := deleted < limit && e.Expires < before
			if expired {
				deleted++
			}
			return expired
		})
		if s.events[account] = live; len(live) == 0 {
			delete(s.events, account)
		}
	}
	return deleted, nil
}

// lock is how every method begins: a context that is dead already gets nothing.
// No method waits for anything but the lock, so this is the one place to look.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	return nil
}

// account returns a copy of the account with its associations.
func (s *Store) account(id string) (*store.Account, error) {
	a, ok := s.accounts[id]
	if !ok {
		return nil, store.ErrNotFound
	}
	a.Data = bytes.Clone(a.Data)
	for _, key := range s.linked[id] {
		a.Associations = append(a.Associations, copyAssociation(s.associations[key]))
	}
	slices.SortFunc(a.Associations, func(a, b store.Association) int {
		return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return &a, nil
}

func identifierOf(a store.Association) identifier {
	return identifier{a.Kind, string(a.Value)}
}

func copyAssociation(a store.Association) store.Association {
	a.Value, a.Data = bytes.Clone(a.Value), bytes.Clone(a.Data)
	return a
}

func compareEventID(e store.Event, id string) int {
	return strings.Compare(e.ID, id)
}

// exceeds lets a store at its cap go on replacing and removing.
func exceeds(have, more, limit int) bool {
	return more > 0 && have+more > limit
}
