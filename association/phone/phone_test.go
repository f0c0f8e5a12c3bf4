package phone_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/sender"
)

// The kinds that the tests share: at home in China and limited to it, at home
// there and unlimited, at home nowhere and unlimited.
var (
	china    = kind(phone.Options{DefaultRegion: "CN"})
	chinaAll = kind(phone.Options{DefaultRegion: "CN", Countries: []string{phone.AllCountries}})
	all      = kind(phone.Options{Countries: []string{phone.AllCountries}})
)

func kind(o phone.Options) phone.Kind {
	k, err := phone.New(o)
	if err != nil {
		panic(err)
	}
	return k
}

var accepted = []struct{ typed, want, format, mask string }{
	{"+8613800000000", "+8613800000000", "+86 13800000000", "+86 138****0000"},
	{"+86 13800000000", "+8613800000000", "+86 13800000000", "+86 138****0000"},
	{" \t+86 13800000000\t ", "+8613800000000", "+86 13800000000", "+86 138****0000"},
	{"+86 138-0000-0000", "+8613800000000", "+86 13800000000", "+86 138****0000"},
	{"+86.138.0000.0000", "+8613800000000", "+86 13800000000", "+86 138****0000"},
	{"(+86) 138 0000 0000", "+8613800000000", "+86 13800000000", "+86 138****0000"},
	{"+1 5551234567", "+15551234567", "+1 5551234567", "+1 55****4567"},
	{"+15551234567", "+15551234567", "+1 5551234567", "+1 55****4567"},
	{"+15 551234567", "+15551234567", "+1 5551234567", "+1 55****4567"}, // a client's wrong split
	{"+1 (201) 555-0123", "+12015550123", "+1 2015550123", "+1 20****0123"},
	{"+85 261234567", "+85261234567", "+852 61234567", "+852 6****567"}, // a client's wrong split
	{"+85261234567", "+85261234567", "+852 61234567", "+852 6****567"},
	{"+44 7400 123456", "+447400123456", "+44 7400123456", "+44 74****3456"},
	{"+39 06 1234 5678", "+390612345678", "+39 0612345678", "+39 06****5678"}, // the 0 is the number's own
	{"+49 1512 3456789", "+4915123456789", "+49 15123456789", "+49 151****6789"},
	{"+29 03 21 234", "+290321234", "", ""}, // 9 digits with the country's, too long for it
	{"+376 312 345", "+376312345", "+376 312345", "+376 ****45"},
}

func TestCanonical(t *testing.T) {
	for _, c := range accepted {
		got, err := all.Canonical(c.typed)
		if c.format == "" {
			if !errors.Is(err, association.ErrInvalidArgument) {
				t.Errorf("Canonical(%q) = %q, %v, want ErrInvalidArgument", c.typed, got, err)
			}
			continue
		}
		if err != nil || string(got) != c.want {
			t.Errorf("Canonical(%q) = %q, %v, want %q", c.typed, got, err, c.want)
			continue
		}
		if format := all.Format(got); format != c.format {
			t.Errorf("Format(%q) = %q, want %q", got, format, c.format)
		}
		if mask := all.Mask(got); mask != c.mask {
			t.Errorf("Mask(%q) = %q, want %q", got, mask, c.mask)
		}
	}
}

func TestKind(t *testing.T) {
	if all.Name() != "phone" {
		t.Errorf("Name() = %q, and it is stored: it never changes", all.Name())
	}
	if all.Channel() != sender.SMS {
		t.Errorf("Channel() = %q, want %q", all.Channel(), sender.SMS)
	}
	for _, value := range []string{"", "+", "13800000000", "ann@example.com"} {
		if mask := all.Mask([]byte(value)); mask != "****" {
			t.Errorf("Mask(%q) = %q, want ****", value, mask)
		}
		if format := all.Format([]byte(value)); format != value {
			t.Errorf("Format(%q) = %q, want it unchanged", value, format)
		}
	}
}

