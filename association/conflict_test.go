package association_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// granter is a host's policy on transfers, which says yes unless it is told otherwise.
type granter struct {
	mu    sync.Mutex
	no    bool
	err   error
	asked []association.Transfer
}

func (g *granter) MayTransfer(_ context.Context, t association.Transfer) (bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, t)
	return !g.no, g.err
}

// merger is one that merges too.
type merger struct {
	granter
	veto   error
	merged []association.Transfer
}

func (m *merger) Merge(_ context.Context, t association.Transfer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.merged = append(m.merged, t)
	return m.veto
}

func transfersBy(t association.Transfers) func(*association.Config) {
	return func(c *association.Config) { c.Transfers = t }
}

// claimOf has all that it takes to claim an address for ada, who has a password, but the
// proof of its owner.
func (p *person) claimOf(kind, to string, resolution association.Conflict) association.BindRequest {
	p.t.Helper()
	sudo, err := p.sudo("password")
	if err != nil {
		p.t.Fatal(err)
	}
	return association.BindRequest{
		Kind: kind, To: to, SudoToken: sudo, VerificationToken: p.prove(p.c, kind, to), Conflict: resolution,
	}
}

func (p *person) claims(r association.BindRequest) error {
	_, err := p.svc.Bind(p.t.Context(), p.c, r)
	return err
}

// provedBy adds the owner's own proof to a claim.
func (p *person) provedBy(r association.BindRequest, by string) association.BindRequest {
	p.t.Helper()
	sudo, err := p.sudo(by)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Other, r.OtherSudoToken = p.c, sudo
	return r
}

// status is how the account stands in the store.
func (p *person) status() uint8 { return p.stored().Status }

func (p *person) stored() *store.Account {
	p.t.Helper()
	a, err := p.store.(*watched).Store.Account(p.t.Context(), p.c.Actor.Account)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *person) hasAddress(kind, value string) bool {
	return slices.ContainsFunc(p.stored().Associations, func(as store.Association) bool { return as.Kind == kind && string(as.Value) == value })
}

// TestR48_AConflictIsToldAfterPossessionAndKeepsBothTokens: whoever does not hold the
// address learns nothing, and who does can go on with the same two tokens.
func TestR48_AConflictIsToldAfterPossessionAndKeepsBothTokens(t *testing.T) {
	for _, resolution := range []association.Conflict{"", association.ConflictTransfer, association.ConflictDelete} {
		w := people(t)
		ada, bob := w.person("ada", false, "password"), w.person("bob", false, "email", "phone")
		r := ada.claimOf("email", bob.address["email"], resolution)
		without := r
		without.VerificationToken = association.Token{}
		if err := ada.claims(without); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%q, without possession: %v, want ErrInvalidProof", resolution, err)
		}
		before := w.store.(*watched).writes()
		for range 2 {
			if err := ada.claims(r); !errors.Is(err, association.ErrIdentifierTaken) {
				t.Errorf("%q: %v, want ErrIdentifierTaken", resolution, err)
			}
		}
		if w.store.(*watched).writes() != before || !bob.hasAddress("email", bob.address["email"]) {
			t.Errorf("%q: a refusal changed something", resolution)
		}
		bob.must("phone", "remove email")
		if err := ada.claims(r); err != nil {
			t.Errorf("%q, when it is free: %v", resolution, err)
		}
	}
}

