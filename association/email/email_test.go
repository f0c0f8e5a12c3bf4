package email_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/sender"
)

// longest has 254 bytes, 64 of them before the @.
var longest = strings.Repeat("l", 64) + "@" + strings.Repeat("d", 63) + "." +
	strings.Repeat("d", 63) + "." + strings.Repeat("d", 57) + ".com"

var accepted = []struct{ typed, want string }{
	{"ann@example.com", "ann@example.com"},
	{"Ann.Lee@Example.COM", "ann.lee@example.com"},
	{" \tann@example.com\t ", "ann@example.com"},
	{"ann@example.com.", "ann@example.com"},
	{"ann+news@example.com", "ann+news@example.com"},
	{"a.n.n@gmail.com", "a.n.n@gmail.com"},
	{"o'neil@example.ie", "o'neil@example.ie"},
	{"_@example.com", "_@example.com"},
	{"123@example.com", "123@example.com"},
	{"ann-@sub.domain.example", "ann-@sub.domain.example"},
	{"#$&'*+-/?=^_`{|}~@example.com", "#$&'*+-/?=^_`{|}~@example.com"},
	{"ann@123.com", "ann@123.com"},
	{"ann@bücher.example", "ann@xn--bcher-kva.example"},
	{"ann@bücher.EXAMPLE.", "ann@xn--bcher-kva.example"},
	{"ann@XN--BCHER-KVA.example", "ann@xn--bcher-kva.example"},
	{"ann@straße.example", "ann@xn--strae-oqa.example"},
	{"ann@例子.中国", "ann@xn--fsqu00a.xn--fiqs8s"},
	{"ann@בדיקה.example", "ann@xn--5dbedt4e.example"},
	{"ann@paral·lel.example", "ann@xn--parallel-koa.example"},
	{"ann@ニュース・メール.example", "ann@xn--zck9azdo6a8ffd.example"},
	{strings.ToUpper(longest), longest},
}

func TestCanonical(t *testing.T) {
	kind := email.New()
	for _, c := range accepted {
		got, err := kind.Canonical(c.typed)
		if err != nil || string(got) != c.want {
			t.Errorf("Canonical(%q) = %q, %v, want %q", c.typed, got, err, c.want)
			continue
		}
		if again, err := kind.Canonical(string(got)); err != nil || string(again) != c.want {
			t.Errorf("Canonical(%q) = %q, %v, want it unchanged", got, again, err)
		}
		if format := kind.Format(got); format != c.want {
			t.Errorf("Format(%q) = %q, want it unchanged", got, format)
		}
	}
}

func TestKind(t *testing.T) {
	kind := email.New()
	if kind.Name() != "email" {
		t.Errorf("Name() = %q, and it is stored: it never changes", kind.Name())
	}
	if kind.Channel() != sender.Email {
		t.Errorf("Channel() = %q, want %q", kind.Channel(), sender.Email)
	}
	for value, want := range map[string]string{
		"test@example.com": "t***@example.com",
		"ab@example.com":   "a***@example.com",
		"a@example.com":    "***@example.com",
		"not an address":   "***",
		"":                 "***",
	} {
		if got := kind.Mask([]byte(value)); got != want {
			t.Errorf("Mask(%q) = %q, want %q", value, got, want)
		}
	}
}

// checkRefused wants typed refused as invalid, in words that do not repeat it.
func checkRefused(t *testing.T, typed string) {
	t.Helper()
	value, err := email.New().Canonical(typed)
	if value != nil || !errors.Is(err, association.ErrInvalidArgument) {
		t.Errorf("Canonical(%.80q) = %q, %v, want nothing and ErrInvalidArgument", typed, value, err)
		return
	}
	if inner := strings.TrimSpace(typed); len(inner) > 3 && strings.Contains(err.Error(), inner) {
		t.Errorf("Canonical(%.80q) repeats the input: %v", typed, err)
	}
}
