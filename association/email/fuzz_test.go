package email_test

import (
	"errors"
	"net/mail"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
)

// FuzzCanonical holds Canonical to its promises on anything, and to net/mail: what
// is accepted is an address there too, the identical one and nothing beside it.
func FuzzCanonical(f *testing.F) {
	for _, c := range accepted {
		f.Add(c.typed)
	}
	for _, c := range unreadable {
		f.Add(c.typed)
	}
	for _, typed := range hostile {
		f.Add(typed)
	}
	kind := email.New()
	f.Fuzz(func(t *testing.T, typed string) {
		value, err := kind.Canonical(typed)
		if err != nil {
			if value != nil || !errors.Is(err, association.ErrInvalidArgument) {
				t.Fatalf("%q, %v, want nothing and ErrInvalidArgument", value, err)
			}
			return
		}
		got := string(value)
		if len(got) > email.MaxLength {
			t.Fatalf("%d bytes long", len(got))
		}
		for _, c := range value {
			if c <= ' ' || c > '~' || 'A' <= c && c <= 'Z' || strings.IndexByte(`"(),:;<>@[\]%!`, c) >= 0 && c != '@' {
				t.Fatalf("%q holds %q", got, c)
			}
		}
		if strings.Count(got, "@") != 1 {
			t.Fatalf("%q has not one @", got)
		}
		if again, err := kind.Canonical(got); err != nil || string(again) != got {
			t.Fatalf("%q becomes %q, %v", got, again, err)
		}
		if again, err := kind.Canonical(kind.Format(value)); err != nil || string(again) != got {
			t.Fatalf("formatted, %q becomes %q, %v", got, again, err)
		}
		// The mask is that of every address with the same first letter, and with
		// one letter alone that of every such.
		local, domain, _ := strings.Cut(got, "@")
		other := "q@" + domain
		if len(local) > 1 {
			other = local[:1] + "qq@" + domain
		}
		if masked := kind.Mask(value); masked != kind.Mask([]byte(other)) {
			t.Fatalf("%q is masked as %q, which tells it from %q", got, masked, other)
		}
		plain := strings.TrimSuffix(strings.Trim(typed, " \t"), ".")
		for _, address := range []string{got, plain} {
			parsed, err := mail.ParseAddress(address)
			if err != nil {
				t.Fatalf("net/mail refuses %q: %v", address, err)
			}
			if parsed.Name != "" || parsed.Address != address {
				t.Fatalf("net/mail reads %q as %q <%q>", address, parsed.Name, parsed.Address)
			}
			if list, err := mail.ParseAddressList(address); err != nil || len(list) != 1 {
				t.Fatalf("net/mail reads %q as the list %v, %v", address, list, err)
			}
		}
	})
}
