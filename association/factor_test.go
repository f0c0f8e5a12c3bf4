package association_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

func TestR02_EachWeakerMeansIsRefusedAtSudoAndAtItsUse(t *testing.T) {
	for _, tt := range []struct {
		name    string
		factors []string
		may     []string // Sudo grants it: it may replace an address at least
		any     string   // what a change is accepted under that takes no address away
	}{
		{"password before phone", []string{"password", "phone"}, []string{"password"}, "password"},
		{"authenticator before password before address", []string{"password", "phone", "authenticator"}, []string{"authenticator"}, "authenticator"},
		{"an older phone is no stronger than a password", []string{"phone", "password"}, []string{"password"}, "password"},
		{"authenticator before addresses", []string{"email", "phone", "authenticator"}, []string{"authenticator"}, "authenticator"},
		{"the address bound earlier first", []string{"email", "phone"}, []string{"email", "phone"}, "email"},
		{"and if that is the phone", []string{"phone", "email"}, []string{"phone", "email"}, "phone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := people(t, strongest).person("ada", false, tt.factors...)
			if got := p.means(); !slices.Equal(got, tt.may) {
				t.Errorf("SudoState names %v, want %v", got, tt.may)
			}
			for _, f := range tt.factors {
				sudo, err := p.sudo(f)
				if may := slices.Contains(tt.may, f); may && err != nil || !may && !errors.Is(err, association.ErrSudoRequired) {
					t.Errorf("sudo by %s: %v", f, err)
				}
				if err != nil {
					continue
				}
				err = p.svc.CheckSudo(t.Context(), p.c, sudo)
				if f == tt.any && err != nil || f != tt.any && !errors.Is(err, association.ErrSudoRequired) {
					t.Errorf("use of a sudo by %s: %v", f, err)
				}
			}
		})
	}
}

// A grant is judged by what the account has when it is used: the first address is more
// than the sign-in that bound it.
func TestR02_AStrongerFactorThatCameMeanwhileIsAskedFor(t *testing.T) {
	p := people(t, strongest).person("ada", false)
	p.c.Actor.AuthenticatedAt = p.clock.Now()
	sudo, err := p.sudo("sign_in")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.use(sudo, "bind email"); err != nil {
		t.Fatal(err)
	}
	if err := p.use(sudo, "bind phone"); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("under the sign-in: %v, want ErrSudoRequired", err)
	}
	p.must("email", "bind phone")
}

func TestR02_AFactorCountsAsItsWeakestRoot(t *testing.T) {
	p := people(t, strongest).person("ada", false, "password", "email")
	if err := p.reset("email"); err != nil {
		t.Fatal(err)
	}
	// Both are worth the mailbox now: neither is stronger.
	if got := p.means(); !slices.Equal(got, []string{"password", "email"}) {
		t.Errorf("after a reset SudoState names %v, want both alike", got)
	}
	p.clock.Advance(rootedFor - time.Microsecond)
	if got := p.means(); len(got) != 2 {
		t.Errorf("a microsecond early SudoState names %v", got)
	}
	p.clock.Advance(time.Microsecond)
	if got := p.means(); !slices.Equal(got, []string{"password"}) {
		t.Errorf("when it has outlived its root SudoState names %v, want the password", got)
	}
	p.mustNot("email", "set password")
}

// builds are all orders of all sets of factors.
func builds(of ...string) (all [][]string) {
	all = append(all, nil)
	for i, f := range of {
		rest := slices.Delete(slices.Clone(of), i, i+1)
		for _, b := range builds(rest...) {
			all = append(all, append([]string{f}, b...))
		}
	}
	return all
}

