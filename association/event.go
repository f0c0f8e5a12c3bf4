package association

import (
	"fmt"

	"github.com/ligature-auth/ligature/store"
)

// event is a line of an account's history, appended in the commit it tells of.
type event struct {
	V           int    `json:"v"`
	Kind        string `json:"kind"`
	Session     string `json:"session,omitempty"`
	Factor      factor `json:"factor,omitzero"`
	Association string `json:"association,omitempty"` // its ID
	Replaced    string `json:"replaced,omitempty"`    // the ID of the one that went
	IP          string `json:"ip,omitempty"`
	Device      string `json:"device,omitempty"`
	UserAgent   string `json:"userAgent,omitempty"`
}

// What can happen to an account.
const (
	eventSignUp      = "sign_up"
	eventSignIn      = "sign_in"
	eventSignOut     = "sign_out"
	eventReuse       = "refresh_token_reuse"
	eventSudo        = "sudo"
	eventBind        = "bind"
	eventSetPassword = "set_password"
	eventImport      = "import"
)

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
