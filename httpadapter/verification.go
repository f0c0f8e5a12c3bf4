package httpadapter

import "github.com/ligature-auth/ligature/association"

// sendVerification sends a code. The answer is the same whether the address is
// known or not; there is no is_user in it (R54).
func sendVerification(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Email  string `json:"email"`
		Phone  string `json:"phone_number"`
		Target string `json:"target"`
	}](x)
	if err != nil {
		return nil, err
	}
	kind, to, err := address(body.Email, body.Phone)
	if err != nil {
		return nil, err
	}
	sent, err := h.svc.Send(x.r.Context(), x.caller, association.SendRequest{
		Kind: kind, To: to, Target: association.Target(body.Target),
	})
	if err != nil {
		return nil, err
	}
	return struct {
		ID        string `json:"verification_id"`
		ExpiresIn int64  `json:"expires_in"`
	}{sent.ID, h.until(sent.Expires)}, nil
}

// verify judges a code. The client never says here who is signed in.
func verify(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		ID   string `json:"verification_id"`
		Code code   `json:"verification_code"`
	}](x)
	if err != nil {
		return nil, err
	}
	g, err := h.svc.Verify(x.r.Context(), x.caller, body.ID, string(body.Code))
	if err != nil {
		return nil, err
	}
	return struct {
		Token     string `json:"verification_token"`
		ExpiresIn int64  `json:"expires_in"`
	}{g.Token.Reveal(), h.until(g.Expires)}, nil
}
