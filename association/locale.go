package association

import (
	"strings"

	"github.com/ligature-auth/ligature/store"
)

// locale is what is known of the language that an account's messages are to be written
// in: its own, or the acting client's where that one is signed in to it. Nobody chooses
// it for somebody else's account.
func locale(a *store.Account, c Caller) string {
	if d, err := decodeAccount(a); err == nil && d.Locale != "" {
		return d.Locale
	}
	if c.Actor.Account == a.ID {
		return clipList(c.Locale)
	}
	return ""
}

// clipList is clip of a list, whose last item goes as a whole.
func clipList(list string) string {
	if clipped := clip(list); len(clipped) < len(list) {
		return clipped[:max(strings.LastIndexByte(clipped, ','), 0)]
	}
	return list
}
