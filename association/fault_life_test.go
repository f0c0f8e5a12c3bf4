package association_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// wholeLife is what else may become of an account, step by step: it begins as a guest,
// signs up, gets and loses methods, signs in elsewhere and is ended by the host. Each
// step may be repeated if its answer was lost.
func wholeLife(issue func(account string) association.Token) []step {
	const email, phone = "guest@example.com", "+8613800000000"
	// done is a step that has no result.
	done := func(name string, run func(ctx context.Context, x *ceremony, c association.Caller) error) step {
		return step{name, func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			return true, run(ctx, x, c)
		}}
	}
	// read is one that has a result and no effect.
	read := func(name string, run func(ctx context.Context, x *ceremony, c association.Caller) (int, error)) step {
		return step{name, func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			n, err := run(ctx, x, c)
			if err == nil && n == 0 {
				err = errors.New("nothing was read")
			}
			return n == 0, err
		}}
	}
	signedIn := done("authenticate", func(ctx context.Context, x *ceremony, _ association.Caller) (err error) {
		x.c.Actor, err = x.l.svc.Authenticate(ctx, x.session.Access)
		return err
	})
	return []step{
		read("import all", func(ctx context.Context, x *ceremony, _ association.Caller) (int, error) {
			all := []association.ImportedAccount{{ID: "one"}, {ID: "two", Identifiers: identifiers("username", "two")}}
			if _, err := x.l.svc.ImportAll(ctx, slices.Values(all), nil); err != nil {
				return 0, err // what it says it imported, it has
			}
			return len(all), nil
		}),
		{"sign in anonymously", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.guest, err = x.l.svc.SignInAnonymously(ctx, c)
			return x.guest.Access.IsZero(), err
		}},
		sendStep("email", email), verifyStep(),
		{"upgrade", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.session, err = x.l.svc.SignUp(ctx, c, association.SignUpRequest{VerificationToken: x.proof.Token, AnonymousToken: x.guest.Access})
			return x.session.Access.IsZero(), err
		}},
		signedIn,
		sendStep("email", email), verifyStep(),
		{"sudo by code", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.sudo, err = x.l.svc.Sudo(ctx, c, association.SudoRequest{VerificationToken: x.proof.Token})
			return x.sudo.Token.IsZero(), err
		}},
		done("set username", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.SetUsername(ctx, c, association.UsernameRequest{Username: "guest", SudoToken: x.sudo.Token})
		}),
		done("set profile", func(ctx context.Context, x *ceremony, c association.Caller) error {
			name := "Guest"
			return x.l.svc.SetProfile(ctx, c, association.ProfileRequest{Name: &name})
		}),
		{"enrol", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			e, err := x.l.svc.EnrolAuthenticator(ctx, c, association.EnrolRequest{SudoToken: x.sudo.Token})
			if err == nil {
				x.app = appOf(x.l.t, e)
			}
			return e.Secret.IsZero() && e.QRCode == nil, err
		}},
		done("confirm", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.ConfirmAuthenticator(ctx, c, x.app.code(x.l.clock.Now()))
		}),
		{"sudo by app", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			g, err := x.l.svc.Sudo(ctx, c, association.SudoRequest{AuthenticatorCode: x.app.code(x.l.clock.Now().Add(30 * time.Second))})
			if err == nil {
				x.sudo = g
			}
			return g.Token.IsZero(), err
		}},
		sendStep("phone", phone), verifyStep(),
		{"bind", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			var err error
			x.bound, err = x.l.svc.Bind(ctx, c, association.BindRequest{Kind: "phone", To: phone, SudoToken: x.sudo.Token, VerificationToken: x.proof.Token})
			return x.bound == association.Association{}, err
		}},
		read("methods", func(ctx context.Context, x *ceremony, c association.Caller) (int, error) {
			all, err := x.l.svc.Methods(ctx, c)
			return len(all), err
		}),
		read("devices", func(ctx context.Context, x *ceremony, c association.Caller) (int, error) {
			all, err := x.l.svc.Devices(ctx, c)
			return len(all), err
		}),
		read("history", func(ctx context.Context, x *ceremony, c association.Caller) (int, error) {
			all, err := x.l.svc.History(ctx, c, association.HistoryRequest{Limit: 100})
			return len(all.Events), err
		}),
		read("sudo state", func(ctx context.Context, x *ceremony, c association.Caller) (int, error) {
			state, err := x.l.svc.SudoState(ctx, c)
			if state.Elevated {
				return len(state.Factors), err
			}
			return 0, err
		}),
		read("find", func(ctx context.Context, x *ceremony, _ association.Caller) (int, error) {
			a, err := x.l.svc.Find(ctx, "guest")
			return len(a.ID), err
		}),
		done("check sudo", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.CheckSudo(ctx, c, x.sudo.Token)
		}),
		done("check fresh", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.CheckFresh(ctx, c, time.Hour)
		}),
		done("check association", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.CheckAssociation(ctx, c, "phone")
		}),
		done("unbind", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.Unbind(ctx, c, association.UnbindRequest{ID: x.bound.ID, SudoToken: x.sudo.Token})
		}),
		done("remove the authenticator", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.Unbind(ctx, c, association.UnbindRequest{ID: x.app.id, SudoToken: x.sudo.Token})
		}),
		{"sign in with a ticket", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
			if x.ticket.IsZero() {
				x.l.clock.Advance(time.Second) // it counts in seconds
				x.ticket = issue(x.guest.Account)
			}
			var err error
			x.second, err = x.l.svc.SignInWithTicket(ctx, c, x.ticket)
			return x.second.Access.IsZero(), err
		}},
		done("end device", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.EndDevice(ctx, c, x.second.ID)
		}),
		done("end sessions", func(ctx context.Context, x *ceremony, c association.Caller) error {
			return x.l.svc.EndSessions(ctx, c, association.EndSessionsRequest{KeepCurrent: true})
		}),
		done("end account sessions", func(ctx context.Context, x *ceremony, _ association.Caller) error {
			return x.l.svc.EndAccountSessions(ctx, x.guest.Account)
		}),
		done("disable", func(ctx context.Context, x *ceremony, _ association.Caller) error {
			return x.l.svc.Disable(ctx, x.guest.Account)
		}),
		done("enable", func(ctx context.Context, x *ceremony, _ association.Caller) error {
			return x.l.svc.Enable(ctx, x.guest.Account)
		}),
		done("delete account", func(ctx context.Context, x *ceremony, _ association.Caller) error {
			return x.l.svc.DeleteAccount(ctx, x.guest.Account)
		}),
		done("deliver", func(ctx context.Context, x *ceremony, _ association.Caller) error {
			_, err := x.l.svc.Deliver(ctx, 100)
			return err
		}),
		done("delete expired", func(ctx context.Context, x *ceremony, _ association.Caller) error {
			_, err := x.l.svc.DeleteExpired(ctx, 100)
			return err
		}),
	}
}

