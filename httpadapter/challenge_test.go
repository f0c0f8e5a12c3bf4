package httpadapter_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// challengePattern is a challenge of RFC 9110: a scheme and its parameters.
var challengePattern = regexp.MustCompile(`^Bearer ([a-z_]+=("[^"\\]*"|[0-9A-Za-z]+))(, [a-z_]+=("[^"\\]*"|[0-9A-Za-z]+))*$`)

// checkChallenge wants the challenge of RFC 9470, and nothing else in it.
func checkChallenge(t *testing.T, r reply, maxAge time.Duration) {
	t.Helper()
	got := r.header.Values("WWW-Authenticate")
	if len(got) != 1 || !challengePattern.MatchString(got[0]) {
		t.Fatalf("%s: want one challenge, got %q", r.what, got)
	}
	parameters := strings.Split(strings.TrimPrefix(got[0], "Bearer "), ", ")
	slices.Sort(parameters)
	want := []string{`error="insufficient_user_authentication"`, `error_description="a fresh proof of who you are is required"`, fmt.Sprintf("max_age=%d", int(maxAge.Seconds()))}
	if !slices.Equal(parameters, want) {
		t.Errorf("%s: want %q, got %q", r.what, want, parameters)
	}
}
