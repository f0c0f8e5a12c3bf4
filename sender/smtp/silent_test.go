package smtp_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

func asError(err error) (e *sender.Error, ok bool) { return e, errors.As(err, &e) }

// checkSilent fails if out shows a part of a message, or the password.
func checkSilent(t *testing.T, name, out string, m sender.Message) {
	t.Helper()
	local, domain, _ := strings.Cut(m.To, "@")
	for _, secret := range []string{m.Code.Reveal(), m.To, local, domain, m.Subject, m.Text, m.HTML, password} {
		if secret != "" && strings.Contains(out, secret) {
			t.Errorf("%s: shows %q: %s", name, secret, out)
		}
	}
}
