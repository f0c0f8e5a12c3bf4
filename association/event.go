package association

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/store"
)

// EventKind says what happened to an account.
type EventKind string

// What can happen to an account.
const (
	EventImport               EventKind = "import"
	EventSignUp               EventKind = "sign_up"
	EventSignInAnonymously    EventKind = "sign_in_anonymously"
	EventUpgrade              EventKind = "upgrade" // an anonymous account signed up
	EventSignIn               EventKind = "sign_in"
	EventSignOut              EventKind = "sign_out"
	EventEndSessions          EventKind = "end_sessions"
	EventReuse                EventKind = "refresh_token_reuse"
	EventSudo                 EventKind = "sudo"
	EventBind                 EventKind = "bind" // Replaced names what it took the place of
	EventUnbind               EventKind = "unbind"
	EventTransferred          EventKind = "transferred" // an address went to the account Other
	EventSetUsername          EventKind = "set_username"
	EventSetProfile           EventKind = "set_profile"
	EventSetPassword          EventKind = "set_password"
	EventResetPassword        EventKind = "reset_password"
	EventRemovePassword       EventKind = "remove_password"
	EventEnrolAuthenticator   EventKind = "enrol_authenticator"
	EventConfirmAuthenticator EventKind = "confirm_authenticator"
	EventRemoveAuthenticator  EventKind = "remove_authenticator"
	EventDisable              EventKind = "disable"
	EventEnable               EventKind = "enable"
	EventDelete               EventKind = "delete"
)

// Event is a line of an account's history, appended in the commit that it tells of.
// It holds no address and no secret: what it is about stands in IDs.
type Event struct {
	ID      string
	Account string
	At      time.Time
	Kind    EventKind

	// Session is whose doing it was, as in Actor; empty for the host's own.
	Session     string
	HostSession bool

	// Factor is what proved it: "password", "authenticator", "sign_in", "ticket", or
	// an association's kind; FactorID is the association's or authenticator's ID.
	Factor, FactorID string

	// Association is the ID of the association it is about, Replaced of the one that
	// went for it, and Identifier the kind of either.
	Association, Replaced, Identifier string

	// Other is the other account of a transfer: with EventBind the one that had the
	// address, with EventTransferred and EventDisable the one that has it now.
	Other string

	IP, Device, UserAgent string
}

// Observer is told what happened. Metrics, audit trails, what messages cost and the
// application's own consequences hang here.
type Observer interface {
	// Observe is called after the commit that the event tells of, once by the
	// instance that committed: not at all if that one ends at this moment, nor for
	// what a copy that With made has written, which the host commits. It cannot veto,
	// and the caller waits for it. For what must happen in the commit itself, see
	// ParseEvent.
	Observe(ctx context.Context, e Event)

	// ObserveDelivery is called after each message that was handed to the Sender,
	// delivered or not, with what the Sender answered. The caller waits for it.
	ObserveDelivery(ctx context.Context, d Delivery)
}

// ParseEvent reads a record of the history, as a store has it: from Store.Events, or
// from the Change that bunstore.Config.InTx is shown, where an application moves its
// own rows in the very commit.
func ParseEvent(e store.Event) (Event, error) {
	v, err := decode(e.Data, func(v *event) int { return v.V }, dataV)
	if err != nil {
		return Event{}, fmt.Errorf("association: %w", err)
	}
	kind, session, _ := strings.Cut(v.Session, ":")
	return Event{
		ID: e.ID, Account: e.Account, At: at(e.At), Kind: v.Kind,
		Session: session, HostSession: kind == "host",
		Factor: v.Factor.Kind, FactorID: v.Factor.ID,
		Association: v.Association, Replaced: v.Replaced, Identifier: v.Identifier, Other: v.Other,
		IP: v.IP, Device: v.Device, UserAgent: v.UserAgent,
	}, nil
}

// event is the record of an Event.
type event struct {
	V           int         `json:"v"`
	Kind        EventKind   `json:"kind"`
	Session     string      `json:"session,omitempty"` // Actor.sessionKey
	Factor      eventFactor `json:"factor,omitzero"`
	Association string      `json:"association,omitempty"`
	Replaced    string      `json:"replaced,omitempty"`
	Identifier  string      `json:"identifier,omitempty"`
	Other       string      `json:"other,omitempty"`
	IP          string      `json:"ip,omitempty"`
	Device      string      `json:"device,omitempty"`
	UserAgent   string      `json:"userAgent,omitempty"`
}

// eventFactor is a factor by its name alone: what it rests on is no history.
type eventFactor struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// happened completes an event with the facts of the call.
func (s *Service) happened(e event, account string, c Caller, now int64) store.Event {
	e.V = dataV
	e.Device, e.UserAgent = clip(c.Device), clip(c.UserAgent)
	if c.IP.IsValid() {
		e.IP = c.IP.String()
	}
	// Fixed width, so that the order of IDs is the order of time.
	return store.Event{
		ID: fmt.Sprintf("%016x-%s", now, newID()), Account: account, At: now,
		Expires: now + s.policy.EventTTL.Microseconds(), Data: encode(e),
	}
}

// observe tells the Observer what a commit did.
func (s *Service) observe(ctx context.Context, events []store.Event) {
	if s.observer == nil || s.inTx {
		return
	}
	for _, e := range events {
		told, err := ParseEvent(e)
		if err != nil {
			panic("association: our own records always parse: " + err.Error())
		}
		s.observer.Observe(context.WithoutCancel(ctx), told)
	}
}

// observeDelivery tells the Observer what became of a message.
func (s *Service) observeDelivery(ctx context.Context, d Delivery) {
	if s.observer != nil {
		s.observer.ObserveDelivery(context.WithoutCancel(ctx), d)
	}
}
