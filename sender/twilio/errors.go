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
	60202: 10 * time.Minute, // when the verification expires
	60203: 10 * time.Minute, // when the verification expires
	63018: 24 * time.Hour,
	63038: 24 * time.Hour,
}

// aboutTo are the words of 60200, which is the host's mistake unless it is about the
// number.
var aboutTo = regexp.MustCompile("(?i)^invalid parameter:? *`?to\\b")

// recipientLimits are the limits of one number.
var recipientLimits = map[int]bool{14107: true, 60202: true, 60203: true, 60212: true}

// notSent are the temporary failures that Twilio's pages are clear about: nothing went out.
var notSent = map[int]bool{
	20503: true, // the service is unavailable: try again
	30036: true, // waited in the queue for longer than its validity, and is not sent
}

// failure is the error for a code that Twilio answered with, and its words, of which
// nothing is repeated. A code that nobody knows and that holds the message's number or code
// is none.
func (c *call) failure(code int, words string) *sender.Error {
	a, detail := c.answer, strconv.Itoa(code)
	if _, known := kinds[code]; !known && vendorhttp.Repeats(detail, c.message) {
		return vendorhttp.Unexplained(a)
	}
	e := &sender.Error{
		Err: kindOf(code, a.Status), RetryAfter: waits[code], Uncertain: uncertain(code, a.Status), Detail: detail,
		RecipientLimit: recipientLimits[code],
	}
	if code == 60200 && aboutTo.MatchString(words) {
		e.Err = sender.ErrRecipient
	}
	if told := vendorhttp.RetryAfter(a.Header); told > 0 {
		e.RetryAfter = told
	}
	return e
}

// uncertain reports whether the message may have gone out all the same. Twilio's page on
// 20500 says so of every 500: a request that is made again may deliver two. Of what it
// took and gave up it says so in the code, 30410 above all, or says nothing.
func uncertain(code, status int) bool {
	kind, known := kinds[code]
	switch {
	case notSent[code]:
		return false
	case status >= http.StatusInternalServerError:
		return true
	case status < http.StatusMultipleChoices:
		return !known || errors.Is(kind, sender.ErrTemporary)
	}
	return false
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
