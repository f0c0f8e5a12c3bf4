package association_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// What is left of a deleted account is its ID, so that it is never used again: no
// address, no name, no password, no method, and nobody in it.
func TestADeletedAccountIsATombstone(t *testing.T) {
	for _, byHost := range []bool{false, true} {
		duties := &hostDuties{}
		l := newLab(t, unlimited, deletable, duties.on)
		id := l.imported("lovelace", testHash(), "email", "ada@example.com", "phone", phoneNumber)
		c, session := l.signIn("lovelace")
		_, other := l.signIn("lovelace")
		sudo := l.sudo(c)
		name, picture := "Ada Lovelace", "https://example.com/ada"
		if err := l.svc.SetProfile(t.Context(), c, association.ProfileRequest{Name: &name, Picture: &picture}); err != nil {
			t.Fatal(err)
		}
		app := l.addApp(c, sudo)
		bind := l.token(c, "email", "new@example.com")
		code := l.token(device("d"), "email", "ada@example.com")
		host := l.host(id, "the host's")
		hostSudo := l.sudo(host)
		l.clock.Advance(time.Second)

		if byHost {
			if err := l.svc.DeleteAccount(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		} else if err := l.svc.Delete(t.Context(), c, association.DeleteRequest{SudoToken: sudo}); err != nil {
			t.Fatal(err)
		}

		stored, err := l.spy.Store.Account(t.Context(), id)
		if err != nil || len(stored.Associations) != 0 {
			t.Fatalf("the store has %+v, %v", stored, err)
		}
		for _, private := range []string{"ada", "Ada", "lovelace", "example.com", "13800000000", "argon2", "authenticator", "password"} {
			if bytes.Contains(stored.Data, []byte(private)) {
				t.Errorf("the tombstone holds %q: %s", private, stored.Data)
			}
		}
		var fields map[string]any
		if err := json.Unmarshal(stored.Data, &fields); err != nil || len(fields) != 2 {
			t.Errorf("the tombstone is %s, want its version and when it died", stored.Data)
		}

		// The host is told what it has not said itself.
		revoke := "revoke " + id
		got := duties.since()
		if want := map[bool]int{false: 2, true: 1}[byHost]; len(got) != want || !strings.HasPrefix(got[0], revoke) || !byHost && got[1] != "delete "+id {
			t.Errorf("by the host %t, it was told %q", byHost, got)
		}

		// Nobody is in it.
		_, access := l.svc.Authenticate(t.Context(), session.Access)
		_, access2 := l.svc.Authenticate(t.Context(), other.Access)
		allRefused(t, association.ErrUnauthenticated, map[string]error{"the session": access, "another": access2})
		_, refresh := l.svc.Refresh(t.Context(), device("d"), other.Refresh)
		allRefused(t, association.ErrInvalidGrant, map[string]error{"a refresh token": refresh})
		l.clock.Advance(time.Minute)
		_, byApp := l.sudoByApp(host, app.code(l.clock.Now()))
		_, account := l.svc.Account(t.Context(), id)
		allRefused(t, association.ErrBlocked, map[string]error{
			"the host's session, by a password": l.svc.SetPassword(t.Context(), host, association.PasswordRequest{SudoToken: hostSudo, Password: password}),
			"by the app":                        byApp, "its account": account,
			"a bind": l.bind(host, "email", "new@example.com", hostSudo, bind),
		})
		_, signIn := l.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "lovelace", Password: password})
		allRefused(t, association.ErrInvalidPassword, map[string]error{"the password": signIn})
		_, byCode := l.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: code})
		allRefused(t, association.ErrNotRegistered, map[string]error{"a code of before": byCode})

		// The ID is taken for ever, the addresses and the username are free.
		_, err = l.svc.Import(t.Context(), association.ImportedAccount{ID: id})
		allRefused(t, association.ErrAccountExists, map[string]error{"an import of its ID": err})
		allRefused(t, association.ErrInvalidArgument, map[string]error{"to enable it": l.svc.Enable(t.Context(), id), "to disable it": l.svc.Disable(t.Context(), id)})
		if err := l.svc.DeleteAccount(t.Context(), id); err != nil {
			t.Errorf("again: %v", err)
		}
		if _, err := l.svc.Import(t.Context(), association.ImportedAccount{Identifiers: identifiers("email", "ada@example.com", "phone", phoneNumber, "username", "lovelace")}); err != nil {
			t.Errorf("what it had is not free: %v", err)
		}

		// Its addresses are told, each once, and then forgotten.
		l.settle()
		var told []string
		for _, m := range l.out.told() {
			if m.Purpose == sender.Notice && m.Template == sender.AccountDeleted {
				told = append(told, m.To)
			}
		}
		slices.Sort(told)
		if !slices.Equal(told, []string{phoneNumber, "ada@example.com"}) {
			t.Errorf("told were %q", told)
		}
		for _, n := range l.notices() {
			if bytes.Contains(n.Data, []byte("target")) {
				t.Errorf("a notice still has its address: %s", n.Data)
			}
		}
		if l.events(id)["delete"] != 1 {
			t.Errorf("the events are %v", l.events(id))
		}
	}
}

