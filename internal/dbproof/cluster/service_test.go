//go:build cluster

package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	"github.com/ligature-auth/ligature/store/bunstore"
)

const password = "correct horse"

// service is a Service with the messages that it sent.
type service struct {
	*association.Service
	out *outbox
}

// newService makes one of the instances of a program: all have the same keys. The
// limits on sending are out of the way; the passwords are the host's.
func newService(records store.Store, out *outbox, log slog.Handler) (*service, error) {
	much := association.Limit{N: 1_000_000, Per: time.Hour}
	svc, err := association.New(association.Config{
		Name: "Acme", Store: records, Sender: out, Logger: slog.New(log),
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
	})
	return &service{svc, out}, err
}

// onePassword is a host whose users all have the same password.
type onePassword struct{}

func (onePassword) HasPassword(context.Context, string) (bool, error) { return true, nil }

func (onePassword) VerifyPassword(_ context.Context, _, given string) (bool, error) {
	return given == password, nil
}

// outbox keeps the codes that all instances sent, by the ID of their message.
type outbox struct {
	mu    sync.Mutex
	codes map[string]string
}

func (o *outbox) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.codes[m.ID] = m.Code.Reveal()
	return sender.Receipt{}, nil
}

func (o *outbox) code(verification string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, message, _ := strings.Cut(verification, ".")
	return o.codes[message]
}

// causes is a log that counts why calls were answered that something is unavailable.
type causes struct {
	slog.Handler
	mu sync.Mutex
	of map[string]int
}

func (c *causes) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }

func (c *causes) Handle(_ context.Context, r slog.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		if cause, ok := a.Value.Any().(error); ok && a.Key == "cause" {
			text := fmt.Sprint(cause)
			var told *bunstore.Error
			if errors.As(cause, &told) && told.Code == "" {
				text = fmt.Sprint(told.Op, ": ", told.Unwrap()) // what it does not tell
			}
			c.of[text]++
		}
		return true
	})
	return nil
}

// member is somebody who is signed in and has proved who they are.
type member struct {
	association.Caller
	session association.Session
	sudo    association.Token
}

// join makes an account of this name, signs it in and proves it.
func (s *service) join(ctx context.Context, name string) (m member, err error) {
	m.Caller = association.Caller{Device: "device of " + name, IP: netip.MustParseAddr("192.0.2.1")}
	if _, err = s.Import(ctx, association.ImportedAccount{
		ID: name, Identifiers: []association.ImportedIdentifier{{Kind: "username", Value: name}},
	}); err != nil {
		return m, err
	}
	if m.session, err = s.SignIn(ctx, m.Caller, association.SignInRequest{Identifier: name, Password: password}); err != nil {
		return m, err
	}
	if m.Actor, err = s.Authenticate(ctx, m.session.Access); err != nil {
		return m, err
	}
	g, err := s.Sudo(ctx, m.Caller, association.SudoRequest{Password: password})
	m.sudo = g.Token
	return m, err
}

// proposal is a call of Bind that has all that it takes.
type proposal struct {
	member
	to    string
	token association.Token
}

// propose proves an address for the member.
func (s *service) propose(ctx context.Context, m member, to string) (proposal, error) {
	sent, err := s.Send(ctx, m.Caller, association.SendRequest{Kind: "email", To: to})
	if err != nil {
		return proposal{}, err
	}
	code := s.out.code(sent.ID)
	if code == "" {
		return proposal{}, errors.New("no message was sent")
	}
	g, err := s.Verify(ctx, m.Caller, sent.ID, code)
	return proposal{m, to, g.Token}, err
}

// bind makes the call, under the name of a request.
func (s *service) bind(ctx context.Context, p proposal, request string) (association.Association, error) {
	c := p.Caller
	c.RequestID = request
	return s.Bind(ctx, c, association.BindRequest{Kind: "email", To: p.to, SudoToken: p.sudo, VerificationToken: p.token})
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
