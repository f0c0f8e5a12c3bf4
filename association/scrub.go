package association

import (
	"net/url"
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

// scrub takes secrets and whole addresses out of an error's text, where vendors like
// to repeat them (R67).
func scrub(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, secret := range secrets {
		for _, written := range []string{secret, url.QueryEscape(secret), strings.TrimPrefix(secret, "+")} {
			if written != "" {
				text = strings.ReplaceAll(text, written, "[redacted]")
			}
		}
	}
	return scrubbed{err, text}
}
