package httpadapter

import (
	"github.com/ligature-auth/ligature/association"
)

// profile is the signed-in account as the client reads it.
type profile struct {
	Subject           string   `json:"sub"`
	UserID            string   `json:"user_id"`
	UID               string   `json:"uid"` // what the client reads of an edited profile
	Name              string   `json:"name,omitempty"`
	Picture           string   `json:"picture,omitempty"`
	Locale            string   `json:"locale,omitempty"`
	Username          string   `json:"username,omitempty"`
	Email             string   `json:"email,omitempty"`
	Phone             string   `json:"phone_number,omitempty"`
	Status            string   `json:"status"`
	HasPassword       bool     `json:"has_password"`
	HasPasswordSDK    bool     `json:"hasPassword"` // what the client reads
	Providers         []string `json:"providers"`
	CreatedAt         string   `json:"created_at,omitempty"`
	PasswordUpdatedAt string   `json:"password_updated_at,omitempty"`
}

// anonymousName is the name by which the client knows an anonymous account.
const anonymousName = "anonymous"

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
	p := profile{
		Subject: a.ID, UserID: a.ID, UID: a.ID, Name: a.Name, Picture: a.Picture, Locale: a.Locale, Status: "ACTIVE",
		Username: value(association.UsernameKind), Email: value("email"), Phone: value("phone"),
		HasPassword: a.HasPassword, HasPasswordSDK: a.HasPassword, Providers: []string{},
		CreatedAt: rfc3339(a.CreatedAt), PasswordUpdatedAt: rfc3339(a.PasswordSetAt),
	}
	switch {
	case x.caller.Actor.Anonymous:
		p.Name = anonymousName
		p.CreatedAt = rfc3339(x.caller.Actor.AuthenticatedAt) // with its one session
	case p.Name == anonymousName:
		p.Name = "" // which the client would take the account for
	}
	return p, nil
}

// editProfile changes what the account shows of itself, and the username under the
// session's sudo grant. It answers the whole profile: the client puts the answer in the
// place of what it knew.
func editProfile(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Username string  `json:"username"`
		Name     *string `json:"name"`
		Picture  *string `json:"picture"`
		Locale   *string `json:"locale"`
	}](x)
	if err != nil {
		return nil, err
	}
	profile := association.ProfileRequest{Name: body.Name, Picture: body.Picture, Locale: body.Locale}
	if err := profile.Validate(); err != nil {
		return nil, err
	}
	if err := h.edit(x, body.Username, profile); err != nil {
		return nil, err
	}
	return me(h, x)
}

// editBasic edits the account for the calls of the client that carry no token: for an
// address or a username the session must hold what it takes. Each part is a commit of
// its own, in this order, and the first refusal ends it.
func editBasic(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Email    string  `json:"email"`
		Phone    string  `json:"phone"`
		Username string  `json:"username"`
		Nickname *string `json:"nickname"`
		Picture  *string `json:"avatar_url"`
		Locale   *string `json:"locale"`
	}](x)
	if err != nil {
		return nil, err
	}
	profile := association.ProfileRequest{Name: body.Nickname, Picture: body.Picture, Locale: body.Locale}
	if err := profile.Validate(); err != nil {
		return nil, err
	}
	if body.Email != "" || body.Phone != "" {
		kind, to, err := address(body.Email, body.Phone)
		if err != nil {
			return nil, err
		}
		_, err = h.svc.Bind(x.r.Context(), x.caller, association.BindRequest{Kind: kind, To: to, FromSession: true})
		if err != nil {
			return nil, err
		}
	}
	return nothing{}, h.edit(x, body.Username, profile)
}

// edit changes the username and the profile, if any of it is named.
func (h *handler) edit(x *exchange, username string, profile association.ProfileRequest) error {
	if username != "" {
		r := association.UsernameRequest{Username: username, FromSession: true}
		if err := h.svc.SetUsername(x.r.Context(), x.caller, r); err != nil {
			return err
		}
	}
	if profile == (association.ProfileRequest{}) {
		return nil
	}
	return h.svc.SetProfile(x.r.Context(), x.caller, profile)
}
