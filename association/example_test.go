package association_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store/memstore"
)

// The whole ceremony: sign in, prove who you are again, prove a new address,
// bind it, and sign in by it.
func Example() {
	ctx := context.Background()
	mail := mailbox.New(mailbox.Options{})
	svc, err := association.New(association.Config{
		Name:   "Acme",
		Store:  memstore.New(memstore.Limits{}),
		Sender: mail,
		Kinds:  []association.Kind{email.New(), username.New()},
		Keys: association.Keys{ // from your secret store: 32 random bytes each
			Active: "2026-11",
			Ring:   map[string]association.Key{"2026-11": association.NewKey(bytes.Repeat([]byte("ring"), 8))},
			Index:  association.NewKey(bytes.Repeat([]byte("index"), 8)),
		},
	})
	if err != nil {
		panic(err)
	}
	_, err = svc.Import(ctx, association.ImportedAccount{
		Identifiers: []association.ImportedIdentifier{{Kind: "username", Value: "ada"}},
		Password:    "correct horse",
	})
	if err != nil {
		panic(err)
	}

	session, err := svc.SignIn(ctx, association.Caller{}, association.SignInRequest{Identifier: "ada", Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	actor, err := svc.Authenticate(ctx, session.Access)
	if err != nil {
		panic(err)
	}
	caller := association.Caller{Actor: actor}

	sudo, err := svc.Sudo(ctx, caller, association.SudoRequest{Password: "correct horse"})
	if err != nil {
		panic(err)
	}
	sent, err := svc.Send(ctx, caller, association.SendRequest{Kind: "email", To: "Ada@Example.com"})
	if err != nil {
		panic(err)
	}
	letter, _ := mail.Last("ada@example.com")
	verification, err := svc.Verify(ctx, caller, sent.ID, letter.Code)
	if err != nil {
		panic(err)
	}
	bound, err := svc.Bind(ctx, caller, association.BindRequest{
		Kind: "email", To: "ada@example.com", SudoToken: sudo.Token, VerificationToken: verification.Token,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println("bound", bound.Kind, bound.Value)

	again, err := svc.SignIn(ctx, association.Caller{}, association.SignInRequest{Identifier: "ada@example.com", Password: "correct horse"})
	fmt.Println("the same account:", again.Account == session.Account, err)
	// Output:
	// bound email ada@example.com
	// the same account: true <nil>
}
