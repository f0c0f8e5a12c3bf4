package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// concurrent checks what holds while others write, winners and losers aside.
func (s suite) concurrent(t *testing.T) {
	s.check(t, "no write is lost", func(t *testing.T, s1 subject) {
		s1.apply(store.Change{Proofs: []store.Proof{tally("p", 0)}})
		won := make([]int, s.callers)
		for _, err := range atOnce(s.callers, func(i int) error {
			for range s.rounds {
				p, _, err := s1.Proof(t.Context(), "p")
				if err != nil {
					return err
				}
				n, _ := strconv.Atoi(string(p.Data))
				next := tally("p", n+1)
				next.Version = p.Version
				switch err := s1.Apply(t.Context(), store.Change{Proofs: []store.Proof{next}}); {
				case err == nil:
					won[i]++
				case !is(err, store.ErrConflict):
					return err
				}
			}
			return nil
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		total := 0
		for _, n := range won {
			total += n
		}
		p := s1.proof("p")
		if total == 0 || string(p.Data) != strconv.Itoa(total) || p.Version != int64(total)+1 {
			t.Errorf("%d writes succeeded, and the record tells %s at version %d", total, p.Data, p.Version)
		}
	})

	// The writer raises all three numbers in each Change: a read that sees two
	// different ones saw half of a Change.
	s.check(t, "a proof, its account and their associations are one read", func(t *testing.T, s1 subject) {
		numbered := func(n int) store.Association { return email(fmt.Sprintf("x%d", n), "ann", strconv.Itoa(n)) }
		s1.apply(store.Change{
			Accounts: []store.Account{account("ann")},
			Proofs:   []store.Proof{proof("p", "ann")},
			Link:     []store.Association{numbered(1)},
		})
		// Nobody is done before the others had their share, so that they overlap.
		share := int64(s.callers)
		const readers = 3
		var written, reading atomic.Int64
		reading.Store(readers)
		write := func() error {
			defer written.Add(share) // lets the readers go if it fails
			for n := 1; written.Load() < share || reading.Load() > 0; n++ {
				a, p := account("ann"), proof("p", "ann")
				a.Version, p.Version = int64(n), int64(n)
				if err := s1.Apply(t.Context(), store.Change{
					Accounts: []store.Account{a}, Proofs: []store.Proof{p},
					Unlink: []store.Association{numbered(n)}, Link: []store.Association{numbered(n + 1)},
				}); err != nil {
					return err
				}
				written.Add(1)
			}
			return nil
		}
		read := func() error {
			defer reading.Add(-1)
			for reads := int64(0); reads < share || written.Load() < share; reads++ {
				p, a, err := s1.Proof(t.Context(), "p")
				if err != nil {
					return err
				}
				if a == nil || a.Version != p.Version || len(a.Associations) != 1 ||
					string(a.Associations[0].Value) != strconv.FormatInt(p.Version, 10) {
					return fmt.Errorf("a torn read: proof at version %d with account %.200s", p.Version, fmt.Sprintf("%+v", a))
				}
				alone, err := s1.Account(t.Context(), "ann")
				if err != nil {
					return err
				}
				if len(alone.Associations) != 1 ||
					string(alone.Associations[0].Value) != strconv.FormatInt(alone.Version, 10) {
					return fmt.Errorf("a torn read: account %.200s", fmt.Sprintf("%+v", alone))
				}
			}
			return nil
		}
		for _, err := range atOnce(1+readers, func(i int) error {
			if i == 0 {
				return write()
			}
			return read()
		}) {
			if err != nil {
				t.Error(err)
			}
		}
	})

	s.check(t, "R68 all methods at once", func(t *testing.T, s1 subject) {
		for i, err := range atOnce(s.callers, func(i int) error { return s1.visit(mark(i), s.rounds, s.callers) }) {
			if err != nil {
				t.Errorf("%s: %v", mark(i), err)
			}
		}
	})
}

// tally is a proof that holds a number.
func tally(id string, n int) store.Proof {
	p := proof(id, "")
	p.Data = strconv.AppendInt(nil, int64(n), 10)
	return p
}

// visit calls every method for an account that nobody else touches, and expects
// to find what it wrote.
func (s subject) visit(id string, rounds, visitors int) error {
	ctx := s.t.Context()
	a, x, own := account(id), email(id, id, id), notice(id, id)
	if err := s.persist(ctx, store.Change{
		Accounts: []store.Account{a}, Proofs: []store.Proof{proof(id, id)}, Link: []store.Association{x},
		Notices: []store.Notice{own},
	}); err != nil {
		return err
	}
	for n := range rounds {
		a.Version, own.Version = int64(n)+1, int64(n)+1
		if err := s.persist(ctx, store.Change{
			Accounts: []store.Account{a}, Events: []store.Event{event(fmt.Sprintf("%s-%06d", id, n), id)},
			Notices: []store.Notice{own},
		}); err != nil {
			return err
		}
		byID, err1 := s.Account(ctx, id)
		byAddress, err2 := s.AccountByIdentifier(ctx, kindEmail, []byte(id))
		p, withProof, err3 := s.Proof(ctx, id)
		proofs, err4 := s.Proofs(ctx, id, someKind)
		events, err5 := s.Events(ctx, id, "", rounds+1)
		_, err6 := s.Count(ctx, []store.Counter{{N: 1, Expires: later}})
		_, err7 := s.DeleteExpired(ctx, now, 1)
		notices, err8 := s.Notices(ctx, now, 1)
		if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
			return err
		}
		want := a
		want.Version++
		want.Associations = []store.Association{x}
		switch {
		case !equal(byID, want) || !equal(byAddress, want) || !equal(withProof, want):
			return errors.New("read another account than was written")
		case p.ID != id || len(proofs) != 1 || len(events) != n+1:
			return fmt.Errorf("read proof %q, %d proofs and %d events, want its own, 1 and %d", p.ID, len(proofs), len(events), n+1)
		case len(notices) != 1:
			return fmt.Errorf("read %d notices, want one of those that are due", len(notices))
		}
	}
	notices, err := s.Notices(ctx, now, visitors)
	if err == nil && !slices.ContainsFunc(notices, func(n store.Notice) bool { return n.ID == id && n.Version == own.Version+1 }) {
		err = fmt.Errorf("read %d notices, and its own is not among them as it was written", len(notices))
	}
	return err
}

// persist tries again as often as the core does.
func (s subject) persist(ctx context.Context, change store.Change) error {
	var err error
	for range 8 {
		if err = s.Apply(ctx, change); !is(err, store.ErrConflict) {
			break
		}
	}
	return err
}
