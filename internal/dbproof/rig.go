// Package dbproof proves the whole service, package association over package
// bunstore, on each real database: races, processes that are killed, connections
// that are cut, the number of statements, and changes inside a host's transaction.
//
// Its tests do, each on everything in bundb.All unless its comment says why not. The
// package itself is what they have in common with those of package cluster, and no
// program may link it: a service with all that a bind takes, and an audit of what the
// binds left behind.
package dbproof

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// Rig is a Service with the messages that it sent.
type Rig struct {
	*association.Service
	Out *Outbox
}

// NewRig makes a Service that keeps its records there, one of the instances of a
// program: all have the same keys. Each edit may change its configuration first. The
// limits on sending are out of the way, those on guessing are not. Passwords are the
// host's, since hashing is no database's business.
func NewRig(records store.Store, edits ...func(*association.Config)) (*Rig, error) {
	r := &Rig{Out: &Outbox{Codes: map[string]string{}}}
	much := association.Limit{N: 1_000_000, Per: time.Hour}
	cfg := association.Config{
		Name: "Acme", Store: records, Sender: r.Out,
		Kinds: []association.Kind{email.New(), username.New()},
		Keys: association.Keys{
			Active: "k1",
			Ring:   map[string]association.Key{"k1": association.NewKey(bytes.Repeat([]byte("ring"), 8))},
			Index:  association.NewKey(bytes.Repeat([]byte("index"), 8)),
		},
		Passwords: OnePassword{},
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

// Password is everybody's.
const Password = "correct horse"

// OnePassword is a host whose users all have the same [Password].
type OnePassword struct{}

// HasPassword says that every account has one.
func (OnePassword) HasPassword(context.Context, string) (bool, error) { return true, nil }

// VerifyPassword accepts [Password] for every account.
func (OnePassword) VerifyPassword(_ context.Context, _, given string) (bool, error) {
	return given == Password, nil
}

// Outbox keeps what was sent. Its fields may be read when nobody sends.
type Outbox struct {
	mu      sync.Mutex
	Codes   map[string]string // by the ID of their message
	Notices int
}

// Send keeps the message, and never fails.
func (o *Outbox) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m.Purpose == sender.Notice {
		o.Notices++
	} else {
		o.Codes[m.ID] = m.Code.Reveal()
	}
	return sender.Receipt{}, nil
}

// Code returns what was sent for a verification ID, or "".
func (o *Outbox) Code(id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, message, _ := strings.Cut(id, ".")
	return o.Codes[message]
}