// TestR48_TheHostIsAskedOnlyWhereTheOwnerLosesNothingElse, and where the owner is there.
func TestR48_TheHostIsAskedOnlyWhereTheOwnerLosesNothingElse(t *testing.T) {
	taken, weak := association.ErrIdentifierTaken, association.ErrSudoRequired
	for _, tt := range []struct {
		name    string
		factors []string // of the owner
		before  [][2]string
		wait    time.Duration
		proved  string // by which factor the owner is, or ""
		want    error
	}{
		{"all that there is", []string{"email"}, nil, 0, "", nil},
		{"a password too", []string{"email", "password"}, nil, 0, "", taken},
		{"another address too", []string{"email", "phone"}, nil, 0, "", taken},
		{"an authenticator too", []string{"email", "authenticator"}, nil, 0, "", taken},
		{"another address that is stale", []string{"phone", "email"}, nil, 200 * 24 * time.Hour, "", taken},
		{"a password until an hour ago", []string{"password", "email"}, [][2]string{{"email", "remove password"}}, time.Hour, "", taken},
		{"a password until yesterday", []string{"password", "email"}, [][2]string{{"email", "remove password"}}, rootedFor, "", nil},
		{"a password that it set itself", []string{"email"}, [][2]string{{"email", "set password"}}, 0, "", taken},
		{"a password that took itself away", []string{"password", "email"}, [][2]string{{"password", "remove password"}}, 0, "", nil},
		{"the owner, by the password", []string{"email", "password"}, nil, 0, "password", nil},
		{"the owner, by another address", []string{"email", "phone"}, nil, 0, "phone", nil},
		{"the owner, by an authenticator", []string{"email", "authenticator"}, nil, 0, "authenticator", nil},
		{"the owner, by that very address, beside a password", []string{"email", "password"}, nil, 0, "email", weak},
		{"the owner, by that very address, beside another", []string{"email", "phone"}, nil, 0, "email", weak},
		{"the owner, by what that address has just set", []string{"email", "phone"}, [][2]string{{"email", "set password"}}, 0, "password", weak},
		{"the owner, by that address, which is all there is", []string{"email"}, nil, 0, "email", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := &granter{}
			w := people(t, transfersBy(policy), reprovingPhones)
			ada, bob := w.person("ada", false, "password"), w.person("bob", false, tt.factors...)
			for _, s := range tt.before {
				bob.must(s[0], s[1])
			}
			w.clock.Advance(max(tt.wait, time.Microsecond))
			to := bob.address["email"]
			r := ada.claimOf("email", to, association.ConflictTransfer)
			if tt.proved != "" {
				r = bob.provedBy(r, tt.proved)
			}
			epoch := bob.stored().Epoch
			if err := ada.claims(r); !errors.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if tt.want != nil {
				if len(policy.asked) != 0 || !bob.hasAddress("email", to) || bob.stored().Epoch != epoch {
					t.Errorf("refused, the host was asked %v and bob has %+v", policy.asked, bob.stored())
				}
				return
			}
			if len(policy.asked) != 1 {
				t.Fatalf("the host was asked %d times", len(policy.asked))
			}
			asked := policy.asked[0]
			if asked.Kind != "email" || asked.Value != to || asked.To.ID != ada.c.Actor.Account || asked.From.ID != bob.c.Actor.Account ||
				asked.FromProved != (tt.proved != "") || asked.Delete {
				t.Errorf("it was asked %+v", asked)
			}
			if from, ok := asked.From.Of("email"); !ok || from.Value != to {
				t.Errorf("it was shown the owner as %+v", asked.From)
			}
			if bob.hasAddress("email", to) || !ada.hasAddress("email", to) {
				t.Error("the address did not move")
			}
		})
	}
}

