package association

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// factor is what somebody proves who they are by: the password, an address of the
// account, an authenticator app.
//
// What one factor sets does not at once vouch as another would: a password that was
// reset by a code to the mailbox is worth the mailbox. So a factor remembers its
// roots, the factors that set it and what those then counted as, and counts as each
// of them until Policy.FactorRootedFor after it was set.
type factor struct {
	Kind  string   `json:"kind"`         // factorPassword and so on, or an association's kind
	ID    string   `json:"id,omitempty"` // the association's, or the authenticator's
	SetAt int64    `json:"setAt"`
	Roots []string `json:"roots,omitempty"` // keys
}

const (
	factorPassword      = PasswordID
	factorAuthenticator = "authenticator"
	factorSignIn        = "sign_in" // a recent sign-in, for an account that has no factor
	factorTicket        = "ticket"  // the host's word, which opens a session and is no sudo
	factorNone          = ""        // of an anonymous session
)

// factorKinds are not the names of kinds.
var factorKinds = []string{factorPassword, factorAuthenticator, factorSignIn, factorTicket}

// key names the factor among those of its account, and where it is a root.
func (f factor) key() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Kind
}

// aged is the factor as it counts now: without its roots when it has outlived them.
func (f factor) aged(now int64, rootedFor time.Duration) factor {
	if now >= f.SetAt+rootedFor.Microseconds() {
		f.Roots = nil
	}
	return f
}

// restsOn reports whether the factor, aged, is or counts as the one of this key.
func (f factor) restsOn(key string) bool { return f.key() == key || slices.Contains(f.Roots, key) }

// orphan reports whether the factor, aged, counts as one that the account has no more.
func (f factor) orphan(has func(key string) bool) bool {
	return slices.ContainsFunc(f.Roots, func(key string) bool { return !has(key) })
}

// sets are the roots of what is set under the factor, aged. Only what the account will
// have is kept: nothing else can be asked about.
func (f factor) sets(has func(key string) bool) []string {
	var roots []string
	for _, key := range append([]string{f.key()}, f.Roots...) {
		if has(key) && !slices.Contains(roots, key) {
			roots = append(roots, key)
		}
	}
	return roots
}

func (f factor) event() eventFactor { return eventFactor{f.Kind, f.ID} }

// passwordFactor is the account's password as a factor; where the host keeps it,
// nothing is known of when it was set.
func passwordFactor(d accountData) factor {
	f := factor{Kind: factorPassword}
	if d.Password != nil {
		f.SetAt, f.Roots = d.Password.SetAt, d.Password.Roots
	}
	return f
}

// hasKey reports whether the account has, or may have, a factor of this key.
func hasKey(a *store.Account, d accountData, key string) bool {
	if key == factorPassword || d.Authenticator != nil && d.Authenticator.ID == key {
		return true
	}
	for _, as := range a.Associations {
		if as.ID == key {
			return true
		}
	}
	return false
}

func addressFactor(as store.Association) (factor, error) {
	d, err := decode(as.Data, func(d *associationData) int { return d.V }, dataV)
	return factor{Kind: as.Kind, ID: as.ID, SetAt: as.CreatedAt, Roots: d.Roots}, err
}

