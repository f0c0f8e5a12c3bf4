package sender_test

import (
	"errors"
	"io"
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/sendertest"
)

type deadLine struct{}

func (deadLine) Write([]byte) (int, error) { return 0, errors.New("no carrier") }

// TestTheShownSender: what the documentation shows is a sender. A writer tells
// nobody what it was given and never stalls, so that much is skipped.
func TestTheShownSender(t *testing.T) {
	sendertest.Run(t, func(*testing.T) sender.Sender { return pager{io.Discard} }, sendertest.Options{
		Channel:  "pager",
		Refusing: func(*testing.T) sender.Sender { return pager{deadLine{}} },
	})
}
