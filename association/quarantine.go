package association

import (
	"context"
	"errors"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// quarantine is the record of an address that its account has lost: numbers and
// mailboxes get new owners, who may be somebody else (R52). It is kept for
// Policy.Quarantine, under a name of its own, and belongs to the former account.
type quarantine struct {
	V  int   `json:"v"`
	At int64 `json:"at"` // when it was unlinked
}

// setAside puts an address that is unlinked into quarantine, if the policy has one.
func (s *Service) setAside(ctx context.Context, old store.Association, write *store.Change, now int64) error {
	if s.policy.Quarantine == 0 {
		return nil
	}
	id := s.quarantineID(old.Kind, old.Value)
	p, _, err := s.readProof(ctx, id, proofQuarantine)
	if err != nil {
		return err
	}
	if p == nil {
		p = &store.Proof{ID: id, Kind: proofQuarantine, CreatedAt: now}
	}
	p.Account = old.Account
	write.Proofs = append(write.Proofs, with(*p, now+s.policy.Quarantine.Microseconds(), quarantine{V: dataV, At: now}))
	return nil
}

// quarantined holds what is asked of an address in quarantine that another account
// than its last is about to link: the code was asked for after it was lost, and the
// former owner is told. The write asserts what was read, also that there was nothing:
// or whoever tries at the moment in which it is lost would be asked for neither.
func (s *Service) quarantined(ctx context.Context, account string, h held, write *store.Change, c Caller, now int64) error {
	if s.policy.Quarantine == 0 {
		return nil
	}
	id := s.quarantineID(h.v.Kind, h.v.Target)
	if slices.ContainsFunc(write.Proofs, func(p store.Proof) bool { return p.ID == id }) {
		return nil // the account itself loses it in this very write
	}
	p, former, err := s.readProof(ctx, id, proofQuarantine)
	if err != nil {
		return err
	}
	if p == nil {
		p = &store.Proof{ID: id, Kind: proofQuarantine, Account: account, CreatedAt: now}
		write.Proofs = append(write.Proofs, with(*p, now, quarantine{V: dataV}))
		return nil
	}
	q, err := decode(p.Data, func(q *quarantine) int { return q.V }, dataV)
	if err != nil {
		return err
	}
	write.Proofs = append(write.Proofs, with(*p, p.Expires, q))
	if p.Account == account || now >= p.Expires {
		return nil
	}
	if h.v.RequestedAt <= q.At {
		return refuse(ErrInvalidProof, "")
	}
	if former == nil {
		return errors.New("an address in quarantine has no former account")
	}
	write.Notices = append(write.Notices, s.owedAll(noticeRebound, former, "", c, now)...)
	return nil
}

func (s *Service) quarantineID(kind string, value []byte) string {
	return s.slotID([]byte("quarantine"), []byte(kind), value)
}
