package phone_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/phone"
)

// checkRefused wants typed refused as invalid, in words that do not repeat it.
func checkRefused(t *testing.T, k phone.Kind, typed string) {
	t.Helper()
	value, err := k.Canonical(typed)
	if value != nil || !errors.Is(err, association.ErrInvalidArgument) {
		t.Errorf("Canonical(%.60q) = %q, %v, want nothing and ErrInvalidArgument", typed, value, err)
		return
	}
	if inner := strings.TrimSpace(typed); len(inner) > 4 && strings.Contains(err.Error(), inner) {
		t.Errorf("Canonical(%.60q) repeats the input: %v", typed, err)
	}
}

// unreadable never reach the parser, and its refusal says so.
var unreadable = []struct{ typed, reason string }{
	{strings.Repeat("1", 33), "32 bytes"},
	{strings.Repeat("x", 10_000), "32 bytes"},
	{"+" + strings.Repeat("(", 10_000), "32 bytes"},
	{"+86 13800000000" + strings.Repeat(" ", 20) + "1", "32 bytes"},
	{"+８６１３８００００００００", "32 bytes"}, // full width
	{"＋8613800000000", "only digits"},
	{"+861380000000０", "only digits"},
	{"+86138٠٠٠٠٠٠٠٠", "only digits"}, // Arabic-Indic
	{"+86𝟏3800000000", "only digits"},
	{"+8613800000000\x00", "only digits"},
	{"+86\n13800000000", "only digits"},
	{"+8613800000000\n", "only digits"},
	{"+86\u00a013800000000", "only digits"},
	{"+86\u200b13800000000", "only digits"},
	{"\u202a+8613800000000\u202c", "only digits"}, // as copied from an address book
	{"+86\xff13800000000", "only digits"},
	{"tel:+8613800000000", "only digits"},
	{"+8613800000000;ext=1", "only digits"},
	{"+8613800000000x1", "only digits"},
	{"+8613800000000#1", "only digits"},
	{"+8613800000000,1", "only digits"},
	{"+1 800 FLOWERS", "only digits"},
	{"13800000000;phone-context=+86", "only digits"},
	{"+86/13800000000", "only digits"},
	{"*8613800000000", "only digits"},
	{"++8613800000000", "only digits"},
	{"+86+13800000000", "only digits"},
	{"8613800000000+", "only digits"},
	{"", "not a phone number"},
	{" ", "not a phone number"},
	{"()-.", "not a phone number"},
}

func TestR41_RefusedBeforeParsing(t *testing.T) {
	for _, c := range unreadable {
		for _, k := range []phone.Kind{china, chinaAll, all} {
			checkRefused(t, k, c.typed)
			if _, err := k.Canonical(c.typed); err != nil && !strings.Contains(err.Error(), c.reason) {
				t.Errorf("Canonical(%.40q): %v, want the early check that says %q", c.typed, err, c.reason)
			}
		}
	}
}

func TestR44_OneNumberOneKey(t *testing.T) {
	for _, typed := range []string{
		"+8613800000000", "+86 13800000000", "+86 1 3800000000", "+861 3800000000", "13800000000", "138 0000 0000",
		"(138) 0000-0000", "013800000000", "0086 13800000000", "86 13800000000",
	} {
		if got, err := chinaAll.Canonical(typed); err != nil || string(got) != "+8613800000000" {
			t.Errorf("Canonical(%q) = %q, %v, want +8613800000000", typed, got, err)
		}
	}
}

func TestR44_LocalFormNeedsDefaultRegion(t *testing.T) {
	for _, typed := range []string{"13800000000", "013800000000", "8613800000000", "008613800000000", "15551234567"} {
		checkRefused(t, all, typed)
		if _, err := all.Canonical(typed); err != nil && !strings.Contains(err.Error(), "country code first") {
			t.Errorf("Canonical(%q): %v, want to be told that the country code is missing", typed, err)
		}
	}
	us := kind(phone.Options{DefaultRegion: "US"})
	if got, err := us.Canonical("(201) 555-0123"); err != nil || string(got) != "+12015550123" {
		t.Errorf("Canonical(local) = %q, %v, want +12015550123", got, err)
	}
	// Written in full, a number is the same wherever one is at home.
	for _, typed := range []string{"+8613800000000", "+15551234567", "+0086138000000", "+0138000000"} {
		here, errHere := chinaAll.Canonical(typed)
		nowhere, errNowhere := all.Canonical(typed)
		if string(here) != string(nowhere) || (errHere == nil) != (errNowhere == nil) {
			t.Errorf("Canonical(%q) = %q, %v at home and %q, %v without", typed, here, errHere, nowhere, errNowhere)
		}
	}
}