// TestR02_StrongestAvailableLocksNobodyOut: under it every small account, whatever it
// has, however old, can still replace each of its addresses, remove its authenticator,
// set a password and add what it has not.
func TestR02_StrongestAvailableLocksNobodyOut(t *testing.T) {
	for _, factors := range builds("password", "authenticator", "email", "phone") {
		for _, fresh := range []bool{true, false} {
			// When all is old, the order of the addresses is all that is left of it.
			others := slices.DeleteFunc(slices.Clone(factors), func(f string) bool { return f == "email" || f == "phone" })
			if !fresh && (!slices.Equal(factors[:len(others)], others) || !slices.IsSortedFunc(others, func(a, b string) int { return -strings.Compare(a, b) })) {
				continue
			}
			w := people(t, strongest)
			p := w.person("ada", fresh, factors...)
			p.c.Actor.AuthenticatedAt = w.clock.Now()
			changes := []string{"name"}
			for _, f := range []string{"email", "phone"} {
				if _, has := p.address[f]; has {
					changes = append(changes, "replace "+f)
				} else {
					changes = append(changes, "bind "+f)
				}
			}
			if p.app != "" {
				changes = append(changes, "remove authenticator")
			} else {
				changes = append(changes, "enrol")
			}
			if len(factors) <= 2 { // a hash takes its time
				changes = append(changes, "set password")
			}
			for _, what := range changes {
				if _, ok := p.way(t, what); !ok {
					t.Errorf("%v, fresh %t: nobody can %s", factors, fresh, what)
				}
			}
		}
	}
}

// way returns a factor under which the change would be made, and makes it not.
func (p *person) way(t *testing.T, what string) (string, bool) {
	t.Helper()
	for _, f := range p.means() {
		p.c.Actor.AuthenticatedAt = p.clock.Now()
		sudo, err := p.sudo(f)
		if err != nil {
			t.Errorf("%s by %s: SudoState named it, and Sudo says %v", what, f, err)
			continue
		}
		if err = p.probe(sudo, what); err == nil {
			return f, true
		}
		if !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("%s by %s: %v", what, f, err)
		}
	}
	return "", false
}

// probe returns what a change would be told, whose write never arrives.
func (p *person) probe(sudo association.Token, what string) error {
	p.t.Helper()
	watch, probed := p.store.(*watched), false
	p.last = func() {
		watch.before = func(_ context.Context, call string) error {
			if call == "Apply" {
				probed = true
				return errors.New("only a probe")
			}
			return nil
		}
	}
	err := p.use(sudo, what)
	p.last, watch.before = nil, nil
	if probed {
		return nil
	}
	return err
}

// launder is a way to turn one factor into the loss of itself.
type launder struct {
	name    string
	factors []string // that the account has, all older than a day
	steps   [][2]string
	last    [2]string // by what is refused, what
}

func (l launder) test(t *testing.T, edits ...func(*association.Config)) {
	t.Run(l.name, func(t *testing.T) {
		p := people(t, edits...).person("ada", false, l.factors...)
		for _, s := range l.steps {
			if s[1] != "reset" {
				p.must(s[0], s[1])
			} else if err := p.reset(s[0]); err != nil {
				t.Fatal(err)
			}
		}
		set := p.clock.Now()
		p.mustNot(l.last[0], l.last[1])
		// An authenticator takes half a minute of the clock for each code.
		p.clock.Advance(set.Add(rootedFor - 2*time.Minute).Sub(p.clock.Now()))
		p.mustNot(l.last[0], l.last[1])
		p.clock.Advance(set.Add(rootedFor).Sub(p.clock.Now()))
		p.must(l.last[0], l.last[1])
	})
}

