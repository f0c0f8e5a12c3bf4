//go:build cluster

package cluster_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// person is a member of one session and the binds that were tried for it, each of
// another address, so that each replaces the one before.
type person struct {
	name string
	member
	tried []proposal
	told  map[string]string // by address, the ID of the association that was acknowledged
}

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
	Sudo                               struct {
		Epoch int64
		Uses  int
	}
}

func decode(data []byte) (r record, err error) {
	err = json.Unmarshal(data, &r)
	return r, err
}

// audited is what an audit found.
type audited struct {
	owned string   // the address that the account has, if any
	spent []string // the addresses that were bound, in the order in which they were tried
}

// audit looks at all that the binds wrote: the account's version and epoch, its
// address, the events, the verifications, the session with its sudo grant, and the
// notices, which are given. They have to tell the same of each bind, and nothing that
// was acknowledged may be missing.
func (p *person) audit(ctx context.Context, s store.Store, notices []string) (found audited, err error) {
	links, err := p.links(ctx, s)
	if err != nil {
		return found, err
	}
	done := len(links)
	if found.spent, err = p.spent(ctx, s); err != nil {
		return found, err
	}
	if len(found.spent) != done {
		return found, fmt.Errorf("%d events, and %d verifications are spent", done, len(found.spent))
	}
	a, err := s.Account(ctx, p.name)
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
			link, found.owned = as.ID, string(as.Value)
		} else if as.Kind == "email" {
			return found, errors.New("the account has two addresses")
		}
	}
	if done > 0 && (link != links[done-1] || !slices.Contains(found.spent, found.owned)) || done == 0 && link != "" {
		return found, fmt.Errorf("after %d binds the account has %q by the association %q", done, found.owned, link)
	}
	for to, id := range p.told {
		if !slices.Contains(links, id) || !slices.Contains(found.spent, to) || found.owned == to && id != link {
			err = errors.Join(err, fmt.Errorf("LOST: %s was acknowledged as %s", to, id))
		}
	}
	owed := slices.DeleteFunc(slices.Clone(found.spent), func(to string) bool { return to == found.owned })
	slices.Sort(owed)
	slices.Sort(notices)
	if !slices.Equal(owed, notices) {
		err = errors.Join(err, fmt.Errorf("%q are to be told, want %q", notices, owed))
	}
	return found, errors.Join(err, p.auditSession(ctx, s, done, epoch))
}

// links returns the IDs of the associations that the events tell of, each of which
// replaced the one before. The order of the events is that of the time when each was
// decided, which for two that collide need not be that of their commits.
func (p *person) links(ctx context.Context, s store.Store) (links []string, err error) {
	events, err := s.Events(ctx, p.name, "", 10_000)
	if err != nil {
		return nil, err
	}
	after := map[string]string{} // the association that replaced one, or none
	for _, e := range events {
		r, err := decode(e.Data)
		if err != nil {
			return nil, err
		}
		if r.Kind != "bind" {
			continue
		}
		if after[r.Replaced] != "" {
			return nil, fmt.Errorf("%s and %s replace %q", after[r.Replaced], r.Association, r.Replaced)
		}
		after[r.Replaced] = r.Association
	}
	for last := after[""]; last != ""; last = after[last] {
		links = append(links, last)
	}
	if len(links) != len(after) {
		return nil, fmt.Errorf("the events %q are no chain", after)
	}
	return links, nil
}

// spent returns the addresses whose verifications are spent. The others are verified.
func (p *person) spent(ctx context.Context, s store.Store) (spent []string, err error) {
	all, err := s.Proofs(ctx, p.name, verifications)
	if err != nil {
		return nil, err
	}
	state := map[string]string{}
	for _, v := range all {
		r, err := decode(v.Data)
		if err != nil {
			return nil, err
		}
		state[string(r.Target)] = r.State
	}
	for _, tried := range p.tried {
		switch state[tried.to] {
		case "spent":
			spent = append(spent, tried.to)
		case "verified":
		default:
			return nil, fmt.Errorf("the verification of %s is %q", tried.to, state[tried.to])
		}
	}
	return spent, nil
}

func (p *person) auditSession(ctx context.Context, s store.Store, done int, epoch int64) error {
	all, err := s.Proofs(ctx, p.name, sessions)
	if err != nil {
		return err
	}
	if len(all) != 1 {
		return fmt.Errorf("%d sessions", len(all))
	}
	r, err := decode(all[0].Data)
	if err != nil {
		return err
	}
	if r.Epoch != epoch || r.Sudo.Epoch != epoch || r.Sudo.Uses != done {
		return fmt.Errorf("after %d binds the session has the epoch %d, and its sudo the epoch %d and %d uses", done, r.Epoch, r.Sudo.Epoch, r.Sudo.Uses)
	}
	return nil
}
