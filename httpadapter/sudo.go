package httpadapter

import "github.com/ligature-auth/ligature/association"

// sudo trades a proof of who is signed in for a sudo token.
func sudo(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Password          string `json:"password"`
		VerificationToken string `json:"verification_token"`
		AuthenticatorCode code   `json:"authenticator_code"`
	}](x)
	if err != nil {
		return nil, err
	}
	g, err := h.svc.Sudo(x.r.Context(), x.caller, association.SudoRequest{
		Password: body.Password, VerificationToken: association.NewToken(body.VerificationToken),
		AuthenticatorCode: string(body.AuthenticatorCode),
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

// sudoState tells whether the session is elevated, for how long, and by what it could
// be.
func sudoState(h *handler, x *exchange) (any, error) {
	state, err := h.svc.SudoState(x.r.Context(), x.caller)
	if err != nil {
		return nil, err
	}
	type factor struct {
		Kind   string `json:"kind"`
		ID     string `json:"id,omitempty"`
		Masked string `json:"masked,omitempty"`
	}
	answer := struct {
		Elevated  bool     `json:"elevated"`
		ExpiresIn int64    `json:"expires_in,omitempty"`
		Factor    string   `json:"factor,omitempty"`
		Factors   []factor `json:"factors"`
	}{Elevated: state.Elevated, Factor: state.Factor, Factors: []factor{}}
	if state.Elevated {
		answer.ExpiresIn = h.until(state.Expires)
	}
	for _, f := range state.Factors {
		answer.Factors = append(answer.Factors, factor{f.Kind, f.ID, f.Masked})
	}
	return answer, nil
}

// sudoHeader carries a sudo token where a body is not sure to arrive: with DELETE, and
// on the host's own routes.
const sudoHeader = "X-Sudo-Token"

// shownSudo is the sudo token of a request that has no other body: there, or in the
// header.
func shownSudo(x *exchange) (association.Token, error) {
	body, err := read[struct {
		SudoToken sudoToken `json:"sudo_token"`
	}](x)
	if err != nil {
		return association.Token{}, err
	}
	if body.SudoToken == "" {
		return association.NewToken(x.r.Header.Get(sudoHeader)), nil
	}
	return body.SudoToken.token(), nil
}
