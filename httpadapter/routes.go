package httpadapter

// route is one endpoint.
type route struct {
	method, path string

	// who says whether the endpoint cares who is signed in.
	who who

	// needs says what Sessions must offer for the endpoint to be served.
	needs offer

	// proof says what the endpoint asks of somebody signed in before it changes
	// anything (R01).
	proof proof

	// serve returns what to answer: a struct for a JSON object.
	serve func(*handler, *exchange) (any, error)

	// inQuery is the one secret that may stand in the query, because the real client
	// puts it there.
	inQuery string
}

// leaves reports whether the endpoint may end the very session that calls it.
func (r route) leaves() bool {
	return r.proof == ends && r.who == signedIn || r.method == "DELETE" && r.path == "/v1/user/me"
}

type who int

const (
	anyone   who = iota // nobody is asked
	whoever             // the signed-in account, if there is one
	signedIn            // the signed-in account, or 401
)

// offer is what a kind of Sessions has endpoints for.
type offer int

const (
	knowing   offer = iota // who is signed in; how is the host's own affair
	signingIn              // opening and ending sessions
	tokens                 // handing out tokens for them
)

// proof is what a change rests on, beside the session.
type proof string

const (
	// reads: it changes nothing.
	reads proof = "nothing: it changes nothing"
	// proves: it is itself a step of proving something.
	proves proof = "nothing: it is how something is proved"
	// completes: it ends what sudo began.
	completes proof = "a code of what was begun in this session under the sudo token"
	// opens: it opens a session, by the proof that it is about.
	opens proof = "the code, password, ticket or token that it is about, if any"
	// ends: it takes access away and nothing else.
	ends proof = "the session, or a token of it: it takes access away"
	// underSudo: it takes the sudo token.
	underSudo proof = "the sudo token"
	// underGrant: it carries no token, and takes the live sudo grant of the session for
	// what somebody signs in by. The rest is what the account shows of itself.
	underGrant proof = "the live sudo grant of the session; for what is only shown, the session"
)

// proofs are all that there are: a route of another says nothing (R01).
var proofs = []proof{reads, proves, completes, opens, ends, underSudo, underGrant}

// The endpoints.
var routes = []route{
	{"POST", "/v1/verification", whoever, knowing, proves, sendVerification, ""},
	{"POST", "/v1/verification/verify", anyone, knowing, proves, verify, ""},

	{"POST", "/v1/user/sudo", signedIn, knowing, proves, sudo, ""},
	{"GET", "/v1/user/sudo", signedIn, knowing, reads, sudoState, ""},
	{"POST", "/v1/user/authenticator", signedIn, knowing, underSudo, enrolAuthenticator, ""},
	{"POST", "/v1/user/authenticator/verify", signedIn, knowing, completes, confirmAuthenticator, ""},

	{"PATCH", "/v1/user/contact", signedIn, knowing, underSudo, bindContact, ""},
	{"POST", "/v1/user/basic/edit", signedIn, knowing, underGrant, editBasic, ""},
	{"GET", "/v1/user/associations", signedIn, knowing, reads, associations, ""},
	{"DELETE", "/v1/user/associations/{id}", signedIn, knowing, underSudo, unbind, ""},

	{"GET", "/v1/user/me", signedIn, knowing, reads, me, ""},
	{"PATCH", "/v1/user/profile", signedIn, knowing, underGrant, editProfile, ""},
	{"DELETE", "/v1/user/me", signedIn, knowing, underSudo, deleteMe, "sudo_token"},
	{"GET", "/v1/user/security/history", signedIn, knowing, reads, history, ""},

	{"PATCH", "/v1/user/password", signedIn, knowing, underSudo, setPassword, ""},
	{"POST", "/v1/reset", anyone, knowing, opens, resetPassword, ""},

	{"POST", "/v1/signup", whoever, signingIn, opens, signUp, ""},
	{"POST", "/v1/signin", anyone, signingIn, opens, signIn, ""},
	{"POST", "/v1/signin/anonymously", anyone, signingIn, opens, signInAnonymously, ""},
	{"POST", "/v1/signin/custom", anyone, signingIn, opens, signInWithTicket, ""},
	{"POST", "/v1/token", anyone, tokens, opens, refresh, ""},

	{"POST", "/v1/revoke", anyone, tokens, ends, revoke, ""},
	{"POST", "/v1/user/signout", anyone, signingIn, ends, signOut, ""},
	{"DELETE", "/v1/user/revoke/all", signedIn, knowing, ends, endAll, ""},
	{"DELETE", "/v1/user/revoke/others", signedIn, knowing, ends, endOthers, ""},
	{"GET", "/v1/user/authorized/devices", signedIn, knowing, reads, devices, ""},
	{"DELETE", "/v1/user/authorized/devices/{id}", signedIn, knowing, ends, endDevice, ""},
}
