package httpadapter

import "github.com/ligature-auth/ligature/association"

// sudo trades a proof of who is signed in for a sudo token.
func sudo(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Password          string `json:"password"`
		VerificationToken string `json:"verification_token"`
	}](x)
	if err != nil {
		return nil, err
	}
	g, err := h.svc.Sudo(x.r.Context(), x.caller, association.SudoRequest{
		Password: body.Password, VerificationToken: association.NewToken(body.VerificationToken),
	})
	if err != nil {
		return nil, err
	}
	if err := h.sessions.elevated(h, x); err != nil {
		return nil, err
	}
	return struct {
		Token     string `json:"sudo_token"`
		ExpiresIn int64  `json:"expires_in"`
	}{g.Token.Reveal(), h.until(g.Expires)}, nil
}
