package phone

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/nyaruka/phonenumbers"

	"github.com/ligature-auth/ligature/sender"
)

// AllCountries, in Options.Countries, accepts the numbers of every country. Think
// of who pays: a message to some of them costs a hundred times one at home, and
// there are people who earn by having such messages sent.
const AllCountries = "*"

// Options say which numbers a Kind accepts. Regions are ISO 3166-1 codes of two
// capitals: "CN", "HK", "US".
type Options struct {
	// DefaultRegion is where a number without '+' is at home: with "CN",
	// 13800000000 is +8613800000000. Empty refuses such numbers.
	DefaultRegion string

	// Countries are the regions whose numbers are accepted; AllCountries lifts
	// the limit. Empty means DefaultRegion alone, and New fails if there is none.
	//
	// Regions that share a country code are told apart by the number: "US" takes
	// in neither Canada nor Jamaica, and a number that both the United States and
	// Canada use is accepted if either is listed. One that the library places in
	// none of them, as +1 555 123 4567, is accepted under AllCountries only.
	Countries []string

	// Channel is how messages reach the numbers: empty means sender.SMS. With
	// sender.WhatsApp or a name of your own, a sender of that channel delivers them.
	Channel sender.Channel
}

// New returns the kind that o describes, or an error that names the field of o it
// cannot use. It keeps nothing of o.
func New(o Options) (Kind, error) {
	regions := phonenumbers.GetSupportedRegions()
	if o.DefaultRegion != "" && !regions[o.DefaultRegion] {
		return Kind{}, fmt.Errorf("phone: Options.DefaultRegion: unknown region %q", o.DefaultRegion)
	}
	k := Kind{channel: cmp.Or(o.Channel, sender.SMS), defaultRegion: o.DefaultRegion, countries: make(map[string]bool)}
	for _, region := range o.Countries {
		switch {
		case region == AllCountries:
			k.allCountries = true
		case regions[region]:
			k.countries[region] = true
		default:
			return Kind{}, fmt.Errorf("phone: Options.Countries: unknown region %q", region)
		}
	}
	if len(o.Countries) == 0 {
		if o.DefaultRegion == "" {
			return Kind{}, errors.New("phone: Options.Countries: empty, and there is no DefaultRegion")
		}
		k.countries[o.DefaultRegion] = true
	}
	if o.DefaultRegion != "" && !k.allCountries && !k.countries[o.DefaultRegion] {
		return Kind{}, fmt.Errorf("phone: Options.Countries: DefaultRegion %q is not among them", o.DefaultRegion)
	}
	return k, nil
}

// allows is the policy for a possible number: of a country, of one on the list, and
// no trap for whoever sends to it (R44).
func (k Kind) allows(number *phonenumbers.PhoneNumber) bool {
	switch phonenumbers.GetNumberType(number) {
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST:
		return false
	}
	regions := phonenumbers.GetRegionCodesForCountryCode(int(number.GetCountryCode()))
	for _, region := range regions {
		switch {
		case region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
			return false
		case k.allCountries:
			return true
		case k.countries[region] && (len(regions) == 1 || phonenumbers.IsValidNumberForRegion(number, region)):
			return true
		}
	}
	return false
}
