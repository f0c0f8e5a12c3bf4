package sender_test

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/ligature-auth/ligature/sender"
)

// pager is a sender of one's own: this is all of it.
type pager struct{ w io.Writer }

func (p pager) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return sender.Receipt{}, err
	}
	if _, err := fmt.Fprintf(p.w, "%s: %s\n", m.To, m.Text); err != nil {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrTemporary, Detail: "line is down"}
	}
	return sender.Receipt{Vendor: "pager", MessageID: m.ID}, nil
}

func Example() {
	var s sender.Sender = sender.Mux{"pager": pager{os.Stdout}}

	m := sender.Message{
		ID:      "m1",
		Channel: "pager",
		To:      "4711",
		Purpose: sender.SignIn,
		Code:    sender.NewCode("735081"),
		Text:    "735081 is your code to sign in to Example.",
	}
	receipt, err := s.Send(context.Background(), m)
	fmt.Println(receipt.Vendor, receipt.MessageID, err)

	m.Channel = "fax"
	_, err = s.Send(context.Background(), m)
	fmt.Println(err)

	fmt.Println(m, m.Code) // a message in a log line gives nothing away

	// Output:
	// 4711: 735081 is your code to sign in to Example.
	// pager m1 <nil>
	// sender: permanent failure: no sender for channel "fax"
	// sender.Message{fax sign_in [redacted]} [redacted]
}
