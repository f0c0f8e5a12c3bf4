package httpadapter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/ligature-auth/ligature/association"
)

var errUnknownPath = errors.New("no such endpoint")

// refusal is how an error looks on the wire.
type refusal struct {
	err    error
	name   string
	code   int // gRPC's numbers, which the client knows
	status int
}

// refusals is the one table from errors to the wire. Whatever is not in it is
// internal, and not explained.
var refusals = []refusal{
	{association.ErrInvalidArgument, "invalid_argument", 3, http.StatusBadRequest},
	{association.ErrInvalidProof, "invalid_argument", 3, http.StatusBadRequest},
	{association.ErrInvalidPassword, "invalid_password", 3, http.StatusBadRequest},
	{association.ErrPasswordNotSet, "password_not_set", 9, http.StatusBadRequest},
	{association.ErrInvalidGrant, "invalid_grant", 16, http.StatusBadRequest},
	{association.ErrUnauthenticated, "unauthenticated", 16, http.StatusUnauthorized},
	{association.ErrSudoRequired, "permission_denied", 7, http.StatusUnauthorized},
	{association.ErrPermissionDenied, "permission_denied", 7, http.StatusForbidden},
	{association.ErrBlocked, "user_blocked", 7, http.StatusForbidden},
	{association.ErrNotRegistered, "not_found", 5, http.StatusNotFound},
	{association.ErrIdentifierTaken, "failed_precondition", 9, http.StatusBadRequest},
	{association.ErrUsernameTaken, "already_exists", 6, http.StatusConflict},
	{association.ErrAccountExists, "already_exists", 6, http.StatusConflict},
	{association.ErrNoSuchMethod, "not_found", 5, http.StatusNotFound},
	{association.ErrLastMethod, "failed_precondition", 9, http.StatusBadRequest},
	{association.ErrAssociationRequired, "failed_precondition", 9, http.StatusForbidden},
	{association.ErrSecondProof, "two_factor_required", 9, http.StatusForbidden},
	{association.ErrRateLimited, "resource_exhausted", 8, http.StatusTooManyRequests},
	{association.ErrUndeliverable, "invalid_argument", 3, http.StatusBadRequest},
	{association.ErrBusy, "unavailable", 14, http.StatusServiceUnavailable},
	{association.ErrUnsupported, "unimplemented", 12, http.StatusNotImplemented},
	{association.ErrUnavailable, "unavailable", 14, http.StatusServiceUnavailable},
	{context.Canceled, "unavailable", 14, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, "unavailable", 14, http.StatusServiceUnavailable},
	{errUnknownPath, "unimplemented", 12, http.StatusNotFound},
}

// onWire returns the row of the table that err is told by, or nil.
func onWire(err error) *refusal {
	for i, r := range refusals {
		if errors.Is(err, r.err) {
			return &refusals[i]
		}
	}
	return nil
}

// errorAnswer is the body of a refusal.
type errorAnswer struct {
	Error       string `json:"error"`
	Code        int    `json:"error_code"`
	Description string `json:"error_description"`
	RetryAfter  int64  `json:"retry_after,omitempty"` // seconds
}

func writeError(w http.ResponseWriter, err error) {
	answer := errorAnswer{Error: "internal", Code: 13, Description: "internal error"}
	status := http.StatusInternalServerError
	if r := onWire(err); r != nil {
		answer = errorAnswer{Error: r.name, Code: r.code, Description: r.err.Error()}
		status = r.status
	}
	var e *association.Error
	if errors.As(err, &e) {
		if e.Detail != "" {
			answer.Description += ": " + e.Detail
		}
		if e.RetryAfter > 0 {
			answer.RetryAfter = seconds(e.RetryAfter)
			w.Header().Set("Retry-After", strconv.FormatInt(answer.RetryAfter, 10))
		}
	}
	switch {
	case errors.Is(err, association.ErrSudoRequired):
		// RFC 9470: only a fresh authentication will do.
		age := int64(0)
		if e != nil {
			age = int64(e.MaxAge.Seconds())
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(
			`Bearer error="insufficient_user_authentication", error_description="a fresh proof of who you are is required", max_age=%d`, age))
	case status == http.StatusUnauthorized && e == nil: // nobody showed anything
		w.Header().Set("WWW-Authenticate", "Bearer")
	case status == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	writeJSON(w, status, answer)
}

// seconds rounds up, so that nobody comes back too early and nothing that lives
// is called dead.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

// until is how long from now to t on the Service's clock, in whole seconds.
func (h *handler) until(t time.Time) int64 { return seconds(t.Sub(h.svc.Now())) }
