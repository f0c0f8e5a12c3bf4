package association

import "github.com/ligature-auth/ligature/store"

// locale is what is known of the language that an account's messages are to be written
// in: its own, or the acting client's where that one is signed in to it. Nobody chooses
// it for somebody else's account.
func locale(a *store.Account, c Caller) string {
	if d, err := decodeAccount(a); err == nil && d.Locale != "" {
		return d.Locale
	}
	if c.Actor.Account == a.ID {
		return clip(c.Locale)
	}
	return ""
}
