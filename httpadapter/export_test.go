package httpadapter

import (
	"net/http"
	"net/netip"
)

// Route is an endpoint as it is routed.
type Route struct {
	Method, Path string
	SignedIn     bool // 401 for nobody
	Who          string
	Proof        Proof
	Host, Cookie bool   // served by these Sessions; Bearer serves all
	InQuery      string // the one secret that its query may hold
}

// Proof is what an endpoint asks of somebody signed in.
type Proof = proof

// What there is to ask.
const (
	Reads, Proves, Completes, Opens, Ends = reads, proves, completes, opens, ends
	UnderSudo, UnderGrant                 = underSudo, underGrant
)

// Proofs are all of them.
func Proofs() []Proof { return proofs }

// Routes returns every endpoint that there is.
func Routes() []Route {
	var all []Route
	for _, r := range routes {
		all = append(all, Route{
			Method: r.method, Path: r.path, SignedIn: r.who == signedIn, Who: asked[r.who], Proof: r.proof,
			Host: r.needs <= host{}.offers(), Cookie: r.needs <= cookie{}.offers(), InQuery: r.inQuery,
		})
	}
	return all
}

var asked = map[who]string{anyone: "anyone", whoever: "anyone; the signed-in account counts", signedIn: "signed in"}

// Name is how a route is called.
func (r Route) Name() string { return r.Method + " " + r.Path }

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
	Conflict  conflict  `json:"conflict_resolution"`
}

// ParseBody reads a body as the endpoints do.
func ParseBody(body []byte) (Body, error) { return parse[Body](body) }
