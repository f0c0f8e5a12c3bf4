package email_test

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association/email"
)

// unreadable are refused before anything is parsed, for what they say when told.
var unreadable = []struct{ typed, reason string }{
	{"a\x00@example.com", "invisible"},
	{"a@example.com\x00", "invisible"},
	{"a@example.com\n", "invisible"},
	{"a@example.com\r\nBcc: b@example.com", "invisible"},
	{"\ra@example.com", "invisible"},
	{"a\tb@example.com", "invisible"},
	{"a b@example.com", "invisible"},
	{"a@exam ple.com", "invisible"},
	{"a\x7f@example.com", "invisible"},
	{"a\x1b[2J@example.com", "invisible"},
	{"a@example\u0085.com", "invisible"}, // next line
	{"a@example\u00a0.com", "invisible"}, // no-break space
	{"a@example\u3000.com", "invisible"}, // ideographic space
	{"a@example\u2028.com", "invisible"}, // line separator
	{"a@example\u00ad.com", "invisible"}, // soft hyphen
	{"a@example\u034f.com", "invisible"}, // combining grapheme joiner
	{"a@example\u061c.com", "invisible"}, // Arabic letter mark
	{"a@example\u115f.com", "invisible"}, // Hangul filler
	{"a@example\u180e.com", "invisible"}, // Mongolian vowel separator
	{"a@example\u200b.com", "invisible"}, // zero-width space
	{"a@exa\u200cmple.com", "invisible"}, // zero-width non-joiner
	{"a@exa\u200dmple.com", "invisible"}, // zero-width joiner
	{"a@example\u200e.com", "invisible"}, // left-to-right mark
	{"a@\u202emoc.elpmaxe", "invisible"}, // right-to-left override
	{"a@\u2066example\u2069.com", "invisible"},
	{"a@example\u2060.com", "invisible"}, // word joiner
	{"\ufeffa@example.com", "invisible"}, // byte order mark
	{"a@example\ufe0f.com", "invisible"}, // variation selector
	{"a@example\ufdd0.com", "invisible"}, // noncharacter
	{"a@example\ue000.com", "invisible"}, // private use
	{"a@example\U000e0061.com", "invisible"},
	{"a@example\U000e0100.com", "invisible"},
	{"a@\xff.com", "UTF-8"},
	{"a\xc0\x80@example.com", "UTF-8"},     // overlong NUL
	{"a@\xed\xa0\x80.example", "UTF-8"},    // surrogate
	{"a@b\xc3.example", "UTF-8"},           // cut short
	{longest + "m", "254 bytes"},           // one too many
	{strings.Repeat("(", 10_000), "254"},   // a parser would descend
	{strings.Repeat("\xff", 255), "254"},   // length comes first
	{strings.Repeat("\u0300", 128), "254"}, // a normaliser would sort
	{strings.Repeat("a@b.c,", 2000), "254"},
}

func TestR41_RefusedBeforeParsing(t *testing.T) {
	for _, c := range unreadable {
		checkRefused(t, c.typed)
		if _, err := email.New().Canonical(c.typed); err != nil && !strings.Contains(err.Error(), c.reason) {
			t.Errorf("Canonical(%.40q): %v, want the early check that says %q", c.typed, err, c.reason)
		}
	}
}

