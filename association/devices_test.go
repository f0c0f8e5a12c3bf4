package association_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

func (w *world) devices(c association.Caller) []association.Device {
	w.t.Helper()
	all, err := w.svc.Devices(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestDevicesAreTheLiveSessions(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	w.member("bob")
	w.signIn("bob")
	start := w.clock.Now()
	old := device("the laptop")
	old.UserAgent = "Browser/1"
	s1, err := w.svc.SignIn(t.Context(), old, association.SignInRequest{Identifier: "ada", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	s2, err := w.svc.SignIn(t.Context(), device("the phone"), association.SignInRequest{VerificationToken: w.prove(device("the phone"), "email", "ada@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	if s1, err = w.svc.Refresh(t.Context(), old, s1.Refresh); err != nil {
		t.Fatal(err)
	}
	c, s3 := w.signIn("ada")
	if err := w.svc.SignOut(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	c = w.as(device("the phone"), s2)
	got := w.devices(c)
	want := []association.Device{
		{Session: s1.ID, Name: "the laptop", UserAgent: "Browser/1", Factor: "password", SignedInAt: start, UsedAt: start.Add(2 * time.Minute), Expires: s1.Expires},
		{Session: s2.ID, Name: "the phone", Factor: "email", SignedInAt: start.Add(time.Minute), UsedAt: start.Add(time.Minute), Expires: s2.Expires, Current: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("the devices are\n%+v, want\n%+v", got, want)
	}
	for _, d := range got {
		if d.Session == s3.ID {
			t.Error("one that is signed out is among them")
		}
	}
	// Seen from a session of the host's, even one of the same name, none is current.
	host := w.hostCaller(id, s2.ID)
	if slices.ContainsFunc(w.devices(host), func(d association.Device) bool { return d.Current }) {
		t.Error("the host's session is one of ligature's")
	}
	w.clock.Advance(29*24*time.Hour + 23*time.Hour + 59*time.Minute)
	if got := w.devices(host); len(got) != 1 || got[0].Session != s1.ID {
		t.Errorf("when one has expired the devices are %+v", got)
	}
	if err := w.svc.EndAccountSessions(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := w.devices(host); len(got) != 0 {
		t.Errorf("of an old epoch there are %+v", got)
	}
}

func TestEndDeviceEndsOneOfMyOwn(t *testing.T) {
	w, watch := watchedWorld(t)
	id := w.member("ada")
	w.member("eve")
	eve, eveS := w.signIn("eve")
	c, own := w.signIn("ada")
	_, other := w.signIn("ada")
	sudo := w.sudo(c)
	before := watch.writes()
	for name, target := range map[string]string{
		"another account's": eveS.ID, "no such": "AAAAAAAAAAAAAAAAAAAAAA", "nothing": "", "not an ID": "\x00 \xff", "a token": own.Access.Reveal(),
	} {
		if err := w.svc.EndDevice(t.Context(), c, target); err != nil {
			t.Errorf("%s: %v, want no error", name, err)
		}
	}
	if watch.writes() != before || !w.alive(eveS.Access) {
		t.Error("something that is not mine has ended")
	}
	if err := w.svc.EndDevice(t.Context(), c, other.ID); err != nil || w.alive(other.Access) || !w.alive(own.Access) {
		t.Errorf("another of mine: %v", err)
	}
	if _, err := w.refresh(other.Refresh); !errors.Is(err, association.ErrInvalidGrant) {
		t.Errorf("its refresh token: %v", err)
	}
	before = watch.writes()
	if err := w.svc.EndDevice(t.Context(), c, other.ID); err != nil || watch.writes() != before {
		t.Errorf("again: %v", err)
	}
	if w.epoch(id) != 0 {
		t.Error("the epoch was raised")
	}
	if err := w.bind(c, "phone", phoneNumber, sudo, w.prove(c, "phone", phoneNumber)); err != nil {
		t.Errorf("the acting session's sudo: %v", err)
	}
	if err := w.svc.EndDevice(t.Context(), c, own.ID); err != nil || w.alive(own.Access) {
		t.Errorf("the acting one: %v", err)
	}
	if err := w.svc.EndDevice(t.Context(), c, own.ID); !errors.Is(err, association.ErrUnauthenticated) {
		t.Errorf("from the session that has ended: %v", err)
	}
	if err := w.svc.EndDevice(t.Context(), w.hostCaller(id, "s"), eve.Actor.Session); err != nil || !w.alive(eveS.Access) {
		t.Errorf("another's, from a session of the host's: %v", err)
	}
}

// TestR64_AllOtherSessionsEndAtMyWord: with the acting one or without, and with all that
// was proved in them.
func TestR64_AllOtherSessionsEndAtMyWord(t *testing.T) {
	for _, keep := range []bool{true, false} {
		for _, byHost := range []bool{true, false} {
			t.Run(fmt.Sprintf("keep %t host %t", keep, byHost), func(t *testing.T) {
				duties := &hostDuties{}
				w, _ := watchedWorld(t, duties.on)
				id := w.member("ada", "email", "ada@example.com")
				c, own := w.signIn("ada")
				if byHost {
					c = w.hostCaller(id, "the host's")
				}
				_, other := w.signIn("ada")
				guest := device("d")
				code := w.prove(guest, "email", "ada@example.com")
				sudo := w.sudo(c)
				proof := w.prove(c, "phone", phoneNumber)
				w.clock.Advance(time.Second)
				if err := w.svc.EndSessions(t.Context(), c, association.EndSessionsRequest{KeepCurrent: keep}); err != nil {
					t.Fatal(err)
				}
				if w.alive(other.Access) || w.epoch(id) != 1 {
					t.Error("another session lives")
				}
				if want := keep && !byHost; w.alive(own.Access) != want {
					t.Errorf("the first session lives: %t", !want)
				}
				_, signIn := w.svc.SignIn(t.Context(), guest, association.SignInRequest{VerificationToken: code})
				allRefused(t, association.ErrInvalidProof, map[string]error{"a code to sign in": signIn})
				except := ""
				if keep && byHost {
					except = "the host's"
				}
				want := fmt.Sprintf("revoke %s except %q before %s", id, except, w.clock.Now().Format(time.RFC3339))
				if got := duties.since(); !slices.Equal(got, []string{want}) {
					t.Errorf("the host was told %q, want %q", got, want)
				}
				bind := w.bind(c, "phone", phoneNumber, sudo, proof)
				switch {
				case keep:
					allRefused(t, association.ErrInvalidProof, map[string]error{"what was proved before": bind})
					if err := w.bind(c, "phone", phoneNumber, sudo, w.prove(c, "phone", phoneNumber)); err != nil {
						t.Errorf("the sudo of the session that stays: %v", err)
					}
				case byHost: // it ends when the host hears of it; its sudo has already
					allRefused(t, association.ErrSudoRequired, map[string]error{"what was proved before": bind})
					fresh := w.prove(c, "phone", phoneNumber)
					allRefused(t, association.ErrSudoRequired, map[string]error{"the sudo of before": w.bind(c, "phone", phoneNumber, sudo, fresh)})
				default:
					allRefused(t, association.ErrUnauthenticated, map[string]error{"the session that ended": bind})
				}
			})
		}
	}
}

// A session alone ends the others five times an hour, and no more: each time kills what
// the owner has asked for to come back by.
func TestR27_ASessionAloneKeepsNobodyFromRecovering(t *testing.T) {
	for name, tt := range map[string]struct {
		host, keep bool
		bounded    bool
	}{
		"the others": {false, true, true}, "all, in a session of the host's": {true, false, true}, "all": {false, false, false},
	} {
		w := newWorld(t, func(c *association.Config) {
			much, b := association.Limit{N: 1000, Per: time.Hour}, &c.Policy.Budgets
			b.SendsPerIP, b.SendsPerTarget, b.SendsPerTargetLong = much, much, much
		})
		id := w.member("ada", "email", "ada@example.com")
		var told *association.Error
		for i := range 8 {
			thief := w.hostCaller(id, "s")
			if !tt.host {
				thief, _ = w.signIn("ada")
			}
			owner := device(fmt.Sprint("the owner's ", i))
			token := w.prove(owner, "email", "ada@example.com")
			w.clock.Advance(time.Second)
			err := w.svc.EndSessions(t.Context(), thief, association.EndSessionsRequest{KeepCurrent: tt.keep})
			if !tt.bounded || i < 5 {
				if err != nil {
					t.Fatalf("%s, %d: %v", name, i, err)
				}
				w.clock.Advance(time.Second)
				continue
			}
			if !errors.Is(err, association.ErrRateLimited) || !errors.As(err, &told) || told.RetryAfter <= 0 {
				t.Errorf("%s, %d: %v, want ErrRateLimited", name, i, err)
			}
			if err := w.tryReset(owner, token, "the owner's own"); err != nil {
				t.Errorf("%s: the owner's reset: %v", name, err)
			}
			break
		}
	}
}

// Whoever has proved who they are ends the others however often a session alone did.
func TestR27_ASudoLiftsTheLimitOfEndingOthers(t *testing.T) {
	w := newWorld(t)
	p := w.person("ada", false, "password")
	thief := w.hostCaller(p.c.Actor.Account, "the thief's session")
	for range 5 {
		if err := w.svc.EndSessions(t.Context(), thief, association.EndSessionsRequest{KeepCurrent: true}); err != nil {
			t.Fatal(err)
		}
	}
	allRefused(t, association.ErrRateLimited, map[string]error{
		"by a session": w.svc.EndSessions(t.Context(), p.c, association.EndSessionsRequest{KeepCurrent: true}),
	})
	if _, err := p.sudo("password"); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if err := w.svc.EndSessions(t.Context(), p.c, association.EndSessionsRequest{KeepCurrent: true}); err != nil {
			t.Errorf("with sudo: %v", err)
		}
	}
}
