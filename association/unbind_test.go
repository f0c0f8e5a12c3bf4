package association_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
)

func reprovingPhones(c *association.Config) {
	c.Policy.ReproveAfter = map[string]time.Duration{"phone": 180 * 24 * time.Hour}
}

// TestR52_TheLastUsableMethodStays: what counts is what would really let the person in,
// as the policy is now.
func TestR52_TheLastUsableMethodStays(t *testing.T) {
	half := 200 * 24 * time.Hour
	for _, tt := range []struct {
		name    string
		edits   []func(*association.Config)
		factors []string
		wait    time.Duration
		by      string
		remove  []string
		want    error // of the last of remove
	}{
		{"the only address", nil, []string{"email"}, 0, "email", []string{"email"}, association.ErrLastMethod},
		{"one of two addresses", nil, []string{"email", "phone"}, 0, "email", []string{"phone"}, nil},
		{"all but one", nil, []string{"password", "email", "phone"}, 0, "password", []string{"phone", "email", "password"}, association.ErrLastMethod},
		{"an address beside username and password", nil, []string{"password", "email"}, 0, "password", []string{"email"}, nil},
		{"the password beside a username alone", nil, []string{"password"}, 0, "password", []string{"password"}, association.ErrLastMethod},
		{"the password beside an address", nil, []string{"password", "email"}, 0, "password", []string{"password"}, nil},
		{"the name that the password is typed beside", nil, []string{"password"}, 0, "password", []string{"username"}, association.ErrLastMethod},
		{"a password without any name is no way in", nil, []string{"password", "email"}, 0, "password", []string{"username", "email"}, association.ErrLastMethod},
		{"beside an address that is none, the name", nil, []string{"email"}, 0, "email", []string{"username"}, nil},
		{"an authenticator is no way in, and goes", nil, []string{"email", "authenticator"}, 0, "email", []string{"authenticator"}, nil},
		{"nor does it let the address go", nil, []string{"email", "authenticator"}, 0, "authenticator", []string{"email"}, association.ErrLastMethod},
		{"the email beside a stale phone", []func(*association.Config){reprovingPhones}, []string{"email", "phone", "authenticator"}, half, "authenticator", []string{"email"}, association.ErrLastMethod},
		{"the stale phone beside the email", []func(*association.Config){reprovingPhones}, []string{"email", "phone"}, half, "email", []string{"phone"}, nil},
		{"the email beside a phone a day before", []func(*association.Config){reprovingPhones}, []string{"email", "phone"}, 178 * 24 * time.Hour, "phone", []string{"email"}, nil},
		{"the password beside a stale phone, which is a name", []func(*association.Config){reprovingPhones}, []string{"password", "phone"}, half, "password", []string{"username", "password"}, association.ErrLastMethod},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := people(t, tt.edits...).person("ada", false, tt.factors...)
			p.clock.Advance(tt.wait)
			before := p.methods()
			for i, m := range tt.remove {
				want := tt.want
				if i < len(tt.remove)-1 {
					want = nil
				}
				if err := p.do(tt.by, "remove "+m); !errors.Is(err, want) {
					t.Errorf("remove %s under %s: %v, want %v", m, tt.by, err, want)
				}
			}
			gone := len(tt.remove)
			if tt.want != nil {
				gone--
			}
			if after := p.methods(); len(after) != len(before)-gone {
				t.Errorf("of %v stay %v", before, after)
			}
		})
	}
}

// methods are the kinds of what Methods lists.
func (p *person) methods() (kinds []string) {
	p.t.Helper()
	all, err := p.svc.Methods(p.t.Context(), p.c)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range all {
		kinds = append(kinds, m.Kind)
	}
	return kinds
}