func TestR48_AHostsPasswordIsSomethingElseToLose(t *testing.T) {
	policy, host := &granter{}, &hostPasswords{of: map[string]string{}}
	w := people(t, transfersBy(policy), func(c *association.Config) { c.Passwords = host })
	ada, bob := w.person("ada", false, "phone"), w.person("bob", false, "email")
	sudo, err := ada.sudo("phone")
	if err != nil {
		t.Fatal(err)
	}
	r := association.BindRequest{
		Kind: "email", To: bob.address["email"], SudoToken: sudo, Conflict: association.ConflictTransfer,
		VerificationToken: w.prove(ada.c, "email", bob.address["email"]),
	}
	host.of[bob.c.Actor.Account] = password
	if err := ada.claims(r); !errors.Is(err, association.ErrIdentifierTaken) || len(policy.asked) != 0 {
		t.Errorf("with a password of the host's: %v, want ErrIdentifierTaken", err)
	}
	host.err = errors.New("down")
	if err := ada.claims(r); !errors.Is(err, association.ErrUnavailable) || len(policy.asked) != 0 {
		t.Errorf("with a host that does not say: %v, want ErrUnavailable", err)
	}
	host.err = nil
	delete(host.of, bob.c.Actor.Account)
	if err := ada.claims(r); err != nil {
		t.Errorf("without: %v", err)
	}
}

// TestR48_AnAddressAtRiskTakesNoAccountOver, as it signs nobody in.
func TestR48_AnAddressAtRiskTakesNoAccountOver(t *testing.T) {
	policy, risks := &granter{}, &riskTeller{}
	w := people(t, transfersBy(policy), func(c *association.Config) { c.Risks = risks })
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "phone")
	r := ada.claimOf("phone", bob.address["phone"], association.ConflictTransfer)
	risks.risky = true
	if err := ada.claims(r); !errors.Is(err, association.ErrIdentifierTaken) || len(policy.asked) != 0 {
		t.Errorf("at risk: %v, and the host was asked %d times", err, len(policy.asked))
	}
	risks.err = errors.New("down")
	if err := ada.claims(r); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("nobody says: %v, want ErrUnavailable", err)
	}
	risks.risky, risks.err = false, nil
	if err := ada.claims(r); err != nil {
		t.Errorf("not at risk: %v", err)
	}
}

// TestR48_WhatTheHostSaysDecides: a no, an error and a veto change nothing, and the same
// tokens serve when it says yes.
func TestR48_WhatTheHostSaysDecides(t *testing.T) {
	policy := &merger{}
	w := people(t, transfersBy(policy))
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "password", "email")
	to := bob.address["email"]
	r := bob.provedBy(ada.claimOf("email", to, association.ConflictTransfer), "password")
	before := w.store.(*watched).writes()
	for _, tt := range []struct {
		no        bool
		err, veto error
		want      error
	}{
		{no: true, want: association.ErrIdentifierTaken},
		{err: errors.New("down"), want: association.ErrUnavailable},
		{no: true, err: errors.New("down"), want: association.ErrUnavailable},
		{veto: errors.New("both have a subscription"), want: association.ErrUnavailable},
	} {
		policy.no, policy.err, policy.veto = tt.no, tt.err, tt.veto
		policy.merged = nil
		if err := ada.claims(r); !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
		if (len(policy.merged) > 0) != (tt.veto != nil) {
			t.Errorf("%+v: merged %d times", tt, len(policy.merged))
		}
	}
	if w.store.(*watched).writes() != before || !bob.hasAddress("email", to) {
		t.Error("a refusal changed something")
	}
	policy.no, policy.err, policy.veto, policy.merged = false, nil, nil, nil
	if err := ada.claims(r); err != nil {
		t.Fatalf("granted: %v", err)
	}
	if len(policy.merged) != 1 || !policy.merged[0].FromProved || policy.merged[0].From.ID != bob.c.Actor.Account || policy.merged[0].To.ID != ada.c.Actor.Account {
		t.Errorf("merged %+v", policy.merged)
	}
}

// An account that is not there to say so is not merged.
func TestR48_WithoutBothProofsNothingIsMerged(t *testing.T) {
	policy := &merger{}
	w := people(t, transfersBy(policy))
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "email")
	if err := ada.claims(ada.claimOf("email", bob.address["email"], association.ConflictTransfer)); err != nil {
		t.Fatal(err)
	}
	if len(policy.asked) != 1 || len(policy.merged) != 0 {
		t.Errorf("asked %d times, merged %d times", len(policy.asked), len(policy.merged))
	}
}

