package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// pairs are different byte strings that one database, collation, driver or
// string function or another takes for equal.
var pairs = []struct{ name, a, b string }{
	{"case", "ann@example.com", "Ann@example.com"},
	{"accent", "a@example.com", "á@example.com"},
	{"composition", "\u00e1@example.com", "a\u0301@example.com"},
	{"sharp s and s", "stra\u00dfe", "strase"},
	{"sharp s and ss", "stra\u00dfe", "strasse"},
	{"dotless i", "\u0131@example.com", "i@example.com"},
	{"dotted capital I", "\u0130@example.com", "I@example.com"},
	{"Kelvin sign", "\u212a@example.com", "k@example.com"},
	{"Kelvin sign and capital", "\u212a@example.com", "K@example.com"},
	{"long s", "\u017f@example.com", "s@example.com"},
	{"emoji", "\U0001F600", "\U0001F680"},
	{"full-width", "\uff41@example.com", "a@example.com"},
	{"Cyrillic", "\u0430@example.com", "a@example.com"},
	{"trailing space", "ann ", "ann"},
	{"trailing spaces", "ann  ", "ann "},
	{"leading space", " ann", "ann"},
	{"no-break space", "ann\u00a0", "ann "},
	{"zero-width space", "an\u200bn", "ann"},
	{"soft hyphen", "an\u00adn", "ann"},
	{"byte order mark", "\ufeffann", "ann"},
	{"leading zeros", "007", "7"},
	{"sign", "+49170", "49170"},
	{"number and prefix", "7", "7fx"},
	{"exponent", "1e1", "10"},
	{"wildcard %", "%", "ann"},
	{"wildcard _", "_nn", "ann"},
	{"quote", "o'neil", "o''neil"},
	{"backslash", `a\b`, `a\\b`},
	{"prefix", "ann", "anna"},
}

// rawPairs differ in bytes that a text column or a string API loses; only
// values are promised to keep those.
var rawPairs = []struct{ name, a, b string }{
	{"NUL inside", "ad\x00min", "admin"},
	{"NUL at the end", "admin\x00", "admin"},
	{"NUL cuts", "admin\x00a", "admin\x00b"},
	{"invalid UTF-8", "ann\xff", "ann\xfe"},
	{"invalid UTF-8 and its replacement", "ann\xff", "ann\ufffd"},
	{"truncated UTF-8", "ann\xc3", "ann"},
	{"line end", "ann\r\n", "ann\n"},
	{"last of 320 bytes", strings.Repeat("x", 319) + "a", strings.Repeat("x", 319) + "b"},
	{"320 bytes of emoji", strings.Repeat("\U0001F600", 80), strings.Repeat("\U0001F600", 79) + "\U0001F680"},
	{"all high bytes", strings.Repeat("\xff", 320), strings.Repeat("\xff", 319)},
}

// bytes checks that identifiers are compared byte for byte (R45), and that kinds
// are separate namespaces (R49).
func (s suite) bytes(t *testing.T) {
	for _, p := range append(pairs[:len(pairs):len(pairs)], rawPairs...) {
		s.check(t, "R45 "+p.name, func(t *testing.T, s subject) {
			s.apart(identifier{kindEmail, p.a}, identifier{kindEmail, p.b})
		})
	}
	for _, p := range []struct {
		name string
		a, b identifier
	}{
		{"kinds", identifier{"email", "ann"}, identifier{"username", "ann"}},
		{"case of kinds", identifier{"email", "ann"}, identifier{"EMAIL", "ann"}},
		{"space after a kind", identifier{"email", "ann"}, identifier{"email ", "ann"}},
		{"prefix of a kind", identifier{"email", "ann"}, identifier{"email2", "ann"}},
		{"where the kind ends", identifier{"oidc:a", "bc"}, identifier{"oidc:ab", "c"}},
		{"where the colon is", identifier{"oidc:a", "b"}, identifier{"oidc", "a:b"}},
		{"kinds of 64 bytes", identifier{strings.Repeat("k", 64), "ann"}, identifier{strings.Repeat("k", 63) + "j", "ann"}},
	} {
		s.check(t, "R49 "+p.name, func(t *testing.T, s subject) { s.apart(p.a, p.b) })
	}
	s.check(t, "R45 every byte", func(t *testing.T, s subject) {
		for high := range 16 {
			owner := fmt.Sprintf("owner of %x0", high)
			var change store.Change
			for low := range 16 {
				x := email(fmt.Sprintf("%x%x", high, low), owner, "as it was typed")
				x.Value = []byte{byte(high<<4 | low)}
				change.Link = append(change.Link, x)
			}
			s.apply(join(accounts(owner), change))
			wantEqual(t, "associations", s.account(owner).Associations, change.Link)
		}
		for b := range 256 {
			s.wantOwner(kindEmail, string([]byte{byte(b)}), fmt.Sprintf("owner of %x0", b>>4))
		}
	})
}

type identifier struct{ kind, value string }

// apart links a, tries to find and unlink it as b, then links b to another
// account.
func (s subject) apart(a, b identifier) {
	s.t.Helper()
	bind := func(id, account string, i identifier) store.Association {
		x := email(id, account, i.value)
		x.Kind, x.Display = i.kind, "as it was typed" // which holds neither NUL nor invalid UTF-8
		return x
	}
	s.apply(accounts("ann", "bob"))
	x, y := bind("x", "ann", a), bind("y", "bob", b)
	s.apply(links(x))
	s.wantOwner(a.kind, a.value, "ann")
	s.wantOwner(b.kind, b.value, "")
	s.refuse(unlinks(bind("x", "ann", b)), store.ErrConflict)
	s.apply(links(y))
	s.wantOwner(a.kind, a.value, "ann")
	s.wantOwner(b.kind, b.value, "bob")
	wantEqual(s.t, "the first as read back", s.account("ann").Associations, []store.Association{x})
	wantEqual(s.t, "the second as read back", s.account("bob").Associations, []store.Association{y})
	s.refuse(links(bind("x2", "bob", a)), store.ErrTaken)
	s.refuse(links(bind("y2", "ann", b)), store.ErrTaken)
	s.apply(unlinks(x))
	s.wantOwner(a.kind, a.value, "")
	s.wantOwner(b.kind, b.value, "bob")
}
