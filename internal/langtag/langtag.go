// Package langtag finds what fits a language tag best, by the rule of RFC 4647 that is
// called lookup.
package langtag

import (
	"iter"
	"regexp"
	"strings"
)

// maxLen is longer than any tag that something is kept under.
const maxLen = 64

var form = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)

// Valid reports whether tag looks like one of BCP 47.
func Valid(tag string) bool { return len(tag) <= maxLen && form.MatchString(tag) }

// Key is what to keep a thing under that is in the language of tag.
func Key(tag string) string { return strings.ToLower(tag) }

// Lookup yields the keys to look for, best first: the tag itself, then the tag cut from
// its end, subtag by subtag, then "". Of what is no tag, or a very long one, it yields
// some prefix or nothing but "".
func Lookup(tag string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if len(tag) > maxLen {
			tag = ""
		}
		for tag := Key(tag); tag != ""; {
			if !yield(tag) {
				return
			}
			cut := max(strings.LastIndexByte(tag, '-'), 0)
			if cut >= 2 && tag[cut-2] == '-' { // a singleton means nothing without what follows
				cut -= 2
			}
			tag = tag[:cut]
		}
		yield("")
	}
}
