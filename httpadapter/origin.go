package httpadapter

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/rs/cors"

	"github.com/ligature-auth/ligature/association"
)

// sameOrigin refuses what a page of another origin makes a browser send (R61).
// With Bearer, the pages of Options.Origins may, and are told so by CORS.
func sameOrigin(next http.Handler, o Options) (http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, fmt.Errorf("httpadapter: %w", &association.Error{
			Op: "origin", Err: association.ErrPermissionDenied, Detail: "this origin may not call",
		}))
	}))
	if !o.Sessions.crossOrigin() || len(o.Origins) == 0 {
		return protection.Handler(next), nil
	}
	for _, origin := range o.Origins {
		if strings.Contains(origin, "*") { // which cors would read as any
			return nil, fmt.Errorf("invalid origin %q: name each", origin)
		}
		if strings.ToLower(origin) != origin { // as no browser writes one
			return nil, fmt.Errorf("invalid origin %q: write it in small letters", origin)
		}
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	// CORS is outermost: refusals too must be readable, or the client sends them
	// three times.
	return cors.New(cors.Options{
		AllowedOrigins: o.Origins,
		AllowedMethods: []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{
			"Authorization", "Content-Type", "X-Captcha-Token", "X-Device-Id", "X-Request-Id", "X-Sdk-Version", sudoHeader,
		},
		ExposedHeaders: []string{"Retry-After", "WWW-Authenticate"},
		MaxAge:         600,
	}).Handler(protection.Handler(next)), nil
}