// TestR30_AFailingStoreIsARefusalAllLifeLong is TestR30_AFailingStoreIsARefusal for
// everything else that becomes of an account.
func TestR30_AFailingStoreIsARefusalAllLifeLong(t *testing.T) {
	// What a repeat does again, since it does no harm: ending what has ended.
	again := []string{"set_profile", "end_sessions", "sign_out"}
	once := []string{
		"sign_in_anonymously", "upgrade", "set_username", "bind", "unbind", "sign_in", "disable", "enable", "delete", "sudo",
	}
	public, private := ticketKey(1)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			k := 1
			for hit := true; hit; k++ {
				l := newLab(t, anonymously, takesTickets(public))
				x := &ceremony{l: l, c: device("d")}
				var at string
				hit, at = f.hit(t, k, x, slices.DeleteFunc(wholeLife(func(account string) association.Token {
					ticket, err := association.NewTicket(private, association.TicketRequest{KeyID: "app", Audience: "acme", Account: account, At: l.clock.Now()})
					if err != nil {
						t.Fatal(err)
					}
					return ticket
				}), ofApp))
				events := l.events(x.guest.Account)
				for _, kind := range once {
					if events[kind] != 1 {
						t.Errorf("%s: %d events %s, want 1", at, events[kind], kind)
					}
				}
				for _, kind := range again {
					if events[kind] < 1 || events[kind] > 3 {
						t.Errorf("%s: %d events %s", at, events[kind], kind)
					}
				}
				if len(events) != len(once)+len(again) {
					t.Errorf("%s: the events are %v", at, events)
				}
				for _, id := range []string{"one", "two"} {
					if _, err := l.svc.Account(t.Context(), id); err != nil {
						t.Errorf("%s: %s: %v", at, id, err)
					}
				}
			}
			if k < 65 {
				t.Errorf("the life makes %d calls: too few to be whole", k-2)
			}
		})
	}
}

// ofApp are the steps of an authenticator, whose picture takes longer to draw than all
// the others together.
func ofApp(s step) bool {
	return slices.Contains([]string{"enrol", "confirm", "sudo by app", "remove the authenticator"}, s.name)
}

// TestR30_AnAuthenticatorThatCannotBeWritten is the same for an authenticator's life.
func TestR30_AnAuthenticatorThatCannotBeWritten(t *testing.T) {
	for _, f := range faults {
		k := 1
		for hit := true; hit; k++ {
			l := newLab(t)
			x := &ceremony{l: l, account: l.imported("ada", testHash()), c: device("d")}
			x.c, x.session = l.signIn("ada")
			x.sudo.Token = l.sudo(x.c)
			var at string
			hit, at = f.hit(t, k, x, slices.DeleteFunc(wholeLife(nil), func(s step) bool { return !ofApp(s) }))
			events := l.events(x.account)
			for kind, want := range map[string]int{"enrol_authenticator": 1, "confirm_authenticator": 1, "sudo": 2, "remove_authenticator": 1} {
				if events[kind] != want {
					t.Errorf("%s: %d events %s, want %d", at, events[kind], kind, want)
				}
			}
		}
		if k < 10 {
			t.Errorf("%s: an authenticator's life makes %d calls", f.name, k-2)
		}
	}
}