func TestDeleteNeedsThePolicyAndSudo(t *testing.T) {
	l := newLab(t, unlimited, deletable)
	id := l.imported("ada", testHash())
	c, session := l.signIn("ada")
	other, _ := l.signIn("ada")
	sudo := l.sudo(c)
	before := l.spy.writes()
	for name, tt := range map[string]struct {
		c     association.Caller
		token association.Token
		want  error
	}{
		"no token": {c, association.Token{}, association.ErrSudoRequired}, "another session": {other, sudo, association.ErrSudoRequired},
		"an access token": {c, session.Access, association.ErrSudoRequired}, "nobody": {device("d"), sudo, association.ErrUnauthenticated},
	} {
		if err := l.svc.Delete(t.Context(), tt.c, association.DeleteRequest{SudoToken: tt.token}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	closed := newLab(t, unlimited)
	closedID := closed.imported("ada", testHash())
	cc, _ := closed.signIn("ada")
	if err := closed.svc.Delete(t.Context(), cc, association.DeleteRequest{SudoToken: closed.sudo(cc)}); !errors.Is(err, association.ErrPermissionDenied) {
		t.Errorf("where the policy does not allow it: %v", err)
	}
	if _, err := closed.svc.Account(t.Context(), closedID); err != nil || l.spy.writes() != before {
		t.Errorf("a refusal changed something: %v", err)
	}
	l.clock.Advance(10 * time.Minute)
	if err := l.svc.Delete(t.Context(), c, association.DeleteRequest{SudoToken: sudo}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("a sudo of ten minutes: %v", err)
	}
	if err := l.svc.Delete(t.Context(), c, association.DeleteRequest{SudoToken: l.sudo(c)}); err != nil {
		t.Error(err)
	}
	if _, err := l.svc.Account(t.Context(), id); !errors.Is(err, association.ErrBlocked) {
		t.Errorf("it is still there: %v", err)
	}
}

// An account that ligature has nothing of can be deleted all the same: it is known to
// be, and does not come back.
func TestAnAccountUnknownHereIsDeletedToo(t *testing.T) {
	l := newLab(t, unlimited)
	if err := l.svc.DeleteAccount(t.Context(), "user-7"); err != nil {
		t.Fatal(err)
	}
	host := l.host("user-7", "s")
	_, err := l.svc.Sudo(t.Context(), host, association.SudoRequest{})
	allRefused(t, association.ErrBlocked, map[string]error{"sudo": err, "a profile": l.svc.SetProfile(t.Context(), host, association.ProfileRequest{})})
	for _, id := range []string{"", "a\x00", strings.Repeat("x", 129)} {
		for name, err := range map[string]error{
			"delete": l.svc.DeleteAccount(t.Context(), id), "disable": l.svc.Disable(t.Context(), id),
			"enable": l.svc.Enable(t.Context(), id), "end sessions": l.svc.EndAccountSessions(t.Context(), id),
		} {
			if !errors.Is(err, association.ErrInvalidArgument) {
				t.Errorf("%s %q: %v, want ErrInvalidArgument", name, id, err)
			}
		}
	}
}