func TestR02_Laundering_MailboxResetPasswordReplaceTheEmail(t *testing.T) {
	for _, l := range []launder{
		{"the phone is older", []string{"email", "phone"}, [][2]string{{"email", "reset"}}, [2]string{"password", "replace email"}},
		{"an authenticator is older", []string{"email", "authenticator"}, [][2]string{{"email", "reset"}}, [2]string{"password", "replace email"}},
		{"the password that was reset was older", []string{"password", "email"}, [][2]string{{"email", "reset"}}, [2]string{"password", "replace email"}},
		{"and is reset twice", []string{"password", "email"}, [][2]string{{"email", "reset"}, {"email", "reset"}}, [2]string{"password", "replace email"}},
		{"the phone was removed on the way", []string{"email", "phone"}, [][2]string{{"email", "reset"}, {"password", "remove phone"}}, [2]string{"password", "replace email"}},
		{"the phone was replaced on the way", []string{"email", "phone"}, [][2]string{{"email", "reset"}, {"password", "replace phone"}}, [2]string{"password", "replace email"}},
		{"by the phone that took the place of the phone", []string{"email", "phone"}, [][2]string{{"email", "reset"}, {"password", "replace phone"}}, [2]string{"phone", "replace email"}},
		{"the authenticator was removed on the way", []string{"email", "authenticator"}, [][2]string{{"email", "reset"}, {"password", "remove authenticator"}}, [2]string{"password", "replace email"}},
		{"a number instead of a mailbox", []string{"password", "phone"}, [][2]string{{"phone", "reset"}}, [2]string{"password", "replace phone"}},
	} {
		l.test(t)
	}
}

func TestR02_Laundering_EmailCodeFirstPasswordReplaceTheEmail(t *testing.T) {
	for _, l := range []launder{
		{"the phone is older", []string{"phone", "email"}, [][2]string{{"email", "set password"}}, [2]string{"password", "replace email"}},
		{"the authenticator is older", []string{"email", "authenticator"}, [][2]string{{"email", "set password"}}, [2]string{"password", "replace email"}},
		{"it is no first one", []string{"password", "email"}, [][2]string{{"email", "set password"}}, [2]string{"password", "replace email"}},
		{"the first one was removed before", []string{"password", "email"}, [][2]string{{"email", "remove password"}, {"email", "set password"}}, [2]string{"password", "replace email"}},
		{"without any, once the first one is removed", []string{"password", "email"}, [][2]string{{"email", "remove password"}}, [2]string{"email", "replace email"}},
	} {
		l.test(t)
	}
}

func TestR02_Laundering_PhoneReplaceEmailReplacePhone(t *testing.T) {
	for _, l := range []launder{
		{"two addresses", []string{"email", "phone"}, [][2]string{{"phone", "replace email"}}, [2]string{"email", "replace phone"}},
		{"email twice", []string{"email", "phone"}, [][2]string{{"phone", "replace email"}, {"phone", "replace email"}}, [2]string{"email", "replace phone"}},
		{"over a password", []string{"email", "phone"}, [][2]string{{"phone", "replace email"}, {"email", "set password"}}, [2]string{"password", "replace phone"}},
		{"a password is older", []string{"password", "email", "phone"}, [][2]string{{"phone", "replace email"}}, [2]string{"email", "replace phone"}},
	} {
		l.test(t)
	}
}

func TestR02_Laundering_ThroughUnbind(t *testing.T) {
	for _, l := range []launder{
		{"the other address goes", []string{"email", "phone"}, [][2]string{{"email", "remove phone"}}, [2]string{"email", "replace email"}},
		{"all others go", []string{"password", "authenticator", "email", "phone"}, [][2]string{
			{"email", "remove phone"}, {"email", "remove authenticator"}, {"email", "remove password"},
		}, [2]string{"email", "replace email"}},
		{"and one of the same kind comes back", []string{"email", "phone"}, [][2]string{{"email", "remove phone"}, {"email", "bind phone"}}, [2]string{"phone", "replace email"}},
		{"a new one unbinds it", []string{"password", "email"}, [][2]string{{"email", "bind phone"}, {"email", "remove password"}}, [2]string{"phone", "remove email"}},
	} {
		l.test(t)
	}
}