// A kind that the application does not offer any more lets nobody in.
func TestR52_AKindThatIsNotConfiguredIsNoWayIn(t *testing.T) {
	w := people(t)
	p, bob := w.person("ada", false, "email", "phone"), w.person("bob", false, "password", "email", "phone")
	later := *w
	cfg := association.Config{
		Name: "Acme", Store: w.store, Sender: w.mail, Keys: testKeys(), Now: w.clock.Now,
		Kinds: []association.Kind{email.New()}, Policy: association.Policy{UnsafeNoBudgets: true},
	}
	phone := p.idOf("phone")
	var err error
	if later.svc, err = association.New(cfg); err != nil {
		t.Fatal(err)
	}
	p.world, bob.world = &later, &later
	if err := bob.do("password", "remove email"); !errors.Is(err, association.ErrLastMethod) {
		t.Errorf("the email beside a password and names of no kind: %v, want ErrLastMethod", err)
	}
	if err := p.do("email", "remove email"); !errors.Is(err, association.ErrLastMethod) {
		t.Errorf("the email beside a phone of no kind: %v, want ErrLastMethod", err)
	}
	if got := p.methods(); !slices.Equal(got, []string{"email"}) {
		t.Errorf("Methods lists %v", got)
	}
	// What is there of it can still be cleared away, and no message is owed to it.
	sudo, err := p.sudo("email")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.svc.Unbind(t.Context(), p.c, association.UnbindRequest{ID: phone, SudoToken: sudo}); err != nil {
		t.Errorf("the phone itself: %v", err)
	}
	if n, err := p.svc.Deliver(t.Context(), 10); n != 0 || err != nil {
		t.Errorf("%d notices, %v", n, err)
	}
}

// A password that the host keeps is a way in of the host's own, and stays its own.
func TestR52_AHostsPasswordCountsAndIsNotRemoved(t *testing.T) {
	host := &hostPasswords{of: map[string]string{}}
	w := people(t, func(c *association.Config) { c.Passwords = host })
	p := w.person("ada", false, "email")
	host.of[p.c.Actor.Account], p.pass = password, password
	sudo, err := p.sudo("password")
	if err != nil {
		t.Fatal(err)
	}
	unbind := func(id string) error {
		return p.svc.Unbind(t.Context(), p.c, association.UnbindRequest{ID: id, SudoToken: sudo})
	}
	if err := unbind(association.PasswordID); !errors.Is(err, association.ErrUnsupported) {
		t.Errorf("the host's password: %v, want ErrUnsupported", err)
	}
	id := p.idOf("email")
	delete(host.of, p.c.Actor.Account)
	if err := unbind(id); !errors.Is(err, association.ErrLastMethod) {
		t.Errorf("the email, once the host took the password away: %v, want ErrLastMethod", err)
	}
	host.of[p.c.Actor.Account] = password
	if err := unbind(id); err != nil {
		t.Errorf("the email beside the host's password: %v", err)
	}
}

// TestR52_OfTwoRemovalsOfTheLastTwoOneWins, each of which was decided while both were
// there.
func TestR52_OfTwoRemovalsOfTheLastTwoOneWins(t *testing.T) {
	for range repetitions {
		p := people(t).person("ada", false, "password", "email", "phone")
		p.must("password", "remove password")
		second := *p
		second.c.Actor.Session = "another"
		byEmail, err := p.sudo("email")
		if err != nil {
			t.Fatal(err)
		}
		p.clock.Advance(rootedFor)
		byPhone, err := second.sudo("phone")
		if err != nil {
			t.Fatal(err)
		}
		if byEmail, err = p.sudo("email"); err != nil {
			t.Fatal(err)
		}
		emailID, phoneID := p.idOf("email"), p.idOf("phone")
		watch := p.store.(*watched)
		watch.meet(2)
		errs := make([]error, 2)
		together(2, func(i int) {
			if i == 0 {
				errs[i] = p.svc.Unbind(t.Context(), p.c, association.UnbindRequest{ID: phoneID, SudoToken: byEmail})
			} else {
				errs[i] = p.svc.Unbind(t.Context(), second.c, association.UnbindRequest{ID: emailID, SudoToken: byPhone})
			}
		})
		watch.before = nil
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v and %v: want one winner", errs[0], errs[1])
		}
		for _, err := range errs {
			if err != nil && !errors.Is(err, association.ErrSudoRequired) { // the winner raised the epoch
				t.Errorf("the loser: %v", err)
			}
		}
		if got := p.methods(); len(got) != 2 { // with the username
			t.Errorf("left are %v", got)
		}
	}
}

