package testdb_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/internal/testdb"
)

// TestMissing: where nobody reads why a test was skipped, it fails.
func TestMissing(t *testing.T) {
	_, missing := testdb.Find("no-such-program", "package")
	for _, test := range []struct {
		name, ci string
		err      error
		want     string
	}{
		{"there", "", nil, "goes on"},
		{"not installed", "", missing, "skips"},
		{"not installed, in CI", "true", missing, "fails"},
		{"not installed, wrapped", "", fmt.Errorf("galera: %w", missing), "skips"},
		{"broken", "", errors.New("broken"), "fails"},
		{"broken, in CI", "true", errors.New("broken"), "fails"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("CI", test.ci)
			if got := testdb.Outcome(t, func(t testing.TB) { testdb.Must(t, test.err) }); got != test.want {
				t.Errorf("the test %s, want that it %s", got, test.want)
			}
		})
	}
}