// TestR48_ATransferIsOneCommitOverBothAccounts, and everything of the loser's that was
// outstanding is dead.
func TestR48_ATransferIsOneCommitOverBothAccounts(t *testing.T) {
	for _, resolution := range []association.Conflict{association.ConflictTransfer, association.ConflictDelete} {
		t.Run(string(resolution), func(t *testing.T) {
			gone := &deleted{}
			w := people(t, transfersBy(&granter{}), func(c *association.Config) { c.Deleter = gone })
			watch := w.store.(*watched)
			ada, bob := w.person("ada", false, "password", "email"), w.person("bob", false, "password", "email", "phone")
			old, to, other := ada.address["email"], bob.address["email"], bob.address["phone"]
			own, session := w.signIn("bob")
			ownSudo := w.sudo(own)
			signIn := w.prove(device("d"), "email", to)
			bindProof := w.prove(own, "email", "new@example.com")
			sudoCode := w.prove(own, "phone", other)
			r := bob.provedBy(ada.claimOf("email", to, resolution), "password")
			bobs, adas, before := bob.stored().Epoch, ada.stored().Epoch, watch.writes()
			if err := ada.claims(r); err != nil {
				t.Fatal(err)
			}
			change := watch.applied[before]
			var events []string
			for _, e := range change.Events {
				v, err := association.ParseEvent(e)
				if err != nil {
					t.Fatal(err)
				}
				who := map[string]string{ada.c.Actor.Account: "ada", bob.c.Actor.Account: "bob"}
				events = append(events, fmt.Sprintf("%s %s other %s", who[v.Account], v.Kind, who[v.Other]))
			}
			slices.Sort(events)
			want := []string{"ada bind other bob", "bob transferred other ada"}
			unlinked := 2 // ada's own, which is replaced, and bob's
			if resolution == association.ConflictDelete {
				want, unlinked = []string{"ada bind other bob", "bob delete other ada", "bob transferred other ada"}, 4
			}
			if !slices.Equal(events, want) {
				t.Errorf("the events are %q, want %q", events, want)
			}
			if len(change.Accounts) != 2 || len(change.Link) != 1 || len(change.Unlink) != unlinked {
				t.Errorf("the change is of %d accounts, links %d and unlinks %d", len(change.Accounts), len(change.Link), len(change.Unlink))
			}
			if bob.stored().Epoch != bobs+1 || ada.stored().Epoch != adas+1 {
				t.Error("an epoch did not rise")
			}
			if resolution == association.ConflictDelete {
				if bob.status() != 3 || len(bob.stored().Associations) != 0 || !slices.Equal(gone.accounts, []string{bob.c.Actor.Account}) {
					t.Errorf("bob is %+v, and the host was told to delete %v", bob.stored(), gone.accounts)
				}
			} else if bob.status() != 1 || !bob.hasAddress("phone", other) || len(gone.accounts) != 0 {
				t.Errorf("bob is %+v", bob.stored())
			}
			dead := map[string]error{}
			_, dead["access token"] = w.svc.Authenticate(t.Context(), session.Access)
			_, dead["refresh token"] = w.svc.Refresh(t.Context(), device("d"), session.Refresh)
			dead["sudo token"] = w.svc.SetPassword(t.Context(), own, association.PasswordRequest{SudoToken: ownSudo, Password: "another one"})
			dead["the sudo that was shown"] = w.svc.CheckSudo(t.Context(), bob.c, r.OtherSudoToken)
			dead["bind token"] = w.bind(own, "email", "new@example.com", ownSudo, bindProof)
			_, dead["sudo code"] = w.svc.Sudo(t.Context(), own, association.SudoRequest{VerificationToken: sudoCode})
			for name, err := range dead {
				if err == nil {
					t.Errorf("the loser's %s lives", name)
				}
			}
			s, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: signIn})
			if err == nil {
				t.Errorf("a sign-in code of before signs in to %s", s.Account)
			}
			w.clock.Advance(time.Second)
			if c, err := w.signInByCode("d", "email", to); err != nil || c.Actor.Account != ada.c.Actor.Account {
				t.Errorf("the address signs in to %s, %v", c.Actor.Account, err)
			}
			// What was ada's is told, and what is left of bob's; the address that moved is not.
			if _, err := w.svc.Deliver(t.Context(), 10); err != nil {
				t.Fatal(err)
			}
			for address, told := range map[string]bool{old: true, other: true, to: false} {
				last, _ := w.mail.Last(address)
				if (last.Purpose == sender.Notice) != told {
					t.Errorf("%s was last told %s", address, last.Purpose)
				}
			}
		})
	}
}