func TestR02_Laundering_ThroughTheAuthenticator(t *testing.T) {
	for _, l := range []launder{
		{"a new one", []string{"password", "email"}, [][2]string{{"email", "enrol"}}, [2]string{"authenticator", "replace email"}},
		{"in the place of the old", []string{"email", "authenticator"}, [][2]string{{"email", "remove authenticator"}, {"email", "enrol"}}, [2]string{"authenticator", "replace email"}},
		{"that sets a password", []string{"email", "phone"}, [][2]string{{"email", "enrol"}, {"authenticator", "set password"}}, [2]string{"password", "replace email"}},
	} {
		l.test(t)
	}
}

func TestR02_Laundering_ThroughTheUsername(t *testing.T) {
	chosen := func(c *association.Config) { c.Policy.AllowUsernameChange = true }
	launder{"", []string{"password", "email"}, [][2]string{{"email", "name"}, {"email", "remove password"}}, [2]string{"email", "replace email"}}.test(t, chosen)
}

// What was set under two factors counts as each, and what came of one that is gone
// stays as old as it is.
func TestR02_Laundering_AChainCountsAsItsFirst(t *testing.T) {
	p := people(t).person("ada", false, "password", "email")
	p.must("email", "bind phone")
	p.clock.Advance(rootedFor - time.Hour)
	p.must("phone", "set password") // an hour before the phone outlives the mailbox
	p.clock.Advance(2 * time.Hour)
	p.mustNot("password", "replace email")
	// The phone vouches for itself now, and so may what it sets.
	p.must("phone", "set password")
	p.must("password", "replace email")
}

// The list of what is gone cannot be filled by whoever holds one factor, so that what
// goes last goes unseen.
func TestR02_Laundering_WhatIsGoneIsNotPushedOut(t *testing.T) {
	p := people(t).person("ada", false, "password", "email", "phone")
	p.must("email", "replace phone")
	for range 40 {
		p.must("email", "replace phone")
	}
	p.clock.Advance(rootedFor - time.Hour)
	if err := p.reset("email"); err != nil {
		t.Fatal(err)
	}
	p.must("email", "remove phone")
	p.clock.Advance(2 * time.Hour)
	p.mustNot("email", "replace email")
	p.clock.Advance(rootedFor - time.Hour)
	p.must("password", "replace email")
}

// A password that somebody set after one was reset is one more that can go.
func TestR02_Laundering_TheSecondPasswordIsGoneToo(t *testing.T) {
	p := people(t).person("ada", false, "email", "authenticator", "password")
	thief := func() {
		if err := p.reset("email"); err != nil {
			t.Fatal(err)
		}
	}
	thief()
	p.clock.Advance(time.Hour)
	p.must("authenticator", "set password") // its owner has it again
	p.must("email", "remove authenticator")
	p.clock.Advance(rootedFor - 2*time.Hour)
	thief()
	p.clock.Advance(3 * time.Hour)
	p.mustNot("email", "replace email")
}

// No honest flow has to wait: nothing older and independent is there to be asked.
func TestR02_HonestFlowsDoNotWait(t *testing.T) {
	for _, tt := range []struct {
		name    string
		factors []string
		steps   [][2]string
	}{
		{"an email alone is replaced over and over", []string{"email"}, [][2]string{{"email", "replace email"}, {"email", "replace email"}, {"email", "replace email"}}},
		{"a phone alone too", []string{"phone"}, [][2]string{{"phone", "replace phone"}, {"phone", "replace phone"}}},
		{"a first password is set and the email replaced", []string{"email"}, [][2]string{{"email", "set password"}, {"email", "replace email"}}},
		{"a password that is known replaces everything", []string{"password", "email", "phone"}, [][2]string{
			{"password", "replace email"}, {"password", "replace phone"}, {"password", "set password"}, {"password", "replace email"}, {"password", "remove phone"},
		}},
		{"a second address does not hinder the first", []string{"email"}, [][2]string{{"email", "bind phone"}, {"email", "replace email"}}},
		{"a password of one's own change is no loss", []string{"password", "email"}, [][2]string{{"password", "set password"}, {"password", "remove password"}, {"email", "replace email"}}},
		{"an authenticator comes and goes", []string{"password", "email"}, [][2]string{{"password", "enrol"}, {"authenticator", "replace email"}, {"authenticator", "remove authenticator"}, {"password", "replace email"}}},
	} {
		for _, fresh := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				p := people(t).person("ada", fresh, tt.factors...)
				for _, s := range tt.steps {
					p.must(s[0], s[1])
				}
			})
		}
	}
}

