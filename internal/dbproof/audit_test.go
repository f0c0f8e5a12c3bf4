package dbproof_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// The values of store.Proof.Kind.
const (
	verifications = 1
	sessions      = 3
)

// record is what an audit reads of the data of every sort of record.
type record struct {
	Kind, State, Association, Replaced string
	Target                             []byte
	Epoch                              int64
	Uses, Guesses                      int
	Sudo                               *record
}

func decode(data []byte) (r record, err error) {
	err = json.Unmarshal(data, &r)
	return r, err
}

// ledger is a member of one session and the binds that were tried for it, in the
// order in which they were done; those that were not come last. Every address is
// another, so each replaces the one before.
type ledger struct {
	account string
	tried   []proposal
}

// audit returns how many of the binds are done. One that is done in part is an error:
// the account's version, the address, the event, the notice to the address before, the
// session, the sudo grant and the verification have to tell the same.
func (l ledger) audit(ctx context.Context, s store.Store) (done int, err error) {
	events, err := s.Events(ctx, l.account, "", 10_000)
	if err != nil {
		return 0, err
	}
	last := ""
	for _, e := range slices.Backward(events) {
		r, err := decode(e.Data)
		if err != nil {
			return 0, err
		}
		if r.Kind != "bind" {
			continue
		}
		if r.Replaced != last {
			return 0, fmt.Errorf("event %d replaces %q, not %q", done, r.Replaced, last)
		}
		last = r.Association
		done++
	}
	if done > len(l.tried) {
		return done, fmt.Errorf("%d events of %d binds", done, len(l.tried))
	}
	return done, errors.Join(
		l.auditAccount(ctx, s, done, last),
		l.auditNotices(ctx, s, done),
		l.auditProofs(ctx, s, done))
}

// epoch is the account's after so many binds: a first one does not raise it.
func epoch(done int) int64 { return int64(max(0, done-1)) }

func (l ledger) auditAccount(ctx context.Context, s store.Store, done int, link string) error {
	a, err := s.Account(ctx, l.account)
	if err != nil {
		return err
	}
	if a.Version != int64(1+done) || a.Epoch != epoch(done) {
		return fmt.Errorf("after %d binds the account has version %d and epoch %d", done, a.Version, a.Epoch)
	}
	var has, want []string
	for _, as := range a.Associations {
		if as.Kind == "email" {
			has = append(has, as.ID+" "+string(as.Value))
		}
	}
	if done > 0 {
		want = []string{link + " " + l.tried[done-1].to}
	}
	if !slices.Equal(has, want) {
		return fmt.Errorf("after %d binds the account has %q, want %q", done, has, want)
	}
	return nil
}

func (l ledger) auditNotices(ctx context.Context, s store.Store, done int) error {
	all, err := s.Notices(ctx, math.MaxInt64, 100_000)
	if err != nil {
		return err
	}
	var told, want []string
	for _, n := range all {
		if n.Account != l.account {
			continue
		}
		r, err := decode(n.Data)
		if err != nil {
			return err
		}
		told = append(told, string(r.Target))
	}
	for _, p := range l.tried[:max(0, done-1)] {
		want = append(want, p.to)
	}
	slices.Sort(told)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		return fmt.Errorf("after %d binds %q are to be told, want %q", done, told, want)
	}
	return nil
}

func (l ledger) auditProofs(ctx context.Context, s store.Store, done int) error {
	state := map[string]string{}
	err := l.eachProof(ctx, s, verifications, func(r record) error {
		state[string(r.Target)] = r.State
		return nil
	})
	for i, p := range l.tried {
		want := "verified"
		if i < done {
			want = "spent"
		}
		if state[p.to] != want {
			err = errors.Join(err, fmt.Errorf("after %d binds the verification of number %d is %q", done, i+1, state[p.to]))
		}
	}
	return errors.Join(err,
		l.eachProof(ctx, s, sessions, func(r record) error {
			switch {
			case r.Sudo == nil:
				return errors.New("the session has no sudo grant")
			case r.Epoch != epoch(done):
				return fmt.Errorf("after %d binds the session has the epoch %d", done, r.Epoch)
			case r.Sudo.Epoch != epoch(done) || r.Sudo.Uses != done:
				return fmt.Errorf("after %d binds the sudo grant has the epoch %d and %d uses", done, r.Sudo.Epoch, r.Sudo.Uses)
			}
			return nil
		}))
}

// eachProof checks all proofs of a kind, of which there must be some.
func (l ledger) eachProof(ctx context.Context, s store.Store, kind uint8, check func(record) error) error {
	all, err := s.Proofs(ctx, l.account, kind)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("no proof of kind %d", kind)
	}
	for _, p := range all {
		r, err := decode(p.Data)
		if err == nil {
			err = check(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mustBe fails the test unless so many of the binds are done.
func (l ledger) mustBe(ctx context.Context, t *testing.T, s store.Store, done int) {
	t.Helper()
	got, err := l.audit(ctx, s)
	if err != nil {
		t.Errorf("%s: %v", l.account, err)
	}
	if got != done {
		t.Errorf("%s: %d binds are done, want %d", l.account, got, done)
	}
}
