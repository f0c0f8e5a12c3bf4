package httpadapter

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ligature-auth/ligature/association"
)

// Bearer knows the signed-in account by the access token in the Authorization
// header, and by nothing else: it never reads a cookie. A dead token of
// ligature's is refused; a bearer of any other form belongs to some other system
// and stands for nobody.
func Bearer() Sessions { return bearer{} }

type bearer struct{}

func (bearer) admits(r *http.Request) error {
	if len(r.Header.Values("Authorization")) > 1 {
		return fmt.Errorf("httpadapter: %w: two Authorization headers", association.ErrUnauthenticated)
	}
	return nil
}

func (bearer) identify(svc *association.Service, r *http.Request, c association.Caller) (association.Caller, error) {
	token := bearerToken(r.Header.Get("Authorization"))
	if !association.IsToken(token) {
		return c, nil
	}
	return svc.Identify(r.Context(), c, token)
}

// bearerToken returns the token of an Authorization header, or none.
func bearerToken(header string) association.Token {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return association.Token{}
	}
	return association.NewToken(strings.TrimSpace(token))
}

func (bearer) opened(h *handler, _ *exchange, s association.Session) (any, error) {
	return credentials{
		TokenType:    "Bearer",
		AccessToken:  s.Access.Reveal(),
		RefreshToken: s.Refresh.Reveal(),
		ExpiresIn:    h.until(s.AccessExpires),
		Subject:      s.Account,
		Scope:        scope(s),
	}, nil
}

// closed takes the token that was shown, though it may have expired meanwhile.
func (bearer) closed(h *handler, x *exchange) error {
	return h.svc.Revoke(x.r.Context(), x.caller, bearerToken(x.r.Header.Get("Authorization")))
}

func (bearer) elevated(*handler, *exchange) error { return nil }
func (bearer) offers() offer                      { return tokens }
func (bearer) crossOrigin() bool                  { return true }