// deleted is a host that notes what it is told to delete.
type deleted struct{ accounts []string }

func (d *deleted) DeleteAccount(_ context.Context, account string) error {
	d.accounts = append(d.accounts, account)
	return nil
}

// TestR48_WhoIsLeftWithoutAWayInIsDisabled, never deleted unless that was asked for.
func TestR48_WhoIsLeftWithoutAWayInIsDisabled(t *testing.T) {
	for _, tt := range []struct {
		name       string
		factors    []string
		resolution association.Conflict
		proved     string
		status     uint8
	}{
		{"nothing is left", []string{"email"}, association.ConflictTransfer, "", 2},
		{"an authenticator is left, which lets nobody in", []string{"email", "authenticator"}, association.ConflictTransfer, "authenticator", 2},
		{"the password is left, with the username", []string{"password", "email"}, association.ConflictTransfer, "password", 1},
		{"the phone is left", []string{"email", "phone"}, association.ConflictTransfer, "phone", 1},
		{"it was to be deleted", []string{"email"}, association.ConflictDelete, "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := &granter{}
			w := people(t, transfersBy(policy))
			ada, bob := w.person("ada", false, "password"), w.person("bob", false, tt.factors...)
			r := ada.claimOf("email", bob.address["email"], tt.resolution)
			if tt.proved != "" {
				r = bob.provedBy(r, tt.proved)
			}
			before := w.store.(*watched).writes()
			if err := ada.claims(r); err != nil {
				t.Fatal(err)
			}
			if bob.status() != tt.status {
				t.Errorf("status %d, want %d", bob.status(), tt.status)
			}
			if policy.asked[0].Delete != (tt.resolution == association.ConflictDelete) {
				t.Errorf("the host was asked %+v", policy.asked[0])
			}
			disabled := slices.ContainsFunc(w.store.(*watched).applied[before].Events, func(e store.Event) bool {
				v, err := association.ParseEvent(e)
				return err == nil && v.Kind == association.EventDisable && v.Account == bob.c.Actor.Account && v.Other == ada.c.Actor.Account
			})
			if disabled != (tt.status == 2) {
				t.Errorf("the history says disabled: %t", disabled)
			}
			if _, err := w.svc.Methods(t.Context(), bob.c); errors.Is(err, association.ErrBlocked) != (tt.status != 1) {
				t.Errorf("bob, in a session of the host's: %v", err)
			}
		})
	}
}

