package association_test

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/ligature-auth/ligature/association"
)

// comeIn signs the owner of an address up, or in, by a code from a device of their own.
func (w *world) comeIn(kind, to string) (association.Caller, association.Session) {
	w.t.Helper()
	c := device("the owner's")
	session, err := w.signUp(c, association.SignUpRequest{VerificationToken: w.prove(c, kind, to), Kind: kind, To: to})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.as(c, session), session
}

// as is the caller, signed in.
func (w *world) as(c association.Caller, session association.Session) association.Caller {
	w.t.Helper()
	c, err := w.svc.Identify(w.t.Context(), c, session.Access)
	if err != nil {
		w.t.Fatal(err)
	}
	return association.Caller{Actor: c.Actor, IP: c.IP, Device: c.Device}
}

// resetBy sets the password of the account that has the address, by a code to it.
func (w *world) resetBy(kind, to, password string) {
	w.t.Helper()
	c := device("the owner's")
	err := w.svc.ResetPassword(w.t.Context(), c, association.ResetRequest{
		VerificationToken: w.prove(c, kind, to), Kind: kind, To: to, Password: password,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// sudoByCode is sudo by a code to an address of the account.
func (w *world) sudoByCode(c association.Caller, kind, to string) association.Token {
	w.t.Helper()
	g, err := w.svc.Sudo(w.t.Context(), c, association.SudoRequest{VerificationToken: w.prove(c, kind, to)})
	if err != nil {
		w.t.Fatal(err)
	}
	return g.Token
}

// methodOf is the ID of the caller's method of a kind.
func methodOf(w *world, c association.Caller, kind string) string {
	w.t.Helper()
	all, err := w.svc.Methods(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range all {
		if m.Kind == kind {
			return m.ID
		}
	}
	w.t.Fatalf("there is no %s among %+v", kind, all)
	return ""
}

// allRefused fails for every error that is not the one wanted.
func allRefused(t *testing.T, want error, errs map[string]error) {
	t.Helper()
	for what, err := range errs {
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
}

// totpApp is somebody's authenticator app: RFC 6238 written once more, to be compared.
type totpApp struct {
	id     string
	secret []byte
}

// code is what the app shows at a time.
func (a totpApp) code(at time.Time) string { return a.step(at.Unix() / 30) }

func (a totpApp) step(n int64) string {
	h := hmac.New(sha1.New, a.secret)
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// enrolApp begins to set an app up.
func (w *world) enrolApp(c association.Caller, sudo association.Token) totpApp {
	w.t.Helper()
	e, err := w.svc.EnrolAuthenticator(w.t.Context(), c, association.EnrolRequest{SudoToken: sudo})
	if err != nil {
		w.t.Fatal(err)
	}
	return appOf(w.t, e)
}

func appOf(t *testing.T, e association.Enrolment) totpApp {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret.Reveal())
	if err != nil || len(secret) != 20 {
		t.Fatalf("a secret of %d bytes, %v", len(secret), err)
	}
	return totpApp{e.ID, secret}
}

// addApp sets an app up, by the code of the step before: that of now is still good.
func (w *world) addApp(c association.Caller, sudo association.Token) totpApp {
	w.t.Helper()
	a := w.enrolApp(c, sudo)
	if err := w.svc.ConfirmAuthenticator(w.t.Context(), c, a.code(w.clock.Now().Add(-30*time.Second))); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// ticketKey returns a key pair to sign tickets with.
func ticketKey(seed byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	private := ed25519.NewKeyFromSeed([]byte{31: seed})
	return private.Public().(ed25519.PublicKey), private
}

// takesTickets makes a Service take tickets for "acme" of the key "app".
func takesTickets(public ed25519.PublicKey) func(*association.Config) {
	return func(cfg *association.Config) {
		cfg.Tickets = association.Tickets{Audience: "acme", Keys: map[string]ed25519.PublicKey{"app": public}}
	}
}

// signedTicket is a ticket with these claims, signed with the key "app".
func signedTicket(t *testing.T, private ed25519.PrivateKey, claims jwt.Claims) association.Token {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"] = "app"
	text, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return association.NewToken(text)
}

// anonymously lets anybody in without a proof.
func anonymously(cfg *association.Config) { cfg.Policy.AllowAnonymous = true }

// grantAll grants every transfer.
type grantAll struct{}

func (grantAll) MayTransfer(context.Context, association.Transfer) (bool, error) { return true, nil }
