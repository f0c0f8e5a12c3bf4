package vendorhttp

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// Unexplained is the error for an answer that is not the vendor's own, or says nothing
// of the message: a proxy's page, a gateway's, half a document. Who answers 4xx did
// not pass the request on; of any other such answer nobody knows.
func Unexplained(a Answer) *sender.Error {
	e := &sender.Error{Detail: fmt.Sprintf("HTTP status %d", a.Status), RetryAfter: RetryAfter(a.Header)}
	switch {
	case a.Status == http.StatusTooManyRequests:
		e.Err = sender.ErrQuota
	case a.Status == http.StatusRequestTimeout || a.Status == http.StatusTooEarly:
		e.Err = sender.ErrTemporary
	case a.Status >= 400 && a.Status < 500:
		e.Err = sender.ErrPermanent
	default:
		e.Err, e.Uncertain = sender.ErrTemporary, true
	}
	return e
}

// maxRetryAfter bounds what a vendor can ask for.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads the header of that name: seconds, or a date, which is taken
// relative to the answer's own Date, so that no two clocks have to agree. It is 0
// where nothing usable stands.
func RetryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
