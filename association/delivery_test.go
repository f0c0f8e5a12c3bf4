package association_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// TestTheObserverIsToldOfEachMessage: what became of it and what it cost, and nothing of
// whom it was for.
func TestTheObserverIsToldOfEachMessage(t *testing.T) {
	l, o := observed(t)
	l.imported("ada", testHash(), "email", "ada@example.com")
	receipt := sender.Receipt{Vendor: "v", MessageID: "1", Segments: 2, Price: "0.0075", Currency: "USD"}
	l.out.answer(receipt)
	c, _ := l.signIn("ada")
	c.Locale = "zh"
	l.askBy(c, "phone", phoneNumber)
	l.out.fail(&sender.Error{Err: sender.ErrRecipient, Detail: "no " + phoneNumber})
	if _, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "phone", To: phoneNumber}); !errors.Is(err, association.ErrUndeliverable) {
		t.Fatal(err)
	}
	l.out.fail(nil)
	if err := l.svc.SetPassword(t.Context(), c, association.PasswordRequest{SudoToken: l.sudo(c), Password: "another password"}); err != nil {
		t.Fatal(err)
	}
	l.settle()

	wants := []association.Delivery{
		{Channel: sender.SMS, Purpose: sender.Bind, Template: sender.BindCode, Language: "zh-Hans", Receipt: receipt},
		{Channel: sender.SMS, Purpose: sender.SignIn, Template: sender.SignInCode, Language: "en", Err: sender.ErrRecipient},
		{Channel: sender.Email, Purpose: sender.Notice, Template: sender.PasswordSet, Language: "zh-Hans", Receipt: receipt},
	}
	if len(o.deliveries) != len(wants) {
		t.Fatalf("told of %d, want %d", len(o.deliveries), len(wants))
	}
	for i, want := range wants {
		got := o.deliveries[i]
		if got.ID == "" || !errors.Is(got.Err, want.Err) || (got.Err == nil) != (want.Err == nil) {
			t.Errorf("%d: %q, %v, want %v", i, got.ID, got.Err, want.Err)
		}
		if got.Err != nil && strings.Contains(got.Err.Error(), phoneNumber) {
			t.Errorf("%d: the error names the address: %v", i, got.Err)
		}
		got.ID, got.Err, want.Err = "", nil, nil
		if got != want {
			t.Errorf("%d: told of %+v, want %+v", i, got, want)
		}
	}
}
