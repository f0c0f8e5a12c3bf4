package association_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/sender"
)

// field is one setting of a Policy, with its default and its bounds.
type field struct {
	name  string
	set   func(p *association.Policy, v any)
	get   func(p association.Policy) any
	def   any
	allow []any
	deny  []any
}

func durationField(name string, at func(*association.Policy) *time.Duration, def, least, most time.Duration) field {
	return field{
		name: name,
		set:  func(p *association.Policy, v any) { *at(p) = v.(time.Duration) },
		get:  func(p association.Policy) any { return *at(&p) },
		def:  def, allow: []any{least, most, def},
		deny: []any{least - time.Nanosecond, most + time.Nanosecond, -def, time.Duration(-1), time.Duration(1)},
	}
}

func limitField(name string, at func(*association.Budgets) *association.Limit, n int, per time.Duration) field {
	return field{
		name: "Budgets." + name,
		set:  func(p *association.Policy, v any) { *at(&p.Budgets) = v.(association.Limit) },
		get:  func(p association.Policy) any { return *at(&p.Budgets) },
		def:  association.Limit{N: n, Per: per}, allow: []any{association.Limit{N: 1, Per: time.Second}},
		deny: []any{
			association.Limit{N: -1, Per: time.Hour}, association.Limit{N: 5}, association.Limit{N: 5, Per: -time.Hour},
			association.Limit{N: 5, Per: time.Second - 1}, association.Limit{N: -1}, association.Limit{Per: time.Hour},
		},
	}
}

// guessesField is a limit that may be ten times its default and no more.
func guessesField(name string, at func(*association.Budgets) *association.Limit, n int, per time.Duration) field {
	f := limitField(name, at, n, per)
	f.allow = []any{association.Limit{N: 1, Per: per}, association.Limit{N: 10 * n, Per: per}, association.Limit{N: n, Per: per / 10}}
	f.deny = append(f.deny, association.Limit{N: 10*n + 1, Per: per}, association.Limit{N: 10 * n, Per: per - 1})
	return f
}

func codeTTLField(channel sender.Channel, def time.Duration) field {
	return field{
		name: "CodeTTL[" + string(channel) + "]",
		set: func(p *association.Policy, v any) {
			p.CodeTTL = map[sender.Channel]time.Duration{channel: v.(time.Duration)}
		},
		def: def, allow: []any{time.Minute, def, 10 * time.Minute},
		deny: []any{10*time.Minute + 1, 11 * time.Minute, time.Hour, time.Minute - 1, -time.Minute},
	}
}

func codeDigitsField(purpose sender.Purpose) field {
	return field{
		name:  "CodeDigits[" + string(purpose) + "]",
		set:   func(p *association.Policy, v any) { p.CodeDigits = map[sender.Purpose]int{purpose: v.(int)} },
		get:   func(p association.Policy) any { return p.CodeDigits[purpose] },
		def:   6,
		allow: []any{6, 7, 8, 9, 10},
		deny:  []any{5, 1, -6, 11, 1 << 40},
	}
}

