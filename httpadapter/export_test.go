package httpadapter

import (
	"net/http"
	"net/netip"
)

// Route is an endpoint as it is routed.
type Route struct {
	Method, Path string
	SignedIn     bool // 401 for nobody
	Host, Cookie bool // served by these Sessions; Bearer serves all
}

// Routes returns every endpoint that there is.
func Routes() []Route {
	var all []Route
	for _, r := range routes {
		all = append(all, Route{r.method, r.path, r.who == signedIn, r.needs <= host{}.offers(), r.needs <= cookie{}.offers()})
	}
	return all
}

// Refusal is a row of the table of errors.
type Refusal struct {
	Err    error
	Name   string
	Code   int
	Status int
}

// Refusals returns the table of errors.
func Refusals() []Refusal {
	var all []Refusal
	for _, r := range refusals {
		all = append(all, Refusal{r.err, r.name, r.code, r.status})
	}
	return all
}

// SecretParameters are the names that no query may hold.
func SecretParameters() []string { return secretParameters }

// ClientIP reads the client's address as a handler behind these proxies does.
func ClientIP(r *http.Request, proxies ...netip.Prefix) netip.Addr {
	return (&handler{proxies: proxies}).clientIP(r)
}

// Body has a field of every type that a request's body has.
type Body struct {
	Email     string    `json:"email"`
	Username  string    `json:"username"`
	Code      code      `json:"verification_code"`
	SudoToken sudoToken `json:"sudo_token"`
}

// ParseBody reads a body as the endpoints do.
func ParseBody(body []byte) (Body, error) { return parse[Body](body) }
