package storetest

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// opaque checks that what a store has no business looking into comes back as it
// went in.
func (s suite) opaque(t *testing.T) {
	everyByte := make([]byte, 256)
	for i := range everyByte {
		everyByte[i] = byte(i)
	}
	random := make([]byte, 64<<10)
	_, _ = rand.NewChaCha8([32]byte{'l', 'i', 'g'}).Read(random) // never fails

	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"no data", nil},
		{"one NUL", []byte{0}},
		{"every byte", everyByte},
		{"invalid UTF-8", []byte("\xff\xfe\xc3(")},
		{"64 KiB", random},
		{"64 KiB of NUL", make([]byte, 64<<10)},
		{"JSON that a JSON column would tidy", []byte(`{"b": 1,"a":2, "a":1.0, "n":12345678901234567890, "e":"\u0061"}`)},
		{"number", []byte("007")},
		{"hex", []byte(`\x00ff`)},
		{"spaces at the end", []byte("data  \r\n")},
		{"quotes", []byte(`'; DROP TABLE proofs; --"?$1`)},
	} {
		s.check(t, "data "+tt.name, func(t *testing.T, s subject) {
			a, p, x := account("ann"), proof("p", "ann"), email("x", "ann", address)
			e, n := event("e", "ann"), notice("n", "ann")
			a.Data, p.Data, x.Data, e.Data, n.Data = tt.data, tt.data, tt.data, tt.data, tt.data
			s.apply(store.Change{
				Accounts: []store.Account{a}, Proofs: []store.Proof{p}, Link: []store.Association{x},
				Events: []store.Event{e}, Notices: []store.Notice{n},
			})
			s.wantData(tt.data)

			a.Version, p.Version, n.Version = 1, 1, 1
			s.apply(store.Change{
				Accounts: []store.Account{a}, Proofs: []store.Proof{p}, Notices: []store.Notice{n},
			})
			s.wantData(tt.data)
		})
	}

	s.check(t, "data is emptied", func(t *testing.T, s subject) {
		a, p, n := account("ann"), proof("p", "ann"), notice("n", "ann")
		write := func() {
			s.apply(store.Change{
				Accounts: []store.Account{a}, Proofs: []store.Proof{p}, Notices: []store.Notice{n},
			})
		}
		write()
		a.Version, p.Version, n.Version = 1, 1, 1
		a.Data, p.Data, n.Data = nil, []byte{}, nil
		write()
		for name, got := range map[string][]byte{
			"account": s.account("ann").Data, "proof": s.proof("p").Data, "notice": s.notice("n").Data,
		} {
			if len(got) != 0 {
				t.Errorf("%s after a replacement with no data: %q", name, got)
			}
		}
	})

	for _, tt := range []struct{ name, display string }{
		{"empty", ""},
		{"case and spaces", "  Ann.O'Neil@Example.COM "},
		{"composed", "\u00c5ngstr\u00f6m"},
		{"decomposed", "A\u030angstro\u0308m"},
		{"beyond the first plane", "\U0001F469\u200d\U0001F680 \U00020000"},
		{"right to left", "\u202e\u05d0\u05d1\u05d2\u202c"},
		{"320 bytes", strings.Repeat("\U0001F600", 80)},
	} {
		s.check(t, "display "+tt.name, func(t *testing.T, s subject) {
			x := email("x", "ann", address)
			x.Display = tt.display
			s.apply(join(accounts("ann"), links(x)))
			wantEqual(t, "associations", s.account("ann").Associations, []store.Association{x})
		})
	}

	s.check(t, "display is neither searched nor unique", func(t *testing.T, s subject) {
		x, y := email("x", "ann", address), email("y", "bob", "y@example.com")
		y.Display = x.Display
		s.apply(join(accounts("ann", "bob"), links(x, y)))
		z := email("z", "ann", "z@example.com")
		z.Display = "shown"
		s.apply(links(z))
		s.wantOwner(kindEmail, "shown", "")
	})
}

// wantData must be the Data of all five records.
func (s subject) wantData(want []byte) {
	s.t.Helper()
	events := s.events("ann", "", 9)
	a := s.account("ann")
	if len(events) != 1 || len(a.Associations) != 1 {
		s.t.Fatalf("%d events and %d associations, want 1 and 1", len(events), len(a.Associations))
	}
	for name, got := range map[string][]byte{
		"account": a.Data, "association": a.Associations[0].Data, "event": events[0].Data,
		"proof": s.proof("p").Data, "notice": s.notice("n").Data,
	} {
		if !bytes.Equal(got, want) {
			s.t.Errorf("%s: wrote %d bytes of data, read %d or others", name, len(want), len(got))
		}
	}
}
