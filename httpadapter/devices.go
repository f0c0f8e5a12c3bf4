package httpadapter

import (
	"errors"

	"github.com/ligature-auth/ligature/association"
)

// devices lists the sessions of the account.
func devices(h *handler, x *exchange) (any, error) {
	all, err := h.svc.Devices(x.r.Context(), x.caller)
	if err != nil {
		return nil, err
	}
	type device struct {
		ID         string `json:"id"`
		DeviceID   string `json:"device_id,omitempty"`
		UserAgent  string `json:"user_agent,omitempty"`
		SignedInBy string `json:"signed_in_by,omitempty"`
		CreatedAt  string `json:"created_at"`
		LastUsedAt string `json:"last_used_at"`
		ExpiresAt  string `json:"expires_at"`
		Current    bool   `json:"current"`
	}
	data := []device{}
	for _, d := range all {
		data = append(data, device{
			d.Session, d.Name, d.UserAgent, d.Factor, rfc3339(d.SignedInAt), rfc3339(d.UsedAt), rfc3339(d.Expires), d.Current,
		})
	}
	return struct {
		Total int      `json:"total"`
		Data  []device `json:"data"`
	}{len(data), data}, nil
}

// endDevice ends one session.
func endDevice(h *handler, x *exchange) (any, error) {
	if _, err := read[struct{}](x); err != nil {
		return nil, err
	}
	if err := h.svc.EndDevice(x.r.Context(), x.caller, x.r.PathValue("id")); err != nil {
		return nil, err
	}
	// By a device's name too it may have been the acting session.
	switch now, err := h.sessions.identify(h.svc, x.r, h.caller(x.r)); {
	case now.Actor != (association.Actor{}):
		return nothing{}, nil
	case err != nil && !errors.Is(err, association.ErrUnauthenticated):
		return nil, err
	}
	return nothing{}, h.left(x)
}

// endAll signs the account out everywhere, here too.
func endAll(h *handler, x *exchange) (any, error) {
	if _, err := read[struct{}](x); err != nil {
		return nil, err
	}
	if err := h.svc.EndSessions(x.r.Context(), x.caller, association.EndSessionsRequest{}); err != nil {
		return nil, err
	}
	return nothing{}, h.left(x)
}

// endOthers signs the account out everywhere else.
func endOthers(h *handler, x *exchange) (any, error) {
	if _, err := read[struct{}](x); err != nil {
		return nil, err
	}
	return nothing{}, h.svc.EndSessions(x.r.Context(), x.caller, association.EndSessionsRequest{KeepCurrent: true})
}

// left forgets a session that has just ended, where sessions are ligature's to forget.
func (h *handler) left(x *exchange) error {
	if h.sessions.offers() == knowing {
		return nil
	}
	return h.sessions.closed(h, x)
}
