package httpadapter_test

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/pquerna/otp/totp"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/httpadapter"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
)

// The password of every account of a world, and a hash of it that costs next to
// nothing to judge.
const (
	password     = "correct horse"
	passwordHash = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$rAjuexKlLdAHLvqk7TeeiWZjW4OPoRGwldJXdHbTuKI"
)

// world is a Service with everything around it in reach of a test.
type world struct {
	t     *testing.T
	svc   *association.Service
	store *recorder
	mail  *mailbox.Mailbox
	clock *clock
	app   string // the secret of the one authenticator app, see client.app
}

// clock is a time that moves when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// newWorld makes a world whose sign-up is open; each edit may change its
// configuration first.
func newWorld(t *testing.T, edits ...func(*association.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}}
	w.store = newRecorder(memstore.New(memstore.Limits{}))
	w.mail = mailbox.New(mailbox.Options{Now: w.clock.Now})
	phones, err := phone.New(phone.Options{DefaultRegion: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := association.Config{
		Name: "Acme", Store: w.store, Sender: w.mail, Now: w.clock.Now,
		Keys: association.Keys{
			Active: "k1",
			Ring:   map[string]association.Key{"k1": association.NewKey(bytes.Repeat([]byte("ring"), 8))},
			Index:  association.NewKey(bytes.Repeat([]byte("index"), 8)),
		},
		Kinds:  []association.Kind{email.New(), phones, username.New()},
		Policy: association.Policy{AllowSignUp: true, KeepImportedHashes: true},
	}
	for _, edit := range edits {
		edit(&cfg)
	}
	if w.svc, err = association.New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// account imports an account whose ID and username are the name, with further
// identifiers as pairs of kind and value.
func (w *world) account(name string, identifiers ...string) {
	w.t.Helper()
	in := association.ImportedAccount{ID: name, PasswordHash: passwordHash}
	in.Identifiers = []association.ImportedIdentifier{{Kind: "username", Value: name}}
	for i := 0; i < len(identifiers); i += 2 {
		in.Identifiers = append(in.Identifiers, association.ImportedIdentifier{Kind: identifiers[i], Value: identifiers[i+1]})
	}
	if _, err := w.svc.Import(w.t.Context(), in); err != nil {
		w.t.Fatal(err)
	}
}

// block disables an account, as an operator does in the database.
func (w *world) block(name string) { w.setStatus(name, 2) }

// unblock is block undone.
func (w *world) unblock(name string) { w.setStatus(name, 1) }

func (w *world) setStatus(name string, status uint8) {
	w.t.Helper()
	a, err := w.store.Account(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	a.Status = status
	if err := w.store.Apply(w.t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
		w.t.Fatal(err)
	}
}

// handler mounts the Service.
func (w *world) handler(o httpadapter.Options) http.Handler {
	w.t.Helper()
	h, err := httpadapter.New(w.svc, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

func (w *world) bearer(origins ...string) http.Handler {
	return w.handler(httpadapter.Options{Sessions: httpadapter.Bearer(), Origins: origins})
}

func (w *world) cookie(origins ...string) http.Handler {
	s := scs.New()
	return s.LoadAndSave(w.handler(httpadapter.Options{Sessions: httpadapter.Cookie(s), Origins: origins}))
}

// host is a handler in an application whose sessions are as simple as can be:
// the request says who it is.
func (w *world) host(origins ...string) http.Handler {
	return w.handler(httpadapter.Options{Origins: origins, Sessions: httpadapter.Host(
		func(r *http.Request) (association.Actor, error) {
			return association.Actor{
				Account: r.Header.Get("Test-Account"), Session: r.Header.Get("Test-Session"),
			}, nil
		})})
}

// stranger is a client that is not signed in.
func (w *world) stranger(h http.Handler) *client {
	return &client{w: w, h: h, header: http.Header{}, cookies: map[string]string{}}
}

// signedIn is a client that has just signed in by the test password.
func (w *world) signedIn(h http.Handler, name string) *client {
	w.t.Helper()
	c := w.stranger(h)
	r := c.ok(c.do("POST", "/v1/signin", m{"username": name, "password": password}))
	if token, ok := r.body["access_token"].(string); ok {
		c.header.Set("Authorization", "Bearer "+token)
	}
	return c
}

// hosted is a client whom the host knows.
func (w *world) hosted(h http.Handler, account, session string) *client {
	c := w.stranger(h)
	c.header.Set("Test-Account", account)
	c.header.Set("Test-Session", session)
	return c
}

// named is the field of a body that an address goes into.
func named(to string) string {
	if strings.Contains(to, "@") {
		return "email"
	}
	return "phone_number"
}

// sudo proves the client by the test password.
func (c *client) sudo() string {
	c.w.t.Helper()
	return c.ok(c.do("POST", "/v1/user/sudo", m{"password": password})).text("sudo_token")
}

// code asks for a code and returns its ID and what came in the mail.
func (c *client) code(to string) (id, code string) {
	c.w.t.Helper()
	id = c.ok(c.do("POST", "/v1/verification", m{named(to): to})).text("verification_id")
	all := c.w.mail.Messages()
	if len(all) == 0 {
		c.w.t.Fatal("no message was sent")
	}
	return id, all[len(all)-1].Code
}

// verify is the request that judges a code.
func (c *client) verify(id, code string) reply {
	c.w.t.Helper()
	return c.do("POST", "/v1/verification/verify", m{"verification_id": id, "verification_code": code})
}

// prove asks for a code and verifies it.
func (c *client) prove(to string) string {
	c.w.t.Helper()
	return c.ok(c.verify(c.code(to))).text("verification_token")
}

// bind is the request that binds an address.
func (c *client) bind(to string, sudo any, verification string) reply {
	c.w.t.Helper()
	return c.do("PATCH", "/v1/user/contact", m{named(to): to, "sudo_token": sudo, "verification_token": verification})
}

// totp is the code that an authenticator app with this secret shows now.
func (w *world) totp(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// wrong returns a code that is not this one.
func wrong(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}