// The library strips what it takes for a national prefix, one at a time, so its
// E.164 of these is not its E.164 of that.
func TestR44_NeverRepaired(t *testing.T) {
	for _, typed := range []string{
		"+86013800000000", "+44 (0)7400 123456", "+886002983616", "+980007288", "+49001123278", "+11 2015550123",
		"+7 8 9161234567", "+54 11 15 2345 6789",
	} {
		checkRefused(t, all, typed)
		checkRefused(t, chinaAll, typed)
	}
}

func TestR44_ImpossibleNumbers(t *testing.T) {
	for _, typed := range []string{
		"+", "+0", "+1", "+86", "+861380", "+861380000000012", "+0013800000000", "+9991234567", "+1234567890123456",
		"+210123456789", "+8686 13800000000", "+1555123456", "+49 151234567890123", "1", "12", "110", "12345", "000000000000000",
		strings.Repeat("9", 32), "+" + strings.Repeat("9", 31), "+" + strings.Repeat("0", 31),
	} {
		checkRefused(t, all, typed)
		checkRefused(t, chinaAll, typed)
	}
}

func TestR44_CountriesAreAnAllowList(t *testing.T) {
	us := phone.Options{Countries: []string{"US"}}
	for _, c := range []struct {
		options phone.Options
		typed   string
		want    bool
	}{
		{phone.Options{DefaultRegion: "CN"}, "+8613800000000", true},
		{phone.Options{DefaultRegion: "CN"}, "+8612345678901", true}, // possible, in no range known
		{phone.Options{DefaultRegion: "CN"}, "+85261234567", false},
		{phone.Options{DefaultRegion: "CN"}, "0085261234567", false},
		{phone.Options{DefaultRegion: "CN"}, "+12015550123", false},
		{phone.Options{DefaultRegion: "CN", Countries: []string{"HK", "CN"}}, "+85261234567", true},
		{us, "+12015550123", true},
		{us, "+14165550123", false}, // Canada
		{us, "+18765550123", false}, // Jamaica
		{us, "+15551234567", false}, // of no area, so of no country
		{us, "+8613800000000", false},
		{phone.Options{Countries: []string{"GB"}}, "+447400123456", true},
		{phone.Options{Countries: []string{"GB"}}, "+447797712345", false}, // Jersey
		{phone.Options{Countries: []string{"RU"}}, "+77011234567", false},  // Kazakhstan
		{phone.Options{Countries: []string{"US"}}, "+18002123456", true},   // toll free, of both
		{phone.Options{Countries: []string{"CA"}}, "+18002123456", true},
		{phone.Options{Countries: []string{"AX"}}, "+358412345678", true}, // a mobile of Finland or Åland
		{phone.Options{Countries: []string{"FI"}}, "+358412345678", true},
		{phone.Options{Countries: []string{phone.AllCountries}}, "+18765550123", true},
		{phone.Options{Countries: []string{phone.AllCountries}}, "+15551234567", true},
		// Costly for whoever sends, whatever the list says.
		{phone.Options{Countries: []string{phone.AllCountries, "US"}}, "+19002345678", false},
		{us, "+19002345678", false},
		{phone.Options{Countries: []string{"GB"}}, "+449012345678", false},
		// Of no country at all: satellites, universal numbers.
		{phone.Options{Countries: []string{phone.AllCountries}}, "+870773111632", false},
		{phone.Options{Countries: []string{phone.AllCountries}}, "+881612345678", false},
		{phone.Options{Countries: []string{phone.AllCountries}}, "+80012345678", false},
		{phone.Options{Countries: []string{phone.AllCountries}}, "+979123456789", false},
	} {
		if _, err := kind(c.options).Canonical(c.typed); (err == nil) != c.want {
			t.Errorf("%+v: Canonical(%q): %v, want accepted %t", c.options, c.typed, err, c.want)
		}
	}
	countries := []string{"US"}
	k := kind(phone.Options{Countries: countries})
	countries[0] = phone.AllCountries
	checkRefused(t, k, "+8613800000000")
	checkRefused(t, phone.Kind{}, "+8613800000000")
}

func BenchmarkRefuse10kB(b *testing.B) {
	for name, typed := range map[string]string{
		"digits": strings.Repeat("1", 10_000),
		"spaces": strings.Repeat(" ", 10_000),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := chinaAll.Canonical(typed); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}
