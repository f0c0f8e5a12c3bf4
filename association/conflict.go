package association

import (
	"context"
	"errors"
	"slices"

	"github.com/ligature-auth/ligature/store"
)

// Conflict is what a caller asks for where another account has the address that it
// has proved. Asking is all it is: Config.Transfers decides.
type Conflict string

// What may be asked for. Both move the address to the acting account.
const (
	// ConflictTransfer leaves the other account what else it has; without any way to
	// sign in it is disabled.
	ConflictTransfer Conflict = "TRANSFER"
	// ConflictDelete deletes the other account.
	ConflictDelete Conflict = "DELETE_ACCOUNT_TRANSFER"
)

// Transfers is the application's policy on addresses that another account has.
type Transfers interface {
	// MayTransfer grants a transfer, or not. It is asked inside Bind, with the address
	// proved, and only where the address is all that the other account could prove
	// itself by, or where that account is proved as well (R48). It may be asked more
	// than once for one Bind; an error refuses as ErrUnavailable.
	MayTransfer(ctx context.Context, t Transfer) (bool, error)
}

// Merger merges two accounts of one person.
type Merger interface {
	// Merge is called, where Config.Transfers implements it, for a transfer that is
	// granted with the other account proved too, just before the commit: to move what
	// the application keeps from the one account to the other. Whatever it does bears
	// to be done twice, and to be done for a commit that then fails; what must not,
	// belongs into bunstore.Config.InTx, see ParseEvent. An error refuses, as
	// ErrUnavailable.
	Merge(ctx context.Context, t Transfer) error
}

// Transfer is an address that is to change accounts.
type Transfer struct {
	Kind, Value string  // the address, as the kind formats it
	To          Account // who asks, and has proved the address
	From        Account // who has it
	FromProved  bool    // by a sudo of its own, in hand, under which it could let go of the address
	Delete      bool    // From is to be deleted
}

// addresses are all that a transfer names.
func (t Transfer) addresses() []string {
	all := []string{t.Value}
	for _, as := range slices.Concat(t.To.Associations, t.From.Associations) {
		all = append(all, as.Value)
	}
	return all
}

// claim takes the address from another account, if there is one and the policy of the
// host grants it.
func (h *change) claim(ctx context.Context, r BindRequest, k Kind, v held) error {
	s, target := h.s, v.v.Target
	if r.Conflict != ConflictTransfer && r.Conflict != ConflictDelete {
		return refuse(ErrInvalidArgument, "no such resolution of a conflict")
	}
	from, err := s.accountByIdentifier(ctx, k.Name(), target)
	if err != nil || from == nil || from.ID == h.read.ID {
		return err
	}
	if s.transfers == nil || from.Status != statusActive {
		return refuse(ErrIdentifierTaken, "")
	}
	address := linked(from, k.Name(), target)
	other, err := h.provedOther(ctx, r, from, *address)
	if err != nil {
		return err
	}
	if other == nil { // the address alone takes the account over, as if it signed in
		if err := s.mayTakeOver(ctx, v, from, *address, h.now); err != nil {
			return err
		}
	}
	t := Transfer{
		Kind: k.Name(), Value: k.Format(target), FromProved: other != nil, Delete: r.Conflict == ConflictDelete,
	}
	if t.To, err = s.tell(ctx, h.read); err != nil {
		return err
	}
	if t.From, err = s.tell(ctx, from); err != nil {
		return err
	}
	granted, err := s.transfers.MayTransfer(ctx, t)
	if err != nil {
		return scrub(err, t.addresses()...)
	}
	if !granted {
		return refuse(ErrIdentifierTaken, "")
	}
	if m, ok := s.transfers.(Merger); ok && t.FromProved {
		if err := m.Merge(ctx, t); err != nil {
			return scrub(err, t.addresses()...)
		}
	}
	if other != nil {
		h.write.Proofs = append(h.write.Proofs, other.session)
	}
	h.event.Other = from.ID
	return h.take(ctx, from, *address, other, t.Delete)
}

// proved is another account that was proved too: by which factor, and the write that
// asserts the session in which it was.
type proved struct {
	factor  factor
	session store.Proof
}

