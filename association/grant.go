package association

import "github.com/ligature-auth/ligature/store"

// grant is what a sudo token stands for. It is part of the record of the session
// that it was made in, so there is one for each, which is found without its token;
// a new one replaces the old.
type grant struct {
	Epoch   int64  `json:"epoch"`
	Factor  factor `json:"factor"`
	Token   sealed `json:"token"`
	Expires int64  `json:"expires"`
	Uses    int    `json:"uses"`
	Answer  answer `json:"answer"`
}

// factor is what a proof of who somebody is rests on.
type factor struct {
	Kind  string `json:"kind"`         // factorPassword, factorSignIn, or an association's kind
	ID    string `json:"id,omitempty"` // the association's
	SetAt int64  `json:"setAt"`
}

const (
	factorPassword = "password"
	factorSignIn   = "sign_in" // a recent sign-in, for an account that has no factor
)

// mayUse reports whether the grant is good for one more change to the account as
// it is now. maxUses 0 is any number.
func (g grant) mayUse(a *store.Account, maxUses int, now int64) bool {
	return now < g.Expires && g.Epoch == a.Epoch && (maxUses == 0 || g.Uses < maxUses)
}

// mayReplace reports whether a grant that rests on this factor may put a new
// identifier in old's place, for an account with so many other factors than old.
// The address being replaced vouches for its own replacement only when there is
// nothing better, and a sign-in never: it stood in for a factor when there was
// none, and now there is old.
func (g grant) mayReplace(old *store.Association, others int) bool {
	return g.Factor.Kind != factorSignIn && (g.Factor.ID != old.ID || others == 0)
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
