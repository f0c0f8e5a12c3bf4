package association_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// aged is everything that an account may have outstanding, from two sessions:
// the one that will raise the epoch, and another.
type aged struct {
	w                   *world
	id                  string
	acting, other       association.Caller
	actingS, otherS     association.Session
	actingSudo          association.Token
	otherSudo           association.Token
	otherName           string
	host                association.Caller
	hostSudo            association.Token
	verified            map[string]association.Token // to bind, by address; of both sessions
	pending             map[string][2]string         // to bind, by address: ID and code
	sudoProof           association.Token            // verified, for sudo in the other session
	sudoPending         [2]string                    // in the acting session
	signInProof         association.Token
	signInPending       [2]string
	signInDevice, later association.Caller
}

func age(w *world) aged {
	w.t.Helper()
	g := aged{w: w, verified: map[string]association.Token{}, pending: map[string][2]string{}}
	g.id = w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	g.acting, g.actingS = w.signIn("ada")
	g.other, g.otherS = w.signIn("ada")
	g.host = device("host")
	g.host.Actor = association.Actor{Account: g.id, Session: "the host's", HostSession: true}
	g.actingSudo, g.otherSudo, g.hostSudo = w.sudo(g.acting), w.sudo(g.other), w.sudo(g.host)
	for i, c := range []association.Caller{g.acting, g.other} {
		verified, pending := fmt.Sprintf("verified%d@example.com", i), fmt.Sprintf("pending%d@example.com", i)
		g.verified[verified] = w.prove(c, "email", verified)
		id, code := w.code(c, "email", pending)
		g.pending[pending] = [2]string{id, code}
	}
	g.otherName = w.nameOf(g.otherS)
	g.sudoProof = w.prove(g.other, "phone", phoneNumber)
	id, code := w.code(g.acting, "email", "ada@example.com")
	g.sudoPending = [2]string{id, code}
	g.signInDevice, g.later = device("one"), device("two")
	g.signInProof = w.prove(g.signInDevice, "phone", phoneNumber)
	id, code = w.code(g.later, "phone", phoneNumber)
	g.signInPending = [2]string{id, code}
	return g
}

func TestR09_EverythingOutstandingDiesWithTheEpoch(t *testing.T) {
	raise := map[string]func(t *testing.T, g aged) error{
		"SetPassword": func(t *testing.T, g aged) error {
			return g.w.svc.SetPassword(t.Context(), g.acting, association.PasswordRequest{SudoToken: g.actingSudo, Password: password})
		},
		"replacing an address": func(t *testing.T, g aged) error {
			return g.w.bind(g.acting, "email", "new@example.com", g.actingSudo, g.w.prove(g.acting, "email", "new@example.com"))
		},
	}
	for name, raise := range raise {
		t.Run(name, func(t *testing.T) {
			w, watch := watchedWorld(t)
			g := age(w)
			before := w.epoch(g.id)
			if err := raise(t, g); err != nil {
				t.Fatal(err)
			}
			if got := w.epoch(g.id); got != before+1 {
				t.Fatalf("the epoch went from %d to %d", before, got)
			}
			writes := watch.writes()

			refused := func(what string, want, err error) {
				t.Helper()
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", what, err, want)
				}
			}
			_, err := w.svc.Authenticate(t.Context(), g.otherS.Access)
			refused("the other access token", association.ErrUnauthenticated, err)
			_, err = w.svc.ResumeSession(t.Context(), g.otherName)
			refused("the other session", association.ErrUnauthenticated, err)
			_, err = w.svc.Refresh(t.Context(), device("d"), g.otherS.Refresh)
			refused("the other refresh token", association.ErrInvalidGrant, err)
			for address, token := range g.verified {
				c, sudo, want := g.acting, g.actingSudo, association.ErrInvalidProof
				if address == "verified1@example.com" {
					c, sudo, want = g.other, g.otherSudo, association.ErrUnauthenticated
				}
				refused("the proof of "+address, want, w.bind(c, "email", address, sudo, token))
				_, err = w.svc.Bind(t.Context(), c, association.BindRequest{Kind: "email", To: address, FromSession: true})
				refused("the proof of "+address+", from the session", want, err)
			}
			for address, code := range g.pending {
				_, err = w.svc.Verify(t.Context(), g.acting, code[0], code[1])
				refused("the code to "+address, association.ErrInvalidProof, err)
			}
			_, err = w.svc.Verify(t.Context(), g.acting, g.sudoPending[0], g.sudoPending[1])
			refused("the code for sudo", association.ErrInvalidProof, err)
			refused("the other sudo token", association.ErrUnauthenticated,
				w.svc.SetPassword(t.Context(), g.other, association.PasswordRequest{SudoToken: g.otherSudo, Password: "another one"}))
			// A session of the host's lives on; what was proved in it does not.
			refused("the sudo token of a host's session", association.ErrSudoRequired,
				w.svc.SetPassword(t.Context(), g.host, association.PasswordRequest{SudoToken: g.hostSudo, Password: "another one"}))
			_, err = w.svc.SignIn(t.Context(), g.signInDevice, association.SignInRequest{VerificationToken: g.signInProof})
			refused("the proof to sign in", association.ErrInvalidProof, err)
			_, err = w.svc.SignUp(t.Context(), g.signInDevice, association.SignUpRequest{VerificationToken: g.signInProof})
			refused("the proof to sign in, at sign-up", association.ErrInvalidProof, err)
			if _, err := w.svc.Sudo(t.Context(), g.other, association.SudoRequest{VerificationToken: g.sudoProof}); err == nil {
				t.Error("the proof for sudo was taken")
			}
			if watch.writes() != writes {
				t.Error("something that was refused changed something")
			}
			// A code to sign in has no account before it is used: it verifies, and is
			// then good for nothing.
			verified, err := w.svc.Verify(t.Context(), g.later, g.signInPending[0], g.signInPending[1])
			if err == nil {
				_, err = w.svc.SignIn(t.Context(), g.later, association.SignInRequest{VerificationToken: verified.Token})
			}
			refused("the code to sign in", association.ErrInvalidProof, err)

			// Whoever acted goes on.
			if _, err := w.svc.Authenticate(t.Context(), g.actingS.Access); err != nil {
				t.Errorf("the acting access token: %v", err)
			}
			if err := w.bind(g.acting, "email", "next@example.com", g.actingSudo, w.prove(g.acting, "email", "next@example.com")); err != nil {
				t.Errorf("the acting sudo token: %v", err)
			}
			if _, err := w.svc.Refresh(t.Context(), device("d"), g.actingS.Refresh); err != nil {
				t.Errorf("the acting refresh token: %v", err)
			}
		})
	}
}

