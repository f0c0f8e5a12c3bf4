package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// loose is a number, or a text that may be one; of anything else it is empty.
type loose string

// UnmarshalJSON never fails: one member that is not as documented costs no other.
func (l *loose) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) != nil {
		var n json.Number
		_ = json.Unmarshal(text, &n)
		s = n.String()
	}
	*l = loose(s)
	return nil
}

// read reads an endpoint's answer, if it is a JSON object. A member of another type than
// documented is as if it were not said.
func read(body []byte, said any) bool {
	if !vendorhttp.Object(body) {
		return false
	}
	err := json.Unmarshal(body, said)
	var mistyped *json.UnmarshalTypeError
	return err == nil || errors.As(err, &mistyped)
}

// taken is what an endpoint may say of a message that it took.
type taken struct {
	MessageID string `json:"message_id"`
	Segments  int    `json:"segments"`
	Price     loose  `json:"price"`
	Currency  string `json:"currency"`
}

var (
	decimal  = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,9})?$`)
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
)

// maxSegments is more than any message has.
const maxSegments = 1000

// receipt reads what an endpoint said. What is not as documented is as if not said: the
// message is taken all the same. Nothing of the message gets into a receipt, whatever
// the endpoint repeats.
func receipt(body []byte, m sender.Message) (r sender.Receipt) {
	var said taken
	if !read(body, &said) {
		return sender.Receipt{}
	}
	if id := vendorhttp.Word(said.MessageID); !vendorhttp.Repeats(id, m) {
		r.MessageID = id
	}
	if said.Segments > 0 && said.Segments <= maxSegments {
		r.Segments = said.Segments
	}
	if price := string(said.Price); decimal.MatchString(price) && currency.MatchString(said.Currency) && !vendorhttp.Repeats(price, m) {
		r.Price, r.Currency = price, said.Currency
	}
	return r
}

// refused is what an endpoint may say of a message that it did not take.
type refused struct {
	Error          string `json:"error"`
	RetryAfter     loose  `json:"retry_after"`
	RecipientLimit bool   `json:"recipient_limit"`
}

// reasons are the endpoint's words for why.
var reasons = map[string]error{
	"temporary": sender.ErrTemporary,
	"permanent": sender.ErrPermanent,
	"recipient": sender.ErrRecipient,
	"quota":     sender.ErrQuota,
}

// maxRetryAfter bounds what an endpoint can ask for.
const maxRetryAfter = 24 * time.Hour

// retryAfter is what an endpoint asks for, 0 where that is no time.
func (r refused) retryAfter() time.Duration {
	seconds, err := strconv.ParseFloat(string(r.RetryAfter), 64)
	if err != nil || !(seconds > 0) {
		return 0
	}
	return time.Duration(min(math.Ceil(seconds), maxRetryAfter.Seconds())) * time.Second
}

// failure reads an answer that is no success. Statuses are as doc.go says.
func failure(a vendorhttp.Answer) *sender.Error {
	var said refused
	if !read(a.Body, &said) {
		said = refused{}
	}
	e := &sender.Error{RetryAfter: vendorhttp.RetryAfter(a.Header), Detail: fmt.Sprintf("HTTP status %d", a.Status)}
	if e.RetryAfter == 0 {
		e.RetryAfter = said.retryAfter()
	}
	switch {
	case a.Status == http.StatusTooManyRequests:
		e.Err = sender.ErrQuota
	case a.Status == http.StatusRequestTimeout, a.Status == http.StatusTooEarly:
		e.Err = sender.ErrTemporary
	case a.Status == http.StatusGone:
		e.Err = sender.ErrPermanent
	case a.Status >= 400 && reasons[said.Error] != nil:
		e.Err = reasons[said.Error]
	case a.Status >= 500:
		e.Err, e.Uncertain = sender.ErrTemporary, true
	default:
		e.Err = sender.ErrPermanent
	}
	e.RecipientLimit = said.RecipientLimit && errors.Is(e.Err, sender.ErrQuota)
	return e
}