// factors are what the account can prove itself by, aged.
func (s *Service) factors(ctx context.Context, a *store.Account, now int64) ([]factor, error) {
	d, has, err := s.hasPassword(ctx, a)
	if err != nil {
		return nil, err
	}
	var all []factor
	if has {
		all = append(all, passwordFactor(d))
	}
	if d.Authenticator != nil {
		all = append(all, d.Authenticator.factor())
	}
	for _, as := range a.Associations {
		if k, ok := s.kinds[as.Kind]; !ok || k.Channel() == "" || s.stale(as, d, now) {
			continue
		}
		f, err := addressFactor(as)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	for i, f := range all {
		all[i] = f.aged(now, s.policy.FactorRootedFor)
	}
	return all, nil
}

// gone is a factor that was replaced or removed under another. Until
// Policy.FactorRootedFor has passed it still counts as one that the account could be
// proved by: or whoever holds one address could remove the others, one after
// another, until nothing independent is left.
type gone struct {
	Factor factor `json:"factor"`
	At     int64  `json:"at"`
}

// maxGone bounds the list.
const maxGone = 32

// leaves returns what is gone once old has gone from the account under f. What goes
// under itself leaves nothing behind, and what is worth more than something gone before
// it stands for both. Where there is no more room, what is worth no more than something
// that stays makes it: all that somebody can set, and take away again, who holds that.
func (s *Service) leaves(ctx context.Context, a *store.Account, d accountData, old, f factor, now int64) ([]gone, error) {
	over := func(g gone) bool { return now >= g.At+s.policy.FactorRootedFor.Microseconds() }
	kept := slices.DeleteFunc(slices.Clone(d.Gone), over)
	if f.key() == old.key() && f.SetAt >= old.SetAt { // all passwords have one key
		return kept, nil
	}
	old = old.aged(now, s.policy.FactorRootedFor)
	has := func(key string) bool { return hasKey(a, d, key) }
	kept = slices.DeleteFunc(kept, func(g gone) bool { return g.Factor.within(old, has) })
	if len(kept) >= maxGone {
		all, err := s.factors(ctx, a, now)
		if err != nil {
			return nil, err
		}
		kept = slices.DeleteFunc(kept, func(g gone) bool {
			return slices.ContainsFunc(all, func(o factor) bool { return o.key() != old.key() && g.Factor.within(o, has) })
		})
	}
	if len(kept) >= maxGone {
		return nil, refuse(ErrBusy, "too many changes within a day")
	}
	return append(kept, gone{old, now}), nil
}

// within reports whether f is worth no more than o: it rests on all that o does, as far
// as the account has it.
func (f factor) within(o factor, has func(key string) bool) bool {
	return f.restsOn(o.key()) && !slices.ContainsFunc(o.Roots, func(key string) bool { return has(key) && !f.restsOn(key) })
}

// mayLose refuses to take away, under the factor f, the address of this key, unless f
// is independent of it. What the address set of late does not oust it, nor does what
// one set that has gone since; the address vouches for its own end only where the
// account has nothing independent, and had nothing until a day ago. A sign-in never
// does: it stood in for a factor when there was none.
//
// The key "" is for a change that takes no address away.
func (s *Service) mayLose(ctx context.Context, f factor, a *store.Account, d accountData, key string, now int64) error {
	if key != "" && f.Kind == factorSignIn {
		return refuse(ErrSudoRequired, "prove who you are by what the account has now")
	}
	itself := key != "" && f.key() == key
	has := func(key string) bool { return hasKey(a, d, key) }
	if key != "" && !itself && (f.restsOn(key) || f.orphan(has)) {
		return refuse(ErrSudoRequired, "what an address set of late does not vouch against it: prove who you are by a code to it, or by something else")
	}
	if !itself && !s.policy.StrongestAvailable {
		return nil
	}
	all, err := s.factors(ctx, a, now)
	if err != nil {
		return err
	}
	independent := slices.DeleteFunc(slices.Clone(all), func(o factor) bool { return key != "" && o.restsOn(key) })
	if itself {
		outlived, err := s.outlived(a, d, key, now)
		if err != nil {
			return err
		}
		if outlived || len(independent) > 0 {
			return refuse(ErrSudoRequired, "prove who you are by something other than what is to go")
		}
	}
	if s.policy.StrongestAvailable && !f.strongest(independent, all) {
		return refuse(ErrSudoRequired, "prove who you are by the strongest means that the account has")
	}
	return nil
}

// outlived reports whether something independent of this key cannot be proved now but
// still counts: a factor that has gone within a day, or an address that was proved too
// long ago. Who has lost that one removes it first, of which its owner is told.
func (s *Service) outlived(a *store.Account, d accountData, key string, now int64) (bool, error) {
	for _, g := range d.Gone {
		if now < g.At+s.policy.FactorRootedFor.Microseconds() && !g.Factor.restsOn(key) {
			return true, nil
		}
	}
	for _, as := range a.Associations {
		if as.ID == key || !s.reachable(as) || !s.stale(as, d, now) {
			continue
		}
		f, err := addressFactor(as)
		if err != nil {
			return false, err
		}
		if !f.aged(now, s.policy.FactorRootedFor).restsOn(key) {
			return true, nil
		}
	}
	return false, nil
}

// strength orders factors: an authenticator before the password before addresses,
// and of these the one that was bound earlier first (R02).
type strength struct {
	class int
	setAt int64 // of an address
}

func (s strength) less(than strength) bool {
	return s.class < than.class || s.class == than.class && s.setAt > than.setAt
}

func (f factor) alone() strength {
	switch f.Kind {
	case factorSignIn:
		return strength{}
	case factorPassword:
		return strength{class: 2}
	case factorAuthenticator:
		return strength{class: 3}
	}
	return strength{class: 1, setAt: f.SetAt}
}

// strength is the factor's own, or its weakest root's. One that cannot be proved any
// more is weaker than any address.
func (f factor) strength(all []factor) strength {
	least := f.alone()
	for _, key := range f.Roots {
		root := strength{}
		for _, o := range all {
			if o.key() == key {
				root = o.alone()
			}
		}
		if root.less(least) {
			least = root
		}
	}
	return least
}

// strongest reports whether none of these is stronger.
func (f factor) strongest(of, all []factor) bool {
	return !slices.ContainsFunc(of, func(o factor) bool { return f.strength(all).less(o.strength(all)) })
}

// maySudo refuses, with StrongestAvailable, a factor that no change would accept: one
// weaker than another that vouches for whatever f may vouch for. An address is
// replaced under the strongest of the others, so that one may be weaker than the
// address.
func (s *Service) maySudo(ctx context.Context, f factor, a *store.Account, now int64) error {
	if !s.policy.StrongestAvailable {
		return nil
	}
	all, err := s.factors(ctx, a, now)
	if err != nil {
		return err
	}
	if f.strongest(all, all) {
		return nil
	}
	for _, goes := range all {
		if goes.Kind == factorPassword || goes.Kind == factorAuthenticator || f.restsOn(goes.key()) {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(all), func(o factor) bool { return o.restsOn(goes.key()) })
		if f.strongest(others, all) {
			return nil
		}
	}
	return refuse(ErrSudoRequired, "prove who you are by the strongest means that the account has")
}

// sudoFactors are those by which Sudo would be granted, the strongest first.
func (s *Service) sudoFactors(ctx context.Context, a *store.Account, now int64) ([]factor, error) {
	all, err := s.factors(ctx, a, now)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return s.staleFactors(a, now)
	}
	var may []factor
	for _, f := range all {
		switch err := s.maySudo(ctx, f, a, now); {
		case err == nil:
			may = append(may, f)
		case !errors.Is(err, ErrSudoRequired):
			return nil, err
		}
	}
	slices.SortStableFunc(may, func(a, b factor) int {
		switch as, bs := a.strength(all), b.strength(all); {
		case bs.less(as):
			return -1
		case as.less(bs):
			return 1
		}
		return 0
	})
	return may, nil
}

// staleFactors are the addresses of an account that has nothing else: a code to one
// gives sudo beside a recent sign-in.
func (s *Service) staleFactors(a *store.Account, now int64) ([]factor, error) {
	var all []factor
	for _, as := range a.Associations {
		if !s.reachable(as) {
			continue
		}
		f, err := addressFactor(as)
		if err != nil {
			return nil, err
		}
		all = append(all, f.aged(now, s.policy.FactorRootedFor))
	}
	return all, nil
}