// An example of each sort of number in each country, as the library has them.
func TestR44_EveryCountryOfTheLibrary(t *testing.T) {
	sorts := []phonenumbers.PhoneNumberType{
		phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE,
		phonenumbers.SHARED_COST, phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER, phonenumbers.UAN,
	}
	seen := make(map[bool]int)
	for region := range phonenumbers.GetSupportedRegions() {
		own := kind(phone.Options{DefaultRegion: region})
		for _, sort := range sorts {
			example := phonenumbers.GetExampleNumberForType(region, sort)
			if example == nil {
				continue
			}
			e164 := phonenumbers.Format(example, phonenumbers.E164)
			if len(e164) < len("+")+8 || phonenumbers.IsPossibleNumberWithReason(example) != phonenumbers.IS_POSSIBLE {
				checkRefused(t, all, e164) // an island's of four digits, or one to dial nearby only
				continue
			}
			is := phonenumbers.GetNumberType(example)
			want := is != phonenumbers.PREMIUM_RATE && is != phonenumbers.SHARED_COST
			seen[want]++
			for _, k := range []phone.Kind{all, own} {
				value, err := k.Canonical(e164)
				if (err == nil) != want || want && string(value) != e164 {
					t.Errorf("%s, sort %d: Canonical(%q) = %q, %v, want accepted %t", region, sort, e164, value, err, want)
				}
			}
			local := phonenumbers.GetNationalSignificantNumber(example)
			back, err := phonenumbers.Parse(local, region)
			if err != nil || phonenumbers.Format(back, phonenumbers.E164) != e164 {
				continue // not what is dialled there
			}
			if value, err := own.Canonical(local); (err == nil) != want || want && string(value) != e164 {
				t.Errorf("%s, sort %d: Canonical(%q) = %q, %v, want accepted %t", region, sort, local, value, err, want)
			}
		}
	}
	if seen[true] < 500 || seen[false] < 100 {
		t.Errorf("saw %d numbers to accept and %d to refuse, want hundreds", seen[true], seen[false])
	}
}

func TestConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, region := range []string{"CN", "US", "GB", "FR", "BR", "IN"} {
				e164 := phonenumbers.Format(phonenumbers.GetExampleNumber(region), phonenumbers.E164)
				value, err := all.Canonical(e164)
				if err != nil || all.Format(value) == e164 {
					t.Errorf("Canonical(%q) = %q, %v", e164, value, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNewNamesTheFieldItRefuses(t *testing.T) {
	for _, c := range []struct {
		options phone.Options
		field   string
	}{
		{phone.Options{}, "Countries"},
		{phone.Options{DefaultRegion: "XX"}, "DefaultRegion"},
		{phone.Options{DefaultRegion: "cn"}, "DefaultRegion"},
		{phone.Options{DefaultRegion: "86"}, "DefaultRegion"},
		{phone.Options{DefaultRegion: "ZZ"}, "DefaultRegion"},
		{phone.Options{DefaultRegion: phone.AllCountries}, "DefaultRegion"},
		{phone.Options{Countries: []string{"CN", "XX"}}, "Countries"},
		{phone.Options{Countries: []string{"001"}}, "Countries"},
		{phone.Options{Countries: []string{""}}, "Countries"},
		{phone.Options{DefaultRegion: "CN", Countries: []string{"US"}}, "Countries"},
	} {
		k, err := phone.New(c.options)
		if err == nil || !strings.Contains(err.Error(), "Options."+c.field) {
			t.Errorf("New(%+v): %v, want an error that names %s", c.options, err, c.field)
		}
		if _, err := k.Canonical("+8613800000000"); err == nil {
			t.Errorf("New(%+v) failed, and its kind accepts numbers", c.options)
		}
	}
}

func ExampleKind_Format() {
	k, err := phone.New(phone.Options{DefaultRegion: "CN", Countries: []string{"CN", "HK"}})
	if err != nil {
		panic(err)
	}
	for _, typed := range []string{"138 0000 0000", "+85 261234567", "+1 201 555 0123"} {
		value, err := k.Canonical(typed)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s, %s, %s\n", value, k.Format(value), k.Mask(value))
	}
	// Output:
	// +8613800000000, +86 13800000000, +86 138****0000
	// +85261234567, +852 61234567, +852 6****567
	// association: invalid argument: phone: numbers of this country or sort are not accepted
}

func TestChannel(t *testing.T) {
	for given, want := range map[sender.Channel]sender.Channel{"": sender.SMS, sender.WhatsApp: sender.WhatsApp} {
		if got := kind(phone.Options{DefaultRegion: "CN", Channel: given}).Channel(); got != want {
			t.Errorf("with %q messages go by %q, want %q", given, got, want)
		}
	}
}