// rise is a way to raise the epoch.
type rise struct {
	name  string
	do    func(t *testing.T, g aged) error
	stays bool // the acting session does, with its sudo
}

var rises = []rise{
	{"SetPassword", func(t *testing.T, g aged) error {
		return g.w.svc.SetPassword(t.Context(), g.acting, association.PasswordRequest{SudoToken: g.actingSudo, Password: password})
	}, true},
	{"a replaced address", func(t *testing.T, g aged) error {
		return g.w.bind(g.acting, "email", "new@example.com", g.actingSudo, g.w.prove(g.acting, "email", "new@example.com"))
	}, true},
	{"another username", func(t *testing.T, g aged) error {
		return g.w.svc.SetUsername(t.Context(), g.acting, association.UsernameRequest{Username: "lovelace", SudoToken: g.actingSudo})
	}, true},
	{"a removed address", func(_ *testing.T, g aged) error { return g.unbind("email") }, true},
	{"a removed password", func(_ *testing.T, g aged) error { return g.unbind("password") }, true},
	{"a removed username", func(_ *testing.T, g aged) error { return g.unbind("username") }, true},
	{"EndSessions but this", func(t *testing.T, g aged) error {
		return g.w.svc.EndSessions(t.Context(), g.acting, association.EndSessionsRequest{KeepCurrent: true})
	}, true},
	{"EndSessions", func(t *testing.T, g aged) error {
		return g.w.svc.EndSessions(t.Context(), g.acting, association.EndSessionsRequest{})
	}, false},
	{"EndAccountSessions", func(t *testing.T, g aged) error { return g.w.svc.EndAccountSessions(t.Context(), g.id) }, false},
	{"a reset password", func(t *testing.T, g aged) error {
		c := device("reset")
		return g.w.svc.ResetPassword(t.Context(), c, association.ResetRequest{
			VerificationToken: g.w.prove(c, "email", "ada@example.com"), Password: "another one",
		})
	}, false},
	{"a transfer", func(t *testing.T, g aged) error {
		bob := g.w.hostCaller(g.w.member("bob"), "bob's")
		_, err := g.w.svc.Bind(t.Context(), bob, association.BindRequest{
			Kind: "email", To: "ada@example.com", Conflict: association.ConflictTransfer, Other: g.acting, OtherSudoToken: g.actingSudo,
			SudoToken: g.w.sudo(bob), VerificationToken: g.w.prove(bob, "email", "ada@example.com"),
		})
		return err
	}, false},
	{"Disable", func(t *testing.T, g aged) error { return g.w.svc.Disable(t.Context(), g.id) }, false},
	{"Disable and Enable", func(t *testing.T, g aged) error {
		return errors.Join(g.w.svc.Disable(t.Context(), g.id), g.w.svc.Enable(t.Context(), g.id))
	}, false},
	{"Delete", func(t *testing.T, g aged) error {
		return g.w.svc.Delete(t.Context(), g.acting, association.DeleteRequest{SudoToken: g.actingSudo})
	}, false},
	{"DeleteAccount", func(t *testing.T, g aged) error { return g.w.svc.DeleteAccount(t.Context(), g.id) }, false},
}

