package phone_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/phone"
)

var (
	e164   = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	format = regexp.MustCompile(`^\+[1-9][0-9]{0,2} [0-9]+$`)
)

// FuzzCanonical holds Canonical, Format and Mask to their promises on anything,
// with and without a default region.
func FuzzCanonical(f *testing.F) {
	for _, c := range accepted {
		f.Add(c.typed)
	}
	for _, c := range unreadable {
		f.Add(c.typed)
	}
	kinds := map[string]phone.Kind{
		"china": china, "chinaAll": chinaAll, "all": all,
		"britain": kind(phone.Options{DefaultRegion: "GB", Countries: []string{"GB", "IT", "US", "MX", "AR"}}),
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for name, k := range kinds {
			value, err := k.Canonical(typed)
			if err != nil {
				if value != nil || !errors.Is(err, association.ErrInvalidArgument) {
					t.Fatalf("%s: %q, %v, want nothing and ErrInvalidArgument", name, value, err)
				}
				continue
			}
			if !e164.Match(value) {
				t.Fatalf("%s: %q is not E.164", name, value)
			}
			if only := strings.Map(digitsOnly, typed); strings.Contains(typed, "+") && only != string(value[1:]) {
				t.Fatalf("%s: %q became %q", name, typed, value)
			}
			shown := k.Format(value)
			if !format.MatchString(shown) {
				t.Fatalf("%s: %q is shown as %q", name, value, shown)
			}
			for _, k := range []phone.Kind{k, all, chinaAll} {
				for _, typed := range []string{string(value), shown} {
					if again, err := k.Canonical(typed); err != nil || string(again) != string(value) {
						t.Fatalf("%s: %q becomes %q, %v", name, typed, again, err)
					}
				}
			}
			masked := k.Mask(value)
			if digits := strings.Map(digitsOnly, masked); len(digits) > len(value)-1-4 || !strings.Contains(masked, "****") {
				t.Fatalf("%s: %q is masked as %q", name, value, masked)
			}
		}
	})
}

func digitsOnly(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}
