package username_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/username"
)

var accepted = []struct{ typed, want string }{
	{"ann", "ann"},
	{"Ann", "ann"},
	{" \tann\t ", "ann"},
	{"a1", "a1"},
	{"1A", "1a"},
	{"13800000000a", "13800000000a"},
	{"ann-lee_2.x", "ann-lee_2.x"},
	{"a-_.-b", "a-_.-b"},
	{"example.com", "example.com"},
	{strings.Repeat("A", 48), strings.Repeat("a", 48)},
}

var hostile = []string{
	"", " ", "a", "1", "\t", "12", "13800000000", "138-0000-0000", "1_2", "1.2",
	"-ann", "ann-", "_ann", "ann_", ".ann", "ann.", "..", "--", "-a", "a-", "a.",
	"ann@example.com", "ann@", "@ann", "+8613800000000", "+ann", "an+n", "ann:lee", "ann/lee", `ann\lee`, "ann%20",
	"ann lee", "ann\tlee", "ann\n", "\r\nann", "ann\x00", "\x00ann", "ann\x7f", "ann\u00a0", "ann\u200b", "\u202eann",
	"ann\u00ad", "\ufeffann", "ann\ufe0f", "ann\xff", "\xc0\xaeann", "аnn", "ａｎｎ", "\u212aate", "anna\u017f", "\u0130ris",
	"ſam", "é", "josé", "jose\u0301", "小明", "ann🙂", "ann'--", `"ann"`, "<ann>", "ann;", "ann,lee", "$ann", "ann*", "a|b",
	strings.Repeat("a", 49), strings.Repeat("a", 10_000), strings.Repeat("-", 10_000),
}

func TestCanonical(t *testing.T) {
	kind := username.New()
	for _, c := range accepted {
		got, err := kind.Canonical(c.typed)
		if err != nil || string(got) != c.want {
			t.Errorf("Canonical(%q) = %q, %v, want %q", c.typed, got, err, c.want)
			continue
		}
		if again, err := kind.Canonical(kind.Format(got)); err != nil || string(again) != c.want {
			t.Errorf("Canonical(Format(%q)) = %q, %v, want it unchanged", got, again, err)
		}
	}
}

func TestR41_HostileNamesAreRefused(t *testing.T) {
	for _, typed := range hostile {
		value, err := username.New().Canonical(typed)
		if value != nil || !errors.Is(err, association.ErrInvalidArgument) {
			t.Errorf("Canonical(%.60q) = %q, %v, want nothing and ErrInvalidArgument", typed, value, err)
		} else if len(typed) > 4 && strings.Contains(err.Error(), typed) {
			t.Errorf("Canonical(%.60q) repeats the input: %v", typed, err)
		}
	}
	if _, err := username.New().Canonical(strings.Repeat("@", 10_000)); !strings.Contains(fmt.Sprint(err), "48") {
		t.Errorf("10 kB: %v, want the length refused before the characters", err)
	}
}

// Of all Unicode, the letters, digits and three signs of ASCII are accepted, and
// nothing but capital and small letter is one.
func TestR43_MergesASCIICaseOnly(t *testing.T) {
	kind := username.New()
	from := make(map[string][]rune)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if value, err := kind.Canonical("x" + string(r) + "y"); err == nil {
			from[string(value)] = append(from[string(value)], r)
		}
	}
	if want := 26 + 10 + 3; len(from) != want {
		t.Errorf("%d characters are told apart, want %d", len(from), want)
	}
	for value, runes := range from {
		letter := value[1] >= 'a' && value[1] <= 'z'
		if letter && (len(runes) != 2 || runes[0]|0x20 != runes[1]) || !letter && len(runes) != 1 {
			t.Errorf("%q stands for %q", value, runes)
		}
	}
}

func TestKind(t *testing.T) {
	kind := username.New()
	if kind.Name() != "username" {
		t.Errorf("Name() = %q, and it is stored: it never changes", kind.Name())
	}
	if kind.Channel() != "" {
		t.Errorf("Channel() = %q, want none", kind.Channel())
	}
	for value, want := range map[string]string{"david": "d***", "ab": "a***", "a": "***", "": "***"} {
		if got := kind.Mask([]byte(value)); got != want {
			t.Errorf("Mask(%q) = %q, want %q", value, got, want)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, c := range accepted {
		f.Add(c.typed)
	}
	for _, typed := range hostile {
		f.Add(typed)
	}
	kind := username.New()
	f.Fuzz(func(t *testing.T, typed string) {
		value, err := kind.Canonical(typed)
		if err != nil {
			if value != nil || !errors.Is(err, association.ErrInvalidArgument) {
				t.Fatalf("%q, %v, want nothing and ErrInvalidArgument", value, err)
			}
			return
		}
		if !strings.EqualFold(strings.Trim(typed, " \t"), string(value)) {
			t.Fatalf("%q became %q", typed, value)
		}
		if again, err := kind.Canonical(string(value)); err != nil || string(again) != string(value) {
			t.Fatalf("%q becomes %q, %v", value, again, err)
		}
		if masked := kind.Mask(value); masked != string(value[0])+"***" {
			t.Fatalf("%q is masked as %q", value, masked)
		}
	})
}

func ExampleKind_Canonical() {
	for _, typed := range []string{"David", "13800000000"} {
		value, err := username.New().Canonical(typed)
		fmt.Printf("%q, %v\n", value, err)
	}
	// Output:
	// "david", <nil>
	// "", association: invalid argument: username: want at least one letter
}