// TestR48_TheOwnersProofIsTheirOwn: of the account that has the address, alive, in its
// own session.
func TestR48_TheOwnersProofIsTheirOwn(t *testing.T) {
	policy := &granter{}
	w := people(t, transfersBy(policy))
	ada := w.person("ada", false, "password")
	bob, cleo := w.person("bob", false, "password", "email"), w.person("cleo", false, "password", "phone")
	to := bob.address["email"]
	r := bob.provedBy(ada.claimOf("email", to, association.ConflictTransfer), "password")
	bySession := func(change func(*association.BindRequest)) association.BindRequest {
		r := r
		change(&r)
		return r
	}
	own, session := w.signIn("bob")
	ended := bySession(func(r *association.BindRequest) { r.Other, r.OtherSudoToken = own, w.sudo(own) })
	if err := w.svc.Revoke(t.Context(), device("d"), session.Access); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]association.BindRequest{
		"of another account":       cleo.provedBy(r, "password"),
		"of the acting account":    bySession(func(r *association.BindRequest) { r.Other, r.OtherSudoToken = ada.c, r.SudoToken }),
		"in another session":       bySession(func(r *association.BindRequest) { r.Other.Actor.Session = "another" }),
		"in the session of others": bySession(func(r *association.BindRequest) { r.Other = cleo.c }),
		"without its session":      bySession(func(r *association.BindRequest) { r.Other = association.Caller{} }),
		"without its token":        bySession(func(r *association.BindRequest) { r.OtherSudoToken = association.Token{} }),
		"in a session that ended":  ended,
	} {
		if err := ada.claims(r); !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("%s: %v, want ErrSudoRequired", name, err)
		}
	}
	// The owner changed the password meanwhile: what was proved before is dead.
	again := *bob
	again.c.Actor.Session = "another"
	again.must("password", "set password")
	if err := ada.claims(r); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("of an epoch that is over: %v, want ErrSudoRequired", err)
	}
	r = again.provedBy(r, "password")
	w.clock.Advance(10 * time.Minute)
	late := ada.claimOf("email", to, association.ConflictTransfer)
	late.Other, late.OtherSudoToken = r.Other, r.OtherSudoToken
	if err := ada.claims(late); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("ten minutes old: %v, want ErrSudoRequired", err)
	}
	if len(policy.asked) != 0 || !bob.hasAddress("email", to) {
		t.Errorf("the host was asked %d times", len(policy.asked))
	}
	if err := ada.claims(again.provedBy(late, "password")); err != nil {
		t.Errorf("alive: %v", err)
	}
}

func TestR48_AnUnknownResolutionOrADeadOwnerIsRefused(t *testing.T) {
	policy := &granter{}
	w := people(t, transfersBy(policy))
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "email")
	r := ada.claimOf("email", bob.address["email"], "MERGE")
	if err := ada.claims(r); !errors.Is(err, association.ErrInvalidArgument) {
		t.Errorf("MERGE: %v, want ErrInvalidArgument", err)
	}
	if err := w.svc.Disable(t.Context(), bob.c.Actor.Account); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	if err := ada.claims(ada.claimOf("email", bob.address["email"], association.ConflictTransfer)); !errors.Is(err, association.ErrIdentifierTaken) {
		t.Errorf("of a disabled account: %v, want ErrIdentifierTaken", err)
	}
	if len(policy.asked) != 0 {
		t.Errorf("the host was asked %d times", len(policy.asked))
	}
}

// TestR48_TheRepeatOfATransferIsToldTheSame, and nobody is asked again.
func TestR48_TheRepeatOfATransferIsToldTheSame(t *testing.T) {
	policy := &merger{}
	w := people(t, transfersBy(policy))
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "password", "email")
	r := bob.provedBy(ada.claimOf("email", bob.address["email"], association.ConflictTransfer), "password")
	c := named(ada.c, "request")
	first, err := w.svc.Bind(t.Context(), c, r)
	if err != nil {
		t.Fatal(err)
	}
	writes := w.store.(*watched).writes()
	again, err := w.svc.Bind(t.Context(), c, r)
	if err != nil || again != first {
		t.Errorf("the repeat is told %+v, %v, want %+v", again, err, first)
	}
	if w.store.(*watched).writes() != writes || len(policy.asked) != 1 || len(policy.merged) != 1 {
		t.Errorf("asked %d times, merged %d times", len(policy.asked), len(policy.merged))
	}
	if _, err := w.svc.Bind(t.Context(), named(ada.c, "another"), r); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("by another request: %v, want ErrInvalidProof", err)
	}
}

