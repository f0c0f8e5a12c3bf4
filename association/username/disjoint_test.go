package username_test

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/association/username"
)

// kinds are all of this module, the phone one as wide as it can be set.
func kinds(tb testing.TB) []association.Kind {
	tb.Helper()
	numbers, err := phone.New(phone.Options{DefaultRegion: "CN", Countries: []string{phone.AllCountries}})
	if err != nil {
		tb.Fatal(err)
	}
	return []association.Kind{email.New(), numbers, username.New()}
}

// ambiguous are strings that look like two kinds.
var ambiguous = []string{
	"13800000000", "+8613800000000", "+86 13800000000", "138-0000-0000", "138.0000.0000", "013800000000",
	"13800000000@example.com", "+8613800000000@example.com", "13800000000a", "a13800000000", "1e10000000", "0x1380000000",
	"138000000oo", "l3800000000", "ext13800000000", "tel.13800000000", "13800000000x1", "1-800-flowers",
	"ann@example.com", "ann", "ann.example.com", "example.com", "ann@example", "ann+lee", "ann@13800000000", "1@2.com",
	"(138)00000000", "１３８００００００００", "ann＠example.com", "13800000000.", "13800000000-", "-13800000000", "1", "12", "",
}

// checkOneKind wants typed accepted by one kind at most, and the same of what that
// kind makes of it, so a stored or displayed value never becomes another kind's.
func checkOneKind(t *testing.T, all []association.Kind, typed string) (accepted int) {
	t.Helper()
	var by []string
	for _, kind := range all {
		value, err := kind.Canonical(typed)
		if err != nil {
			continue
		}
		by = append(by, kind.Name())
		for _, other := range all {
			for _, text := range []string{string(value), kind.Format(value)} {
				if _, err := other.Canonical(text); (err == nil) != (other.Name() == kind.Name()) {
					t.Errorf("%s: %q, from %q, read as %s: %v", kind.Name(), text, typed, other.Name(), err)
				}
			}
		}
	}
	if len(by) > 1 {
		t.Errorf("%q is accepted as %s", typed, strings.Join(by, " and "))
	}
	return len(by)
}

func TestR49_KindsAreDisjoint(t *testing.T) {
	all := kinds(t)
	names := make(map[string]bool)
	for _, kind := range all {
		names[kind.Name()] = true
	}
	if len(names) != len(all) {
		t.Fatalf("%d kinds have the names %v", len(all), names)
	}
	count := 0
	for _, typed := range ambiguous {
		count += checkOneKind(t, all, typed)
	}
	// Every string of up to four characters around an otherwise plain value.
	signs := []string{"", "a", "7", "@", "+", ".", "-", "_", " ", "é"}
	for _, core := range []string{"ann", "13800000000", "ann@example.com", "+8613800000000"} {
		for _, a := range signs {
			for _, b := range signs {
				for _, c := range signs {
					for _, d := range signs {
						count += checkOneKind(t, all, a+b+core+c+d)
					}
				}
			}
		}
	}
	if count < 1000 {
		t.Errorf("%d strings were accepted by some kind, want thousands for the test to mean something", count)
	}
}

func FuzzDisjoint(f *testing.F) {
	for _, typed := range ambiguous {
		f.Add(typed)
	}
	all := kinds(f)
	f.Fuzz(func(t *testing.T, typed string) { checkOneKind(t, all, typed) })
}