// TestR30_AResetThatCannotBeWritten is the same for what hashes a password.
func TestR30_AResetThatCannotBeWritten(t *testing.T) {
	for _, f := range []fault{faults[0], faults[3]} { // each hashes
		k := 1
		for hit := true; hit; k++ {
			l := newLab(t)
			x := &ceremony{l: l, account: l.imported("ada", testHash(), "email", "ada@example.com"), c: device("d")}
			var at string
			hit, at = f.hit(t, k, x, []step{
				sendStep("email", "ada@example.com"), verifyStep(),
				{"reset", func(ctx context.Context, x *ceremony, c association.Caller) (bool, error) {
					return true, x.l.svc.ResetPassword(ctx, c, association.ResetRequest{VerificationToken: x.proof.Token, Password: "another horse"})
				}},
			})
			if l.epoch(x.account) != 1 || l.events(x.account)["reset_password"] != 1 {
				t.Errorf("%s: the epoch is %d, the events %v", at, l.epoch(x.account), l.events(x.account))
			}
			if !hit && !l.signsIn("ada", "another horse") {
				t.Errorf("%s: the password is not the new one", f.name)
			}
		}
		if k < 10 {
			t.Errorf("%s: a reset makes %d calls", f.name, k-2)
		}
	}
}

// TestR30_ADeletionThatCannotBeWritten: it ends the session that it is asked for in, so
// its repeat finds nobody.
func TestR30_ADeletionThatCannotBeWritten(t *testing.T) {
	for _, f := range faults {
		for k := 1; ; k++ {
			l := newLab(t, deletable)
			id := l.imported("ada", testHash(), "email", "ada@example.com")
			c, session := l.signIn("ada")
			sudo := l.sudo(c)
			calls, hit := 0, false
			ctx, cancel := context.WithCancel(t.Context())
			hook := func(ctx context.Context, _ string) error {
				if calls++; calls != k {
					return nil
				}
				hit = true
				if f.gone {
					cancel()
					return ctx.Err()
				}
				return errors.New("the store is broken")
			}
			if f.after {
				l.spy.after = hook
			} else {
				l.spy.before = hook
			}
			err := l.svc.Delete(ctx, c, association.DeleteRequest{SudoToken: sudo})
			cancel()
			l.spy.before, l.spy.after = nil, nil
			if !hit {
				if err != nil || k < 3 {
					t.Errorf("%s: %d calls, %v", f.name, k-1, err)
				}
				break
			}
			if err == nil {
				t.Errorf("%s, call %d: no error", f.name, k)
			}
			again := l.svc.Delete(t.Context(), c, association.DeleteRequest{SudoToken: sudo})
			if again != nil && !errors.Is(again, association.ErrUnauthenticated) {
				t.Errorf("%s, call %d: repeated: %v", f.name, k, again)
			}
			if _, err := l.svc.Account(t.Context(), id); !errors.Is(err, association.ErrBlocked) || l.events(id)["delete"] != 1 || l.alive(session.Access) {
				t.Errorf("%s, call %d: %v, %v", f.name, k, err, l.events(id))
			}
		}
	}
}

// deletable lets people delete their account.
func deletable(cfg *association.Config) { cfg.Policy.AllowDelete = true }

// TestR30_AStoreThatFailsBetweenACommitAndItsDuty: what is done is done, and the host
// hears of it by Deliver.
func TestR30_AStoreThatFailsBetweenACommitAndItsDuty(t *testing.T) {
	for k := 1; k <= 2; k++ { // the lease, and the record that it is done
		duties := &hostDuties{}
		l := newLab(t, duties.on)
		id := l.imported("ada", testHash(), "email", "ada@example.com")
		applied := 0
		l.spy.before = func(_ context.Context, call string) error {
			if call == "Apply" {
				if applied++; applied == 1+k {
					return errors.New("the store is broken")
				}
			}
			return nil
		}
		if err := l.svc.EndAccountSessions(t.Context(), id); err != nil {
			t.Fatalf("%d: %v", k, err)
		}
		l.spy.before = nil
		told := fmt.Sprintf("revoke %s except \"\" before %s", id, l.clock.Now().Format(time.RFC3339))
		want := []string{told}
		if k == 2 {
			want = []string{told, told} // it is not known that it was told, so it is told again
		}
		l.clock.Advance(2 * time.Minute)
		l.settle()
		l.settle()
		if got := duties.since(); !slices.Equal(got, want) {
			t.Errorf("the write %d fails: the host was told %q, want %q", k, got, want)
		}
	}
}