// TestR02_EveryChangeAsksForTheStrongest, but for the replacing of that one: a sudo by the
// address that was bound later serves nothing else.
func TestR02_EveryChangeAsksForTheStrongest(t *testing.T) {
	for _, tt := range []struct{ first, what string }{
		{"", "enrol"}, {"", "name"}, {"remove username", "name"}, {"", "set password"}, {"", "remove username"}, {"", "delete"},
		{"set password", "remove password"}, {"enrol", "remove authenticator"},
	} {
		t.Run(tt.first+" "+tt.what, func(t *testing.T) {
			p := people(t, strongest, func(c *association.Config) { c.Policy.AllowDelete = true }).person("ada", false, "email", "phone")
			if tt.first != "" {
				p.must("email", tt.first)
			}
			for by, want := range map[string]error{"phone": association.ErrSudoRequired, "email": nil} {
				sudo, err := p.sudo(by)
				if err != nil {
					t.Fatalf("sudo by %s: %v", by, err)
				}
				try := func() error { return p.probe(sudo, tt.what) }
				if tt.what == "delete" {
					try = func() error { return p.svc.Delete(t.Context(), p.c, association.DeleteRequest{SudoToken: sudo}) }
					if want == nil {
						continue
					}
				}
				if err := try(); !errors.Is(err, want) {
					t.Errorf("under %s: %v, want %v", by, err, want)
				}
			}
		})
	}
}

// What an address set of late does not oust it, nor another in its place: whoever holds
// it, or held it, has no more than it for a day.
func TestR02_Laundering_AChildDoesNotOustItsParent(t *testing.T) {
	for name, tt := range map[string]struct {
		factors []string
		steps   [][2]string
		strike  [2]string
	}{
		"a first password":                  {[]string{"email"}, [][2]string{{"email", "set password"}}, [2]string{"password", "replace email"}},
		"a second address":                  {[]string{"email"}, [][2]string{{"email", "bind phone"}}, [2]string{"phone", "replace email"}},
		"what a replaced mailbox reset":     {[]string{"email", "phone"}, [][2]string{{"reset", "email"}, {"phone", "replace email"}}, [2]string{"password", "replace email"}},
		"what a removed one did, the other": {[]string{"email", "phone"}, [][2]string{{"reset", "email"}, {"phone", "remove email"}}, [2]string{"password", "replace phone"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := people(t).person("ada", false, tt.factors...)
			for _, s := range tt.steps {
				if s[0] != "reset" {
					p.must(s[0], s[1])
				} else if err := p.reset(s[1]); err != nil {
					t.Fatal(err)
				}
			}
			at := p.clock.Now()
			p.mustNot(tt.strike[0], tt.strike[1])
			p.clock.Advance(rootedFor - time.Minute - p.clock.Now().Sub(at))
			p.mustNot(tt.strike[0], tt.strike[1])
			p.clock.Advance(2 * time.Minute)
			p.must(tt.strike[0], tt.strike[1])
		})
	}
}

// A password whose mailbox has gone is worth less than any address.
func TestR02_AnOrphanIsTheWeakest(t *testing.T) {
	p := people(t, strongest).person("ada", false, "phone", "email")
	if err := p.reset("email"); err != nil {
		t.Fatal(err)
	}
	p.must("phone", "replace email")
	p.mustNot("password", "enrol")
	if got := p.strongest(); got != "phone" {
		t.Errorf("the strongest is the %s", got)
	}
}