func policyFields() []field {
	type P = association.Policy
	type B = association.Budgets
	type D = time.Duration
	type L = association.Limit
	day := 24 * time.Hour
	return []field{
		codeDigitsField(sender.Bind), codeDigitsField(sender.Sudo), codeDigitsField(sender.SignIn),
		codeTTLField(sender.Email, 10*time.Minute), codeTTLField(sender.SMS, 5*time.Minute), codeTTLField("pigeon", 10*time.Minute),
		durationField("VerificationTTL", func(p *P) *D { return &p.VerificationTTL }, 10*time.Minute, time.Minute, 10*time.Minute),
		durationField("SudoTTL", func(p *P) *D { return &p.SudoTTL }, 10*time.Minute, time.Minute, 15*time.Minute),
		durationField("RecentSignIn", func(p *P) *D { return &p.RecentSignIn }, 5*time.Minute, time.Second, 5*time.Minute),
		durationField("AccessTTL", func(p *P) *D { return &p.AccessTTL }, 2*time.Hour, 31*time.Second, day),
		durationField("RefreshTTL", func(p *P) *D { return &p.RefreshTTL }, 30*day, time.Hour, 90*day),
		durationField("EventTTL", func(p *P) *D { return &p.EventTTL }, 365*day, day, 36_500*day),
		durationField("SendTimeout", func(p *P) *D { return &p.SendTimeout }, 10*time.Second, time.Second, time.Minute),
		durationField("Budgets.ResendPause", func(p *P) *D { return &p.Budgets.ResendPause }, time.Minute, 30*time.Second, time.Hour),
		limitField("SendsPerAccount", func(b *B) *L { return &b.SendsPerAccount }, 10, time.Hour),
		limitField("SendsPerIP", func(b *B) *L { return &b.SendsPerIP }, 20, time.Hour),
		limitField("SendsPerTarget", func(b *B) *L { return &b.SendsPerTarget }, 5, time.Hour),
		limitField("SendsPerTargetLong", func(b *B) *L { return &b.SendsPerTargetLong }, 10, day),
		guessesField("WrongCodesPerTarget", func(b *B) *L { return &b.WrongCodesPerTarget }, 15, day),
		guessesField("WrongCodesPerAccount", func(b *B) *L { return &b.WrongCodesPerAccount }, 20, time.Hour),
		limitField("PasswordsPerIP", func(b *B) *L { return &b.PasswordsPerIP }, 300, time.Hour),
		guessesField("WrongPasswords", func(b *B) *L { return &b.WrongPasswords }, 5, 15*time.Minute),
		durationField("FactorRootedFor", func(p *P) *D { return &p.FactorRootedFor }, day, time.Hour, 30*day),
		guessesField("WrongAuthenticatorCodes", func(b *B) *L { return &b.WrongAuthenticatorCodes }, 15, day),
		limitField("UsernamesPerIP", func(b *B) *L { return &b.UsernamesPerIP }, 100, time.Hour),
		limitField("EndingOthersPerAccount", func(b *B) *L { return &b.EndingOthersPerAccount }, 5, time.Hour),
		limitField("AnonymousPerIP", func(b *B) *L { return &b.AnonymousPerIP }, 60, time.Hour),
		{
			name: "Quarantine",
			set:  func(p *P, v any) { p.Quarantine = v.(D) }, get: func(p P) any { return p.Quarantine },
			def: D(0), allow: []any{D(1), 90 * day, 5 * 365 * day}, deny: []any{D(-1), 5*365*day + 1},
		},
		{
			name: "ReproveAfter",
			set:  func(p *P, v any) { p.ReproveAfter = map[string]D{"email": v.(D)} },
			def:  nil, allow: []any{day, 180 * day}, deny: []any{D(0), D(-1), day - 1},
		},
		{
			name: "SudoMaxUses",
			set:  func(p *P, v any) { p.SudoMaxUses = v.(int) }, get: func(p P) any { return p.SudoMaxUses },
			def: 0, allow: []any{1, 100}, deny: []any{-1},
		},
		{
			name: "PasswordMinBytes",
			set:  func(p *P, v any) { p.PasswordMinBytes = v.(int) }, get: func(p P) any { return p.PasswordMinBytes },
			def: 8, allow: []any{8, 15, 256}, deny: []any{7, 1, -8, 257},
		},
		{
			name: "HashMemory",
			set:  func(p *P, v any) { p.HashMemory = v.(int) }, get: func(p P) any { return p.HashMemory },
			def: 256, allow: []any{76, 512, 65536}, deny: []any{75, 1, -1, 65537},
		},
		durationField("HashQueueTime", func(p *P) *D { return &p.HashQueueTime }, 2*time.Second, 10*time.Millisecond, 30*time.Second),
		{
			name: "UnsafePasswordMinBytes",
			set:  func(p *P, v any) { p.UnsafePasswordMinBytes = v.(int) },
			get:  func(p P) any { return p.UnsafePasswordMinBytes },
			def:  0, allow: []any{1, 6, 256}, deny: []any{-1, 257},
		},
	}
}

