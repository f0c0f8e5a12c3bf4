package webhook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// taken is what an endpoint may say of a message that it took.
type taken struct {
	MessageID string `json:"message_id"`
	Segments  int    `json:"segments"`
	Price     string `json:"price"`
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
	if !vendorhttp.Object(body) || json.Unmarshal(body, &said) != nil {
		return sender.Receipt{}
	}
	if id := vendorhttp.Word(said.MessageID); !vendorhttp.Repeats(id, m) {
		r.MessageID = id
	}
	if said.Segments > 0 && said.Segments <= maxSegments {
		r.Segments = said.Segments
	}
	if decimal.MatchString(said.Price) && currency.MatchString(said.Currency) && !vendorhttp.Repeats(said.Price, m) {
		r.Price, r.Currency = said.Price, said.Currency
	}
	return r
}

// refused is what an endpoint may say of a message that it did not take.
type refused struct {
	Error      string `json:"error"`
	RetryAfter int64  `json:"retry_after"`
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

// failure reads an answer that is no success. Statuses are as doc.go says.
func failure(a vendorhttp.Answer) *sender.Error {
	var said refused
	if !vendorhttp.Object(a.Body) || json.Unmarshal(a.Body, &said) != nil {
		said = refused{}
	}
	e := &sender.Error{RetryAfter: vendorhttp.RetryAfter(a.Header), Detail: fmt.Sprintf("HTTP status %d", a.Status)}
	if e.RetryAfter == 0 && said.RetryAfter > 0 {
		e.RetryAfter = time.Duration(min(said.RetryAfter, int64(maxRetryAfter/time.Second))) * time.Second
	}
	switch {
	case a.Status == http.StatusTooManyRequests:
		e.Err = sender.ErrQuota
	case a.Status == http.StatusRequestTimeout, a.Status == http.StatusTooEarly:
		e.Err = sender.ErrTemporary
	case a.Status == http.StatusGone:
		e.Err = sender.ErrPermanent
	case a.Status >= 500:
		e.Err, e.Uncertain = sender.ErrTemporary, true
	case a.Status >= 400 && reasons[said.Error] != nil:
		e.Err = reasons[said.Error]
	default:
		e.Err = sender.ErrPermanent
	}
	return e
}
