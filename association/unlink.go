package association

import (
	"context"
	"maps"

	"github.com/ligature-auth/ligature/store"
)

// unlink takes an association away from the acting account, if the grant may.
func (h *change) unlink(ctx context.Context, old store.Association) error {
	if err := h.mayLose(ctx, old.ID); err != nil {
		return err
	}
	if h.s.reachable(old) {
		f, err := addressFactor(old)
		if err != nil {
			return err
		}
		h.loses(f)
		if err := h.s.setAside(ctx, old, &h.write, h.now); err != nil {
			return err
		}
	}
	if _, ok := h.data.Reproved[old.ID]; ok {
		h.data.Reproved = maps.Clone(h.data.Reproved)
		delete(h.data.Reproved, old.ID)
	}
	h.write.Unlink = append(h.write.Unlink, old)
	return nil
}
