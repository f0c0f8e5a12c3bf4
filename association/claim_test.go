package association_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/sender"
)

func TestR48_OfManyWhoBindOneAddressOneHasIt(t *testing.T) {
	w, _ := watchedWorld(t)
	const n = 64
	callers := make([]association.Caller, n)
	sudo, proofs := make([]association.Token, n), make([]association.Token, n)
	for i := range n {
		callers[i] = w.hostCaller(fmt.Sprintf("user-%d", i), "s")
		sudo[i] = w.recentSudo(callers[i])
		proofs[i] = w.prove(callers[i], "email", "shared@example.com")
	}
	errs := dbproof.Together(n, func(i int) error { return w.bind(callers[i], "email", "shared@example.com", sudo[i], proofs[i]) })
	winner, loser := -1, -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Fatalf("both %d and %d bound it", winner, i)
		case err == nil:
			winner = i
		case errors.Is(err, association.ErrIdentifierTaken):
			loser = i
		default:
			t.Errorf("user %d: %v, want ErrIdentifierTaken", i, err)
		}
	}
	if winner < 0 || loser < 0 {
		t.Fatal("nobody won, or nobody lost")
	}
	owner, err := w.store.AccountByIdentifier(t.Context(), "email", []byte("shared@example.com"))
	if err != nil || owner.ID != callers[winner].Actor.Account || len(owner.Associations) != 1 {
		t.Fatalf("the store says %+v, %v", owner, err)
	}
	if got := w.bound(callers[loser].Actor.Account); len(got) != 0 {
		t.Errorf("the loser has %v", got)
	}

	// The losers keep both of their tokens: once the address is free, they serve.
	if err := w.bind(callers[loser], "email", "shared@example.com", sudo[loser], proofs[loser]); !errors.Is(err, association.ErrIdentifierTaken) {
		t.Errorf("the loser again: %v, want ErrIdentifierTaken", err)
	}
	g, err := w.svc.Sudo(t.Context(), callers[winner], association.SudoRequest{
		VerificationToken: w.prove(callers[winner], "email", "shared@example.com"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.bind(callers[winner], "email", "own@example.com", g.Token, w.prove(callers[winner], "email", "own@example.com")); err != nil {
		t.Fatal(err)
	}
	if err := w.bind(callers[loser], "email", "shared@example.com", sudo[loser], proofs[loser]); err != nil {
		t.Errorf("the loser, when it is free: %v", err)
	}
}

func TestR50_AnAbandonedClaimBlocksNobody(t *testing.T) {
	w, _ := watchedWorld(t)
	eve := w.hostCaller("eve", "s")
	eveSudo := w.recentSudo(eve)
	claim, _ := w.code(eve, "email", "victim@example.com")

	// The owner signs up with it, or binds it, as if nobody had asked.
	c := device("victim's")
	session, err := w.svc.SignUp(t.Context(), c, association.SignUpRequest{VerificationToken: w.prove(c, "email", "victim@example.com")})
	if err != nil {
		t.Fatalf("sign-up: %v", err)
	}
	if got := w.bound(session.Account)["email"]; got != "victim@example.com" {
		t.Errorf("the owner has %q", got)
	}
	if got := w.bound("eve"); len(got) != 0 {
		t.Errorf("eve has %v", got)
	}
	if err := w.bind(eve, "email", "victim@example.com", eveSudo, association.NewToken(claim)); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("eve binds by her claim: %v", err)
	}

	_, _ = w.code(eve, "phone", phoneNumber)
	victim := w.hostCaller("victim", "s")
	if err := w.bind(victim, "phone", phoneNumber, w.recentSudo(victim), w.prove(victim, "phone", phoneNumber)); err != nil {
		t.Errorf("bind: %v", err)
	}
}

func TestR50_TwoMayVerifyOnePendingAddress(t *testing.T) {
	w, _ := watchedWorld(t)
	a, b := w.hostCaller("a", "s"), w.hostCaller("b", "s")
	aID, aCode := w.code(a, "phone", phoneNumber)
	bID, bCode := w.code(b, "phone", phoneNumber)
	if aID == bID {
		t.Fatal("one slot for two accounts")
	}
	errs := dbproof.Together(2, func(i int) error {
		_, err := w.svc.Verify(context.WithoutCancel(t.Context()), []association.Caller{a, b}[i], []string{aID, bID}[i], []string{aCode, bCode}[i])
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func TestR47_MessagesGoToTheAddressOnRecord(t *testing.T) {
	w, _ := watchedWorld(t)
	w.member("ada", "email", "ada@example.com", "phone", phoneNumber)
	c, _ := w.signIn("ada")
	for _, tt := range []struct {
		name   string
		c      association.Caller
		r      association.SendRequest
		to     string
		prompt sender.Purpose
	}{
		{"own, spelt otherwise", c, association.SendRequest{Kind: "email", To: " ADA@Example.Com\t"}, "ada@example.com", sender.Sudo},
		{"own, masked", c, association.SendRequest{Kind: "email", To: "a***@example.com", Target: association.TargetCurrentUser}, "ada@example.com", sender.Sudo},
		{"own, as it is shown", c, association.SendRequest{Kind: "phone", To: "+86 138****0000", Target: association.TargetCurrentUser}, phoneNumber, sender.Sudo},
		{"own, without the country", c, association.SendRequest{Kind: "phone", To: "138-0000-0000"}, phoneNumber, sender.Sudo},
		{"signed out", device("d"), association.SendRequest{Kind: "email", To: "Ada@EXAMPLE.com"}, "ada@example.com", sender.SignIn},
		{"new", c, association.SendRequest{Kind: "email", To: "New@B\u00fccher.example"}, "new@xn--bcher-kva.example", sender.Bind},
	} {
		before := len(w.mail.Messages())
		if _, err := w.svc.Send(t.Context(), tt.c, tt.r); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		sent := w.mail.Messages()[before:]
		if len(sent) != 1 || sent[0].To != tt.to || sent[0].Purpose != tt.prompt {
			t.Errorf("%s: sent %+v, want one %s message to %s", tt.name, sent, tt.prompt, tt.to)
		}
	}
	// That an address is not the caller's own is told, and sends nothing.
	before := len(w.mail.Messages())
	_, err := w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "b***@example.com", Target: association.TargetCurrentUser})
	if !errors.Is(err, association.ErrInvalidArgument) || len(w.mail.Messages()) != before {
		t.Errorf("a mask of nobody's: %v, %d messages", err, len(w.mail.Messages())-before)
	}
}