func (g aged) unbind(kind string) error {
	g.w.t.Helper()
	id := methodNamed(g.w, g.acting, kind)
	return g.w.svc.Unbind(g.w.t.Context(), g.acting, association.UnbindRequest{ID: id, SudoToken: g.actingSudo})
}

// outstanding uses one of everything that was made before the epoch rose, but for the
// acting session.
func (g aged) outstanding(t *testing.T, app totpApp) map[string]error {
	t.Helper()
	ctx, w, used := t.Context(), g.w, map[string]error{}
	_, used["the other access token"] = w.svc.Authenticate(ctx, g.otherS.Access)
	_, used["the other session's name"] = w.svc.ResumeSession(ctx, g.otherName)
	_, used["the other refresh token"] = w.svc.Refresh(ctx, device("d"), g.otherS.Refresh)
	for address, token := range g.verified {
		c, sudo := g.acting, g.actingSudo
		if address == "verified1@example.com" {
			c, sudo = g.other, g.otherSudo
		}
		used["the proof of "+address] = w.bind(c, "email", address, sudo, token)
		_, used["the proof of "+address+", from the session"] = w.svc.Bind(ctx, c, association.BindRequest{Kind: "email", To: address, FromSession: true})
	}
	for address, code := range g.pending {
		_, used["the code to "+address] = w.svc.Verify(ctx, g.acting, code[0], code[1])
	}
	_, used["the code for sudo"] = w.svc.Verify(ctx, g.acting, g.sudoPending[0], g.sudoPending[1])
	_, used["the proof for sudo"] = w.svc.Sudo(ctx, g.other, association.SudoRequest{VerificationToken: g.sudoProof})
	used["the other sudo token"] = w.svc.CheckSudo(ctx, g.other, g.otherSudo)
	used["the sudo token of a host's session"] = w.svc.CheckSudo(ctx, g.host, g.hostSudo)
	used["the sudo of a host's session"] = w.svc.CheckSudo(ctx, g.host, association.Token{})
	used["an authenticator that a host's session enrolled"] = w.svc.ConfirmAuthenticator(ctx, g.host, app.code(w.clock.Now()))
	used["the proof to sign in, for a reset"] = w.svc.ResetPassword(ctx, g.signInDevice, association.ResetRequest{VerificationToken: g.signInProof, Password: "a thief's"})
	_, used["the proof to sign in"] = w.svc.SignIn(ctx, g.signInDevice, association.SignInRequest{VerificationToken: g.signInProof})
	verified, err := w.svc.Verify(ctx, g.later, g.signInPending[0], g.signInPending[1])
	if err == nil {
		_, err = w.svc.SignIn(ctx, g.later, association.SignInRequest{VerificationToken: verified.Token})
	}
	used["the code to sign in"] = err
	return used
}

// TestR09_HoweverTheEpochRisesEverythingOutstandingDies, and nothing of it changes
// anything any more.
func TestR09_HoweverTheEpochRisesEverythingOutstandingDies(t *testing.T) {
	for _, r := range rises {
		t.Run(r.name, func(t *testing.T) {
			w, _ := watchedWorld(t, transfersBy(&granter{}), func(c *association.Config) {
				c.Policy.AllowDelete, c.Policy.AllowUsernameChange = true, true
			})
			g := age(w)
			app := w.enrolApp(g.host, g.hostSudo)
			before := w.epoch(g.id)
			if err := r.do(t, g); err != nil {
				t.Fatal(err)
			}
			risen := w.epoch(g.id)
			if risen <= before {
				t.Fatalf("the epoch went from %d to %d", before, risen)
			}
			is := fmt.Sprint(w.store.Account(t.Context(), g.id))
			for what, err := range g.outstanding(t, app) {
				if err == nil {
					t.Errorf("%s lives", what)
				}
			}
			if got := fmt.Sprint(w.store.Account(t.Context(), g.id)); got != is {
				t.Error("something dead changed the account")
			}
			if got := w.alive(g.actingS.Access); got != r.stays {
				t.Errorf("the acting session lives: %t", got)
			}
			if err := w.svc.CheckSudo(t.Context(), g.acting, g.actingSudo); (err == nil) != r.stays {
				t.Errorf("its sudo: %v", err)
			}
			// A proof of an address that is free by now is one to sign up with, to an account
			// of its own.
			if s, err := w.svc.SignUp(t.Context(), g.signInDevice, association.SignUpRequest{VerificationToken: g.signInProof}); err == nil && s.Account == g.id {
				t.Error("the proof to sign in lives, at sign-up")
			}
		})
	}
}

