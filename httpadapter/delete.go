package httpadapter

import "github.com/ligature-auth/ligature/association"

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
