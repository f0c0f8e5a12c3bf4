package twilio

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/twilio/twilio-go/client"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// waits are the limits that have a time in Twilio's documents.
var waits = map[int]time.Duration{
	60203: 10 * time.Minute, // when the verification expires
	63018: 24 * time.Hour,
	63038: 24 * time.Hour,
}

// aboutTo are the words of 60200, which is the host's mistake unless it is about the
// number.
var aboutTo = regexp.MustCompile("(?i)^invalid parameter:? *`?to\\b")

// failure is the error for a code that Twilio answered with, and its words, of which
// nothing is repeated.
func failure(code int, words string, a vendorhttp.Answer) *sender.Error {
	e := &sender.Error{Err: kindOf(code, a.Status), RetryAfter: waits[code], Detail: strconv.Itoa(code)}
	if code == 60200 && aboutTo.MatchString(words) {
		e.Err = sender.ErrRecipient
	}
	if told := vendorhttp.RetryAfter(a.Header); told > 0 {
		e.RetryAfter = told
	}
	return e
}

func kindOf(code, status int) error {
	if kind, ok := kinds[code]; ok {
		return kind
	}
	switch {
	case status == http.StatusTooManyRequests:
		return sender.ErrQuota
	case status >= http.StatusInternalServerError:
		return sender.ErrTemporary
	}
	return sender.ErrPermanent
}

// code returns Twilio's code in an error of the SDK, 0 where it has none.
func code(err error) int {
	var told *client.TwilioRestError
	if errors.As(err, &told) {
		return told.Code
	}
	return 0
}

func notE164() error { return &sender.Error{Err: sender.ErrRecipient, Detail: "no number in E.164"} }

func notMade() error {
	return &sender.Error{Err: sender.ErrPermanent, Detail: "the SDK makes no request of it"}
}
