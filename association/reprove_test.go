package association_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// riskTeller is a host that knows of addresses at risk.
type riskTeller struct {
	risky bool
	err   error
	asked []string
}

func (r *riskTeller) AtRisk(_ context.Context, kind, value string) (bool, error) {
	r.asked = append(r.asked, kind+" "+value)
	return r.risky, r.err
}

const reproveAfter = 180 * 24 * time.Hour

// byCodes are all that a code to an address does by itself.
func (p *person) byCodes(kind string) map[string]error {
	p.t.Helper()
	signIn, signUp := device("in"), device("up")
	errs := map[string]error{}
	_, errs["sign-in"] = p.svc.SignIn(p.t.Context(), signIn, association.SignInRequest{VerificationToken: p.prove(signIn, kind, p.address[kind])})
	_, errs["sign-up"] = p.svc.SignUp(p.t.Context(), signUp, association.SignUpRequest{VerificationToken: p.prove(signUp, kind, p.address[kind])})
	_, errs["sudo"] = p.sudo(kind)
	errs["reset"] = p.reset(kind)
	return errs
}

// TestR53_APhoneThatWasNotProvedForLongVouchesForNothingAlone, though it is shown as
// ever, and an address of a kind that is not named does not age.
func TestR53_APhoneThatWasNotProvedForLongVouchesForNothingAlone(t *testing.T) {
	for _, tt := range []struct {
		name string
		age  time.Duration
		kind string
		want error
	}{
		{"a microsecond young enough", reproveAfter - time.Microsecond, "phone", nil},
		{"180 days", reproveAfter, "phone", association.ErrSecondProof},
		{"181 days", reproveAfter + 24*time.Hour, "phone", association.ErrSecondProof},
		{"an email", 3 * reproveAfter, "email", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := people(t, reprovingPhones).person("ada", true, "email", "password", "phone")
			p.clock.Advance(tt.age)
			m, _ := p.method(tt.kind)
			if m.Value == "" || m.SignsIn != (tt.want == nil) || m.Sudo != (tt.want == nil) {
				t.Errorf("it is listed as %+v", m)
			}
			if err := p.svc.CheckAssociation(t.Context(), p.c, tt.kind); (err == nil) != (tt.want == nil) {
				t.Errorf("as an association of its kind: %v", err)
			}
			if may := slices.Contains(p.means(), tt.kind); may != (tt.want == nil) {
				t.Errorf("SudoState names it: %t", may)
			}
			for name, err := range p.byCodes(tt.kind) {
				if !errors.Is(err, tt.want) {
					t.Errorf("%s: %v, want %v", name, err, tt.want)
				}
			}
		})
	}
}

// TestR53_ThePasswordBesideItProvesItAnew, by the very token that was refused alone.
func TestR53_ThePasswordBesideItProvesItAnew(t *testing.T) {
	w := people(t, reprovingPhones)
	p := w.person("ada", false, "password", "phone")
	p.clock.Advance(reproveAfter)

	c := device("in")
	r := association.SignInRequest{VerificationToken: p.prove(c, "phone", p.address["phone"])}
	for _, tt := range []struct {
		password string
		want     error
	}{
		{"", association.ErrSecondProof}, {"wrong", association.ErrInvalidPassword}, {"", association.ErrSecondProof}, {password, nil},
	} {
		r.Password = tt.password
		if _, err := p.svc.SignIn(t.Context(), c, r); !errors.Is(err, tt.want) {
			t.Fatalf("sign-in with %q: %v, want %v", tt.password, err, tt.want)
		}
	}
	if _, err := p.signInByCode("again", "phone", p.address["phone"]); err != nil {
		t.Errorf("alone, after it: %v", err)
	}

	p.clock.Advance(reproveAfter)
	s := association.SudoRequest{VerificationToken: p.prove(p.c, "phone", p.address["phone"])}
	for _, tt := range []struct {
		password string
		want     error
	}{
		{"", association.ErrSecondProof}, {"wrong", association.ErrInvalidPassword}, {password, nil},
	} {
		s.Password = tt.password
		if _, err := p.svc.Sudo(t.Context(), p.c, s); !errors.Is(err, tt.want) {
			t.Fatalf("sudo with %q: %v, want %v", tt.password, err, tt.want)
		}
	}
	// The password is what the sudo rests on, so it may replace the phone.
	state, err := p.svc.SudoState(t.Context(), p.c)
	if err != nil || state.Factor != "password" {
		t.Errorf("the sudo rests on %s, %v", state.Factor, err)
	}
	if _, err := p.sudo("phone"); err != nil {
		t.Errorf("sudo by the phone alone, after it: %v", err)
	}
	p.clock.Advance(reproveAfter - 24*time.Hour)
	p.must("phone", "set password")
}

