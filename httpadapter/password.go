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
