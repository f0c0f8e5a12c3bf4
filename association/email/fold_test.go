package email_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ligature-auth/ligature/association/email"
)

// asciiFold is equality up to ASCII case, spelled otherwise than in the package.
func asciiFold(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] |= 0x20
		}
	}
	return string(b)
}

// Characters that Unicode's case folding makes one, within their orbit and across
// it: two addresses that differ in them are one only if ASCII case is all that
// tells them apart.
func TestR43_CaseFoldingMergesASCIIOnly(t *testing.T) {
	kind := email.New()
	orbits := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		next := unicode.SimpleFold(r)
		if next == r {
			continue
		}
		orbits++
		for _, around := range []string{"x?y@example.com", "ann@x?y.example", "ann@example.x?y"} {
			x := strings.Replace(around, "?", string(r), 1)
			y := strings.Replace(around, "?", string(next), 1)
			cx, errx := kind.Canonical(x)
			cy, erry := kind.Canonical(y)
			same := errx == nil && erry == nil && string(cx) == string(cy)
			if want := asciiFold(x) == asciiFold(y); same != want {
				t.Errorf("%q and %q: one address is %t, want %t", x, y, same, want)
			}
		}
	}
	if orbits < 2000 {
		t.Errorf("saw %d characters with another case, want the whole table", orbits)
	}
}

// No two characters of Unicode meet in one domain, whatever table would join them:
// width, compatibility, full case folding, IDNA's own mapping.
func TestR43_DomainMergesASCIIOnly(t *testing.T) {
	kind := email.New()
	from := make(map[string]string)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		typed := "ann@x" + string(r) + "y.example"
		value, err := kind.Canonical(typed)
		if err != nil {
			continue
		}
		if first, seen := from[string(value)]; seen && asciiFold(first) != asciiFold(typed) {
			t.Errorf("%q and %q are both %q", first, typed, value)
		}
		from[string(value)] = typed
	}
	if len(from) < 10_000 {
		t.Errorf("%d characters were accepted in a domain, want the scripts of the world", len(from))
	}
}

func TestR43_DistinctAddressesStayDistinct(t *testing.T) {
	kind := email.New()
	for _, pair := range [][2]string{
		{"ann@straße.example", "ann@strasse.example"},
		{"ann@ς.example", "ann@σ.example"},
		{"ann@ı.example", "ann@i.example"},
		{"ann@аnn.example", "ann@ann.example"}, // Cyrillic а
		{"ann@gmail.com", "a.nn@gmail.com"},
		{"ann@gmail.com", "ann+x@gmail.com"},
		{"ann@gmail.com", "ann@googlemail.com"},
		{"ann@outlook.com", "ann@hotmail.com"},
	} {
		x, errx := kind.Canonical(pair[0])
		y, erry := kind.Canonical(pair[1])
		if errx != nil || erry != nil {
			t.Errorf("%q: %v; %q: %v", pair[0], errx, pair[1], erry)
		} else if string(x) == string(y) {
			t.Errorf("%q and %q are both %q", pair[0], pair[1], x)
		}
	}
}
