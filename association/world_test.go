package association_test

import (
	"bytes"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
)

// The password of every account that a world imports.
const password = "correct horse"

// world is a Service with everything around it in reach of a test.
type world struct {
	t     *testing.T
	svc   *association.Service
	store store.Store
	mail  *mailbox.Mailbox
	clock *clock
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

func testKeys() association.Keys {
	return association.Keys{
		Active: "k1",
		Ring:   map[string]association.Key{"k1": association.NewKey(bytes.Repeat([]byte("ring"), 8))},
		Index:  association.NewKey(bytes.Repeat([]byte("index"), 8)),
	}
}

// newWorld makes a world whose sign-up is open; each edit may change its
// configuration first.
func newWorld(t *testing.T, edits ...func(*association.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}}
	w.store = memstore.New(memstore.Limits{})
	w.mail = mailbox.New(mailbox.Options{Now: w.clock.Now})
	phones, err := phone.New(phone.Options{DefaultRegion: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := association.Config{
		Name: "Acme", Store: w.store, Sender: w.mail, Keys: testKeys(), Now: w.clock.Now,
		Kinds:  []association.Kind{email.New(), phones, username.New()},
		Policy: association.Policy{AllowSignUp: true, KeepImportedHashes: true}, // which are quick
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, edit := range edits {
		edit(&cfg)
	}
	w.store = cfg.Store
	if w.svc, err = association.New(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// account imports an account with the test password and a username, and further
// identifiers as pairs of kind and value.
func (w *world) account(name string, identifiers ...string) string {
	w.t.Helper()
	in := association.ImportedAccount{Password: password}
	in.Identifiers = append(in.Identifiers, association.ImportedIdentifier{Kind: "username", Value: name})
	for i := 0; i < len(identifiers); i += 2 {
		in.Identifiers = append(in.Identifiers, association.ImportedIdentifier{Kind: identifiers[i], Value: identifiers[i+1]})
	}
	id, err := w.svc.Import(w.t.Context(), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// device is a signed-out caller with a name and an address of its own.
func device(name string) association.Caller {
	return association.Caller{Device: name, IP: netip.MustParseAddr("192.0.2.1")}
}

// signIn signs in by the test password and returns the caller and the tokens.
func (w *world) signIn(identifier string) (association.Caller, association.Session) {
	w.t.Helper()
	c := device("device of " + identifier)
	session, err := w.svc.SignIn(w.t.Context(), c, association.SignInRequest{Identifier: identifier, Password: password})
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Actor, err = w.svc.Authenticate(w.t.Context(), session.Access); err != nil {
		w.t.Fatal(err)
	}
	return c, session
}

// sudo proves the caller by the test password.
func (w *world) sudo(c association.Caller) association.Token {
	w.t.Helper()
	g, err := w.svc.Sudo(w.t.Context(), c, association.SudoRequest{Password: password})
	if err != nil {
		w.t.Fatal(err)
	}
	return g.Token
}

// code asks for a code and returns its ID and what came in the mail.
func (w *world) code(c association.Caller, kind, to string) (id, code string) {
	w.t.Helper()
	sent, err := w.svc.Send(w.t.Context(), c, association.SendRequest{Kind: kind, To: to})
	if err != nil {
		w.t.Fatal(err)
	}
	all := w.mail.Messages()
	if len(all) == 0 {
		w.t.Fatal("no message was sent")
	}
	return sent.ID, all[len(all)-1].Code
}

// prove asks for a code and verifies it.
func (w *world) prove(c association.Caller, kind, to string) association.Token {
	w.t.Helper()
	id, code := w.code(c, kind, to)
	g, err := w.svc.Verify(w.t.Context(), c, id, code)
	if err != nil {
		w.t.Fatal(err)
	}
	return g.Token
}

// wrong returns a code that is not this one.
func wrong(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

// nameOf is what resumes a session.
func (w *world) nameOf(s association.Session) string {
	w.t.Helper()
	name, err := w.svc.SessionName(w.t.Context(), association.Caller{Actor: association.Actor{Account: s.Account, Session: s.ID}})
	if err != nil {
		w.t.Fatal(err)
	}
	return name
}
