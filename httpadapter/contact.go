package httpadapter

import (
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
	}](x)
	if err != nil {
		return nil, err
	}
	kind, to, err := address(body.Email, body.Phone)
	if err != nil {
		return nil, err
	}
	_, err = h.svc.Bind(x.r.Context(), x.caller, association.BindRequest{
		Kind: kind, To: to,
		SudoToken: body.SudoToken.token(), VerificationToken: association.NewToken(body.VerificationToken),
	})
	return nothing{}, err
}

// editBasic binds an email or a phone number for the calls of the client that
// carry no token: the session must hold both proofs.
func editBasic(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Email string `json:"email"`
		Phone string `json:"phone"`
	}](x)
	if err != nil {
		return nil, err
	}
	if body.Email == "" && body.Phone == "" {
		return nil, fmt.Errorf("httpadapter: %w", association.ErrUnsupported)
	}
	kind, to, err := address(body.Email, body.Phone)
	if err != nil {
		return nil, err
	}
	_, err = h.svc.Bind(x.r.Context(), x.caller, association.BindRequest{Kind: kind, To: to, FromSession: true})
	return nothing{}, err
}
