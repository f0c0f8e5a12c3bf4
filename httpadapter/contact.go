package httpadapter

import (
	"errors"
	"fmt"

	"github.com/ligature-auth/ligature/association"
)

// bindContact binds an email or a phone number under both proofs.
func bindContact(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Email             string     `json:"email"`
		Phone             string     `json:"phone_number"`
		SudoToken         sudoToken  `json:"sudo_token"`
		VerificationToken string     `json:"verification_token"`
		Conflict          resolution `json:"conflict_resolution"`
		OtherAccess       string     `json:"other_access_token"`
		OtherSudo         sudoToken  `json:"other_sudo_token"`
		EndOthers         bool       `json:"end_other_sessions"`
	}](x)
	if err != nil {
		return nil, err
	}
	kind, to, err := address(body.Email, body.Phone)
	if err != nil {
		return nil, err
	}
	r := association.BindRequest{
		Kind: kind, To: to,
		SudoToken: body.SudoToken.token(), VerificationToken: association.NewToken(body.VerificationToken),
		Conflict: association.Conflict(body.Conflict), EndOtherSessions: body.EndOthers,
	}
	if body.OtherAccess != "" {
		other := x.caller
		other.Actor = association.Actor{}
		r.Other, err = h.svc.Identify(x.r.Context(), other, association.NewToken(body.OtherAccess))
		if errors.Is(err, association.ErrUnauthenticated) || errors.Is(err, association.ErrBlocked) {
			// Which would be said of the caller's own session.
			err = fmt.Errorf("httpadapter: %w: the other account's session", association.ErrSudoRequired)
		}
		if err != nil {
			return nil, err
		}
		r.OtherSudoToken = body.OtherSudo.token()
	}
	_, err = h.svc.Bind(x.r.Context(), x.caller, r)
	return nothing{}, err
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
