package httpadapter

import (
	"time"

	"github.com/ligature-auth/ligature/association"
)

// profile is the signed-in account as the client reads it.
type profile struct {
	Subject           string `json:"sub"`
	UserID            string `json:"user_id"`
	Name              string `json:"name,omitempty"`
	Username          string `json:"username,omitempty"`
	Email             string `json:"email,omitempty"`
	Phone             string `json:"phone_number,omitempty"`
	Status            string `json:"status"`
	HasPassword       bool   `json:"has_password"`
	HasPasswordSDK    bool   `json:"hasPassword"` // what the client reads
	CreatedAt         string `json:"created_at,omitempty"`
	PasswordUpdatedAt string `json:"password_updated_at,omitempty"`
}

// me tells who is signed in.
func me(h *handler, x *exchange) (any, error) {
	a, err := h.svc.Account(x.r.Context(), x.caller.Actor.Account)
	if err != nil {
		return nil, err
	}
	value := func(kind string) string {
		as, _ := a.Of(kind)
		return as.Value
	}
	return profile{
		Subject: a.ID, UserID: a.ID, Name: a.Name, Status: "ACTIVE",
		Username: value(association.UsernameKind), Email: value("email"), Phone: value("phone"),
		HasPassword: a.HasPassword, HasPasswordSDK: a.HasPassword,
		CreatedAt: rfc3339(a.CreatedAt), PasswordUpdatedAt: rfc3339(a.PasswordSetAt),
	}, nil
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