// All passwords of an account have one name: what an older one set vouches for the
// removal of the present one no more than of anything else.
func TestR02_Laundering_AnOlderPasswordsChild(t *testing.T) {
	p := people(t).person("ada", false, "email", "authenticator")
	if err := p.reset("email"); err != nil { // the thief
		t.Fatal(err)
	}
	p.clock.Advance(rootedFor - time.Hour)
	p.must("password", "bind phone")
	p.must("authenticator", "set password") // the owner
	p.must("password", "remove authenticator")
	p.clock.Advance(2 * time.Hour)
	p.mustNot("phone", "replace email")
	p.must("phone", "remove password")
	p.mustNot("phone", "replace email")
}

// What set an address does not go unseen under it, though the address counts as it.
func TestR02_Laundering_AChildDoesNotHideItsParent(t *testing.T) {
	for name, tt := range map[string]struct{ parent, goes string }{
		"a password that is reset":   {"password", "reset"},
		"a password that is removed": {"password", "remove password"},
		"an authenticator":           {"authenticator", "remove authenticator"},
	} {
		t.Run(name, func(t *testing.T) {
			p := people(t).person("ada", false, tt.parent)
			p.must(tt.parent, "bind email") // today
			p.mustNot("email", "replace email")
			if tt.goes != "reset" {
				p.must("email", tt.goes)
			} else if err := p.reset("email"); err != nil {
				t.Fatal(err)
			}
			p.mustNot("email", "replace email")
			p.clock.Advance(rootedFor - time.Minute)
			p.mustNot("email", "replace email")
		})
	}
}

// A sign-in that stood in for a factor does so no more once there is one that it has not
// set, whatever it was used for before.
func TestR02_Laundering_AnOldSignInBesideAFactor(t *testing.T) {
	for name, tt := range map[string]struct{ first, owners, then string }{
		"unused, beside an address":        {"", "bind email", "set password"},
		"used, beside an address":          {"begin to enrol", "bind email", "set password"},
		"unused, beside an authenticator":  {"", "enrol", "remove authenticator"},
		"used, beside an authenticator":    {"begin to enrol", "enrol", "set password"},
		"used for another, beside another": {"bind phone", "bind email", "set password"},
	} {
		t.Run(name, func(t *testing.T) {
			w := people(t)
			owner := w.person("ada", false)
			thief := *owner
			thief.address = map[string]string{}
			thief.c = w.hostCaller(owner.c.Actor.Account, "the thief's session")
			thief.c.Actor.AuthenticatedAt, owner.c.Actor.AuthenticatedAt = w.clock.Now(), w.clock.Now()
			grant, err := thief.sudo("sign_in")
			if err != nil {
				t.Fatal(err)
			}
			own, err := owner.sudo("sign_in")
			if err != nil {
				t.Fatal(err)
			}
			switch tt.first {
			case "":
			case "begin to enrol":
				if _, err := w.svc.EnrolAuthenticator(t.Context(), thief.c, association.EnrolRequest{SudoToken: grant}); err != nil {
					t.Fatal(err)
				}
			default:
				if err := thief.use(grant, tt.first); err != nil {
					t.Fatal(err)
				}
				if err := owner.use(own, tt.owners); !errors.Is(err, association.ErrSudoRequired) {
					t.Errorf("the other's too: %v", err)
				}
				return
			}
			if err := owner.use(own, tt.owners); err != nil {
				t.Fatal(err)
			}
			if err := thief.use(grant, tt.then); !errors.Is(err, association.ErrSudoRequired) {
				t.Errorf("%s: %v, want ErrSudoRequired", tt.then, err)
			}
			if err := owner.use(own, "set password"); err != nil {
				t.Errorf("beside what it has set itself: %v", err)
			}
		})
	}
}
