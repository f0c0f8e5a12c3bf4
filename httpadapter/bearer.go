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

func (bearer) actor(svc *association.Service, r *http.Request) (association.Actor, error) {
	token, err := bearerToken(r)
	if err != nil || !association.IsToken(token) {
		return association.Actor{}, err
	}
	return svc.Authenticate(r.Context(), token)
}

// bearerToken returns the token of the Authorization header, or none.
func bearerToken(r *http.Request) (association.Token, error) {
	values := r.Header.Values("Authorization")
	if len(values) > 1 {
		return association.Token{}, fmt.Errorf("httpadapter: %w: two Authorization headers", association.ErrUnauthenticated)
	}
	scheme, token, _ := strings.Cut(strings.Join(values, ""), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return association.Token{}, nil
	}
	return association.NewToken(strings.TrimSpace(token)), nil
}

func (bearer) opened(h *handler, _ *exchange, s association.Session) (any, error) {
	return credentials{
		TokenType:    "Bearer",
		AccessToken:  s.Access.Reveal(),
		RefreshToken: s.Refresh.Reveal(),
		ExpiresIn:    h.until(s.AccessExpires),
		Subject:      s.Account,
	}, nil
}

func (bearer) elevated(*handler, *exchange) error { return nil }
func (bearer) closed(*http.Request) error         { return nil }
func (bearer) offers() offer                      { return tokens }
func (bearer) crossOrigin() bool                  { return true }
