package httpadapter

import (
	"encoding/base64"

	"github.com/ligature-auth/ligature/association"
)

// enrolAuthenticator begins to set up an authenticator app.
func enrolAuthenticator(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		SudoToken sudoToken `json:"sudo_token"`
	}](x)
	if err != nil {
		return nil, err
	}
	e, err := h.svc.EnrolAuthenticator(x.r.Context(), x.caller, association.EnrolRequest{SudoToken: body.SudoToken.token()})
	if err != nil {
		return nil, err
	}
	return struct {
		ID        string `json:"id"`
		Secret    string `json:"secret"`
		URI       string `json:"uri"`
		QRCode    string `json:"qr_code"` // a data: URI
		ExpiresIn int64  `json:"expires_in"`
	}{
		e.ID, e.Secret.Reveal(), e.URI.Reveal(),
		"data:image/png;base64," + base64.StdEncoding.EncodeToString(e.QRCode), h.until(e.Expires),
	}, nil
}

// confirmAuthenticator takes the first code of the app that was set up.
func confirmAuthenticator(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Code code `json:"authenticator_code"`
	}](x)
	if err != nil {
		return nil, err
	}
	return nothing{}, h.svc.ConfirmAuthenticator(x.r.Context(), x.caller, string(body.Code))
}
