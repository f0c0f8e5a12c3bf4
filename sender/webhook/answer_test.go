package webhook_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// answers answers without a network.
type answers struct {
	status int
	body   []byte
}

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(a.body))}, nil
}

// Whatever is answered, 2xx is success and nothing else is, errors are typed, and no
// receipt holds anything of the message.
func FuzzAnswers(f *testing.F) {
	for status, body := range map[int]string{
		200: `{"message_id":"x-1","segments":2,"price":"0.0075","currency":"USD"}`,
		202: `{"message_id":"735081"}`,
		204: ``,
		400: `{"error":"temporary","retry_after":60}`,
		422: `{"error":"recipient"}`,
		402: `{"error":"quota","retry_after":"60","recipient_limit":true}`,
		429: `{"retry_after":1e9}`,
		500: `null`,
	} {
		f.Add(status, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 999 {
			return // no status of HTTP's
		}
		o := options("https://hooks.example.com")
		o.HTTPClient = &http.Client{Transport: answers{status, body}}
		m := message()
		receipt, err := newSender(t, o).Send(t.Context(), m)
		if success := status/100 == 2 && len(body) <= 64<<10; (err == nil) != success {
			t.Errorf("%d %q: %v", status, body, err)
		}
		var e *sender.Error
		if err != nil && (!errors.As(err, &e) || e.RetryAfter < 0) {
			t.Errorf("%d %q: %v", status, body, err)
		}
		if out := fmt.Sprintf("%+v %v", receipt, err); strings.Contains(out, m.Code.Reveal()) || strings.Contains(out, m.To[1:]) {
			t.Errorf("%d %q: %s", status, body, out)
		}
	})
}