// TestR52_OfManyRemovalsThoseWinThatLeaveOne, in one session, under one grant, which
// each of them takes along into the next epoch.
func TestR52_OfManyRemovalsThoseWinThatLeaveOne(t *testing.T) {
	for range repetitions {
		p := people(t).person("ada", false, "password", "email", "phone")
		sudo, err := p.sudo("password")
		if err != nil {
			t.Fatal(err)
		}
		ids := []string{p.idOf("email"), p.idOf("phone"), p.idOf("username"), association.PasswordID}
		p.store.(*watched).meet(len(ids))
		errs := make([]error, len(ids))
		together(len(ids), func(i int) {
			errs[i] = p.svc.Unbind(t.Context(), p.c, association.UnbindRequest{ID: ids[i], SudoToken: sudo})
		})
		for i, err := range errs {
			if err != nil && !errors.Is(err, association.ErrLastMethod) {
				t.Errorf("%s: %v", ids[i], err)
			}
		}
		usable := 0
		all, err := p.svc.Methods(t.Context(), p.c)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.SignsIn {
				usable++
			}
		}
		if usable != 1 {
			t.Fatalf("%d methods let the person in, want the one that is left: %v after %v", usable, all, errs)
		}
	}
}

func TestR52_AnothersMethodIsNone(t *testing.T) {
	w := people(t)
	ada, bob := w.person("ada", false, "password", "email", "authenticator"), w.person("bob", false, "password", "email")
	sudo, err := bob.sudo("password")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{ada.idOf("email"), ada.idOf("username"), ada.idOf("authenticator"), "", "no such"} {
		if err := w.svc.Unbind(t.Context(), bob.c, association.UnbindRequest{ID: id, SudoToken: sudo}); !errors.Is(err, association.ErrNoSuchMethod) {
			t.Errorf("%q: %v, want ErrNoSuchMethod", id, err)
		}
	}
	if got := ada.methods(); len(got) != 4 {
		t.Errorf("ada has %v", got)
	}
}

// TestR52_ARemovalIsOneCommit: the address goes, the epoch rises, every other session
// ends, the history says so and every address is owed its notice, all at once.
func TestR52_ARemovalIsOneCommit(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	c, _ := w.signIn("ada")
	_, other := w.signIn("ada")
	epoch, sudo := w.epoch(id), w.sudo(c)
	before := watch.writes()
	if err := w.svc.Unbind(t.Context(), c, association.UnbindRequest{ID: methodNamed(w, c, "email"), SudoToken: sudo}); err != nil {
		t.Fatal(err)
	}
	if n := watch.writes() - before; n != 1 {
		t.Fatalf("%d commits, want 1", n)
	}
	change := watch.applied[before]
	if len(change.Unlink) != 1 || len(change.Link) != 0 || len(change.Notices) != 2 || len(change.Events) != 1 || len(change.Accounts) != 1 {
		t.Errorf("the change is %+v", change)
	}
	if e, err := association.ParseEvent(change.Events[0]); err != nil || e.Kind != association.EventUnbind || e.Association != change.Unlink[0].ID || e.Factor != "password" {
		t.Errorf("the event is %+v, %v", e, err)
	}
	if got := w.epoch(id); got != epoch+1 {
		t.Errorf("the epoch went from %d to %d", epoch, got)
	}
	if w.alive(other.Access) {
		t.Error("another session lives")
	}
	if _, err := w.svc.Methods(t.Context(), c); err != nil {
		t.Errorf("the acting session: %v", err)
	}
	if _, err := w.signInByCode("thief", "email", "ada@example.com"); !errors.Is(err, association.ErrNotRegistered) {
		t.Errorf("sign-in by the address: %v, want ErrNotRegistered", err)
	}
	if n, err := w.svc.Deliver(t.Context(), 10); n != 2 || err != nil {
		t.Errorf("delivered %d, %v, want 2", n, err)
	}
	if last, ok := w.mail.Last("ada@example.com"); !ok || !strings.Contains(last.Subject, "this address was removed") {
		t.Errorf("the address was last told %+v", last)
	}
	if last, ok := w.mail.Last(phoneNumber); !ok || !strings.Contains(last.Text, "another address was removed") {
		t.Errorf("the other address was last told %+v", last)
	}
	// Refused, nobody is told anything.
	before = watch.writes()
	w.clock.Advance(time.Second)
	if err := w.svc.Unbind(t.Context(), c, association.UnbindRequest{ID: methodNamed(w, c, "phone"), SudoToken: sudo}); err != nil {
		t.Fatal(err)
	}
	if err := w.svc.Unbind(t.Context(), c, association.UnbindRequest{ID: association.PasswordID, SudoToken: sudo}); !errors.Is(err, association.ErrLastMethod) {
		t.Errorf("the password alone: %v, want ErrLastMethod", err)
	}
	if n := watch.writes() - before; n != 1 {
		t.Errorf("%d commits for one removal and one refusal", n)
	}
}

