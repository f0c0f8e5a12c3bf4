package association_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// hostCaller is a user of the host's, signed in just now in a session of the
// host's, with a place on the network of their own.
func (w *world) hostCaller(account, session string) association.Caller {
	c := device("device of " + account)
	c.Actor = association.Actor{Account: account, Session: session, HostSession: true, AuthenticatedAt: w.clock.Now()}
	return c
}

func (w *world) bind(c association.Caller, kind, to string, sudo, verification association.Token) error {
	_, err := w.svc.Bind(w.t.Context(), c, association.BindRequest{
		Kind: kind, To: to, SudoToken: sudo, VerificationToken: verification,
	})
	return err
}

func TestR03_SudoEndsTenMinutesAfterItWasMadeWhateverItsUse(t *testing.T) {
	w := newWorld(t)
	w.member("ada")
	c, _ := w.signIn("ada")
	g, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if want := w.clock.Now().Add(10 * time.Minute); !g.Expires.Equal(want) {
		t.Errorf("expires at %v, want %v", g.Expires, want)
	}
	w.clock.Advance(9 * time.Minute)
	if err := w.bind(c, "email", "ada@example.com", g.Token, w.prove(c, "email", "ada@example.com")); err != nil {
		t.Fatalf("at 9:00: %v", err)
	}
	number, other := w.prove(c, "phone", phoneNumber), w.prove(c, "email", "other@example.com")
	w.clock.Advance(time.Minute - time.Microsecond)
	if err := w.bind(c, "phone", phoneNumber, g.Token, number); err != nil {
		t.Fatalf("at 9:59.999999: %v", err)
	}
	w.clock.Advance(time.Microsecond)
	if err := w.bind(c, "email", "other@example.com", g.Token, other); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("at 10:00: %v, want ErrSudoRequired", err)
	}
	if err := w.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: g.Token, Password: "another one"}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("SetPassword at 10:00: %v, want ErrSudoRequired", err)
	}
	if _, err := w.svc.Bind(t.Context(), c, association.BindRequest{Kind: "email", To: "other@example.com", FromSession: true}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("from the session at 10:00: %v, want ErrSudoRequired", err)
	}
	if err := w.bind(c, "email", "other@example.com", w.sudo(c), other); err != nil {
		t.Errorf("with a new one: %v", err)
	}
}

func TestR03_SudoMaxUsesCountsChangesAlone(t *testing.T) {
	w, _ := watchedWorld(t, func(c *association.Config) { c.Policy.SudoMaxUses = 2 })
	w.member("bob", "email", "taken@example.com")
	w.member("ada")
	c, _ := w.signIn("ada")
	sudo := w.sudo(c)
	taken := w.prove(c, "email", "taken@example.com")
	for range 3 { // refusals are not uses
		if err := w.bind(c, "email", "taken@example.com", sudo, taken); !errors.Is(err, association.ErrIdentifierTaken) {
			t.Fatal(err)
		}
		if err := w.bind(c, "phone", phoneNumber, sudo, association.Token{}); !errors.Is(err, association.ErrInvalidProof) {
			t.Fatal(err)
		}
	}
	for i, to := range []string{"a@example.com", "b@example.com", "c@example.com"} {
		err := w.bind(c, "email", to, sudo, w.prove(c, "email", to))
		if i < 2 && err != nil {
			t.Errorf("use %d: %v", i+1, err)
		}
		if i == 2 && !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("use 3: %v, want ErrSudoRequired", err)
		}
	}
}

func TestR03_ASecondSudoReplacesTheFirst(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	c, _ := w.signIn("ada")
	first, second := w.sudo(c), w.sudo(c)
	proof := w.prove(c, "phone", phoneNumber)
	if err := w.bind(c, "phone", phoneNumber, first, proof); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("the first: %v, want ErrSudoRequired", err)
	}
	if err := w.bind(c, "phone", phoneNumber, second, proof); err != nil {
		t.Errorf("the second: %v", err)
	}
}

func TestR04_SudoTokenWorksForItsSessionAlone(t *testing.T) {
	w, watch := watchedWorld(t)
	type holder struct {
		name   string
		caller association.Caller
		sudo   association.Token
		kind   string
		to     string
		proof  association.Token
	}
	var holders []holder
	for i, name := range []string{"ada", "bob", "eve"} {
		w.member(name)
		for session, kind := range []string{"email", "phone"} {
			h := holder{name: fmt.Sprintf("%s %d", name, session), kind: kind}
			h.to = map[string]string{"email": name + "@example.com", "phone": fmt.Sprintf("+861380000000%d", i)}[kind]
			h.caller, _ = w.signIn(name)
			h.sudo = w.sudo(h.caller)
			h.proof = w.prove(h.caller, h.kind, h.to)
			holders = append(holders, h)
		}
	}
	for i, token := range holders {
		for j, at := range holders {
			if i == j {
				continue
			}
			before := watch.writes()
			if err := w.bind(at.caller, at.kind, at.to, token.sudo, at.proof); !errors.Is(err, association.ErrSudoRequired) {
				t.Errorf("the token of %s binds in session %s: %v", token.name, at.name, err)
			}
			err := w.svc.SetPassword(t.Context(), at.caller, association.PasswordRequest{SudoToken: token.sudo, Password: "another one"})
			if !errors.Is(err, association.ErrSudoRequired) {
				t.Errorf("the token of %s sets the password in session %s: %v", token.name, at.name, err)
			}
			if watch.writes() != before {
				t.Errorf("the token of %s changed something in session %s", token.name, at.name)
			}
		}
	}
	for _, h := range holders {
		if err := w.bind(h.caller, h.kind, h.to, h.sudo, h.proof); err != nil {
			t.Errorf("%s in its own session: %v", h.name, err)
		}
	}
	for i, h := range holders {
		if i%2 == 0 {
			if err := w.svc.SetPassword(t.Context(), h.caller, association.PasswordRequest{SudoToken: h.sudo, Password: "another one"}); err != nil {
				t.Errorf("%s sets its password: %v", h.name, err)
			}
		}
	}
}

