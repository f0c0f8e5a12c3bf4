package association

import (
	"context"
	"maps"

	"github.com/ligature-auth/ligature/store"
)

// unlink takes an association away from the acting account, if the grant may.
func (h *change) unlink(ctx context.Context, old store.Association) error {
	if !h.s.reachable(old) { // it vouches for nothing
		if err := h.mayLose(ctx, ""); err != nil {
			return err
		}
	} else {
		if err := h.mayLose(ctx, old.ID); err != nil {
			return err
		}
		f, err := addressFactor(old)
		if err != nil {
			return err
		}
		if err := h.loses(ctx, f); err != nil {
			return err
		}
		if err := h.s.setAside(ctx, old, &h.write, h.now); err != nil {
			return err
		}
	}
	h.data = h.data.forget(old)
	h.write.Unlink = append(h.write.Unlink, old)
	return nil
}

// forget is the account's data once an association has gone.
func (d accountData) forget(as store.Association) accountData {
	d.Named = d.Named || as.Kind == UsernameKind
	if _, ok := d.Reproved[as.ID]; ok {
		d.Reproved = maps.Clone(d.Reproved)
		delete(d.Reproved, as.ID)
	}
	return d
}
