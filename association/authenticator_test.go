package association_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
)

// TestTOTPVectors holds the tests' own app to RFC 6238, appendix B, whose last six
// digits these are; every other test then compares ligature's with it.
func TestTOTPVectors(t *testing.T) {
	app := totpApp{secret: []byte("12345678901234567890")}
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := app.code(time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

// authenticated is an account with an app that is set up.
func authenticated(t *testing.T, edits ...func(*association.Config)) (*world, *watched, association.Caller, totpApp) {
	t.Helper()
	w, watch := watchedWorld(t, edits...)
	w.member("ada", "email", "ada@example.com")
	c, _ := w.signIn("ada")
	return w, watch, c, w.addApp(c, w.sudo(c))
}

func (w *world) sudoByApp(c association.Caller, code string) (association.Token, error) {
	g, err := w.svc.Sudo(w.t.Context(), c, association.SudoRequest{AuthenticatorCode: code})
	return g.Token, err
}

func TestEnrolmentIsSetUpByItsPicture(t *testing.T) {
	w, _ := watchedWorld(t)
	var pictures []string
	for _, tt := range []struct {
		name      string
		addresses []string
		labels    []string // any of its names, masked
	}{
		{"ada", []string{"email", "ada@example.com"}, []string{"a***@example.com", "a***"}}, {"bob", nil, []string{"b***"}},
	} {
		w.member(tt.name, tt.addresses...)
		c, _ := w.signIn(tt.name)
		e, err := w.svc.EnrolAuthenticator(t.Context(), c, association.EnrolRequest{SudoToken: w.sudo(c)})
		if err != nil {
			t.Fatal(err)
		}
		if want := w.clock.Now().Add(10 * time.Minute); !e.Expires.Equal(want) || e.ID == "" {
			t.Errorf("it ends at %v, want %v", e.Expires, want)
		}
		if got := qrText(t, e.QRCode); got != e.URI.Reveal() {
			t.Errorf("the picture says %q, want %q", got, e.URI.Reveal())
		}
		cfg, err := png.DecodeConfig(bytes.NewReader(e.QRCode))
		if err != nil || cfg.Width != 256 || cfg.Height != 256 {
			t.Errorf("the picture is %d by %d, %v", cfg.Width, cfg.Height, err)
		}
		u, err := url.Parse(e.URI.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Scheme != "otpauth" || u.Host != "totp" || !strings.HasPrefix(u.Path, "/Acme:") || q.Get("issuer") != "Acme" || q.Get("secret") != e.Secret.Reveal() ||
			q.Get("period") != "30" || q.Get("digits") != "6" || q.Get("algorithm") != "SHA1" {
			t.Errorf("the address is %v", u)
		}
		if !slices.Contains(tt.labels, strings.TrimPrefix(u.Path, "/Acme:")) {
			t.Errorf("the app is to call it %q", u.Path)
		}
		pictures = append(pictures, string(e.QRCode))
	}
	if pictures[0] == pictures[1] {
		t.Error("two accounts have one picture")
	}
}

func TestR01_AnAuthenticatorIsEnrolledUnderSudoAlone(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada")
	c, session := w.signIn("ada")
	other, _ := w.signIn("ada")
	foreign := w.sudo(other)
	before := watch.writes()
	for name, token := range map[string]association.Token{
		"none": {}, "access": session.Access, "of another session": foreign, "garbage": association.NewToken("lgs1_x.y"),
	} {
		e, err := w.svc.EnrolAuthenticator(t.Context(), c, association.EnrolRequest{SudoToken: token})
		if !errors.Is(err, association.ErrSudoRequired) || !e.Secret.IsZero() || e.QRCode != nil {
			t.Errorf("%s: %+v, %v, want ErrSudoRequired", name, e, err)
		}
	}
	if watch.writes() != before {
		t.Error("a refusal changed something")
	}
}

func TestAnAuthenticatorCountsOnceItIsConfirmed(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada")
	c, _ := w.signIn("ada")
	other, _ := w.signIn("ada")
	host := w.hostCaller(id, c.Actor.Session) // of the same name
	sudo := w.sudo(c)
	has := func() bool {
		a, err := w.svc.Account(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return a.HasAuthenticator
	}
	confirm := func(c association.Caller, code string) error { return w.svc.ConfirmAuthenticator(t.Context(), c, code) }

	if err := confirm(c, "000000"); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("with nothing enrolled: %v", err)
	}
	first := w.enrolApp(c, sudo)
	app := w.enrolApp(c, sudo)
	now := w.clock.Now()
	_, early := w.sudoByApp(c, app.code(now))
	allRefused(t, association.ErrInvalidProof, map[string]error{
		"a sudo before it is confirmed":   early,
		"the enrolment that was replaced": confirm(c, first.code(now)), "another session": confirm(other, app.code(now)),
		"the host's session": confirm(host, app.code(now)), "a wrong code": confirm(c, wrong(app.code(now))),
		"no code": confirm(c, ""), "too short": confirm(c, app.code(now)[1:]), "too long": confirm(c, app.code(now)+"0"),
		"two steps ago": confirm(c, app.code(now.Add(-60*time.Second))), "in two steps": confirm(c, app.code(now.Add(60*time.Second))),
	})
	if has() {
		t.Fatal("it counts already")
	}
	w.clock.Advance(10*time.Minute - time.Microsecond)
	if err := confirm(c, app.code(w.clock.Now())); err != nil {
		t.Fatalf("at 9:59.999999: %v", err)
	}
	if !has() {
		t.Error("it does not count")
	}
	if _, err := w.svc.EnrolAuthenticator(t.Context(), c, association.EnrolRequest{SudoToken: w.sudo(c)}); !errors.Is(err, association.ErrInvalidArgument) {
		t.Errorf("a second one: %v, want ErrInvalidArgument", err)
	}
	if _, err := w.sudoByApp(other, app.code(w.clock.Now().Add(30*time.Second))); err != nil {
		t.Errorf("sudo in another session: %v", err)
	}
}

func TestAnEnrolmentEndsAfterTenMinutes(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada")
	c, _ := w.signIn("ada")
	app := w.enrolApp(c, w.sudo(c))
	w.clock.Advance(10 * time.Minute)
	if err := w.svc.ConfirmAuthenticator(t.Context(), c, app.code(w.clock.Now())); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("at 10:00: %v, want ErrInvalidProof", err)
	}
}

// A clock may be a step off either way, and no code is taken twice: not that of the
// same step, nor of one before it (RFC 6238, section 5.2).
func TestR36_ACodeOfAnAuthenticatorIsTakenOnce(t *testing.T) {
	w, watch, c, app := authenticated(t) // by the step before this one
	now := w.clock.Now()
	other, _ := w.signIn("ada")
	try := func(c association.Caller, code string, want error) {
		t.Helper()
		before := watch.writes()
		token, err := w.sudoByApp(c, code)
		if !errors.Is(err, want) || token.IsZero() != (want != nil) {
			t.Errorf("%v, want %v", err, want)
		}
		if want != nil && watch.writes() != before {
			t.Error("a refusal changed something")
		}
	}
	try(c, app.code(now.Add(-30*time.Second)), association.ErrInvalidProof) // it was confirmed by it
	try(c, app.code(now.Add(-60*time.Second)), association.ErrInvalidProof)
	try(c, app.code(now.Add(60*time.Second)), association.ErrInvalidProof)
	try(c, app.code(now), nil)
	try(c, app.code(now), association.ErrInvalidProof)
	try(other, app.code(now), association.ErrInvalidProof)
	try(c, app.code(now.Add(30*time.Second)), nil)
	try(c, app.code(now), association.ErrInvalidProof)
	w.clock.Advance(30 * time.Second)
	try(c, app.code(w.clock.Now()), association.ErrInvalidProof) // taken a step early
	w.clock.Advance(30 * time.Second)
	try(c, app.code(w.clock.Now()), nil)
	w.clock.Advance(90 * time.Second)
	try(c, app.code(w.clock.Now().Add(-30*time.Second)), nil) // a clock that is behind
	for _, typed := range []string{"", "1", app.code(w.clock.Now()) + " x", "٣٣٣٣٣٣", "123456\x00", strings.Repeat("1", 1000)} {
		if typed != "" {
			try(c, typed, association.ErrInvalidProof)
		}
	}
}

func TestR36_OfManyWhoShowOneCodeOneIsElevated(t *testing.T) {
	w, watch, c, app := authenticated(t)
	callers := make([]association.Caller, racers)
	for i := range callers {
		callers[i] = w.hostCaller(c.Actor.Account, fmt.Sprint("session ", i))
	}
	code := app.code(w.clock.Now())
	watch.meet(racers)
	errs := dbproof.Together(racers, func(i int) error {
		_, err := w.sudoByApp(callers[i], code)
		return err
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		refusedOrBusy(t, err, association.ErrInvalidProof)
	}
	if won != 1 {
		t.Errorf("%d were elevated by one code, want 1", won)
	}
	elevated := 0
	for _, c := range callers {
		if state, err := w.svc.SudoState(t.Context(), c); err != nil || state.Elevated {
			elevated++
		}
	}
	if elevated != 1 {
		t.Errorf("%d sessions are elevated, want 1", elevated)
	}
}

func TestWrongCodesOfAnAuthenticatorAreLimited(t *testing.T) {
	w := newWorld(t, roomy)
	w.member("ada")
	c, _ := w.signIn("ada")
	app := w.addApp(c, w.sudo(c))
	for range 14 {
		if _, err := w.sudoByApp(c, wrong(app.code(w.clock.Now()))); !errors.Is(err, association.ErrInvalidProof) {
			t.Fatal(err)
		}
	}
	if _, err := w.sudoByApp(c, app.code(w.clock.Now())); err != nil {
		t.Fatalf("the right one after fourteen: %v", err)
	}
	w.clock.Advance(time.Minute)
	_, fifteenth := w.sudoByApp(c, wrong(app.code(w.clock.Now())))
	_, right := w.sudoByApp(c, app.code(w.clock.Now()))
	if !errors.Is(right, association.ErrInvalidProof) || right.Error() != fifteenth.Error() {
		t.Errorf("the right one after fifteen: %v, want %v", right, fifteenth)
	}
	// The lock is of the app: the password is still one (R27).
	w.sudo(c)
	w.clock.Advance(24 * time.Hour)
	if _, err := w.sudoByApp(w.hostCaller(c.Actor.Account, "s"), app.code(w.clock.Now())); err != nil {
		t.Errorf("the day after: %v", err)
	}
}

// Confirming guesses at the same budget: an enrolment is no second try.
func TestWrongCodesOfAnEnrolmentAreOfTheSameBudget(t *testing.T) {
	w := newWorld(t, roomy)
	w.member("ada")
	c, _ := w.signIn("ada")
	for range 3 {
		app := w.enrolApp(c, w.sudo(c))
		for range 5 {
			if err := w.svc.ConfirmAuthenticator(t.Context(), c, wrong(app.code(w.clock.Now()))); !errors.Is(err, association.ErrInvalidProof) {
				t.Fatal(err)
			}
		}
	}
	app := w.enrolApp(c, w.sudo(c))
	if err := w.svc.ConfirmAuthenticator(t.Context(), c, app.code(w.clock.Now())); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the right one after fifteen: %v", err)
	}
}

// Nobody makes a code from a copy of the database: the secret is encrypted under the
// index key, which is not in it, so that the ring may be rotated.
func TestR33_TheSecretOfAnAuthenticatorIsNotInTheStore(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada")
	w.member("eve")
	c, _ := w.signIn("ada")
	e, err := w.svc.EnrolAuthenticator(t.Context(), named(c, "one"), association.EnrolRequest{SudoToken: w.sudo(c)})
	if err != nil {
		t.Fatal(err)
	}
	app := appOf(t, e)
	code := app.code(w.clock.Now())
	if err := w.svc.ConfirmAuthenticator(t.Context(), named(c, "two"), code); err != nil {
		t.Fatal(err)
	}
	dump := watch.dump(t)
	if !bytes.Contains(dump, []byte(e.ID)) {
		t.Fatal("the dump lacks the authenticator")
	}
	for _, secret := range []string{string(app.secret), e.Secret.Reveal(), e.URI.Reveal()} {
		for form, spelled := range storedForms(secret) {
			if bytes.Contains(dump, spelled) {
				t.Errorf("the store holds the secret, %s", form)
			}
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, e.Secret.Reveal()) {
		t.Error("printed, an enrolment shows its secret")
	}

	next := func(keys association.Keys) error {
		w.clock.Advance(time.Minute)
		other := w.withKeys(keys)
		host := other.hostCaller(c.Actor.Account, "s")
		_, err := other.sudoByApp(host, app.code(w.clock.Now()))
		return err
	}
	rotated := testKeys()
	rotated.Active, rotated.Ring = "k2", map[string]association.Key{"k2": key("another ring")}
	if err := next(rotated); err != nil {
		t.Errorf("under another ring: %v", err)
	}
	lost := testKeys()
	lost.Index = key("another index")
	if err := next(lost); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("under another index key: %v, want ErrInvalidProof", err)
	}
}

func TestSudoByAuthenticatorIsOneProofAmongOthers(t *testing.T) {
	w, _, c, app := authenticated(t)
	w.member("bob")
	bob, _ := w.signIn("bob")
	now := w.clock.Now()
	if _, err := w.sudoByApp(bob, app.code(now)); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("in the session of somebody who has none: %v", err)
	}
	token, err := w.sudoByApp(c, app.code(now))
	if err != nil || token.IsZero() {
		t.Fatal(err)
	}
	state, err := w.svc.SudoState(t.Context(), c)
	if err != nil || !state.Elevated || state.Factor != "authenticator" {
		t.Errorf("the state is %+v, %v", state, err)
	}
	// It signs nobody in, and vouches for what the mailbox cannot.
	if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "ada", Password: app.code(now)}); !errors.Is(err, association.ErrInvalidPassword) {
		t.Errorf("a code as a password: %v", err)
	}
	w.clock.Advance(24 * time.Hour)
	again := w.signInAgain("ada")
	state, err = w.svc.SudoState(t.Context(), again)
	if err != nil || len(state.Factors) != 3 || state.Factors[0] != (association.SudoFactor{Kind: "authenticator", ID: app.id}) {
		t.Errorf("the factors are %+v, %v, want the authenticator first", state.Factors, err)
	}
	if token, err = w.sudoByApp(again, app.code(w.clock.Now())); err != nil {
		t.Fatal(err)
	}
	if err := w.bind(again, "email", "new@example.com", token, w.prove(again, "email", "new@example.com")); err != nil {
		t.Errorf("replacing the mailbox by it: %v", err)
	}
}

