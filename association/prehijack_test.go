package association_test

import (
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ligature-auth/ligature/association"
)

// The five attacks of Sudhodanan and Paverd, "Pre-hijacked Accounts" (USENIX Security
// 2022): somebody prepares an account for a person who is yet to come, by an address
// that is not theirs, and waits. None of them begins as in the paper, because nothing
// links an address without a proof of it; each test is what of this API comes nearest,
// and at its end the attacker has nothing.

const victims = "victim@example.com"

// TestR51_ClassicFederatedMerge: the attacker opens an account by the victim's address
// and a password of their own, the victim comes by way of the application, and the two
// become one. Here the attacker proves what is theirs, claims what is not, and whoever
// comes with a ticket has the account that the ticket names and no other.
func TestR51_ClassicFederatedMerge(t *testing.T) {
	public, private := ticketKey(1)
	w, _ := watchedWorld(t, takesTickets(public))
	eve := device("eve's")
	// Without a code of the address there is no account with it.
	claim, _ := w.code(eve, "email", victims)
	_, err := w.signUp(eve, association.SignUpRequest{
		VerificationToken: association.NewToken(claim), Kind: "email", To: victims, Password: password,
	})
	allRefused(t, association.ErrInvalidProof, map[string]error{"sign-up without a code": err})
	// Nor by the proof of another address, nor as a username.
	_, err = w.signUp(eve, association.SignUpRequest{
		VerificationToken: w.prove(eve, "email", "eve@example.com"), Kind: "email", To: victims, Password: password,
	})
	allRefused(t, association.ErrInvalidProof, map[string]error{"sign-up with another's proof": err})
	_, err = w.signUp(eve, association.SignUpRequest{
		VerificationToken: w.prove(eve, "email", "eve@example.com"), Username: victims, Password: password,
	})
	allRefused(t, association.ErrInvalidArgument, map[string]error{"an address as a username": err})
	session, err := w.signUp(eve, association.SignUpRequest{
		VerificationToken: w.prove(eve, "email", "eve@example.com"), Username: "victim", Password: password,
	})
	if err != nil {
		t.Fatal(err)
	}

	// The victim, handed over by the application, and then by a code.
	victim := device("the owner's")
	ticket, err := association.NewTicket(private, association.TicketRequest{KeyID: "app", Audience: "acme", Account: "user-7", At: w.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	handed, err := w.svc.SignInWithTicket(t.Context(), victim, ticket)
	if err != nil || handed.Account != "user-7" || handed.Account == session.Account {
		t.Fatalf("handed over: %q, %v", handed.Account, err)
	}
	victim = w.as(victim, handed)
	if err := w.bind(victim, "email", victims, w.recentSudo(victim), w.prove(victim, "email", victims)); err != nil {
		t.Fatal(err)
	}
	if _, again := w.comeIn("email", victims); again.Account != "user-7" {
		t.Errorf("by a code the victim is in %q", again.Account)
	}
	_, byName := w.svc.SignIn(t.Context(), eve, association.SignInRequest{Identifier: victims, Password: password})
	allRefused(t, association.ErrInvalidPassword, map[string]error{"eve's password beside the address": byName})
	if got := w.bound(session.Account)["email"]; got != "eve@example.com" {
		t.Errorf("eve's account has %q", got)
	}
}

// TestR51_UnexpiredSession: the attacker stays signed in to an account that the victim
// then takes over. Here the session is an anonymous one that was planted in the
// victim's browser, or that of a former owner of the mailbox.
func TestR51_UnexpiredSession(t *testing.T) {
	t.Run("planted", func(t *testing.T) {
		for _, byToken := range []bool{true, false} {
			w, watch := watchedWorld(t, anonymously)
			planted := named(device("shared"), "eve's request")
			session, err := w.svc.SignInAnonymously(t.Context(), planted)
			if err != nil {
				t.Fatal(err)
			}
			name := w.nameOf(session)
			eve := w.as(planted, session)

			victim := device("shared") // even the name of the device is the attacker's choice
			r := association.SignUpRequest{VerificationToken: w.prove(victim, "email", victims), Password: "the victim's own"}
			if byToken {
				r.AnonymousToken = session.Access
			} else {
				victim.Actor = eve.Actor
			}
			own, err := w.signUp(victim, r)
			if err != nil || own.Account != session.Account || own.ID == session.ID {
				t.Fatalf("the upgrade is %+v, %v", own, err)
			}
			before := watch.writes()
			_, authenticate := w.svc.Authenticate(t.Context(), session.Access)
			_, resume := w.svc.ResumeSession(t.Context(), name)
			_, sudo := w.svc.Sudo(t.Context(), eve, association.SudoRequest{})
			_, devices := w.svc.Devices(t.Context(), eve)
			allRefused(t, association.ErrUnauthenticated, map[string]error{
				"the access token": authenticate, "the session's name": resume, "sudo": sudo, "devices": devices,
				"the profile": w.svc.SetProfile(t.Context(), eve, association.ProfileRequest{}),
			})
			_, refresh := w.svc.Refresh(t.Context(), planted, session.Refresh)
			allRefused(t, association.ErrInvalidGrant, map[string]error{"the refresh token": refresh})
			_, signUp := w.signUp(planted, association.SignUpRequest{
				VerificationToken: w.prove(planted, "email", "eve@example.com"), AnonymousToken: session.Access,
			})
			allRefused(t, association.ErrInvalidArgument, map[string]error{"a sign-up from it": signUp})
			if err := w.svc.Revoke(t.Context(), planted, session.Refresh); err != nil || watch.writes() != before+2 { // eve's own code
				t.Errorf("%v, and %d writes", err, watch.writes()-before-2)
			}
			// The request that opened it, sent again, opens another.
			again, err := w.svc.SignInAnonymously(t.Context(), planted)
			if err != nil || again.Account == session.Account || again.ID == own.ID {
				t.Errorf("the repeat is told %+v, %v", again, err)
			}
			if !w.alive(own.Access) {
				t.Error("the victim was thrown out")
			}
		}
	})
	t.Run("of a former owner", func(t *testing.T) {
		w, _ := watchedWorld(t)
		eve, kept := w.comeIn("email", victims)
		if err := w.svc.SetPassword(t.Context(), eve, association.PasswordRequest{SudoToken: w.sudoByCode(eve, "email", victims), Password: password}); err != nil {
			t.Fatal(err)
		}
		name := w.nameOf(kept)
		host := w.hostCaller(kept.Account, "eve's at the host")
		hostSudo := w.sudo(host)
		w.clock.Advance(365 * 24 * time.Hour / 12 / 2)

		w.resetBy("email", victims, "the victim's own")
		_, authenticate := w.svc.Authenticate(t.Context(), kept.Access)
		_, resume := w.svc.ResumeSession(t.Context(), name)
		allRefused(t, association.ErrUnauthenticated, map[string]error{"the access token": authenticate, "the session's name": resume})
		_, refresh := w.svc.Refresh(t.Context(), device("eve's"), kept.Refresh)
		allRefused(t, association.ErrInvalidGrant, map[string]error{"the refresh token": refresh})
		_, signIn := w.svc.SignIn(t.Context(), device("eve's"), association.SignInRequest{Identifier: victims, Password: password})
		_, sudo := w.svc.Sudo(t.Context(), host, association.SudoRequest{Password: password})
		allRefused(t, association.ErrInvalidPassword, map[string]error{"the old password": signIn, "the old password, for sudo": sudo})
		// A session of the host's is the host's to end (SessionRevoker): it changes nothing here.
		_, recent := w.svc.Sudo(t.Context(), host, association.SudoRequest{})
		allRefused(t, association.ErrSudoRequired, map[string]error{
			"the old sudo": w.svc.SetPassword(t.Context(), host, association.PasswordRequest{SudoToken: hostSudo, Password: password}),
			"no proof":     recent,
		})
	})
}

// TestR51_TrojanIdentifier: the attacker adds an address of their own to an account
// that the victim then recovers. Here the attacker had the mailbox once, and bound a
// phone, a username and an authenticator beside it. Those are methods of the account
// like any other and outlive a reset, but for a day do not oust the mailbox that they
// rest on; its owner, back by the mailbox, sees them and takes each away at once.
func TestR51_TrojanIdentifier(t *testing.T) {
	w, _ := watchedWorld(t)
	eve, session := w.comeIn("email", victims)
	if err := w.bind(eve, "phone", phoneNumber, w.sudoByCode(eve, "email", victims), w.prove(eve, "phone", phoneNumber)); err != nil {
		t.Fatal(err)
	}
	if err := w.svc.SetUsername(t.Context(), eve, association.UsernameRequest{SudoToken: w.sudoByCode(eve, "email", victims), Username: "eve"}); err != nil {
		t.Fatal(err)
	}
	app := w.addApp(eve, w.sudoByCode(eve, "email", victims))

	w.clock.Advance(time.Hour)
	w.resetBy("email", victims, "the victim's own")
	w.clock.Advance(time.Second)

	// By the phone the attacker is in again: it is a method of the account.
	again := device("eve's again")
	in, err := w.svc.SignIn(t.Context(), again, association.SignInRequest{VerificationToken: w.prove(again, "phone", phoneNumber)})
	if err != nil {
		t.Fatal(err)
	}
	again = w.as(again, in)
	byPhone := w.sudoByCode(again, "phone", phoneNumber)
	addition := w.prove(again, "phone", "+8613800000001")
	// It does not oust the mailbox that it rests on.
	if err := w.bind(again, "email", "eve@example.com", byPhone, w.prove(again, "email", "eve@example.com")); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("the phone replaces the mailbox: %v, want ErrSudoRequired", err)
	}
	if _, err := w.svc.Sudo(t.Context(), again, association.SudoRequest{AuthenticatorCode: app.code(w.clock.Now())}); err != nil {
		t.Fatal(err)
	}

	// The owner sees what there is and takes it away.
	victim := device("the owner's")
	own, err := w.svc.SignIn(t.Context(), victim, association.SignInRequest{Identifier: victims, Password: "the victim's own"})
	if err != nil {
		t.Fatal(err)
	}
	victim = w.as(victim, own)
	methods, err := w.svc.Methods(t.Context(), victim)
	if err != nil {
		t.Fatal(err)
	}
	sudo, err := w.svc.Sudo(t.Context(), victim, association.SudoRequest{Password: "the victim's own"})
	if err != nil {
		t.Fatal(err)
	}
	removed := 0
	for _, m := range methods {
		if m.Kind == "email" || m.Kind == "password" {
			continue
		}
		removed++
		if err := w.svc.Unbind(t.Context(), victim, association.UnbindRequest{ID: m.ID, SudoToken: sudo.Token}); err != nil {
			t.Errorf("removing the %s: %v", m.Kind, err)
		}
	}
	if removed != 3 {
		t.Errorf("%d methods were removed, want the phone, the username and the authenticator", removed)
	}
	w.clock.Advance(time.Second)
	_, signIn := w.svc.SignIn(t.Context(), device("eve's"), association.SignInRequest{VerificationToken: w.prove(device("eve's"), "phone", phoneNumber)})
	allRefused(t, association.ErrNotRegistered, map[string]error{"the phone": signIn})
	_, byName := w.svc.SignIn(t.Context(), device("eve's"), association.SignInRequest{Identifier: "eve", Password: "the victim's own"})
	allRefused(t, association.ErrInvalidPassword, map[string]error{"the username": byName})
	_, authenticate := w.svc.Authenticate(t.Context(), in.Access)
	allRefused(t, association.ErrUnauthenticated, map[string]error{
		"the session by the phone": authenticate,
		"what it had proved":       w.bind(again, "phone", "+8613800000001", byPhone, addition),
	})
	if got := w.bound(session.Account); len(got) != 1 || got["email"] != victims {
		t.Errorf("the account has %v", got)
	}
}

// TestR51_UnexpiredEmailChange: the attacker begins to change the address of an
// account and completes it when the victim has recovered it. Here everything that can
// be pending is, in a session of ligature's and in one that the host keeps and does not
// end.
func TestR51_UnexpiredEmailChange(t *testing.T) {
	w, watch := watchedWorld(t)
	eve, session := w.comeIn("email", victims)
	if err := w.svc.SetPassword(t.Context(), eve, association.PasswordRequest{SudoToken: w.sudoByCode(eve, "email", victims), Password: password}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(48 * time.Hour) // the password vouches for itself
	type pending struct {
		c              association.Caller
		sudo, proof    association.Token
		claimID, claim string
		app            totpApp
	}
	var all []pending
	for i, c := range []association.Caller{eve, w.hostCaller(session.Account, "eve's at the host")} {
		if i == 0 {
			s, err := w.svc.SignIn(t.Context(), device("eve's"), association.SignInRequest{Identifier: victims, Password: password})
			if err != nil {
				t.Fatal(err)
			}
			c = w.as(device("eve's"), s)
		}
		p := pending{c: c, sudo: w.sudo(c)}
		p.proof = w.prove(c, "email", "eve@example.com")
		p.claimID, p.claim = w.code(c, "phone", phoneNumber)
		p.app = w.enrolApp(c, p.sudo)
		all = append(all, p)
	}
	late := w.prove(device("eve's"), "email", victims) // of the time before the mailbox changed hands
	w.clock.Advance(time.Second)

	w.resetBy("email", victims, "the victim's own")
	before := watch.writes()
	for i, p := range all {
		_, verify := w.svc.Verify(t.Context(), p.c, p.claimID, p.claim)
		_, fromSession := w.svc.Bind(t.Context(), p.c, association.BindRequest{Kind: "email", To: "eve@example.com", FromSession: true})
		change := w.bind(p.c, "email", "eve@example.com", p.sudo, p.proof)
		confirm := w.svc.ConfirmAuthenticator(t.Context(), p.c, p.app.code(w.clock.Now()))
		allRefused(t, association.ErrInvalidProof, map[string]error{"the pending code": verify})
		want := association.ErrUnauthenticated
		if i == 1 {
			want = association.ErrInvalidProof
		}
		allRefused(t, want, map[string]error{"the enrolment": confirm, "the change": change, "the change, from the session": fromSession})
	}
	_, signIn := w.svc.SignIn(t.Context(), device("eve's"), association.SignInRequest{VerificationToken: late})
	allRefused(t, association.ErrInvalidProof, map[string]error{
		"an old code to sign in": signIn,
		"an old code to reset":   w.svc.ResetPassword(t.Context(), device("eve's"), association.ResetRequest{VerificationToken: late, Password: password}),
	})
	if watch.writes() != before {
		t.Error("something that was refused changed something")
	}
	if got := w.bound(session.Account); len(got) != 1 || got["email"] != victims {
		t.Errorf("the account has %v", got)
	}
}

// TestR51_NonVerifyingIdentityProvider: somebody else's word about an address, which
// nobody proved, makes an account that the victim then shares. Here a ticket says who
// somebody is and nothing else, whatever it claims.
func TestR51_NonVerifyingIdentityProvider(t *testing.T) {
	public, private := ticketKey(1)
	w, _ := watchedWorld(t, takesTickets(public))
	now := w.clock.Now()
	claims := jwt.MapClaims{
		"sub": "eve", "aud": "acme", "jti": "1", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		"email": victims, "email_verified": true, "phone_number": phoneNumber, "phone_number_verified": true,
		"preferred_username": "victim", "name": "Victim", "picture": "https://example.com/v.png", "uid": "victim", "user_id": "victim",
	}
	session, err := w.svc.SignInWithTicket(t.Context(), device("eve's"), signedTicket(t, private, claims))
	if err != nil || session.Account != "eve" {
		t.Fatalf("%q, %v", session.Account, err)
	}
	account, err := w.svc.Account(t.Context(), "eve")
	if err != nil || len(account.Associations) != 0 || account.Name != "" || account.Picture != "" {
		t.Errorf("the account that the ticket named is %+v, %v", account, err)
	}
	_, own := w.comeIn("email", victims)
	if own.Account == "eve" {
		t.Error("the victim is in eve's account")
	}
	eve := w.as(device("eve's"), session)
	if err := w.bind(eve, "email", victims, w.recentSudo(eve), association.Token{}); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("eve binds what she claims: %v", err)
	}
}

// TestR51_AProofThatIsOlderThanTheAccount: somebody had the address for a moment and
// kept the token of a code. Its new owner opens an account, or binds it to one, and the
// token is no way into that.
func TestR51_AProofThatIsOlderThanTheAccount(t *testing.T) {
	for name, arrive := range map[string]func(w *world){
		"sign-up": func(w *world) { w.comeIn("email", victims) },
		"bind": func(w *world) {
			c := w.hostCaller("victim", "s")
			if err := w.bind(c, "email", victims, w.recentSudo(c), w.prove(c, "email", victims)); err != nil {
				w.t.Fatal(err)
			}
		},
		"upgrade": func(w *world) {
			c := device("the owner's")
			guest, err := w.svc.SignInAnonymously(w.t.Context(), c)
			if err != nil {
				w.t.Fatal(err)
			}
			if _, err := w.signUp(c, association.SignUpRequest{VerificationToken: w.prove(c, "email", victims), AnonymousToken: guest.Access}); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _ := watchedWorld(t, anonymously, func(cfg *association.Config) { cfg.Transfers = grantAll{} })
			eve, host := device("eve's"), w.hostCaller("eve", "s")
			w.imported("eve-too", "", "email", "eve@example.com")
			signIn, bind := w.prove(eve, "email", victims), w.prove(host, "email", victims)
			w.clock.Advance(time.Microsecond)
			arrive(w)
			w.clock.Advance(time.Microsecond)
			_, in := w.svc.SignIn(t.Context(), eve, association.SignInRequest{VerificationToken: signIn})
			_, up := w.signUp(eve, association.SignUpRequest{VerificationToken: signIn})
			reset := w.svc.ResetPassword(t.Context(), eve, association.ResetRequest{VerificationToken: signIn, Password: password})
			_, transfer := w.svc.Bind(t.Context(), host, association.BindRequest{
				Kind: "email", To: victims, SudoToken: w.recentSudo(host), VerificationToken: bind, Conflict: association.ConflictTransfer,
			})
			allRefused(t, association.ErrInvalidProof, map[string]error{"sign-in": in, "sign-up": up, "reset": reset, "transfer": transfer})
			// With a code that was asked for since, it is another matter: this is who has the address.
			w.clock.Advance(time.Minute)
			if _, err := w.svc.SignIn(t.Context(), eve, association.SignInRequest{VerificationToken: w.prove(eve, "email", victims)}); err != nil {
				t.Errorf("with a new code: %v", err)
			}
		})
	}
}
