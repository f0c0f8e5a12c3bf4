package sender_test

import (
	"errors"
	"io"
	"os"
	"strings"
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

// The README and the package's comment show the sender that runs.
func TestTheSenderIsShownAsItIs(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	_, rest, _ := strings.Cut(read("example_test.go"), "type pager ")
	shown, _, ok := strings.Cut("type pager "+rest, "\n}\n")
	if !ok {
		t.Fatal("the example has no pager")
	}
	if !strings.Contains(read("../README.md"), shown) {
		t.Error("README.md shows another sender")
	}
	if commented := "//\t" + strings.ReplaceAll(shown, "\n", "\n//\t"); !strings.Contains(read("doc.go"), strings.ReplaceAll(commented, "//\t\n", "//\n")) {
		t.Error("doc.go shows another sender")
	}
}
