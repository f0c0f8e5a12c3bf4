package smtp_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/smtp"
)

func Example() {
	_, key, err := ed25519.GenerateKey(rand.Reader) // read yours from where secrets are
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := smtp.New(smtp.Options{
		Host:     "mail.example.org",
		Username: "app",
		Password: sender.NewSecret("read it from where secrets are"),
		From:     mail.Address{Name: "Example", Address: "no-reply@example.org"},
		DKIM:     &smtp.DKIM{Domain: "example.org", Selector: "2026a", Signer: key},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()
	senders := sender.Mux{sender.Email: s}

	// An address that could be read in two ways never gets as far as the server.
	_, err = senders.Send(context.Background(), sender.Message{
		ID:      "m1",
		Channel: sender.Email,
		To:      "dana@example.com, eve@example.com",
		Purpose: sender.SignIn,
		Subject: "Your code for Example",
		Text:    "735081 is your code to sign in to Example.",
	})
	fmt.Println(err, errors.Is(err, sender.ErrRecipient))
	fmt.Println(s)

	// Output:
	// sender: recipient refused: not a plain ASCII address true
	// smtp.Sender{mail.example.org:587}
}