// TestR48_OfTwoWhoClaimOneAddressOneHasIt; for the other it then is an account's that
// has more than the address.
func TestR48_OfTwoWhoClaimOneAddressOneHasIt(t *testing.T) {
	for range repetitions {
		w := people(t, transfersBy(&granter{}))
		bob := w.person("bob", false, "email")
		to := bob.address["email"]
		claimants := []*person{w.person("ada", false, "password"), w.person("cleo", false, "password")}
		claims := []association.BindRequest{
			claimants[0].claimOf("email", to, association.ConflictTransfer), claimants[1].claimOf("email", to, association.ConflictDelete),
		}
		w.store.(*watched).meet(2)
		errs := make([]error, 2)
		together(2, func(i int) { errs[i] = claimants[i].claims(claims[i]) })
		w.store.(*watched).before = nil
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v and %v: want one winner", errs[0], errs[1])
		}
		for i, err := range errs {
			if err != nil && !errors.Is(err, association.ErrIdentifierTaken) {
				t.Errorf("the loser: %v", err)
			}
			if claimants[i].hasAddress("email", to) != (err == nil) {
				t.Errorf("claimant %d was told %v", i, err)
			}
		}
	}
}

// TestR48_WhatTheOwnerDoesBetweenTheReadAndTheWriteCounts: the decision was made on what
// was read, and its write asserts that.
func TestR48_WhatTheOwnerDoesBetweenTheReadAndTheWriteCounts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		factors []string
		proved  string
		by, do  string
		want    error
	}{
		{"adds a phone", []string{"email"}, "", "email", "bind phone", association.ErrIdentifierTaken},
		{"sets a password", []string{"email"}, "", "email", "set password", association.ErrIdentifierTaken},
		{"enrols an authenticator", []string{"email"}, "", "email", "enrol", association.ErrIdentifierTaken},
		{"ends what was proved", []string{"password", "email"}, "password", "password", "set password", association.ErrSudoRequired},
		{"proves themselves again", []string{"password", "email"}, "password", "password", "", association.ErrSudoRequired},
		{"removes the address", []string{"password", "email"}, "password", "password", "remove email", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := people(t, transfersBy(&granter{}))
			watch := w.store.(*watched)
			ada, bob := w.person("ada", false, "password"), w.person("bob", false, tt.factors...)
			to := bob.address["email"]
			r := ada.claimOf("email", to, association.ConflictTransfer)
			if tt.proved != "" {
				r = bob.provedBy(r, tt.proved)
			}
			meanwhile := func() {
				if tt.do != "" {
					bob.must(tt.by, tt.do)
				} else if _, err := bob.sudo(tt.by); err != nil {
					t.Error(err)
				}
			}
			watch.before = func(_ context.Context, call string) error {
				if call == "Apply" {
					watch.before = nil
					meanwhile()
				}
				return nil
			}
			if err := ada.claims(r); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if tt.want != nil && (!bob.hasAddress("email", to) || bob.status() != 1) {
				t.Errorf("bob is left as %+v", bob.stored())
			}
		})
	}
}

// TestR02_Laundering_ThroughATransfer: an address that goes to another account goes from
// its own as if it were removed.
func TestR02_Laundering_ThroughATransfer(t *testing.T) {
	for _, resolution := range []association.Conflict{association.ConflictTransfer, association.ConflictDelete} {
		w := people(t, transfersBy(&granter{}))
		ada, bob := w.person("ada", false, "password"), w.person("bob", false, "password", "email")
		r := ada.claimOf("email", bob.address["email"], resolution)
		if err := bob.reset("email"); err != nil {
			t.Fatal(err)
		}
		for _, by := range []string{"email", "password"} {
			if err := ada.claims(bob.provedBy(r, by)); !errors.Is(err, association.ErrSudoRequired) {
				t.Errorf("%s by %s, rooted in the address: %v, want ErrSudoRequired", resolution, by, err)
			}
		}
		w.clock.Advance(rootedFor)
		if err := ada.claims(bob.provedBy(ada.claimOf("email", bob.address["email"], resolution), "password")); err != nil {
			t.Errorf("%s, a day later: %v", resolution, err)
		}
	}
	w := people(t, transfersBy(&granter{}))
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "email", "phone")
	if err := ada.claims(bob.provedBy(ada.claimOf("email", bob.address["email"], association.ConflictTransfer), "phone")); err != nil {
		t.Fatal(err)
	}
	delete(bob.address, "email")
	w.clock.Advance(rootedFor - time.Microsecond)
	bob.mustNot("phone", "replace phone")
	w.clock.Advance(time.Microsecond)
	bob.must("phone", "replace phone")
}

