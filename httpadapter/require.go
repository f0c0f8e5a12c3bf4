package httpadapter

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// The middlewares below guard the host's own routes by what the Service knows. Each
// answers a refusal itself, in the shape of this package's, and otherwise calls the
// next handler with the actor in its context, see ActorFrom. s is how the host's pages
// know who is signed in: that of the handler, Bearer, Cookie or Host. With cookies the
// host refuses cross-origin requests itself, by http.CrossOriginProtection.

// RequireSignIn lets somebody signed in pass, anonymous accounts too, unless the account
// is disabled or deleted. Else it answers 401 unauthenticated, or 403 user_blocked.
func RequireSignIn(svc *association.Service, s Sessions) func(http.Handler) http.Handler {
	return require(svc, s, func(r *http.Request, c association.Caller) error {
		return svc.CheckSignIn(r.Context(), c)
	})
}

// RequireSudo lets a session pass that is elevated, as GET /v1/user/sudo tells; with
// StrongestAvailable by the strongest means, the first of those told there. With Bearer
// the request carries the sudo token too, in the header X-Sudo-Token, since an access
// token alone may be stolen; with the other modes the header is checked where there is
// one. It is no use of the grant, of which SudoMaxUses counts.
//
// Else it answers 401 with the challenge of RFC 9470.
func RequireSudo(svc *association.Service, s Sessions) func(http.Handler) http.Handler {
	return require(svc, s, func(r *http.Request, c association.Caller) error {
		token := association.NewToken(r.Header.Get(sudoHeader))
		if token.IsZero() && s.offers() == tokens {
			return fmt.Errorf("httpadapter: %w", association.ErrSudoRequired)
		}
		return svc.CheckSudo(r.Context(), c, token)
	})
}

// RequireAssociation lets an account pass that has an address of this kind, a verified
// phone say, proved no longer ago than the policy allows and not at risk. Else it answers
// 403 failed_precondition.
func RequireAssociation(svc *association.Service, s Sessions, kind string) func(http.Handler) http.Handler {
	return require(svc, s, func(r *http.Request, c association.Caller) error {
		return svc.CheckAssociation(r.Context(), c, kind)
	})
}

// RequireFresh lets somebody pass who signed in, or proved by sudo who they are, within
// maxAge, which is positive. Else it answers 401 with the challenge of RFC 9470, whose
// max_age says so.
func RequireFresh(svc *association.Service, s Sessions, maxAge time.Duration) func(http.Handler) http.Handler {
	return require(svc, s, func(r *http.Request, c association.Caller) error {
		return svc.CheckFresh(r.Context(), c, maxAge)
	})
}

func require(svc *association.Service, s Sessions, holds func(*http.Request, association.Caller) error) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := identify(svc, s, r)
			if err == nil && c.Actor == (association.Actor{}) {
				err = fmt.Errorf("httpadapter: %w", association.ErrUnauthenticated)
			}
			if err == nil {
				err = holds(r, c)
			}
			if err != nil {
				w.Header().Set("Cache-Control", "no-store")
				writeError(w, err)
				return
			}
			next.ServeHTTP(w, withActor(r, c.Actor))
		})
	}
}

type actorKey struct{}

func withActor(r *http.Request, a association.Actor) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actorKey{}, a))
}

// ActorFrom returns who is signed in, behind one of the middlewares and wherever a
// handler of New calls the host: the zero Actor elsewhere. Of a SessionRevoker's except
// it tells whether ctx is of a request of that session.
func ActorFrom(ctx context.Context) association.Actor {
	actor, _ := ctx.Value(actorKey{}).(association.Actor)
	return actor
}