func TestR09_ASignInCodeLivesIfItWasAskedForAfterTheEpoch(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		want  error
	}{
		{"before", -time.Microsecond, association.ErrInvalidProof},
		{"at the same time", 0, association.ErrInvalidProof},
		{"a microsecond after", time.Microsecond, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := watchedWorld(t)
			w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
			c, _ := w.signIn("ada")
			sudo, proof := w.sudo(c), w.prove(c, "email", "new@example.com")
			var early association.Token
			if tt.after < 0 {
				early = w.prove(device("d"), "phone", phoneNumber)
				w.clock.Advance(-tt.after)
			}
			if err := w.bind(c, "email", "new@example.com", sudo, proof); err != nil {
				t.Fatal(err)
			}
			if tt.after >= 0 {
				w.clock.Advance(tt.after)
				early = w.prove(device("d"), "phone", phoneNumber)
			}
			w.clock.Advance(time.Minute)
			if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: early}); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// Whatever is used while the epoch rises is used before or after it: nothing of
// the old epoch is alive in the new one.
func TestR09_TheEpochRisesWhileEverythingIsUsed(t *testing.T) {
	binds := map[bool]int{}
	for round := range 64 {
		w, _ := watchedWorld(t)
		id := w.member("ada", "email", "ada@example.com")
		acting, _ := w.signIn("ada")
		other, otherS := w.signIn("ada")
		actingSudo, otherSudo := w.sudo(acting), w.sudo(other)
		replacement, addition := w.prove(acting, "email", "new@example.com"), w.prove(other, "phone", phoneNumber)
		signIn := w.prove(device("d"), "email", "ada@example.com")
		var byCode, byPassword, refreshed association.Session
		var sudo association.Grant
		errs := dbproof.Together(6, func(i int) (err error) {
			switch i {
			case 0:
				return w.bind(acting, "email", "new@example.com", actingSudo, replacement)
			case 1:
				return w.bind(other, "phone", phoneNumber, otherSudo, addition)
			case 2:
				byCode, err = w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: signIn})
			case 3:
				byPassword, err = w.svc.SignIn(t.Context(), device("e"), association.SignInRequest{Identifier: "ada", Password: password})
			case 4:
				refreshed, err = w.svc.Refresh(t.Context(), device("f"), otherS.Refresh)
			case 5:
				sudo, err = w.svc.Sudo(t.Context(), w.hostCaller(id, "host"), association.SudoRequest{Password: password})
			}
			return err
		})
		if errs[0] != nil {
			t.Fatalf("round %d: the replacement itself: %v", round, errs[0])
		}
		bound := w.bound(id)
		binds[errs[1] == nil]++
		if has := bound["phone"] != ""; has != (errs[1] == nil) {
			t.Errorf("round %d: the bind said %v, and the account has %v", round, errs[1], bound)
		}
		for i, want := range map[int][]error{
			1: {association.ErrSudoRequired, association.ErrInvalidProof, association.ErrUnauthenticated},
			2: {association.ErrInvalidProof, association.ErrNotRegistered},
			3: {}, 4: {association.ErrInvalidGrant}, 5: {},
		} {
			if errs[i] != nil && !isAny(errs[i], want) {
				t.Errorf("round %d: call %d: %v", round, i, errs[i])
			}
		}
		// The sign-in by code began in the old epoch and must not reach the new.
		if _, err := w.svc.Authenticate(t.Context(), byCode.Access); !errors.Is(err, association.ErrUnauthenticated) {
			t.Errorf("round %d: a session by a code of the old epoch lives: %v", round, err)
		}
		if _, err := w.svc.Authenticate(t.Context(), refreshed.Access); !errors.Is(err, association.ErrUnauthenticated) {
			t.Errorf("round %d: a session of the old epoch was refreshed into the new: %v", round, err)
		}
		if _, err := w.svc.Authenticate(t.Context(), otherS.Access); !errors.Is(err, association.ErrUnauthenticated) {
			t.Errorf("round %d: the other session lives: %v", round, err)
		}
		// These two are proofs by the password, which the epoch did not change: either
		// may be of the new epoch. Neither may be of the old and alive.
		if _, err := w.svc.Authenticate(t.Context(), byPassword.Access); err != nil && !errors.Is(err, association.ErrUnauthenticated) {
			t.Errorf("round %d: %v", round, err)
		}
		host := w.hostCaller(id, "host")
		err := w.bind(host, "email", "third@example.com", sudo.Token, w.prove(host, "email", "third@example.com"))
		if err != nil && !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("round %d: %v", round, err)
		}
	}
	t.Logf("the bind came first in %d of 64 rounds", binds[true])
}

func isAny(err error, of []error) bool {
	for _, want := range of {
		if errors.Is(err, want) {
			return true
		}
	}
	return false
}