func methodNamed(w *world, c association.Caller, kind string) string {
	w.t.Helper()
	p := person{world: w, c: c}
	return p.idOf(kind)
}

// TestR52_TheRepeatOfARemovalIsToldTheSame and takes nothing else away.
func TestR52_TheRepeatOfARemovalIsToldTheSame(t *testing.T) {
	for _, kind := range []string{"email", "password", "authenticator", "username"} {
		p := people(t).person("ada", false, "password", "email", "phone", "authenticator")
		sudo, err := p.sudo("password")
		if err != nil {
			t.Fatal(err)
		}
		r := association.UnbindRequest{ID: p.idOf(kind), SudoToken: sudo}
		c := named(p.c, "request")
		watch := p.store.(*watched)
		if err := p.svc.Unbind(t.Context(), c, r); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		epoch, writes := p.epoch(p.c.Actor.Account), watch.writes()
		if err := p.svc.Unbind(t.Context(), c, r); err != nil {
			t.Errorf("%s again: %v", kind, err)
		}
		if p.epoch(p.c.Actor.Account) != epoch || watch.writes() != writes {
			t.Errorf("%s again changed something", kind)
		}
		if err := p.svc.Unbind(t.Context(), named(p.c, "another"), r); !errors.Is(err, association.ErrNoSuchMethod) {
			t.Errorf("%s by another request: %v, want ErrNoSuchMethod", kind, err)
		}
		p.clock.Advance(time.Minute)
		if err := p.svc.Unbind(t.Context(), c, r); err == nil {
			t.Errorf("%s a minute later: it is told again", kind)
		}
	}
}

