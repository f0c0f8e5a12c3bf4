//go:build cluster

package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/store"
)

// person is a member who binds, and was told what is done.
type person struct {
	dbproof.Member
	dbproof.Ledger
	told map[string]string // by address, the ID of the association that was acknowledged
}

// audit audits the person's ledger. Nothing that was acknowledged may be missing.
func (p *person) audit(ctx context.Context, s store.Store, notices []string) (dbproof.Audited, error) {
	found, err := p.Audit(ctx, s, notices)
	if err != nil {
		return found, err
	}
	for to, id := range p.told {
		if !slices.Contains(found.Links, id) || !slices.Contains(found.Spent, to) || found.Owned == to && id != found.Links[len(found.Links)-1] {
			err = errors.Join(err, fmt.Errorf("LOST: %s was acknowledged as %s", to, id))
		}
	}
	return found, err
}
