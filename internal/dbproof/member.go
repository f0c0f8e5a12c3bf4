package dbproof

import (
	"context"
	"errors"
	"net/netip"

	"github.com/ligature-auth/ligature/association"
)

// Device is a signed-out caller.
func Device(name string) association.Caller {
	return association.Caller{Device: name, IP: netip.MustParseAddr("192.0.2.1")}
}

// Asked is a code that was sent, and its ID.
type Asked struct{ ID, Code string }

// Ask asks for a code. It is an error if none was sent.
func (r *Rig) Ask(ctx context.Context, c association.Caller, to string) (Asked, error) {
	sent, err := r.Send(ctx, c, association.SendRequest{Kind: "email", To: to})
	if err != nil {
		return Asked{}, err
	}
	a := Asked{sent.ID, r.Out.Code(sent.ID)}
	if a.Code == "" {
		return a, errors.New("no message was sent")
	}
	return a, nil
}

// Prove asks for a code and verifies it.
func (r *Rig) Prove(ctx context.Context, c association.Caller, to string) (association.Token, error) {
	a, err := r.Ask(ctx, c, to)
	if err != nil {
		return association.Token{}, err
	}
	g, err := r.Verify(ctx, c, a.ID, a.Code)
	return g.Token, err
}

// Member is somebody who is signed in and has proved who they are.
type Member struct {
	association.Caller
	Session association.Session
	Sudo    association.Token
}

// Member makes an account with this ID and username, signs it in, and proves it by the
// password.
func (r *Rig) Member(ctx context.Context, name string) (m Member, err error) {
	m.Caller = Device("device of " + name)
	if _, err = r.Import(ctx, association.ImportedAccount{
		ID: name, Identifiers: []association.ImportedIdentifier{{Kind: "username", Value: name}},
	}); err != nil {
		return m, err
	}
	if m.Session, err = r.SignIn(ctx, m.Caller, association.SignInRequest{Identifier: name, Password: Password}); err != nil {
		return m, err
	}
	if m.Actor, err = r.Authenticate(ctx, m.Session.Access); err != nil {
		return m, err
	}
	g, err := r.Sudo(ctx, m.Caller, association.SudoRequest{Password: Password})
	m.Sudo = g.Token
	return m, err
}

// Proposal is a call of Bind that has all that it takes.
type Proposal struct {
	Member
	To    string
	Token association.Token
}

// Propose proves an address for the member.
func (r *Rig) Propose(ctx context.Context, m Member, to string) (Proposal, error) {
	token, err := r.Prove(ctx, m.Caller, to)
	return Proposal{m, to, token}, err
}

// Bind makes the call, under the name of a request unless that is "". The Service's own
// Bind is r.Service.Bind.
func (r *Rig) Bind(ctx context.Context, p Proposal, request string) (association.Association, error) {
	c := p.Caller
	c.RequestID = request
	return r.Service.Bind(ctx, c, association.BindRequest{Kind: "email", To: p.To, SudoToken: p.Sudo, VerificationToken: p.Token})
}
