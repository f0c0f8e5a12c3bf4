package httpadapter

import (
	"github.com/ligature-auth/ligature/association"
)

// credentials are the answer to signing in with Bearer sessions.
type credentials struct {
	TokenType    string `json:"token_type"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int64  `json:"expires_in"`
	Subject      string `json:"sub"`
	Scope        string `json:"scope,omitempty"`
}

// scope is what the client keeps of what a session is for.
func scope(s association.Session) string {
	if s.Anonymous {
		return "anonymous"
	}
	return ""
}

// signedInAs is the answer to signing in with Cookie sessions: no tokens.
type signedInAs struct {
	Subject   string `json:"sub"`
	ExpiresIn int64  `json:"expires_in"`
	Scope     string `json:"scope,omitempty"`
}

func signIn(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Username          string `json:"username"`
		Password          string `json:"password"`
		VerificationToken string `json:"verification_token"`
	}](x)
	if err != nil {
		return nil, err
	}
	s, err := h.svc.SignIn(x.r.Context(), x.caller, association.SignInRequest{
		Identifier: numbered(body.Username), Password: body.Password,
		VerificationToken: association.NewToken(body.VerificationToken),
	})
	if err != nil {
		return nil, err
	}
	return h.sessions.opened(h, x, s)
}

func signUp(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Email             string `json:"email"`
		Phone             string `json:"phone_number"`
		VerificationToken string `json:"verification_token"`
		Username          string `json:"username"`
		Password          string `json:"password"`
		Name              string `json:"name"`
		AnonymousToken    string `json:"anonymous_token"`
	}](x)
	if err != nil {
		return nil, err
	}
	kind, to := "", "" // the token's own, where the client names none
	if body.Email != "" || numbered(body.Phone) != "" {
		if kind, to, err = address(body.Email, body.Phone); err != nil {
			return nil, err
		}
	}
	s, err := h.svc.SignUp(x.r.Context(), x.caller, association.SignUpRequest{
		Kind: kind, To: to, VerificationToken: association.NewToken(body.VerificationToken),
		Username: body.Username, Password: body.Password, Name: body.Name,
		AnonymousToken: association.NewToken(body.AnonymousToken),
	})
	if err != nil {
		return nil, err
	}
	return h.sessions.opened(h, x, s)
}

// signInAnonymously opens a session of an account that has nothing yet.
func signInAnonymously(h *handler, x *exchange) (any, error) {
	if _, err := read[struct{}](x); err != nil {
		return nil, err
	}
	s, err := h.svc.SignInAnonymously(x.r.Context(), x.caller)
	if err != nil {
		return nil, err
	}
	return h.sessions.opened(h, x, s)
}

// signInWithTicket opens a session of the account that the host's ticket names.
func signInWithTicket(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Provider string `json:"provider_id"`
		Ticket   string `json:"ticket"`
	}](x)
	if err != nil {
		return nil, err
	}
	if body.Provider != "custom" && body.Provider != "" {
		return nil, badBody("the only provider of tickets is custom")
	}
	s, err := h.svc.SignInWithTicket(x.r.Context(), x.caller, association.NewToken(body.Ticket))
	if err != nil {
		return nil, err
	}
	return h.sessions.opened(h, x, s)
}

// refresh trades a refresh token for new tokens.
func refresh(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		GrantType    string `json:"grant_type"`
		RefreshToken string `json:"refresh_token"`
	}](x)
	if err != nil {
		return nil, err
	}
	if body.GrantType != "refresh_token" {
		return nil, badBody("the only grant type is refresh_token")
	}
	s, err := h.svc.Refresh(x.r.Context(), x.caller, association.NewToken(body.RefreshToken))
	if err != nil {
		return nil, err
	}
	return h.sessions.opened(h, x, s)
}

// revoke ends the session of a token, whichever it is (RFC 7009).
func revoke(h *handler, x *exchange) (any, error) {
	body, err := read[struct {
		Token string `json:"token"`
	}](x)
	if err != nil {
		return nil, err
	}
	return nothing{}, h.svc.Revoke(x.r.Context(), x.caller, association.NewToken(body.Token))
}

// signOut ends the session of the request. Where none is left, because this is a
// repeat, nobody is signed in as asked.
func signOut(h *handler, x *exchange) (any, error) {
	return nothing{}, h.sessions.closed(h, x)
}
