package association

import (
	"github.com/ligature-auth/ligature/store"
)

// grant is what a sudo token stands for. It is part of the record of the session
// that it was made in, so there is one for each, which is found without its token;
// a new one replaces the old.
type grant struct {
	Epoch   int64  `json:"epoch"`
	At      int64  `json:"at"`
	Factor  factor `json:"factor"`
	Token   sealed `json:"token"`
	Expires int64  `json:"expires"`
	Uses    int    `json:"uses"`
	Answer  answer `json:"answer"`
}

// mayUse reports whether the grant is good for one more change to the account as
// it is now. maxUses 0 is any number.
func (g grant) mayUse(a *store.Account, maxUses int, now int64) bool {
	return now < g.Expires && g.Epoch == a.Epoch && (maxUses == 0 || g.Uses < maxUses)
}

// use counts one change and moves the grant into the epoch that the change
// leaves the account in.
func (g grant) use(epoch int64) grant {
	g.Uses++
	g.Epoch = epoch
	return g
}

// sudoFields are what a sudo token's MAC covers (R34).
func sudoFields(id, account, session string, expires int64, secret []byte) [][]byte {
	return [][]byte{[]byte(prefixSudo), []byte(id), []byte(account), []byte(session), int64Field(expires), secret}
}
