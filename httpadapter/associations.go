package httpadapter

import "github.com/ligature-auth/ligature/association"

// associations lists every method of the account, and what may be done to each.
func associations(h *handler, x *exchange) (any, error) {
	all, err := h.svc.Methods(x.r.Context(), x.caller)
	if err != nil {
		return nil, err
	}
	type method struct {
		ID          string `json:"id"`
		Kind        string `json:"kind"`
		Value       string `json:"value,omitempty"`
		Masked      string `json:"masked,omitempty"`
		AddedAt     string `json:"added_at,omitempty"`
		SignsIn     bool   `json:"signs_in"`
		Sudo        bool   `json:"sudo"`
		Removable   bool   `json:"removable"`
		Replaceable bool   `json:"replaceable"`
	}
	data := []method{}
	for _, m := range all {
		data = append(data, method{
			m.ID, m.Kind, m.Value, m.Masked, rfc3339(m.AddedAt), m.SignsIn, m.Sudo, m.Removable, m.Replaceable,
		})
	}
	return struct {
		Total int      `json:"total"`
		Data  []method `json:"data"`
	}{len(data), data}, nil
}

// unbind removes a method.
func unbind(h *handler, x *exchange) (any, error) {
	token, err := shownSudo(x)
	if err != nil {
		return nil, err
	}
	return nothing{}, h.svc.Unbind(x.r.Context(), x.caller, association.UnbindRequest{ID: x.r.PathValue("id"), SudoToken: token})
}
