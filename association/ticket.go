package association

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ligature-auth/ligature/store"
)

// Tickets let the application hand over somebody whom it has signed in itself: it
// signs a ticket that names the account, the client trades it for a session. The zero
// value takes none.
//
// A ticket is a JWT (RFC 7519) signed with Ed25519 (alg "EdDSA", RFC 8037), with kid
// naming the key in its header and these claims, all required: sub, the account's ID;
// aud, Audience; iat and exp, in seconds and at most five minutes apart; jti, 1 to 128
// bytes that no other ticket of the key has. Whatever else it claims is ignored: a
// ticket says who somebody is and nothing about addresses (R39). NewTicket makes one.
type Tickets struct {
	// Audience names this Service among all that the key signs tickets for.
	Audience string

	// Keys are the public keys of the application's signing keys, by ID.
	Keys map[string]ed25519.PublicKey
}

const (
	ticketLife    = 5 * time.Minute
	ticketSkew    = time.Second // that clocks may differ by
	maxTicket     = 4096
	maxTicketName = 128
)

func (t Tickets) validate() error {
	if len(t.Keys) == 0 && t.Audience == "" {
		return nil
	}
	if t.Audience == "" || len(t.Keys) == 0 {
		return errors.New("Tickets: Audience and Keys go together")
	}
	for id, key := range t.Keys {
		if id == "" || len(key) != ed25519.PublicKeySize {
			return errors.New("Tickets.Keys: an ID is empty, or a key is no Ed25519 public key")
		}
	}
	return nil
}

// clone keeps no reference to the host's.
func (t Tickets) clone() Tickets {
	own := Tickets{Audience: t.Audience, Keys: map[string]ed25519.PublicKey{}}
	for id, key := range t.Keys {
		own.Keys[id] = bytes.Clone(key)
	}
	return own
}

// TicketRequest is whom a ticket is for. All of it is required.
type TicketRequest struct {
	KeyID    string    // the key's, in Tickets.Keys
	Audience string    // Tickets.Audience
	Account  string    // the account's ID, which need not be known to ligature yet
	At       time.Time // now; the ticket counts in whole seconds
}

// NewTicket makes a ticket that is good for five minutes, for an application that
// signs in the same process. Reveal it to the one who is signed in, and to nobody else.
// A ticket of the very second in which the account's sessions were ended, or before, is
// refused.
//
// An error says that the key is no Ed25519 private key, or that a field is empty.
func NewTicket(key ed25519.PrivateKey, r TicketRequest) (Token, error) {
	if len(key) != ed25519.PrivateKeySize {
		return Token{}, errors.New("association: the ticket's key is no Ed25519 private key")
	}
	if r.KeyID == "" || r.Audience == "" || r.Account == "" || r.At.IsZero() {
		return Token{}, errors.New("association: a field of TicketRequest is empty")
	}
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Subject: r.Account, Audience: jwt.ClaimStrings{r.Audience}, ID: newID(),
		IssuedAt: jwt.NewNumericDate(r.At), ExpiresAt: jwt.NewNumericDate(r.At.Add(ticketLife)),
	})
	t.Header["kid"] = r.KeyID
	signed, err := t.SignedString(key)
	if err != nil {
		return Token{}, errors.New("association: the ticket cannot be signed")
	}
	return NewToken(signed), nil
}

// SignInWithTicket opens a session of the account that a ticket names. It is good
// once. An account that ligature has nothing of yet appears by it.
//
// ErrInvalidProof (forged, expired, used, or for somebody else; which is told to
// nobody), ErrUnsupported (Config.Tickets), ErrBlocked, ErrBusy, ErrUnavailable.
func (s *Service) SignInWithTicket(ctx context.Context, c Caller, ticket Token) (Session, error) {
	session, err := s.signInWithTicket(ctx, c, ticket)
	return session, s.report(ctx, "sign in with ticket", c, err)
}

// usedTicket is the record of a ticket that was traded.
type usedTicket struct {
	V      int    `json:"v"`
	Answer answer `json:"answer,omitzero"`
}

func (s *Service) signInWithTicket(ctx context.Context, c Caller, ticket Token) (Session, error) {
	if err := s.outsideTx(); err != nil {
		return Session{}, err
	}
	if len(s.tickets.Keys) == 0 {
		return Session{}, refuse(ErrUnsupported, "no tickets are taken here")
	}
	now := s.now()
	keyID, claims, err := s.readTicket(ticket, now)
	if err != nil {
		return Session{}, err
	}
	slot := s.slotID([]byte("ticket"), []byte(keyID), []byte(claims.ID))
	req := requestOf("sign in with ticket", c, ticket.Reveal())
	var told Session
	err = s.attempt(ctx, func(bool) (store.Change, error) {
		p, _, err := s.readProof(ctx, slot, proofTicket)
		if err != nil {
			return store.Change{}, err
		}
		if p != nil {
			v, err := decode(p.Data, func(v *usedTicket) int { return v.V }, dataV)
			if err == nil && (!s.keys.repeats(v.Answer, req, now) || !s.openSession(v.Answer, slot, &told)) {
				err = refuse(ErrInvalidProof, "")
			}
			return store.Change{}, err
		}
		a, err := s.readAccount(ctx, claims.Subject, now)
		if err != nil {
			return store.Change{}, err
		}
		d, err := decodeAccount(a)
		if err != nil {
			return store.Change{}, err
		}
		if claims.IssuedAt.UnixMicro() <= d.EpochAt { // issued in an epoch that is over
			return store.Change{}, refuse(ErrInvalidProof, "")
		}
		f := factor{Kind: factorTicket, SetAt: now}
		session, opened := s.newSession(newID(), a, c, f, request{}, now)
		told = opened
		used := usedTicket{V: dataV, Answer: s.keys.answered(req, slot, now, newSessionAnswer(told))}
		spent := store.Proof{ID: slot, Kind: proofTicket, Account: a.ID, CreatedAt: now}
		change := store.Change{
			Proofs: []store.Proof{with(spent, claims.ExpiresAt.UnixMicro()+repeatWindow.Microseconds(), used), session},
			Events: []store.Event{s.happened(event{Kind: EventSignIn, Session: ownSession(told.ID), Factor: f.event()}, a.ID, c, now)},
		}
		if a.Version == 0 {
			a.Data = encode(d)
			change.Accounts = []store.Account{*a}
		}
		return change, nil
	})
	if err != nil {
		return Session{}, err
	}
	return told, nil
}

// readTicket verifies a ticket and returns its claims and the key's ID.
func (s *Service) readTicket(ticket Token, now int64) (keyID string, claims jwt.RegisteredClaims, err error) {
	bad := refuse(ErrInvalidProof, "")
	if len(ticket.Reveal()) > maxTicket {
		return "", claims, bad
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return at(now) }), jwt.WithLeeway(ticketSkew),
		jwt.WithAudience(s.tickets.Audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
	)
	_, err = parser.ParseWithClaims(ticket.Reveal(), &claims, func(t *jwt.Token) (any, error) {
		keyID, _ = t.Header["kid"].(string)
		if key, ok := s.tickets.Keys[keyID]; ok {
			return key, nil
		}
		return nil, errors.New("no such key")
	})
	if err != nil || claims.IssuedAt == nil || claims.ID == "" || len(claims.ID) > maxTicketName ||
		claims.Subject == "" || checkAccountID(claims.Subject) != nil ||
		claims.ExpiresAt.Sub(claims.IssuedAt.Time) > ticketLife {
		return "", claims, bad
	}
	return keyID, claims, nil
}
