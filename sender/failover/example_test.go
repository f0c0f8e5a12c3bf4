package failover_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/failover"
)

// named is a vendor that answers as it is told.
func named(name string, err error) sender.Sender {
	return sendFuncOf(func(_ context.Context, m sender.Message) (sender.Receipt, error) {
		fmt.Println(name, "is handed", m.ID)
		return sender.Receipt{Vendor: name}, err
	})
}

type sendFuncOf func(ctx context.Context, m sender.Message) (sender.Receipt, error)

func (f sendFuncOf) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	return f(ctx, m)
}

// Text messages to China by one vendor; elsewhere by another, and by a third where that
// one fails and has sent nothing.
func Example() {
	var (
		china  = named("china", nil)
		first  = named("first", sender.ErrTemporary)
		second = named("second", nil)
	)
	sms := sender.ByPrefix{
		"+86": china,
		"":    failover.New(failover.Options{}, sender.Timeout(first, 3*time.Second), sender.Timeout(second, 3*time.Second)),
	}
	all := sender.Mux{sender.SMS: sms}

	for id, to := range []string{"+8613800000000", "+12025550100"} {
		receipt, err := all.Send(context.Background(), sender.Message{ID: fmt.Sprint("m", id), Channel: sender.SMS, To: to})
		fmt.Println("sent by", receipt.Vendor, err)
	}

	// Where the first may have sent it, the second is not asked.
	unsure := named("first", &sender.Error{Err: sender.ErrTemporary, Uncertain: true})
	_, err := failover.New(failover.Options{}, unsure, second).Send(context.Background(), sender.Message{ID: "m2"})
	fmt.Println(errors.Is(err, sender.ErrTemporary), sender.Uncertain(err))

	// Output:
	// china is handed m0
	// sent by china <nil>
	// first is handed m1
	// second is handed m1
	// sent by second <nil>
	// first is handed m2
	// true true
}
