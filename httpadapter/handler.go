package httpadapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// Options say how a handler is mounted.
type Options struct {
	// Sessions says who is signed in: Bearer, Cookie or Host. Required.
	Sessions Sessions

	// Origins are the origins ("https://app.example.com") whose pages may call
	// the handler from a browser, beside its own. They count with Bearer alone:
	// the other modes answer pages of their own origin only.
	Origins []string

	// TrustedProxies are the networks of reverse proxies whose X-Forwarded-For
	// is believed (R58). Without any, the client is whoever connects.
	TrustedProxies []netip.Prefix
}

// New returns a handler for the Service. An error names the option at fault.
func New(svc *association.Service, o Options) (http.Handler, error) {
	if svc == nil {
		return nil, errors.New("httpadapter: the Service is missing")
	}
	if o.Sessions == nil {
		return nil, errors.New("httpadapter: Options.Sessions is missing")
	}
	h := &handler{svc: svc, sessions: o.Sessions, proxies: slices.Clone(o.TrustedProxies)}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, errUnknownPath)
	})
	for _, r := range routes {
		if r.needs > o.Sessions.offers() {
			continue
		}
		mux.Handle(r.method+" "+r.path, h.serve(r))
	}
	guarded, err := sameOrigin(exact(mux), o)
	if err != nil {
		return nil, fmt.Errorf("httpadapter: Options.Origins: %w", err)
	}
	return plain(guarded), nil
}

// Mount puts a handler for the Service below a path of mux: "/auth" for the client's.
// An error names what is at fault.
func Mount(mux *http.ServeMux, below string, svc *association.Service, o Options) error {
	if !strings.HasPrefix(below, "/") || path.Clean(below) != below || below == "/" || strings.ContainsAny(below, "{} \t") {
		return fmt.Errorf("httpadapter: %q is not a path as /auth is", below)
	}
	h, err := New(svc, o)
	if err != nil {
		return err
	}
	mux.Handle(below+"/", http.StripPrefix(below, h))
	return nil
}

type handler struct {
	svc      *association.Service
	sessions Sessions
	proxies  []netip.Prefix
}

// exchange is a request being answered.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	caller association.Caller
}

// A client shows one token in a query; of what more there is, the last are spent.
const (
	maxShown        = 4
	endShownTimeout = 5 * time.Second
)

// nothing is the answer where there is nothing to say.
type nothing struct{}

// serve answers one endpoint.
func (h *handler) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came := false // to an answer, and no panic
		defer func() {
			if !came {
				h.endShown(r)
			}
		}()
		answer, err := h.answer(rt, w, r)
		if came = true; err != nil {
			h.endShown(r)
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	})
}

// endShown spends a sudo token that stands in the query, where others may read it, though
// the call came to nothing (R38): in whatever spelling, on whatever route.
func (h *handler) endShown(r *http.Request) {
	var shown []string
	for _, pair := range strings.FieldsFunc(r.URL.RawQuery, func(c rune) bool { return c == '&' || c == ';' }) {
		name, value, _ := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(value)
		if strings.EqualFold(name, "sudo_token") && err == nil {
			shown = append(shown, value)
		}
	}
	if len(shown) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), endShownTimeout)
	defer cancel()
	caller, _ := h.sessions.identify(h.svc, r.WithContext(ctx), h.caller(r)) // a dead session counts
	for _, token := range shown[max(0, len(shown)-maxShown):] {
		_ = h.svc.EndSudo(ctx, caller, association.NewToken(token)) // the Service logs why not
	}
}

func (h *handler) answer(rt route, w http.ResponseWriter, r *http.Request) (any, error) {
	if err := noSecretInQuery(r, rt.inQuery); err != nil {
		return nil, err
	}
	if err := h.sessions.admits(r); err != nil {
		return nil, err
	}
	x := &exchange{w: w, r: r, caller: h.caller(r)}
	if rt.who != anyone {
		caller, err := h.sessions.identify(h.svc, r, x.caller)
		switch {
		case rt.leaves() && errors.Is(err, association.ErrUnauthenticated):
			// The repeat of what ended the session, or else the Service refuses it.
		case err != nil:
			return nil, err
		case rt.who == signedIn && caller.Actor == (association.Actor{}):
			return nil, fmt.Errorf("httpadapter: %w", association.ErrUnauthenticated)
		}
		x.caller, x.r = caller, withActor(r, caller.Actor)
	}
	return rt.serve(h, x)
}

// secretParameters travel in the body or in a header, never in a URL (R38).
var secretParameters = []string{
	"sudo_token", "verification_token", "verification_code", "access_token", "refresh_token", "provider_token",
	"token", "code", "password", "new_password", "old_password", "anonymous_token", "ticket", "authenticator_code",
	"other_access_token", "other_sudo_token",
}

// noSecretInQuery refuses such a query, and one that cannot be read in full: what
// is left out here, the next reader may see. One name may be let pass.
func noSecretInQuery(r *http.Request, but string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fmt.Errorf("httpadapter: %w: the query cannot be read", association.ErrInvalidArgument)
	}
	for name := range query {
		if slices.Contains(secretParameters, strings.ToLower(name)) && (but == "" || name != but) {
			return fmt.Errorf("httpadapter: %w: secrets do not belong in a URL", association.ErrInvalidArgument)
		}
	}
	return nil
}

// plain sets what every answer has, and repairs what clients are known to send.
func plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if upper := strings.ToUpper(r.Method); upper != r.Method {
			r = r.Clone(r.Context())
			r.Method = upper
		}
		next.ServeHTTP(w, r)
	})
}

// exact answers paths in their one spelling alone. ServeMux would redirect the
// others, out of the prefix that the handler is mounted under, and take their
// query along (R38).
func exact(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean("/"+r.URL.Path) != r.URL.Path {
			writeError(w, errUnknownPath)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("httpadapter: our own answers always marshal: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the client has gone: nobody to tell
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
