package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/text/language"

	"github.com/ligature-auth/ligature/sender"
)

// form is how long a message may be.
type form int

const (
	mail  form = iota // a subject, a text and a page
	short             // a text
)

func formOf(c sender.Channel) form {
	if c == sender.Email {
		return mail
	}
	return short
}

func (f form) part() string {
	if f == mail {
		return "text"
	}
	return "sms"
}

type choiceKey struct {
	template sender.Template
	form     form
}

// choice is the languages that a message is written in, the standard one first.
type choice struct {
	names   []string
	matcher language.Matcher
}

// of returns the language that serves somebody best.
func (c choice) of(prefers []language.Tag) string {
	_, i, confidence := c.matcher.Match(prefers...)
	if confidence == language.No {
		i = 0
	}
	return c.names[i]
}

// newChoice makes a choice, in which those of first stand first, in their order.
func (c *Catalog) newChoice(names []string, first ...string) choice {
	rank := func(name string) int {
		if i := slices.Index(first, name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(a, b)) })
	var tags []language.Tag
	for _, name := range names {
		tags = append(tags, c.words[name].tag)
	}
	return choice{names, language.NewMatcher(tags)}
}

// choose tries every message out, and settles which languages each may be had in. One
// that comes with the package, and whose text message is too long, does not serve it.
func (c *Catalog) choose(standard language.Tag, o Options) error {
	all := c.newChoice(slices.Collect(maps.Keys(c.words)))
	_, i, confidence := all.matcher.Match(standard)
	if confidence == language.No {
		return fmt.Errorf("Options.Locale: there are no words in %q", standard)
	}
	c.choices = map[choiceKey]choice{}
	for _, t := range sender.Templates() {
		for _, f := range []form{mail, short} {
			var names []string
			for name, w := range c.words {
				if !w.has(t, f.part()) {
					continue
				}
				fits, err := c.try(t, f, name, o)
				switch {
				case err != nil:
					return fmt.Errorf("%s.tmpl: %q: %w", name, string(t)+"."+f.part(), err)
				case fits:
					names = append(names, name)
				case w.own || name == fallback:
					return fmt.Errorf("%s.tmpl: %q: it takes too many segments with this Service", name, string(t)+"."+f.part())
				}
			}
			c.choices[choiceKey{t, f}] = c.newChoice(names, all.names[i], fallback)
		}
	}
	return nil
}
