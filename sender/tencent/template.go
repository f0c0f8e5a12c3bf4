package tencent

import (
	"errors"
	"fmt"

	"github.com/ligature-auth/ligature/internal/vendortemplate"
	"github.com/ligature-auth/ligature/sender"
)

// Template is one of the templates that Tencent has approved.
type Template struct {
	// For is what it says.
	For sender.Template
	// Language is the BCP 47 tag of its language; empty means that it serves all for
	// whom there is no other. The tag for a message is Message.Locale, cut from the end
	// (RFC 4647, lookup): "zh-Hant-TW" finds "zh-Hant", and else "zh"; else, likewise,
	// Message.Language.
	Language string
	// ID is Tencent's ("1110").
	ID string
	// Params are the values for its {1}, {2}, …, in this order: as many as it has. That
	// of a code has ParamCode among them.
	Params []sender.Param
}

func newTemplates(list []Template) (vendortemplate.Set, error) {
	if len(list) == 0 {
		return nil, errors.New("tencent: Options.Templates is empty")
	}
	var all []vendortemplate.Template
	for _, t := range list {
		all = append(all, vendortemplate.Template(t))
	}
	set, err := vendortemplate.New(all, func(id string) string {
		if !identifier.MatchString(id) {
			return "ID is empty or has other characters than letters, digits and hyphens"
		}
		return ""
	})
	if err != nil {
		return nil, fmt.Errorf("tencent: Options.Templates%w", err)
	}
	return set, nil
}
