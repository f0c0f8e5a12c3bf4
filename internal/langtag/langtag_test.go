package langtag_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/internal/langtag"
)

func TestLookup(t *testing.T) {
	for tag, want := range map[string]string{
		"":                        "",
		"en":                      "en,",
		"zh-Hant-TW":              "zh-hant-tw,zh-hant,zh,",
		"de-CH-u-co-phonebk":      "de-ch-u-co-phonebk,de-ch-u-co,de-ch,de,",
		"x-en":                    "x-en,x,",
		"-":                       "-,",
		"a--b":                    "a--b,a-,a,",
		strings.Repeat("zh-", 99): "",
	} {
		if got := strings.Join(slices.Collect(langtag.Lookup(tag)), ","); got != want {
			t.Errorf("%.40q yields %q, want %q", tag, got, want)
		}
	}
	for got := range langtag.Lookup("en-GB") {
		if got != "en-gb" {
			t.Errorf("the first is %q", got)
		}
		break
	}
}

func TestValid(t *testing.T) {
	for tag, want := range map[string]bool{
		"en": true, "zh-Hans-CN": true, "de-CH-1996": true,
		"": false, "zh_CN": false, "en-": false, "-en": false, "1en": false, "abcdefghi": false, strings.Repeat("en-", 30) + "en": false,
	} {
		if got := langtag.Valid(tag); got != want {
			t.Errorf("Valid(%q) = %t", tag, got)
		}
	}
}