func (w *world) signInAgain(name string) association.Caller {
	w.t.Helper()
	c, _ := w.signIn(name)
	return c
}

func TestAnAuthenticatorIsRemoved(t *testing.T) {
	w, _, c, app := authenticated(t)
	_, session := w.signIn("ada")
	sudo := w.sudo(c)
	if err := w.svc.Unbind(t.Context(), c, association.UnbindRequest{ID: app.id}); !errors.Is(err, association.ErrSudoRequired) {
		t.Errorf("without sudo: %v", err)
	}
	epoch := w.epoch(c.Actor.Account)
	if err := w.svc.Unbind(t.Context(), c, association.UnbindRequest{ID: app.id, SudoToken: sudo}); err != nil {
		t.Fatal(err)
	}
	if w.epoch(c.Actor.Account) != epoch+1 || w.alive(session.Access) {
		t.Error("the other sessions live on")
	}
	_, gone := w.sudoByApp(c, app.code(w.clock.Now()))
	allRefused(t, association.ErrInvalidProof, map[string]error{"a code of what is gone": gone})
	if err := w.svc.Unbind(t.Context(), c, association.UnbindRequest{ID: app.id, SudoToken: sudo}); !errors.Is(err, association.ErrNoSuchMethod) {
		t.Errorf("again: %v, want ErrNoSuchMethod", err)
	}
	// Another may be set up, and the codes of the old are none of it.
	second := w.addApp(c, sudo)
	w.clock.Advance(time.Minute)
	_, old := w.sudoByApp(c, app.code(w.clock.Now()))
	allRefused(t, association.ErrInvalidProof, map[string]error{"a code of the old app": old})
	if _, err := w.sudoByApp(c, second.code(w.clock.Now())); err != nil {
		t.Errorf("a code of the new one: %v", err)
	}
}

