package httpadapter

import (
	"errors"
	"fmt"

	"github.com/ligature-auth/ligature/association"
)

// bindContact binds an email or a phone number under both proofs.
func bindContact(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Email             string    `json:"email"`
		Phone             string    `json:"phone_number"`
		SudoToken         sudoToken `json:"sudo_token"`
		VerificationToken string    `json:"verification_token"`
		Conflict          conflict  `json:"conflict_resolution"`
		OtherAccess       string    `json:"other_access_token"`
		OtherSudo         sudoToken `json:"other_sudo_token"`
		EndOthers         bool      `json:"end_other_sessions"`
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
