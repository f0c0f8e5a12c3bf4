package httpadapter

import (
	"net/url"
	"strconv"

	"github.com/ligature-auth/ligature/association"
)

// userLogin is the client's word for signing in.
const userLogin = "USER_LOGIN"

var signingInEvents = []association.EventKind{
	association.EventSignIn, association.EventSignUp, association.EventSignInAnonymously, association.EventUpgrade,
}

const defaultHistory = 20

// history lists what happened to the account, newest first: with query[action] only
// sign-ins, with ne_query[action] all but those.
func history(h *handler, x *exchange) (any, error) {
	q := x.r.URL.Query()
	r := association.HistoryRequest{Before: q.Get("page_token"), Limit: limitOf(q)}
	if q.Get("query[action]") == userLogin {
		r.Only = signingInEvents
	}
	if q.Get("ne_query[action]") == userLogin {
		r.Except = signingInEvents
	}
	page, err := h.svc.History(x.r.Context(), x.caller, r)
	if err != nil {
		return nil, err
	}
	type meta struct {
		From string `json:"from,omitempty"`
	}
	type item struct {
		ID        string `json:"id"`
		Action    string `json:"action"`
		IP        string `json:"ip,omitempty"`
		UserAgent string `json:"user_agent,omitempty"`
		DeviceID  string `json:"device_id,omitempty"`
		CreatedAt string `json:"created_at"`
		Meta      meta   `json:"meta"`
	}
	data := []item{}
	for _, e := range page.Events {
		data = append(data, item{e.ID, string(e.Kind), e.IP, e.UserAgent, e.Device, rfc3339(e.At), meta{e.Factor}})
	}
	return struct {
		Data []item `json:"data"`
		Next string `json:"next_page_token,omitempty"`
	}{data, page.Next}, nil
}

// limitOf reads limit, which some clients write as "undefined".
func limitOf(q url.Values) int {
	n, err := strconv.Atoi(q.Get("limit"))
	if err != nil || n == 0 {
		return defaultHistory
	}
	return n
}
