package association

import (
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// grant is what a sudo token stands for. It is part of the record of the session
// that it was made in, so there is one for each, which is found without its token;
// a new one replaces the old.
type grant struct {
	Epoch   int64    `json:"epoch"`
	At      int64    `json:"at"`
	Factor  factor   `json:"factor"`
	Token   sealed   `json:"token"`
	Expires int64    `json:"expires"`
	Uses    int      `json:"uses"`
	Sets    []string `json:"sets,omitempty"` // keys of what a sign-in's grant has set
	Answer  answer   `json:"answer"`
}

// outgrown reports whether the grant is of a sign-in that stood in for a factor, and the
// account has got one since that the grant has not set.
func (s *Service) outgrown(g grant, a *store.Account) (bool, error) {
	if g.Factor.Kind != factorSignIn {
		return false, nil
	}
	for _, as := range a.Associations {
		if s.reachable(as) && !slices.Contains(g.Sets, as.ID) {
			return true, nil
		}
	}
	d, err := decodeAccount(a)
	return err == nil && d.Authenticator != nil && !slices.Contains(g.Sets, d.Authenticator.ID), err
}

// mayUse reports whether the grant is good for one more change to the account as
// it is now. maxUses 0 is any number.
func (g grant) mayUse(a *store.Account, maxUses int, now int64) bool {
	return now < g.Expires && g.Epoch == a.Epoch && (maxUses == 0 || g.Uses < maxUses)
}

// use counts one change, notes what a sign-in has set by it, and moves the grant into the
// epoch that the change leaves the account in.
func (g grant) use(epoch int64, sets string) grant {
	g.Uses++
	g.Epoch = epoch
	if g.Factor.Kind == factorSignIn && sets != "" {
		g.Sets = append(slices.Clone(g.Sets), sets)
	}
	return g
}

// sudoFields are what a sudo token's MAC covers (R34).
func sudoFields(id, account, session string, expires int64, secret []byte) [][]byte {
	return [][]byte{[]byte(prefixSudo), []byte(id), []byte(account), []byte(session), int64Field(expires), secret}
}
