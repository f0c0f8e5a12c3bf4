package httpadapter_test

import (
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// TestWhatACodeIsFor: who asks, and for which address, settles it; what the
// client says of its use does not.
func TestWhatACodeIsFor(t *testing.T) {
	for _, tt := range []struct {
		signedIn   bool
		to, target string
		want       sender.Purpose
	}{
		{false, "new@example.com", "", sender.SignIn},
		{false, "ada@example.com", "ANY", sender.SignIn},
		{false, "ada@example.com", "USER", sender.SignIn},
		{true, "new@example.com", "", sender.Bind},
		{true, "new@example.com", "NOT_USER", sender.Bind},
		{true, "eve@example.com", "", sender.Bind},
		{true, "eve@example.com", "USER", sender.SignIn},
		{true, "ada@example.com", "", sender.Sudo},
		{true, "ada@example.com", "USER", sender.Sudo},
		{true, "ADA@example.com", "CUR_USER", sender.Sudo},
		{true, "a***@example.com", "CUR_USER", sender.Sudo}, // as a message masks it
	} {
		t.Run(fmt.Sprintf("signed in %v, %s %s", tt.signedIn, tt.to, tt.target), func(t *testing.T) {
			w := newWorld(t)
			w.account("ada", "email", "ada@example.com")
			w.account("eve", "email", "eve@example.com")
			c := w.stranger(w.bearer())
			if tt.signedIn {
				c.signInByToken()
			}
			c.ok(c.do("POST", "/v1/verification", m{"email": tt.to, "target": tt.target, "usage": "reauthentication"}))
			all := w.mail.Messages()
			if len(all) != 1 || all[0].Purpose != tt.want {
				t.Errorf("want one message to %s, got %d", tt.want, len(all))
			}
		})
	}
}

// TestR59_NoLetterToTheUnknown: where sign-up is closed, only who has an account
// gets a code to sign in by; that the answers are the same is TestR54's.
func TestR59_NoLetterToTheUnknown(t *testing.T) {
	for _, signUp := range []bool{true, false} {
		w := newWorld(t, func(c *association.Config) { c.Policy.AllowSignUp = signUp })
		w.account("ada", "email", "ada@example.com")
		c := w.stranger(w.bearer())
		for to, want := range map[string]bool{"ada@example.com": true, "new@example.com": signUp} {
			c.ok(c.do("POST", "/v1/verification", m{"email": to}))
			if _, got := w.mail.Last(to); got != want {
				t.Errorf("sign-up %v: a letter to %s: %v, want %v", signUp, to, got, want)
			}
		}
	}
}
