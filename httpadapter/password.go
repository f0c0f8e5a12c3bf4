package httpadapter

import "github.com/ligature-auth/ligature/association"

// setPassword sets or changes the password under sudo.
func setPassword(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		SudoToken sudoToken `json:"sudo_token"`
		Password  string    `json:"new_password"`
	}](x)
	if err != nil {
		return nil, err
	}
	return nothing{}, h.svc.SetPassword(x.r.Context(), x.caller, association.PasswordRequest{
		SudoToken: body.SudoToken.token(), Password: body.Password,
	})
}

// resetPassword sets the password of whoever proved an address, signed out.
func resetPassword(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Email             string `json:"email"`
		Phone             string `json:"phone_number"`
		VerificationToken string `json:"verification_token"`
		Password          string `json:"new_password"`
	}](x)
	if err != nil {
		return nil, err
	}
	kind, to, err := address(body.Email, body.Phone)
	if err != nil {
		return nil, err
	}
	return nothing{}, h.svc.ResetPassword(x.r.Context(), x.caller, association.ResetRequest{
		Kind: kind, To: to, VerificationToken: association.NewToken(body.VerificationToken), Password: body.Password,
	})
}
