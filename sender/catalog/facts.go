package catalog

import (
	"strconv"
	"unicode"

	"github.com/ligature-auth/ligature/sender"
)

// Facts are what stands in a message. None of it is text that the one who asked for the
// message chose (R66).
type Facts struct {
	Service string // what the application calls itself
	Account string // the masked username, or empty
	Code    string // empty in a notice
	Minutes int    // how long the code is good for; 0 in a notice
	Time    string // when that happened which a notice tells of, "2026-11-28 17:05 UTC"
}

// factsOf reads the facts of a message.
func factsOf(m sender.Message) Facts {
	value := func(p sender.Param) string {
		v, _ := m.Param(p)
		return v
	}
	f := Facts{
		Service: value(sender.ParamService),
		Code:    value(sender.ParamCode),
		Time:    value(sender.ParamTime),
	}
	// A mask shows a letter of a name that somebody chose.
	if account := value(sender.ParamAccount); printable(account) {
		f.Account = account
	}
	if m.Template.Purpose() != sender.Notice {
		f.Minutes, _ = strconv.Atoi(value(sender.ParamMinutes))
	}
	return f
}

// printable reports whether a text can be shown in a line of others without changing
// how they look.
func printable(s string) bool {
	for _, r := range s {
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) || unicode.Is(unicode.Mn, r) {
			return false
		}
	}
	return true
}