// TestR53_WhatIsUsedStaysProved, whatever it is used for, and no write is made for each
// use.
func TestR53_WhatIsUsedStaysProved(t *testing.T) {
	p := people(t, reprovingPhones).person("ada", false, "phone")
	for range 6 {
		p.clock.Advance(100 * 24 * time.Hour)
		if _, err := p.signInByCode("in", "phone", p.address["phone"]); err != nil {
			t.Fatalf("sign-in: %v", err)
		}
		p.clock.Advance(100 * 24 * time.Hour)
		if _, err := p.sudo("phone"); err != nil {
			t.Fatalf("sudo: %v", err)
		}
	}
	version := p.stored().Version
	for range 5 {
		p.clock.Advance(24 * time.Hour)
		if _, err := p.signInByCode("in", "phone", p.address["phone"]); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.stored().Version; got != version {
		t.Errorf("five sign-ins in five days wrote the account %d times", got-version)
	}
	p.clock.Advance(reproveAfter)
	if _, err := p.signInByCode("in", "phone", p.address["phone"]); !errors.Is(err, association.ErrSecondProof) {
		t.Errorf("unused since: %v, want ErrSecondProof", err)
	}
}

// What is bound in the place of a stale phone is proved when it is bound.
func TestR53_AnotherPhoneIsFresh(t *testing.T) {
	p := people(t, reprovingPhones).person("ada", false, "password", "phone")
	p.clock.Advance(reproveAfter)
	p.must("password", "replace phone")
	p.clock.Advance(time.Microsecond)
	for name, err := range p.byCodes("phone") {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestR53_AnAddressAtRiskVouchesForNothingAlone, and where nobody can say, for nothing at
// all.
func TestR53_AnAddressAtRiskVouchesForNothingAlone(t *testing.T) {
	for _, tt := range []struct {
		name   string
		risky  bool
		err    error
		want   error
		beside error // of a sign-in with the password beside it
	}{
		{"no risk", false, nil, nil, nil},
		{"a risk", true, nil, association.ErrSecondProof, nil},
		{"nobody can say", false, errors.New("down"), association.ErrUnavailable, association.ErrUnavailable},
		{"nobody can say, though risky", true, errors.New("down"), association.ErrUnavailable, association.ErrUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			risks := &riskTeller{}
			p := people(t, func(c *association.Config) { c.Risks = risks }).person("ada", false, "password", "phone")
			risks.risky, risks.err, risks.asked = tt.risky, tt.err, nil
			before := p.epoch(p.c.Actor.Account)
			for name, err := range p.byCodes("phone") {
				if !errors.Is(err, tt.want) {
					t.Errorf("%s: %v, want %v", name, err, tt.want)
				}
			}
			if raised := p.epoch(p.c.Actor.Account) != before; raised != (tt.want == nil) {
				t.Errorf("the password was reset: %t", raised)
			}
			as, _ := p.method("phone")
			if len(risks.asked) != 4 || risks.asked[0] != "phone "+as.Value {
				t.Errorf("the host was asked %q", risks.asked)
			}
			p.clock.Advance(time.Microsecond)
			c := device("in")
			_, err := p.svc.SignIn(t.Context(), c, association.SignInRequest{
				VerificationToken: p.prove(c, "phone", p.address["phone"]), Password: p.pass,
			})
			if !errors.Is(err, tt.beside) {
				t.Errorf("with the password beside it: %v, want %v", err, tt.beside)
			}
			asked := len(risks.asked)
			if _, err := p.svc.SignIn(t.Context(), c, association.SignInRequest{Identifier: "ada", Password: p.pass}); err != nil || len(risks.asked) != asked {
				t.Errorf("by the password: %v, and the host was asked of it", err)
			}
		})
	}
}

// A proof that is none is refused before the host is asked of the address.
func TestR53_NobodyAsksOfAnAddressWithoutItsCode(t *testing.T) {
	risks := &riskTeller{}
	p := people(t, func(c *association.Config) { c.Risks = risks }).person("ada", false, "password", "phone")
	c := device("in")
	token := p.prove(c, "phone", p.address["phone"])
	if _, err := p.svc.SignIn(t.Context(), c, association.SignInRequest{VerificationToken: token}); err != nil {
		t.Fatal(err)
	}
	risks.asked = nil
	_, spent := p.svc.SignIn(t.Context(), c, association.SignInRequest{VerificationToken: token})
	_, others := p.svc.SignIn(t.Context(), device("else"), association.SignInRequest{VerificationToken: p.prove(c, "phone", p.address["phone"])})
	if !errors.Is(spent, association.ErrInvalidProof) || !errors.Is(others, association.ErrInvalidProof) || len(risks.asked) != 0 {
		t.Errorf("%v and %v, and the host was asked %q", spent, others, risks.asked)
	}
}

// TestR53_TheRepeatOfASignInTakesItsPasswordToo, where it took one.
func TestR53_TheRepeatOfASignInTakesItsPasswordToo(t *testing.T) {
	w := people(t, reprovingPhones)
	p := w.person("ada", false, "password", "phone")
	p.clock.Advance(reproveAfter)
	c := named(device("in"), "one")
	r := association.SignInRequest{VerificationToken: p.prove(c, "phone", p.address["phone"]), Password: password}
	first, err := p.svc.SignIn(t.Context(), c, r)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.svc.SignIn(t.Context(), c, r); err != nil || again.Access.Reveal() != first.Access.Reveal() {
		t.Errorf("the repeat: %v", err)
	}
	for wrong, want := range map[string]error{"wrong": association.ErrInvalidPassword, "": association.ErrInvalidProof} {
		r.Password = wrong
		if _, err := p.svc.SignIn(t.Context(), c, r); !errors.Is(err, want) {
			t.Errorf("the repeat with the password %q: %v, want %v", wrong, err, want)
		}
	}
}

// TestR53_ALiveSudoByAnotherFactorStandsBesideACode, where there is no password to.
func TestR53_ALiveSudoByAnotherFactorStandsBesideACode(t *testing.T) {
	p := people(t, reprovingPhones).person("ada", false, "email", "phone", "authenticator")
	p.clock.Advance(reproveAfter)
	if _, err := p.sudo("phone"); !errors.Is(err, association.ErrSecondProof) {
		t.Errorf("the code alone: %v, want ErrSecondProof", err)
	}
	if _, err := p.sudo("authenticator"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.sudo("phone"); err != nil {
		t.Errorf("beside a live sudo: %v", err)
	}
	if err := p.svc.CheckAssociation(t.Context(), p.c, "phone"); err != nil {
		t.Errorf("it is proved anew: %v", err)
	}
	p.clock.Advance(reproveAfter)
	if _, err := p.sudo("authenticator"); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(10 * time.Minute)
	if _, err := p.sudo("phone"); !errors.Is(err, association.ErrSecondProof) {
		t.Errorf("beside one that is over: %v, want ErrSecondProof", err)
	}
}
