package dbproof

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

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

// Ledger is a member of one session and the binds that were tried for it, each of
// another address, so that each replaces the one before.
type Ledger struct {
	Account string
	Tried   []Proposal
}

// Audited is what an audit found.
type Audited struct {
	Links   []string // the IDs of the associations that were made, each of which replaced the one before
	InOrder bool     // the events come in the order of Links
	Owned   string   // the address that the account has, if any
	Spent   []string // the addresses that were bound, in the order in which they were tried
	Guesses int      // how many were charged to the account's codes
}

// Audit looks at all that the binds wrote: the account's version and epoch, its
// address, the events, the verifications, the session with its sudo grant, and the
// notices to the account, which are given: see [Notices]. It is an error unless they
// tell the same of each bind; what is done in part has no other.
func (l Ledger) Audit(ctx context.Context, s store.Store, notices []string) (found Audited, err error) {
	if err := l.readEvents(ctx, s, &found); err != nil {
		return found, err
	}
	done := len(found.Links)
	if err := l.readVerifications(ctx, s, &found); err != nil {
		return found, err
	}
	if len(found.Spent) != done {
		return found, fmt.Errorf("%d events, and %d verifications are spent", done, len(found.Spent))
	}
	a, err := s.Account(ctx, l.Account)
	if err != nil {
		return found, err
	}
	epoch := int64(max(0, done-1)) // a first bind does not raise it
	if a.Version != int64(1+done) || a.Epoch != epoch {
		return found, fmt.Errorf("after %d binds the account has version %d and epoch %d", done, a.Version, a.Epoch)
	}
	link := ""
	for _, as := range a.Associations {
		if as.Kind == "email" && link == "" {
			link, found.Owned = as.ID, string(as.Value)
		} else if as.Kind == "email" {
			return found, errors.New("the account has two addresses")
		}
	}
	if done > 0 && (link != found.Links[done-1] || !slices.Contains(found.Spent, found.Owned)) || done == 0 && link != "" {
		return found, fmt.Errorf("after %d binds the account has %q by the association %q", done, found.Owned, link)
	}
	owed := slices.DeleteFunc(slices.Clone(found.Spent), func(to string) bool { return to == found.Owned })
	slices.Sort(owed)
	if told := slices.Sorted(slices.Values(notices)); !slices.Equal(owed, told) {
		err = fmt.Errorf("after %d binds %q are to be told, want %q", done, told, owed)
	}
	return found, errors.Join(err, l.auditSession(ctx, s, done, epoch))
}

// readEvents finds Links and InOrder. The order of the events is that of the time when
// each was decided, which for two that collide need not be that of their commits.
func (l Ledger) readEvents(ctx context.Context, s store.Store, found *Audited) error {
	events, err := s.Events(ctx, l.Account, "", 10_000)
	if err != nil {
		return err
	}
	var told []string
	after := map[string]string{} // the association that replaced one, or none
	for _, e := range slices.Backward(events) {
		r, err := decode(e.Data)
		if err != nil {
			return err
		}
		if r.Kind != "bind" {
			continue
		}
		if after[r.Replaced] != "" {
			return fmt.Errorf("%s and %s replace %q", after[r.Replaced], r.Association, r.Replaced)
		}
		after[r.Replaced] = r.Association
		told = append(told, r.Association)
	}
	for last := after[""]; last != ""; last = after[last] {
		found.Links = append(found.Links, last)
	}
	if len(found.Links) != len(after) {
		return fmt.Errorf("the events %q are no chain", after)
	}
	found.InOrder = slices.Equal(told, found.Links)
	return nil
}

// readVerifications finds Spent and Guesses. What was tried and is not spent is verified.
func (l Ledger) readVerifications(ctx context.Context, s store.Store, found *Audited) error {
	all, err := s.Proofs(ctx, l.Account, verifications)
	if err != nil {
		return err
	}
	state := map[string]string{}
	for _, v := range all {
		r, err := decode(v.Data)
		if err != nil {
			return err
		}
		state[string(r.Target)] = r.State
		found.Guesses += r.Guesses
	}
	for _, tried := range l.Tried {
		switch state[tried.To] {
		case "spent":
			found.Spent = append(found.Spent, tried.To)
		case "verified":
		default:
			return fmt.Errorf("the verification of %s is %q", tried.To, state[tried.To])
		}
	}
	return nil
}

func (l Ledger) auditSession(ctx context.Context, s store.Store, done int, epoch int64) error {
	all, err := s.Proofs(ctx, l.Account, sessions)
	if err != nil {
		return err
	}
	if len(all) != 1 {
		return fmt.Errorf("%d sessions", len(all))
	}
	r, err := decode(all[0].Data)
	switch {
	case err != nil:
		return err
	case r.Sudo == nil:
		return errors.New("the session has no sudo grant")
	case r.Epoch != epoch || r.Sudo.Epoch != epoch || r.Sudo.Uses != done:
		return fmt.Errorf("after %d binds the session has the epoch %d, and its sudo the epoch %d and %d uses", done, r.Epoch, r.Sudo.Epoch, r.Sudo.Uses)
	}
	return nil
}

// Notices returns the addresses that are to be told, by the ID of the account.
func Notices(ctx context.Context, s store.Store) (map[string][]string, error) {
	all, err := s.Notices(ctx, math.MaxInt64, 1_000_000)
	if err != nil {
		return nil, err
	}
	notices := map[string][]string{}
	for _, n := range all {
		r, err := decode(n.Data)
		if err != nil {
			return nil, err
		}
		notices[n.Account] = append(notices[n.Account], string(r.Target))
	}
	return notices, nil
}
