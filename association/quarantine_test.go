package association_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/mailbox"
)

const ninetyDays = 90 * 24 * time.Hour

func quarantining(c *association.Config) { c.Policy.Quarantine = ninetyDays }

// lost are the ways in which an account loses an address.
var lost = map[string]func(p *person) error{
	"removed":  func(p *person) error { return p.do("password", "remove email") },
	"replaced": func(p *person) error { return p.do("password", "replace email") },
	"deleted": func(p *person) error {
		return p.svc.DeleteAccount(p.t.Context(), p.c.Actor.Account)
	},
}

// taken are the ways in which another account gets it.
var taken = map[string]func(p *person, to string, token association.Token) error{
	"bound": func(p *person, to string, token association.Token) error {
		return p.world.bind(p.c, "email", to, p.world.sudo(p.c), token)
	},
	"signed up with": func(p *person, to string, token association.Token) error {
		_, err := p.signUp(device("new"), association.SignUpRequest{VerificationToken: token, Kind: "email", To: to})
		return err
	},
}

// asker is who asks for the code of a way to take an address.
func (p *person) asker(way string) association.Caller {
	if way == "bound" {
		return p.c
	}
	return device("new")
}

// TestR52_AnAddressInQuarantineNeedsACodeOfLater, and its former owner is told.
func TestR52_AnAddressInQuarantineNeedsACodeOfLater(t *testing.T) {
	for how, lose := range lost {
		for way, take := range taken {
			t.Run(how+" and "+way, func(t *testing.T) {
				w := people(t, quarantining)
				ada, bob := w.person("ada", false, "password", "email", "phone"), w.person("bob", false, "password")
				to := ada.address["email"]
				early := w.prove(bob.asker(way), "email", to)
				if err := lose(ada); err != nil {
					t.Fatal(err)
				}
				if err := take(bob, to, early); !errors.Is(err, association.ErrInvalidProof) {
					t.Fatalf("by a code of before: %v, want ErrInvalidProof", err)
				}
				w.clock.Advance(time.Microsecond)
				if err := take(bob, to, w.prove(bob.asker(way), "email", to)); err != nil {
					t.Fatalf("by a code of after: %v", err)
				}
				if _, err := w.svc.Deliver(t.Context(), 10); err != nil {
					t.Fatal(err)
				}
				// An account that is deleted has no address left to tell.
				last, _ := w.mail.Last(ada.address["phone"])
				if how != "deleted" && last.Purpose != sender.Notice {
					t.Errorf("the former owner's phone was last told %s", last.Purpose)
				}
			})
		}
	}
}

// TestR52_TheFormerOwnerIsToldOnceSomebodyElseHasIt, and not before, nor when it is
// their own again, nor when the quarantine is over.
func TestR52_TheFormerOwnerIsToldOnceSomebodyElseHasIt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy func(*association.Config)
		wait   time.Duration
		back   bool // it is ada's again
		told   bool
	}{
		{"at once", quarantining, time.Second, false, true},
		{"on the last day", quarantining, ninetyDays - time.Microsecond, false, true},
		{"after it", quarantining, ninetyDays, false, false},
		{"by the former owner", quarantining, time.Second, true, false},
		{"without a quarantine", func(*association.Config) {}, time.Second, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := people(t, tt.policy)
			ada, bob := w.person("ada", false, "password", "email", "phone"), w.person("bob", false, "password")
			to := ada.address["email"]
			ada.must("password", "remove email")
			w.clock.Advance(tt.wait)
			who := bob
			if tt.back {
				who = ada
			}
			if err := taken["bound"](who, to, w.prove(who.c, "email", to)); err != nil {
				t.Fatal(err)
			}
			w.tell()
			told := slices.ContainsFunc(w.mail.Messages(), func(m mailbox.Message) bool {
				return m.To == ada.address["phone"] && strings.Contains(m.Text, "added to another account")
			})
			if told != tt.told {
				t.Errorf("the former owner was told: %t, want %t", told, tt.told)
			}
		})
	}
}

// TestR52_ALookAtTheQuarantineIsAsserted: an address that is lost between the look and
// the write is not free of it.
func TestR52_ALookAtTheQuarantineIsAsserted(t *testing.T) {
	for _, before := range []bool{false, true} { // it was in quarantine before
		w := people(t, quarantining)
		watch := w.store.(*watched)
		ada, bob := w.person("ada", false, "password", "email"), w.person("bob", false, "password")
		to := ada.address["email"]
		if before {
			ada.must("password", "remove email")
			w.clock.Advance(time.Second)
			if err := taken["bound"](ada, to, w.prove(ada.c, "email", to)); err != nil {
				t.Fatal(err)
			}
			ada.address["email"] = to
		}
		early, sudo := w.prove(bob.c, "email", to), w.sudo(bob.c)
		watch.before = func(_ context.Context, call string) error {
			if call == "Apply" {
				watch.before = nil
				ada.must("password", "remove email")
			}
			return nil
		}
		if err := w.bind(bob.c, "email", to, sudo, early); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("before %t: %v, want ErrInvalidProof", before, err)
		}
		if bob.hasAddress("email", to) {
			t.Error("bob has it")
		}
	}
}
