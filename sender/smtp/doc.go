// Package smtp is a [sender.Sender] that hands email to an SMTP server: a relay of
// one's own, or the submission service of a provider.
//
//	s, err := smtp.New(smtp.Options{
//		Host:     "mail.example.com",
//		Username: "app",
//		Password: sender.NewSecret(password),
//		From:     mail.Address{Name: "Example", Address: "no-reply@example.com"},
//	})
//	if err != nil {
//		return err
//	}
//	defer s.Close()
//	senders := sender.Mux{sender.Email: s}
//
// # What it promises
//
// A message goes to exactly one recipient, Message.To byte for byte, or nowhere (R47).
// An address that could be read in two ways is sender.ErrRecipient: quoted local parts,
// address literals, comments, routes (also those with % and !), and whatever is not ASCII.
//
// Nothing in a message makes a header or a recipient (R66). Nothing of a message, and no
// password, is in an error, a log or a printed value (R67): of what a server says only
// its numbers are told, because servers repeat addresses. Nothing is logged.
//
// There is no TLS that is skipped because a server, or somebody in between, says that it
// has none: without [UnsafePlaintext] neither credentials nor a message leave in clear.
//
// # When it is uncertain
//
// Send fails with an Error that is Uncertain exactly when all of the message, the end of
// it included, went to the network and the answer of the server did not come whole. The
// same message handed over again has the same Message-ID, which is made of Message.ID, so
// that some servers drop the second one.
//
// # What the host does
//
// It publishes SPF, DKIM and DMARC records for the domain of Options.From; it calls Close.
package smtp
