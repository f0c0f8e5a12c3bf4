package association_test

import (
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// The same moment is the same, whatever zone the clock tells it in.
func TestR14_TheZoneOfTheClockDoesNotMatter(t *testing.T) {
	moment := time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)
	want := moment.Truncate(time.Microsecond)
	for _, zone := range []*time.Location{
		time.UTC, time.FixedZone("CST", 8*3600), time.FixedZone("PST", -8*3600),
		time.FixedZone("NPT", 5*3600+45*60), time.FixedZone("LINT", 14*3600),
	} {
		t.Run(zone.String(), func(t *testing.T) {
			w := newWorld(t, func(c *association.Config) {
				c.Now = func() time.Time { return moment.In(zone) }
			})
			id, err := w.svc.Import(t.Context(), association.ImportedAccount{
				Identifiers: []association.ImportedIdentifier{{Kind: "email", Value: "ada@example.com"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			stored, err := w.store.Account(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if stored.CreatedAt != want.UnixMicro() {
				t.Errorf("stored %d, want %d", stored.CreatedAt, want.UnixMicro())
			}
			a, err := w.svc.Account(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if !a.CreatedAt.Equal(want) {
				t.Errorf("created at %v, want %v", a.CreatedAt, want)
			}
			sent, err := w.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "email", To: "ada@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			if wantExpires := want.Add(10 * time.Minute); !sent.Expires.Equal(wantExpires) {
				t.Errorf("the code expires at %v, want %v", sent.Expires, wantExpires)
			}
		})
	}
}