// provedOther returns how the other account was proved, or nil where no proof of it was
// given. The proof is one under which that account could let go of the address itself.
func (h *change) provedOther(ctx context.Context, r BindRequest, from *store.Account, address store.Association) (*proved, error) {
	if r.OtherSudoToken.IsZero() && r.Other.Actor == (Actor{}) {
		return nil, nil
	}
	other, a, err := h.s.acting(ctx, r.Other, h.now)
	if errors.Is(err, ErrUnauthenticated) || errors.Is(err, ErrBlocked) || errors.Is(err, ErrPermissionDenied) {
		// Which would be said of the acting account.
		err = refuse(ErrSudoRequired, "the other account's session")
	}
	if err != nil {
		return nil, err
	}
	g, err := h.s.checkSudo(other, r.Other, r.OtherSudoToken, false)
	if err != nil {
		return nil, err
	}
	if a.ID != from.ID {
		return nil, refuse(ErrSudoRequired, "the account that has the address is another than the one proved")
	}
	if err := h.s.mayUse(g, a, h.now); err != nil {
		return nil, err
	}
	// What Identify read may be older than what has the address: then it was judged of an
	// account that is no more.
	if from.Version != a.Version {
		return nil, errAgain
	}
	d, err := decodeAccount(a)
	if err != nil {
		return nil, err
	}
	if err := h.s.mayLose(ctx, g.Factor, a, d, address.ID, h.now); err != nil {
		return nil, err
	}
	return &proved{g.Factor, other.holding(g)}, nil
}

// mayTakeOver refuses the proof of an address that is not all that its account has, or
// that was asked for before the account was what it is.
func (s *Service) mayTakeOver(ctx context.Context, v held, from *store.Account, address store.Association, now int64) error {
	d, err := decodeAccount(from)
	if err != nil {
		return err
	}
	has, err := s.hasAccount(ctx, from, d, address, now)
	switch {
	case err != nil:
		return err
	case !has:
		return refuse(ErrIdentifierTaken, "")
	case !v.v.recent(address, d):
		return refuse(ErrInvalidProof, "")
	}
	return nil
}

// hasAccount reports whether whoever holds the address has the account: it would let
// them in by itself, and it is all that the account could prove itself by, now and of
// late. Another that is stale is still one.
func (s *Service) hasAccount(ctx context.Context, a *store.Account, d accountData, address store.Association, now int64) (bool, error) {
	for _, as := range a.Associations {
		if as.ID != address.ID && s.reachable(as) {
			return false, nil
		}
	}
	all, err := s.factors(ctx, a, now)
	if err != nil {
		return false, err
	}
	for _, f := range all {
		if f.key() != address.ID {
			return false, nil
		}
	}
	for _, g := range d.Gone {
		if now < g.At+s.policy.FactorRootedFor.Microseconds() && !g.Factor.restsOn(address.ID) {
			return false, nil
		}
	}
	if s.stale(address, d, now) {
		return false, nil
	}
	risky, err := s.atRisk(ctx, address)
	return !risky, err
}

// take adds to the write what becomes of the account that loses the address.
func (h *change) take(ctx context.Context, from *store.Account, address store.Association, by *proved, deleting bool) error {
	s := h.s
	d, err := decodeAccount(from)
	if err != nil {
		return err
	}
	happened := event{Kind: EventTransferred, Association: address.ID, Identifier: address.Kind, Other: h.read.ID}
	unseen := Caller{RequestID: h.caller.RequestID} // where the taker sits is not the loser's to read
	h.write.Events = append(h.write.Events, s.happened(happened, from.ID, unseen, h.now))
	if deleting {
		return h.erase(ctx, from, d, address.ID, event{Kind: EventDelete, Other: h.read.ID})
	}
	if by != nil {
		f, err := addressFactor(address)
		if err != nil {
			return err
		}
		if d.Gone, err = s.leaves(ctx, from, d, f, by.factor, h.now); err != nil {
			return err
		}
	}
	loser, d := raiseEpoch(*from, d.forget(address), h.now)
	ways, err := s.ways(ctx, from, d, h.now, address.ID)
	if err != nil {
		return err
	}
	if ways == 0 {
		loser.Status = statusDisabled
		h.write.Events = append(h.write.Events, s.happened(event{Kind: EventDisable, Other: h.read.ID}, from.ID, unseen, h.now))
	}
	loser.Data = encode(d)
	h.write.Accounts = append(h.write.Accounts, loser)
	h.write.Unlink = append(h.write.Unlink, address)
	h.write.Notices = append(h.write.Notices, s.owedAll(noticeTransferred, from, address.ID, h.caller, h.now)...)
	h.write.Notices = append(h.write.Notices, s.owedRevocation(from.ID, Actor{}, h.now)...)
	return nil
}