// TestR52_WithoutItsProofNothingIsRemoved: no token, one of another session, one that
// is over.
func TestR52_WithoutItsProofNothingIsRemoved(t *testing.T) {
	p := people(t).person("ada", false, "password", "email", "phone", "authenticator")
	other := *p
	other.c.Actor.Session = "another"
	sudo, err := p.sudo("password")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range p.methods() {
		for name, call := range map[string]func(association.UnbindRequest) error{
			"no token": func(r association.UnbindRequest) error {
				r.SudoToken = association.Token{}
				return p.svc.Unbind(t.Context(), p.c, r)
			},
			"another session": func(r association.UnbindRequest) error { return p.svc.Unbind(t.Context(), other.c, r) },
			"nobody":          func(r association.UnbindRequest) error { return p.svc.Unbind(t.Context(), device("d"), r) },
		} {
			err := call(association.UnbindRequest{ID: p.idOf(kind), SudoToken: sudo})
			if !errors.Is(err, association.ErrSudoRequired) && !errors.Is(err, association.ErrUnauthenticated) {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
		}
	}
	p.clock.Advance(10 * time.Minute)
	if err := p.svc.Unbind(t.Context(), p.c, association.UnbindRequest{ID: p.idOf("email"), SudoToken: sudo}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("ten minutes later: %v, want ErrSudoRequired", err)
	}
	if got := p.methods(); len(got) != 5 {
		t.Errorf("there are %v", got)
	}
}

// TestR52_WhatMethodsSaysIsWhatIsDone, over all small accounts, with one factor stale
// and not, under both policies.
func TestR52_WhatMethodsSaysIsWhatIsDone(t *testing.T) {
	for _, policy := range []func(*association.Config){reprovingPhones, func(c *association.Config) { strongest(c); reprovingPhones(c) }} {
		for _, factors := range builds("email", "phone", "authenticator") {
			for _, with := range []string{"", "password"} {
				all := slices.Clone(factors)
				if with != "" {
					all = slices.Insert(all, 0, with)
				}
				p := people(t, policy).person("ada", false, all...)
				p.clock.Advance(200 * 24 * time.Hour)
				p.agrees(t, fmt.Sprint(all))
			}
		}
	}
}

// agrees holds each flag of each method against what is done under any factor.
func (p *person) agrees(t *testing.T, name string) {
	t.Helper()
	all, err := p.svc.Methods(t.Context(), p.c)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(p.methods(), []string{"username", "phone"}) {
		p.staleAlone(t)
		return
	}
	for _, m := range all {
		if m.Kind != "username" {
			alone := *p // in a session without a live sudo, which would stand beside it
			alone.c.Actor.Session = "of " + m.Kind
			_, err := alone.sudo(m.Kind)
			if m.Sudo != (err == nil) {
				t.Errorf("%s: %s says sudo %t, and Sudo says %v", name, m.Kind, m.Sudo, err)
			}
		} else if m.Sudo {
			t.Errorf("%s: a username says that it vouches", name)
		}
		last := !p.any(t, "remove "+m.Kind, association.ErrLastMethod)
		if m.Removable == last {
			t.Errorf("%s: %s says removable %t, and Unbind says otherwise", name, m.Kind, m.Removable)
		}
		signsIn := p.signsIn(t, m)
		if m.SignsIn != signsIn {
			t.Errorf("%s: %s says that it signs in %t, and it does %t", name, m.Kind, m.SignsIn, signsIn)
		}
		if what, ok := map[string]string{"email": "replace email", "phone": "replace phone", "password": "set password", "username": "name"}[m.Kind]; ok {
			if done := p.any(t, what, association.ErrPermissionDenied); done != m.Replaceable {
				t.Errorf("%s: %s says replaceable %t, and it is %t", name, m.Kind, m.Replaceable, done)
			}
		}
	}
}

// any reports whether the change would be made under some factor; where none would, the
// last refusal is the one that is expected.
func (p *person) any(t *testing.T, what string, refusal error) bool {
	t.Helper()
	var err error
	p.c.Actor.AuthenticatedAt = p.clock.Now()
	for _, f := range p.means() {
		var sudo association.Token
		if sudo, err = p.sudo(f); err != nil {
			t.Fatalf("sudo by %s, which SudoState names: %v", f, err)
		}
		if err = p.probe(sudo, what); err == nil {
			return true
		}
		if errors.Is(err, refusal) {
			return false
		}
	}
	if !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("%s: %v", what, err)
	}
	return false
}

// staleAlone: where a stale phone is all there is, its code gives sudo beside a recent
// sign-in, and neither does without the other.
func (p *person) staleAlone(t *testing.T) {
	t.Helper()
	p.c.Actor.AuthenticatedAt = p.clock.Now().Add(-5 * time.Minute)
	if _, err := p.sudo("phone"); !errors.Is(err, association.ErrSecondProof) {
		t.Errorf("by the code to a stale phone: %v, want ErrSecondProof", err)
	}
	p.c.Actor.AuthenticatedAt = p.clock.Now()
	for _, what := range []string{"set password", "replace phone", "enrol"} {
		p.mustNot("sign_in", what)
	}
	p.clock.Advance(time.Minute)
	p.must("phone", "replace phone")
}

// signsIn reports whether the method alone lets the person in.
func (p *person) signsIn(t *testing.T, m association.Method) bool {
	t.Helper()
	var err error
	switch m.Kind {
	case "authenticator", "username":
		return false
	case "password":
		_, err = p.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada", Password: p.pass})
	default:
		_, err = p.signInByCode("d", m.Kind, p.address[m.Kind])
	}
	return err == nil
}
