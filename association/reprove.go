package association

import (
	"context"
	"maps"

	"github.com/ligature-auth/ligature/store"
)

// Risks tells what is known of an address elsewhere: a SIM that was swapped, a number
// that was ported.
type Risks interface {
	// AtRisk reports whether the address should not vouch by itself now. It is asked
	// when a code that went there is about to sign somebody in, to give sudo, to reset
	// a password, or to take the address from an account that has nothing else; and
	// by CheckAssociation, each time. An error refuses, as ErrUnavailable.
	AtRisk(ctx context.Context, kind, value string) (bool, error)
}

// stale reports whether the association was proved too long ago to vouch alone (R53).
func (s *Service) stale(as store.Association, d accountData, now int64) bool {
	after := s.policy.ReproveAfter[as.Kind]
	return after > 0 && now >= max(as.CreatedAt, d.Reproved[as.ID])+after.Microseconds()
}

// atRisk asks the host about an address.
func (s *Service) atRisk(ctx context.Context, as store.Association) (bool, error) {
	if s.risks == nil {
		return false, nil
	}
	value := s.association(as).Value
	risky, err := s.risks.AtRisk(ctx, as.Kind, value)
	return risky, scrub(err, value)
}

// beside is what stands beside a proof of an address.
type beside int

const (
	nothingBeside beside = iota
	signInBeside         // a recent one, where the account has nothing else to prove itself by
	factorBeside         // the password, or a live sudo by another factor
)

// vouches refuses an address that was just proved where it does not vouch alone: another
// factor has to beside one at risk, and beside a stale one that or a recent sign-in. It
// returns the write that notes the proof, where the policy keeps note of it.
func (s *Service) vouches(ctx context.Context, a *store.Account, f factor, by beside, now int64) (write []store.Account, err error) {
	as := store.Association{}
	for _, has := range a.Associations {
		if has.ID == f.ID {
			as = has
		}
	}
	d, err := decodeAccount(a)
	if err != nil {
		return nil, err
	}
	needs := nothingBeside
	if s.stale(as, d, now) {
		needs = signInBeside
	}
	risky, err := s.atRisk(ctx, as)
	if err != nil {
		return nil, err
	}
	if risky {
		needs = factorBeside
	}
	if by < needs {
		return nil, refuse(ErrSecondProof, "")
	}
	if after := s.policy.ReproveAfter[as.Kind]; after > 0 && now-max(as.CreatedAt, d.Reproved[as.ID]) >= after.Microseconds()/reproveNotes {
		d.Reproved = maps.Clone(d.Reproved)
		if d.Reproved == nil {
			d.Reproved = map[string]int64{}
		}
		d.Reproved[as.ID] = now
		next := *a
		next.Data = encode(d)
		write = []store.Account{next}
	}
	return write, nil
}

// reproveNotes is how often within Policy.ReproveAfter an address in use is noted, at
// most: not each sign-in writes the account.
const reproveNotes = 16
