package association

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scrubbed is an error from the host or from a sender, whose text does not name what
// it was handed.
type scrubbed struct {
	error
	text string
}

// Error is the text without the secrets.
func (e scrubbed) Error() string { return e.text }

// Unwrap returns the error as it came.
func (e scrubbed) Unwrap() error { return e.error }

// leastScrubbed is the length from which a secret can be struck out of a text without
// the gaps spelling it.
const leastScrubbed = 6

// scrub takes secrets and whole addresses out of an error's text, where vendors like
// to repeat them (R67), however they are written.
func scrub(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	var all []string
	for _, secret := range secrets {
		switch {
		case secret == "":
		case len(secret) < leastScrubbed && strings.Contains(text, secret):
			return scrubbed{err, fmt.Sprintf("[redacted %T]", err)}
		default:
			quoted := strings.Trim(fmt.Sprintf("%q", secret), `"`)
			all = append(all, secret, url.QueryEscape(secret), url.PathEscape(secret), strings.TrimPrefix(secret, "+"), quoted)
		}
	}
	if len(all) == 0 {
		return scrubbed{err, text}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) }) // the longest first
	for i := range all {
		all[i] = regexp.QuoteMeta(all[i])
	}
	return scrubbed{err, regexp.MustCompile("(?i)"+strings.Join(all, "|")).ReplaceAllString(text, "[redacted]")}
}
