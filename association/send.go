package association

import (
	"context"
	"errors"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// SendRequest asks for a code.
type SendRequest struct {
	Kind string // the Kind's name
	To   string // the address as it was typed
	// Target is what the caller says of the address; see the constants.
	Target Target
}

// Target is what a caller says of the address it asks a code for. Only the two
// constants change anything: a caller is never told whether an address is known.
type Target string

const (
	// TargetUser, from a signed-in caller, about an address that is not the
	// caller's, asks for a code to sign in by.
	TargetUser Target = "USER"
	// TargetCurrentUser says that the address is the caller's own; it may then
	// be given as the Kind masks it.
	TargetCurrentUser Target = "CUR_USER"
)

// Sent is a code on its way. It says the same whether the address is free,
// taken or unknown (R54).
type Sent struct {
	ID      string    // what Verify takes together with the code
	Expires time.Time // of the code
}

// Send sends a code to an address. What it will be good for is settled here, by
// who asks: a signed-in caller gets a sudo code for an address of the account
// and a bind code for any other; anybody else gets a sign-in code.
//
// ErrInvalidArgument, ErrUnauthenticated, ErrUnsupported, ErrBlocked,
// ErrRateLimited (the caller's own budgets alone), ErrBusy, ErrUndeliverable: the
// address takes no messages; ErrUnavailable: the message could not be sent, or nobody
// knows whether it was. After either of these another may be asked for at once, and the
// one before is dead. With sign-up closed a sign-in code that could not be sent is not
// told: the unknown get none.
func (s *Service) Send(ctx context.Context, c Caller, r SendRequest) (Sent, error) {
	sent, err := s.send(ctx, c, r)
	return sent, s.report(ctx, "send", c, err)
}

func (s *Service) send(ctx context.Context, c Caller, r SendRequest) (Sent, error) {
	if err := s.outsideTx(); err != nil {
		return Sent{}, err
	}
	now := s.now()
	ask, err := s.ask(ctx, c, r, now)
	if err != nil {
		return Sent{}, err
	}
	slot := s.slotID([]byte(ask.purpose), []byte(ask.asker), []byte(ask.kind.Name()), ask.target)
	req := requestOf("send", c, slot)

	// The cheap refusal first: a repeat, or one too soon, costs no budget.
	p, v, err := s.slot(ctx, slot, ask, now)
	if err != nil {
		return Sent{}, err
	}
	var told sentAnswer
	if s.keys.repeats(v.Answer, req, now) && s.keys.open(v.Answer, slot, &told) {
		return told.sent(), nil
	}
	if until, ok := v.mayRequest(now); !ok {
		return Sent{}, tooSoon(until, now)
	}
	if err := s.guardAsking(ctx, c, now); err != nil {
		return Sent{}, err
	}

	m, err := s.codeMessage(ask)
	if err != nil {
		return Sent{}, err
	}
	nonce := randomBytes(idBytes)
	fresh := newCode{
		Nonce: nonce, Session: ask.session, Epoch: ask.epoch, Typed: clip(r.To), TTL: m.Lifetime,
		Pause: s.policy.Budgets.ResendPause,
	}
	code := ""
	if s.checker != nil && s.checker.MakesCode(m) {
		fresh.Vendor = &vendorCode{Locale: m.Locale}
	} else {
		code = makeCode(s.policy.CodeDigits[ask.purpose])
	}
	id := prefixChallenge + slot + "." + encoding.EncodeToString(nonce)
	repeated := false
	err = s.attempt(ctx, func(again bool) (store.Change, error) {
		if again {
			if p, v, err = s.slot(ctx, slot, ask, now); err != nil {
				return store.Change{}, err
			}
			if repeated = s.keys.repeats(v.Answer, req, now) && s.keys.open(v.Answer, slot, &told); repeated {
				return store.Change{}, nil
			}
			if until, ok := v.mayRequest(now); !ok {
				return store.Change{}, tooSoon(until, now)
			}
		}
		if fresh.Vendor == nil {
			fresh.Code = s.keys.seal(useCode, v.codeFields(slot, nonce, code)...)
		}
		v = v.request(fresh, now)
		told = sentAnswer{ID: id, Expires: v.CodeExpires}
		v.Answer = s.keys.answered(req, slot, now, told)
		return store.Change{Proofs: []store.Proof{with(p, v.expires(), v)}}, nil
	})
	if err == nil && !repeated {
		// The address is the record's from here on (R47).
		m.ID, m.To, m.Expires = encoding.EncodeToString(nonce), string(v.Target), at(v.CodeExpires)
		m.Code = sender.NewCode(code)
		err = s.sendCode(ctx, ask, m, p, v, now)
	}
	if err != nil {
		// Nobody gets this code, though the store may have it: it is taken back, so
		// that no repeat is told that it is on its way.
		s.takeBack(ctx, slot, nonce)
		return Sent{}, err
	}
	return told.sent(), nil
}

// sendCode delivers a code that is in its slot, unless the target's budget or a
// closed sign-up keeps it from going out, which nobody is told.
func (s *Service) sendCode(ctx context.Context, ask asked, m sender.Message, slot store.Proof, v verification, now int64) error {
	deliver, err := s.guardDelivery(ctx, now, v.Purpose, v.Kind, v.Target)
	if err != nil || !deliver || ask.decoy {
		return err
	}
	if v.Vendor == nil {
		m, err = s.catalog.Render(m)
	}
	if err != nil && ask.silent {
		s.log.ErrorContext(ctx, "a message could not be written", "cause", err)
		return nil
	}
	if err != nil {
		return err
	}
	receipt, err := s.post(ctx, m)
	if errors.Is(err, errTargetLimit) {
		return nil // like a budget of ours: that others have asked is not this caller's to know (R54)
	}
	if err == nil && v.Vendor != nil {
		err = s.keepVendorCode(ctx, slot.ID, v, receipt)
	}
	if ask.silent {
		return nil // it is in the log
	}
	return err
}

type sentAnswer struct {
	ID      string `json:"id"`
	Expires int64  `json:"expires"`
}

func (a sentAnswer) sent() Sent {
	if a.ID == "" {
		return Sent{}
	}
	return Sent{ID: a.ID, Expires: at(a.Expires)}
}

func tooSoon(until, now int64) error {
	return &Error{Err: ErrRateLimited, RetryAfter: time.Duration(until-now) * time.Microsecond}
}

// asked is a request for a code, understood.
type asked struct {
	kind    Kind
	target  []byte
	purpose sender.Purpose
	asker   string // whose slot it is
	session string // the asker's, when signed in
	epoch   int64  // of the asker's account
	account string // masked, for the message
	locale  string // of the message
	owner   string // the asker's account, when signed in
	decoy   bool   // nothing is to be sent
	silent  bool   // nor is to be told that it could not be: to the unknown nothing is sent
}

// ask settles who asks for what. It reads as much for every state of the
// address (R56).
func (s *Service) ask(ctx context.Context, c Caller, r SendRequest, now int64) (asked, error) {
	k, err := s.kind(r.Kind)
	if err != nil {
		return asked{}, err
	}
	if k.Channel() == "" {
		return asked{}, refuse(ErrInvalidArgument, "no message reaches such an identifier")
	}
	out := asked{kind: k, locale: clipList(c.Locale)}
	if !c.Actor.signedIn() || c.Actor.Anonymous {
		if !c.Actor.signedIn() && c.Actor != (Actor{}) || r.Target == TargetCurrentUser {
			return asked{}, refuse(ErrUnauthenticated, "")
		}
		if out.target, err = k.Canonical(r.To); err != nil {
			return asked{}, err
		}
		return s.askSignedOut(ctx, c, out)
	}

	a, err := s.actor(ctx, c, now)
	if err != nil {
		return asked{}, err
	}
	if r.Target == TargetCurrentUser {
		own := s.ownAddress(a, k, r.To)
		if own == nil {
			return asked{}, refuse(ErrInvalidArgument, "not an address of this account")
		}
		out.target = own.Value
	} else if out.target, err = k.Canonical(r.To); err != nil {
		return asked{}, err
	}
	switch {
	case linked(a, k.Name(), out.target) != nil:
		out.purpose = sender.Sudo
	case r.Target == TargetUser:
		return s.askSignedOut(ctx, c, out)
	default:
		out.purpose = sender.Bind
	}
	out.owner, out.asker = a.ID, accountAsker(c.Actor)
	out.session, out.epoch = c.Actor.sessionKey(), a.Epoch
	out.account, out.locale = s.masked(a), locale(a, c)
	return out, nil
}

func (s *Service) askSignedOut(ctx context.Context, c Caller, out asked) (asked, error) {
	out.purpose = sender.SignIn
	out.asker = deviceAsker(c)
	if out.asker == "" {
		out.asker = "flow:" + newID()
	}
	if s.policy.AllowSignUp {
		return out, nil
	}
	owner, err := s.accountByIdentifier(ctx, out.kind.Name(), out.target)
	out.decoy, out.silent = owner == nil, true
	return out, err
}

// accountAsker names the account that asks.
func accountAsker(a Actor) string { return "account:" + a.Account }

const devicePrefix = "device:"

// deviceAsker names the device that a signed-out caller asks from, or nothing.
func deviceAsker(c Caller) string {
	if c.Device == "" {
		return ""
	}
	return devicePrefix + clip(c.Device)
}

// ownAddress finds the account's address by how it was given: in full, or masked.
func (s *Service) ownAddress(a *store.Account, k Kind, given string) *store.Association {
	if value, err := k.Canonical(given); err == nil {
		if own := linked(a, k.Name(), value); own != nil {
			return own
		}
	}
	for i, as := range a.Associations {
		if as.Kind == k.Name() && k.Mask(as.Value) == given {
			return &a.Associations[i]
		}
	}
	return nil
}

// slot reads the slot, or makes the one that the first request will insert.
func (s *Service) slot(ctx context.Context, slot string, a asked, now int64) (store.Proof, verification, error) {
	p, _, v, err := s.readVerification(ctx, slot)
	if err != nil {
		return store.Proof{}, v, err
	}
	if p == nil {
		p = &store.Proof{ID: slot, Kind: proofVerification, Account: a.owner, CreatedAt: now}
		v = verification{V: verificationV, Purpose: a.purpose, Asker: a.asker, Kind: a.kind.Name(), Target: a.target}
	}
	if v.Purpose != a.purpose || v.Asker != a.asker || v.Kind != a.kind.Name() || string(v.Target) != string(a.target) {
		return store.Proof{}, v, errors.New("a slot holds another's verification")
	}
	return *p, v, nil
}

// takeBack frees the slot of a code that did not go out, so that another may be
// asked for at once. If even that fails, the pause stands.
func (s *Service) takeBack(ctx context.Context, slot string, nonce []byte) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.policy.SendTimeout)
	defer cancel()
	err := s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, v, err := s.readVerification(ctx, slot)
		if err != nil || p == nil || string(v.Nonce) != string(nonce) {
			return store.Change{}, err
		}
		v = v.undelivered()
		return store.Change{Proofs: []store.Proof{with(*p, v.expires(), v)}}, nil
	})
	if err != nil {
		s.log.ErrorContext(ctx, "an undelivered code could not be taken back", "cause", err)
	}
}