func TestR04_ASessionOfTheHostsIsNoneOfOursOfTheSameName(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	own, session := w.signIn("ada")
	host := w.hostCaller(session.Account, session.ID)
	ownSudo, ownProof := w.sudo(own), w.prove(own, "email", "ada@example.com")
	hostSudo, hostProof := w.sudo(host), w.prove(host, "phone", phoneNumber)
	for name, err := range map[string]error{
		"own sudo in the host's":  w.bind(host, "phone", phoneNumber, ownSudo, hostProof),
		"the host's sudo in ours": w.bind(own, "email", "ada@example.com", hostSudo, ownProof),
	} {
		if !errors.Is(err, association.ErrSudoRequired) {
			t.Errorf("%s: %v, want ErrSudoRequired", name, err)
		}
	}
	for name, err := range map[string]error{
		"own proof in the host's":  w.bind(host, "email", "ada@example.com", hostSudo, ownProof),
		"the host's proof in ours": w.bind(own, "phone", phoneNumber, ownSudo, hostProof),
	} {
		if !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%s: %v, want ErrInvalidProof", name, err)
		}
	}
	if err := errors.Join(
		w.bind(own, "email", "ada@example.com", ownSudo, ownProof),
		w.bind(host, "phone", phoneNumber, hostSudo, hostProof),
	); err != nil {
		t.Error(err)
	}
}

func TestR05_ProofOfAnotherIsNoProofOfMe(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada", "email", "ada@example.com")
	w.imported("bob", quickHash("bob's own password"), "email", "bob@example.com")
	ada, _ := w.signIn("ada")
	bob := device("d")
	session, err := w.svc.SignIn(t.Context(), bob, association.SignInRequest{Identifier: "bob", Password: "bob's own password"})
	if err != nil {
		t.Fatal(err)
	}
	if bob.Actor, err = w.svc.Authenticate(t.Context(), session.Access); err != nil {
		t.Fatal(err)
	}

	if _, err := w.svc.Sudo(t.Context(), ada, association.SudoRequest{Password: "bob's own password"}); !errors.Is(err, association.ErrInvalidPassword) {
		t.Errorf("bob's password: %v, want ErrInvalidPassword", err)
	}
	code := w.prove(bob, "email", "bob@example.com")
	if _, err := w.svc.Sudo(t.Context(), ada, association.SudoRequest{VerificationToken: code}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("bob's code: %v, want ErrInvalidProof", err)
	}
	// Bob's address in ada's session is one to bind, and no proof of her.
	claim := w.prove(ada, "email", "bob@example.com")
	if _, err := w.svc.Sudo(t.Context(), ada, association.SudoRequest{VerificationToken: claim}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("an address of bob's, proved in ada's session: %v, want ErrInvalidProof", err)
	}
	if _, err := w.svc.Sudo(t.Context(), bob, association.SudoRequest{VerificationToken: code}); err != nil {
		t.Errorf("bob himself, after that: %v", err)
	}
}

func TestSudoByPasswordOrByACode(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada", "email", "ada@example.com")
	c, _ := w.signIn("ada")
	other, _ := w.signIn("ada")
	signIn := w.prove(device("phone"), "email", "ada@example.com")
	foreign := w.prove(c, "email", "new@example.com")
	elsewhere := w.prove(other, "email", "ada@example.com")

	for _, tt := range []struct {
		name string
		r    association.SudoRequest
		want error
	}{
		{"wrong password", association.SudoRequest{Password: "wrong"}, association.ErrInvalidPassword},
		{"nothing", association.SudoRequest{}, association.ErrSudoRequired},
		{"code to an address not bound", association.SudoRequest{VerificationToken: foreign}, association.ErrInvalidProof},
		{"code of another session", association.SudoRequest{VerificationToken: elsewhere}, association.ErrInvalidProof},
		{"sign-in code", association.SudoRequest{VerificationToken: signIn}, association.ErrInvalidProof},
		{"a password beside another session's code", association.SudoRequest{Password: password, VerificationToken: elsewhere}, association.ErrInvalidProof},
		{"a password beside an authenticator's code", association.SudoRequest{Password: password, AuthenticatorCode: "123456"}, association.ErrInvalidArgument},
		{"password", association.SudoRequest{Password: password}, nil},
	} {
		if _, err := w.svc.Sudo(t.Context(), c, tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	code := w.prove(c, "email", "ada@example.com")
	g, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: code})
	if err != nil {
		t.Fatalf("code: %v", err)
	}
	if _, err := w.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: code}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the same code again: %v, want ErrInvalidProof", err)
	}
	if err := w.bind(c, "phone", phoneNumber, g.Token, w.prove(c, "phone", phoneNumber)); err != nil {
		t.Errorf("its use: %v", err)
	}

	w.imported("cleo", "", "email", "cleo@example.com")
	cleo := device("cleo's")
	session, err := w.svc.SignIn(t.Context(), cleo, association.SignInRequest{VerificationToken: w.prove(cleo, "email", "cleo@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	if cleo.Actor, err = w.svc.Authenticate(t.Context(), session.Access); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Sudo(t.Context(), cleo, association.SudoRequest{Password: password}); !errors.Is(err, association.ErrPasswordNotSet) {
		t.Errorf("a password where there is none: %v, want ErrPasswordNotSet", err)
	}
}
