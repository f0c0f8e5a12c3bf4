package dbproof_test

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// rig is a Service with the messages that it sent.
type rig struct {
	*association.Service
	out *outbox
}

// newRig makes a Service that keeps its records there; each edit may change its
// configuration first. The limits on sending are out of the way, those on guessing
// are not. Passwords are the host's, since hashing is no database's business.
func newRig(records store.Store, edits ...func(*association.Config)) (*rig, error) {
	r := &rig{out: &outbox{codes: map[string]string{}}}
	much := association.Limit{N: 1_000_000, Per: time.Hour}
	cfg := association.Config{
		Name: "Acme", Store: records, Sender: r.out,
		Kinds: []association.Kind{email.New(), username.New()},
		Keys: association.Keys{
			Active: "k1",
			Ring:   map[string]association.Key{"k1": association.NewKey(bytes.Repeat([]byte("ring"), 8))},
			Index:  association.NewKey(bytes.Repeat([]byte("index"), 8)),
		},
		Passwords: onePassword{},
		Policy: association.Policy{AllowSignUp: true, Budgets: association.Budgets{
			SendsPerAccount: much, SendsPerIP: much, SendsPerTarget: much, SendsPerTargetLong: much, PasswordsPerIP: much,
		}},
	}
	for _, edit := range edits {
		edit(&cfg)
	}
	var err error
	r.Service, err = association.New(cfg)
	return r, err
}

// must returns what a call did, or ends the test: must(call())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

const password = "correct horse"

// onePassword is a host whose users all have the same password.
type onePassword struct{}

func (onePassword) HasPassword(context.Context, string) (bool, error) { return true, nil }

func (onePassword) VerifyPassword(_ context.Context, _, given string) (bool, error) {
	return given == password, nil
}

// outbox keeps the codes that were sent, by the ID of their message.
type outbox struct {
	mu      sync.Mutex
	codes   map[string]string
	notices int
}

func (o *outbox) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m.Purpose == sender.Notice {
		o.notices++
	} else {
		o.codes[m.ID] = m.Code.Reveal()
	}
	return sender.Receipt{}, nil
}

// code returns what was sent for a verification ID.
func (o *outbox) code(id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, message, _ := strings.Cut(id, ".")
	return o.codes[message]
}

// device is a signed-out caller.
func device(name string) association.Caller {
	return association.Caller{Device: name, IP: netip.MustParseAddr("192.0.2.1")}
}

// join makes an account with a username and signs it in.
func (r *rig) join(ctx context.Context, name string) (association.Caller, association.Session, error) {
	c := device("device of " + name)
	_, err := r.Import(ctx, association.ImportedAccount{
		ID: name, Identifiers: []association.ImportedIdentifier{{Kind: "username", Value: name}},
	})
	if err != nil {
		return c, association.Session{}, err
	}
	s, err := r.SignIn(ctx, c, association.SignInRequest{Identifier: name, Password: password})
	if err != nil {
		return c, s, err
	}
	c.Actor, err = r.Authenticate(ctx, s.Access)
	return c, s, err
}

// sudo proves the caller by the password.
func (r *rig) sudo(ctx context.Context, c association.Caller) (association.Token, error) {
	g, err := r.Sudo(ctx, c, association.SudoRequest{Password: password})
	return g.Token, err
}

// asked is a code that was sent, and its ID.
type asked struct{ id, code string }

// ask asks for a code.
func (r *rig) ask(ctx context.Context, c association.Caller, to string) (asked, error) {
	sent, err := r.Send(ctx, c, association.SendRequest{Kind: "email", To: to})
	if err != nil {
		return asked{}, err
	}
	a := asked{sent.ID, r.out.code(sent.ID)}
	if a.code == "" {
		return a, errors.New("no message was sent")
	}
	return a, nil
}

// prove asks for a code and verifies it.
func (r *rig) prove(ctx context.Context, c association.Caller, to string) (association.Token, error) {
	a, err := r.ask(ctx, c, to)
	if err != nil {
		return association.Token{}, err
	}
	g, err := r.Verify(ctx, c, a.id, a.code)
	return g.Token, err
}

// member is somebody who is signed in and has proved who they are.
type member struct {
	association.Caller
	session association.Session
	sudo    association.Token
}

// member makes an account of this name.
func (r *rig) member(ctx context.Context, name string) (m member, err error) {
	if m.Caller, m.session, err = r.join(ctx, name); err != nil {
		return m, err
	}
	m.sudo, err = r.sudo(ctx, m.Caller)
	return m, err
}

// proposal is a call of Bind that has all that it takes.
type proposal struct {
	member
	to    string
	token association.Token
}

// propose proves an address for the member.
func (r *rig) propose(ctx context.Context, m member, to string) (proposal, error) {
	token, err := r.prove(ctx, m.Caller, to)
	return proposal{m, to, token}, err
}

// bind makes the call, under the name of a request if it has one.
func (r *rig) bind(ctx context.Context, p proposal, request string) (association.Association, error) {
	c := p.Caller
	c.RequestID = request
	return r.Bind(ctx, c, association.BindRequest{Kind: "email", To: p.to, SudoToken: p.sudo, VerificationToken: p.token})
}
