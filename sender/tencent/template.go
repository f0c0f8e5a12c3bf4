package tencent

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ligature-auth/ligature/internal/langtag"
	"github.com/ligature-auth/ligature/sender"
)

// Template is one of the templates that Tencent has approved.
type Template struct {
	// For is what it says.
	For sender.Template
	// Language is the BCP 47 tag of its language; empty means that it serves all for
	// whom there is no other. The tag for a message is Message.Locale, cut from the end
	// (RFC 4647, lookup): "zh-Hant-TW" finds "zh-Hant", and else "zh". No tag finds a
	// longer or a different one: "zh-TW" does not find "zh-Hant".
	Language string
	// ID is Tencent's ("1110").
	ID string
	// Params are the values for its {1}, {2}, …, in this order: as many as it has. That
	// of a code has ParamCode among them.
	Params []sender.Param
}

// meaning is what a template is found by.
type meaning struct {
	template sender.Template
	language string // its langtag.Key
}

type templates map[meaning]Template

func newTemplates(list []Template) (templates, error) {
	if len(list) == 0 {
		return nil, errors.New("tencent: Options.Templates is empty")
	}
	all := templates{}
	for i, t := range list {
		if wrong := t.wrong(); wrong != "" {
			return nil, fmt.Errorf("tencent: Options.Templates[%d].%s", i, wrong)
		}
		key := meaning{t.For, langtag.Key(t.Language)}
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("tencent: Options.Templates[%d] is the second for %q in language %q", i, t.For, t.Language)
		}
		t.Params = slices.Clone(t.Params)
		all[key] = t
	}
	return all, nil
}

// wrong says which field is wrong, and how.
func (t Template) wrong() string {
	if t.For == "" {
		return "For is empty"
	}
	if t.Language != "" && !langtag.Valid(t.Language) {
		return fmt.Sprintf("Language %q is no language tag", t.Language)
	}
	if !identifier.MatchString(t.ID) {
		return "ID is empty or has other characters than letters, digits and hyphens"
	}
	for _, p := range t.Params {
		if _, ok := (sender.Message{}).Param(p); !ok {
			return fmt.Sprintf("Params has %q, which is in no message", p)
		}
	}
	code := slices.Contains(t.Params, sender.ParamCode)
	switch t.For {
	case sender.BindCode, sender.SudoCode, sender.SignInCode:
		if !code {
			return fmt.Sprintf("Params of %q lacks the code", t.For)
		}
	default:
		if code {
			return fmt.Sprintf("Params of %q has a code, and a notice has none", t.For)
		}
	}
	return ""
}

// find returns the template that says it in the language that fits best.
func (all templates) find(what sender.Template, locale string) (Template, bool) {
	for key := range langtag.Lookup(locale) {
		if t, ok := all[meaning{what, key}]; ok {
			return t, true
		}
	}
	return Template{}, false
}
