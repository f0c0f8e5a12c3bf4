// Package vendortemplate picks among the templates that a vendor keeps: those senders
// share it whose vendor has the words of messages.
package vendortemplate

import (
	"fmt"
	"slices"

	"github.com/ligature-auth/ligature/internal/langtag"
	"github.com/ligature-auth/ligature/sender"
)

// Template is a message whose words the vendor keeps.
type Template struct {
	For      sender.Template
	Language string         // a BCP 47 tag; empty: it serves all for whom there is no other
	ID       string         // the vendor's
	Params   []sender.Param // what the vendor puts into it, in its order
}

// meaning is what a template is found by.
type meaning struct {
	template sender.Template
	language string // its langtag.Key
}

// Set is templates, no two of which say the same in the same language.
type Set map[meaning]Template

// New makes a Set. An error begins with the index of the template to blame, "[2].Params
// has…"; badID says what is wrong with an ID, beginning with the field's name, or nothing.
func New(list []Template, badID func(id string) string) (Set, error) {
	all := Set{}
	for i, t := range list {
		if wrong := t.wrong(badID); wrong != "" {
			return nil, fmt.Errorf("[%d].%s", i, wrong)
		}
		key := meaning{t.For, langtag.Key(t.Language)}
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("[%d] is the second for %q in language %q", i, t.For, t.Language)
		}
		t.Params = slices.Clone(t.Params)
		all[key] = t
	}
	return all, nil
}

func (t Template) wrong(badID func(id string) string) string {
	switch {
	case t.For == "":
		return "For is empty"
	case t.Language != "" && !langtag.Valid(t.Language):
		return fmt.Sprintf("Language %q is no language tag", t.Language)
	}
	if wrong := badID(t.ID); wrong != "" {
		return wrong
	}
	for _, p := range t.Params {
		if _, ok := (sender.Message{}).Param(p); !ok {
			return fmt.Sprintf("Params has %q, which is in no message", p)
		}
	}
	switch notice, code := t.For.Purpose() == sender.Notice, slices.Contains(t.Params, sender.ParamCode); {
	case !notice && !code:
		return fmt.Sprintf("Params of %q lacks the code", t.For)
	case notice && code:
		return fmt.Sprintf("Params of %q has a code, and a notice has none", t.For)
	}
	return ""
}

// Find returns the template for what m says: in m.Locale, cut from its end (RFC 4647,
// lookup), else in m.Language, cut likewise, else that for all others.
func (s Set) Find(m sender.Message) (Template, bool) {
	for _, tag := range []string{m.Locale, m.Language} {
		for key := range langtag.Lookup(tag) {
			if t, ok := s[meaning{m.Template, key}]; ok && key != "" {
				return t, true
			}
		}
	}
	t, ok := s[meaning{m.Template, ""}]
	return t, ok
}

// Values are the values of a template's parameters in m, in clear. ok is false where it is
// for a code and m has none: the vendor would send the words around it.
func (t Template) Values(m sender.Message) (values []string, ok bool) {
	for _, p := range t.Params {
		value, _ := m.Param(p)
		if p == sender.ParamCode && value == "" {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}