// hostile are addresses to some parser or mailer, or once were, and not to us.
var hostile = []string{
	// No address at all.
	"", " ", "@", "a", "a@", "@example.com", "example.net", "a@@example.com", "a@b@example.com",
	// Display names, angles, groups, lists.
	"Ann<a@example.com>", "<a@example.com>", `"Ann"<a@example.com>`, "a@example.com<b@evil.example>",
	"a@example.com,b@evil.example", "a@example.com;b@evil.example", "a,b@example.com",
	"friends:a@example.com;", "friends:;", "<>", "mailto:a@example.com", "a@example.com?cc=b@evil.example",
	// Comments.
	"a(x)@example.com", "(x)a@example.com", "a@example.com(x)", "a@(x)example.com", "a@example.com(b@evil.example)",
	// Quoted strings and quoted pairs.
	`"a"@example.com`, `"a@evil.example"@example.com`, `"a\"b"@example.com`, `a."b".c@example.com`,
	`""@example.com`, `a\@b@example.com`, `a\,b@example.com`, `"<script>"@example.com`, `"a,b@evil.example,"@example.com`,
	// Routes: source route, percent hack, bang path.
	"@evil.example:a@example.com", "<@evil.example:a@example.com>", "a%evil.example@example.com",
	"a%40evil.example@example.com", "evil.example!a@example.com", "example.com!a%evil.example@example.com",
	// Encoded words and encodings.
	"=?utf-8?q?a=40evil.example=2c?=@example.com", "=?iso-8859-1?q?a?=@example.com", "=?x?q?=@example.com",
	"a=?b?=@example.com", "a@=?utf-8?q?example.com?=", "a@example.com%00", "a@example.com&#64;evil.example",
	// Dots.
	".a@example.com", "a.@example.com", "a..b@example.com", ".@example.com", "a@.example.com", "a@example..com",
	"a@example.com..", "a@.", "a@..", "a@.com.",
	// Numbers and literals for hosts.
	"a@[127.0.0.1]", "a@[IPv6:::1]", "a@[evil.example]", "a@127.0.0.1", "a@127.1", "a@127.0.0.1.", "a@0x7f.0x1",
	"a@1.0x7f000001", "a@::1", "a@example.com:25", "a@example.123", "a@2130706433", "a@１２７.０.０.１",
	// Hosts that are none.
	"a@localhost", "a@com", "a@com.", "a@-example.com", "a@example-.com", "a@exa_mple.com", "a@exam--ple.-",
	"a@ab--cd.example", "a@example.com/x", "a@example.com#x", "a@exa*mple.com", "a@*.example.com", "a@example.com'",
	"a@xn--.example", "a@xn--a.example", "a@xn--abc-.example", "a@xn--zzzzzzzzzz99999.example", "a@xn--\u00fc.example",
	"a@" + strings.Repeat("d", 64) + ".example", "a@" + strings.Repeat("ü", 60) + ".example",
	// Longer once in A-labels, though not as typed.
	"a@" + strings.Repeat("ü.", 80) + "example",
	strings.Repeat("l", 64) + "@" + strings.Repeat("ü.", 24) + "example",
	// Characters that some table turns into an ASCII one.
	"a＠example.com", "a@b＠example.com", "a@example。com", "a@example．com", "a@example｡com", "a@ｅｘａｍｐｌｅ.com",
	"a@example.com⁄x", "a@℀.example", "a@①.example", "a@ﬁ.example", "a@BÜCHER.example", "a@\u212aelvin.example",
	"a@e\u0301.example", "a@i❤.example", "a@xn--i-7iq.example", "a@a\u2800b.example", "é@example.com", "ａ@example.com", "а@example.com", "\u0130@example.com", "\u212a@example.com",
	"a@\u0301b.example", "a@אa.example", "a@\u0660\u05d0.example",
	// Command lines and headers.
	"-a@example.com", "-oQ/tmp@example.com", "a@-oQ.example", "a:b@example.com", "a;b@example.com", "a<b@example.com",
	"a[b]@example.com", `a\b@example.com`, `a"b@example.com`,
	// Too long before the @.
	strings.Repeat("l", 65) + "@example.com",
}

func TestR42_OnePlainAddressOnly(t *testing.T) {
	if len(hostile) < 60 {
		t.Fatalf("the corpus has %d forms, want 60", len(hostile))
	}
	for _, typed := range hostile {
		checkRefused(t, typed)
	}
}

func BenchmarkRefuse10kB(b *testing.B) {
	for name, typed := range map[string]string{
		"parentheses": strings.Repeat("(", 10_000),
		"labels":      "a@" + strings.Repeat("ü.", 3_333) + "example",
		"spaces":      strings.Repeat(" ", 10_000),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := email.New().Canonical(typed); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