// What Identify read of the owner may be older than what Bind reads of the address.
func TestR48_TheOwnersProofIsOfTheAccountAsItIs(t *testing.T) {
	policy := &granter{}
	w := people(t, transfersBy(policy))
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "password", "email")
	to := bob.address["email"]
	own, session := w.signIn("bob")
	r := ada.claimOf("email", to, association.ConflictTransfer)
	r.OtherSudoToken = w.sudo(own)
	other, err := w.svc.Identify(t.Context(), device("d"), session.Access)
	if err != nil {
		t.Fatal(err)
	}
	r.Other = other
	if err := w.svc.EndAccountSessions(t.Context(), bob.c.Actor.Account); err != nil {
		t.Fatal(err)
	}
	if err := ada.claims(r); !errors.Is(err, association.ErrSudoRequired) || len(policy.asked) != 0 || !bob.hasAddress("email", to) {
		t.Errorf("%v, asked %d, bob keeps it %t", err, len(policy.asked), bob.hasAddress("email", to))
	}
}

// TestR48_AStaleAddressTakesNoAccountOver, as it signs nobody in: a number of old may be
// somebody else's by now.
func TestR48_AStaleAddressTakesNoAccountOver(t *testing.T) {
	for _, resolution := range []association.Conflict{association.ConflictTransfer, association.ConflictDelete} {
		policy := &granter{}
		w := people(t, transfersBy(policy), reprovingPhones)
		ada, bob := w.person("ada", false, "password"), w.person("bob", false, "phone")
		w.clock.Advance(reproveAfter)
		if err := ada.claims(ada.claimOf("phone", bob.address["phone"], resolution)); !errors.Is(err, association.ErrIdentifierTaken) || len(policy.asked) != 0 {
			t.Errorf("%s: %v, and the host was asked %d times", resolution, err, len(policy.asked))
		}
		if bob.status() != 1 || !bob.hasAddress("phone", bob.address["phone"]) {
			t.Errorf("%s: it is bob's no more", resolution)
		}
	}
}

// TestR67_WhereTheTakerSitsIsNotTheLosersToRead.
func TestR67_WhereTheTakerSitsIsNotTheLosersToRead(t *testing.T) {
	w := people(t, transfersBy(&granter{}))
	ada, bob := w.person("ada", false, "password"), w.person("bob", false, "phone")
	r := ada.claimOf("phone", bob.address["phone"], association.ConflictTransfer)
	ada.c.UserAgent = "ada's browser"
	if err := ada.claims(r); err != nil {
		t.Fatal(err)
	}
	told := 0
	all, err := w.store.Events(t.Context(), bob.c.Actor.Account, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range all {
		e, err := association.ParseEvent(stored)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == association.EventTransferred || e.Kind == association.EventDisable {
			if told++; e.IP != "" || e.Device != "" || e.UserAgent != "" {
				t.Errorf("%s says %q, %q, %q", e.Kind, e.IP, e.Device, e.UserAgent)
			}
		}
	}
	if told != 2 {
		t.Errorf("%d events of the transfer, want 2", told)
	}
}
