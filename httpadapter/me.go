package httpadapter

import (
	"time"

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

// deleteMe deletes the account. The client shows the sudo token in the query; where it
// does the body is not asked.
func deleteMe(h *handler, x *exchange) (any, error) {
	var r association.DeleteRequest
	switch shown := x.r.URL.Query()["sudo_token"]; len(shown) {
	case 0:
		token, err := shownSudo(x)
		if err != nil {
			return nil, err
		}
		r.SudoToken = token
	case 1:
		r.SudoToken = association.NewToken(shown[0])
	default:
		return nil, badBody("give one sudo token")
	}
	if err := h.svc.Delete(x.r.Context(), x.caller, r); err != nil {
		return nil, err
	}
	return nothing{}, h.left(x)
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