func TestR12_R13_PolicyBounds(t *testing.T) {
	// makeService runs a policy through New, which must agree with the policy itself.
	makeService := func(t *testing.T, p association.Policy) error {
		t.Helper()
		l := newWorld(t)
		_, err := association.New(association.Config{
			Name: "Acme", Store: l.store, Sender: l.mail, Keys: testKeys(), Kinds: []association.Kind{email.New()}, Policy: p,
		})
		if _, own := p.WithDefaults(); (own == nil) != (err == nil) {
			t.Errorf("New says %v, the policy itself %v", err, own)
		}
		return err
	}
	for _, f := range policyFields() {
		t.Run(f.name, func(t *testing.T) {
			defaults, err := association.Policy{}.WithDefaults()
			if err != nil {
				t.Fatal(err)
			}
			if f.get != nil && f.get(defaults) != f.def {
				t.Errorf("the default is %v, want %v", f.get(defaults), f.def)
			}
			for _, v := range f.allow {
				var p association.Policy
				f.set(&p, v)
				if err := makeService(t, p); err != nil {
					t.Errorf("%v: %v", v, err)
				}
				if filled, _ := p.WithDefaults(); f.get != nil && f.get(filled) != v {
					t.Errorf("%v became %v", v, f.get(filled))
				}
			}
			for _, v := range f.deny {
				var p association.Policy
				f.set(&p, v)
				if err := makeService(t, p); err == nil || !strings.Contains(err.Error(), "Policy."+f.name+":") {
					t.Errorf("%v: got %v, want an error that names Policy.%s", v, err, f.name)
				}
			}
		})
	}
}

// TestPolicyFieldsAreAllTested: a field that is new in Policy is missing above.
func TestPolicyFieldsAreAllTested(t *testing.T) {
	var tested []string
	for _, f := range policyFields() {
		tested = append(tested, strings.Split(f.name, "[")[0])
	}
	have := " " + strings.Join(tested, " ") + " AllowSignUp KeepImportedHashes AllowUsernameChange AllowAnonymous AllowDelete StrongestAvailable " +
		"UnsafeFirstBindWithoutSudo UnsafeNoBudgets Budgets "
	for _, s := range []struct {
		prefix string
		of     reflect.Type
	}{{"", reflect.TypeFor[association.Policy]()}, {"Budgets.", reflect.TypeFor[association.Budgets]()}} {
		for i := range s.of.NumField() {
			if name := s.prefix + s.of.Field(i).Name; !strings.Contains(have, " "+name+" ") {
				t.Errorf("Policy.%s is not tested", name)
			}
		}
	}
}

func TestR12_OnlyCodesHaveDigits(t *testing.T) {
	p := association.Policy{CodeDigits: map[sender.Purpose]int{sender.Notice: 6}}
	if _, err := p.WithDefaults(); err == nil || !strings.Contains(err.Error(), "Policy.CodeDigits") {
		t.Errorf("digits for a notice: got %v, want an error that names Policy.CodeDigits", err)
	}
}

// TestR12_CodesHaveTheirLength holds each purpose to its own setting.
func TestR12_CodesHaveTheirLength(t *testing.T) {
	digits := map[sender.Purpose]int{sender.Bind: 7, sender.Sudo: 8}
	l := newLab(t, roomy, func(cfg *association.Config) { cfg.Policy.CodeDigits = digits })
	clear(digits) // New keeps no reference
	c := l.host(l.own("email", "ada@example.com"), "s")
	for _, test := range []struct {
		purpose sender.Purpose
		caller  association.Caller
		to      string
		want    int
	}{
		{sender.Bind, c, "new@example.com", 7},
		{sender.Sudo, c, "ada@example.com", 8},
		{sender.SignIn, device("d"), "ada@example.com", 6},
	} {
		if _, code := l.ask(test.caller, test.to); len(code) != test.want {
			t.Errorf("a code for %s has %d digits, want %d", test.purpose, len(code), test.want)
		}
		all := l.out.all()
		if got := all[len(all)-1].Purpose; got != test.purpose {
			t.Errorf("the code is for %s, want %s", got, test.purpose)
		}
	}
}
