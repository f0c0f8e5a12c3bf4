package association

import (
	"context"

	"github.com/ligature-auth/ligature/store"
)

// ways counts what would really let the person sign in to the account, as the policy
// is now, without the method of this ID (R52): an address by a code, and the
// password together with something to type beside it. A password that the host keeps
// counts by itself, since the host's own form asks for the host's own names.
func (s *Service) ways(ctx context.Context, a *store.Account, d accountData, now int64, without string) (n int, err error) {
	named := false
	for _, as := range a.Associations {
		if _, ok := s.kinds[as.Kind]; !ok || as.ID == without {
			continue
		}
		named = true
		if s.reachable(as) && !s.stale(as, d, now) {
			n++
		}
	}
	if without == factorPassword {
		return n, nil
	}
	if s.passwords != nil {
		has, err := s.passwords.HasPassword(ctx, a.ID)
		if err == nil && has {
			n++
		}
		return n, err
	}
	if d.Password != nil && named {
		n++
	}
	return n, nil
}
