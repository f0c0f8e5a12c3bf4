package sender_test

import (
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

// basic and extension are the alphabet of 3GPP TS 23.038 in the order of its tables,
// without the escape.
const (
	basic     = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|€"
)

func TestSegments(t *testing.T) {
	if n := len([]rune(basic)); n != 127 {
		t.Fatalf("the basic table has %d characters beside the escape, want 127", n)
	}
	r := strings.Repeat
	for _, test := range []struct {
		name, text string
		want       int
	}{
		{"nothing", "", 0},
		{"a letter", "a", 1},
		{"the whole alphabet", basic, 1},
		{"the extension, twice as long", r(extension, 8), 1},
		{"and one more", r(extension, 8) + "a", 2},
		{"160", r("a", 160), 1},
		{"161", r("a", 161), 2},
		{"306", r("a", 306), 2},
		{"307", r("a", 307), 3},
		{"no character is cut in two", r("a", 152) + "€" + r("a", 152), 3},
		{"80 of two", r("€", 80), 1},
		{"81 of two", r("€", 81), 2},
		{"70 others", r("码", 70), 1},
		{"71 others", r("码", 71), 2},
		{"134 others", r("码", 134), 2},
		{"135 others", r("码", 135), 3},
		{"one other makes all others", r("a", 69) + "ç", 1},
		{"and so 71 are two", r("a", 70) + "ç", 2},
		{"35 beyond the basic plane", r("😀", 35), 1},
		{"36 beyond the basic plane", r("😀", 36), 2},
		{"no pair is cut in two", r("码", 66) + "😀" + r("码", 66), 3},
		{"not UTF-8", r("\xff", 71), 2},
		{"a small c with a cedilla is no capital one", r("ç", 71), 2},
	} {
		if got := sender.Segments(test.text); got != test.want {
			t.Errorf("%s: %d segments, want %d", test.name, got, test.want)
		}
	}
	for _, c := range basic + extension {
		if got := sender.Segments(r("a", 100) + string(c)); got != 1 {
			t.Errorf("%q is not counted as of the alphabet", c)
		}
	}
	for _, c := range "áíóúâêîôûãõçëïÀÈÌÒÙ’–—…" + "\t`\u00a0" {
		if got := sender.Segments(r("a", 100) + string(c)); got != 2 {
			t.Errorf("%q is counted as of the alphabet", c)
		}
	}
}

// FuzzSegments: a longer text never takes fewer, and none is lost.
func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "a", basic, extension, "码", "😀", "\xff"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		whole, part := sender.Segments(a+b), sender.Segments(a)
		if whole < part || (a != "") != (part > 0) {
			t.Errorf("%q takes %d, with %q %d", a, part, b, whole)
		}
		if most := len([]rune(a))*2/66 + 1; part > most {
			t.Errorf("%d characters take %d segments", len([]rune(a)), part)
		}
	})
}