// An enrolment is begun and not done: what ends every pending proof ends it too (R09),
// also in a session that the host keeps and that goes on.
func TestR09_AnEnrolmentDiesWithTheEpoch(t *testing.T) {
	w, _ := watchedWorld(t)
	id := w.member("ada", "email", "ada@example.com")
	for name, raise := range map[string]func() error{
		"reset":        func() error { w.resetBy("email", "ada@example.com", password); return nil },
		"end sessions": func() error { return w.svc.EndAccountSessions(t.Context(), id) },
		"disable and enable": func() error {
			return errors.Join(w.svc.Disable(t.Context(), id), w.svc.Enable(t.Context(), id))
		},
		"sign out everywhere else": func() error {
			return w.svc.EndSessions(t.Context(), w.signInAgain("ada"), association.EndSessionsRequest{KeepCurrent: true})
		},
	} {
		host := w.hostCaller(id, "the host's")
		app := w.enrolApp(host, w.sudo(host))
		w.clock.Advance(time.Second)
		if err := raise(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := w.svc.ConfirmAuthenticator(t.Context(), host, app.code(w.clock.Now())); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%s: %v, want ErrInvalidProof", name, err)
		}
	}
}

// A repeat of the call that confirmed it is told so again, for a minute, and no more.
func TestConfirmingIsRepeated(t *testing.T) {
	w, watch := watchedWorld(t)
	w.member("ada")
	c, _ := w.signIn("ada")
	app := w.enrolApp(c, w.sudo(c))
	code := app.code(w.clock.Now())
	if err := w.svc.ConfirmAuthenticator(t.Context(), c, code); err != nil {
		t.Fatal(err)
	}
	before := watch.writes()
	if err := w.svc.ConfirmAuthenticator(t.Context(), c, code); err != nil {
		t.Errorf("the repeat: %v", err)
	}
	if err := w.svc.ConfirmAuthenticator(t.Context(), c, app.code(w.clock.Now().Add(30*time.Second))); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("another code: %v", err)
	}
	w.clock.Advance(time.Minute)
	if err := w.svc.ConfirmAuthenticator(t.Context(), c, code); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("the repeat, after a minute: %v", err)
	}
	if watch.writes() != before {
		t.Error("a repeat changed something")
	}
}

// TestAnAppIsConfirmedByItsOwnCode: one that was enrolled while the code of another was
// judged is not.
func TestAnAppIsConfirmedByItsOwnCode(t *testing.T) {
	l := newLab(t)
	l.imported("ada", testHash(), "email", "ada@example.com")
	c, _ := l.signIn("ada")
	sudo := l.sudo(c)
	enrol := func() association.Enrolment {
		e, err := l.svc.EnrolAuthenticator(t.Context(), c, association.EnrolRequest{SudoToken: sudo})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	first := enrol()
	code, err := totp.GenerateCode(first.Secret.Reveal(), l.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	once := true
	l.spy.before = func(_ context.Context, call string) error {
		if call == "Apply" && once {
			once = false
			enrol()
		}
		return nil
	}
	if err := l.svc.ConfirmAuthenticator(t.Context(), c, code); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("confirmed by another's code: %v, want ErrInvalidProof", err)
	}
}
