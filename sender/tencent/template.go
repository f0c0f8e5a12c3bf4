package tencent

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

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

// language is a BCP 47 tag by its looks.
var language = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`)

// maxTag is longer than any tag that a template has.
const maxTag = 64

// meaning is what a template is found by. The language is in lower case.
type meaning struct {
	template sender.Template
	language string
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
		key := meaning{t.For, strings.ToLower(t.Language)}
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
	if t.Language != "" && (len(t.Language) > maxTag || !language.MatchString(t.Language)) {
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
	if len(locale) > maxTag {
		locale = ""
	}
	tag := strings.ToLower(locale)
	for {
		if t, ok := all[meaning{what, tag}]; ok || tag == "" {
			return t, ok
		}
		cut := max(strings.LastIndexByte(tag, '-'), 0)
		if cut >= 2 && tag[cut-2] == '-' { // a singleton means nothing without what follows
			cut -= 2
		}
		tag = tag[:cut]
	}
}
