// Package sender is the contract for whoever delivers ligature's messages: one
// method.
//
//	type console struct{}
//
//	func (console) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
//		if err := ctx.Err(); err != nil {
//			return sender.Receipt{}, err
//		}
//		fmt.Printf("to %s: %s\n", m.To, m.Text)
//		return sender.Receipt{}, nil
//	}
//
// A message comes rendered (Subject, Text) and with its parts (Purpose, Code,
// Expires, Locale) for vendors that want a template and its parameters instead.
// It goes to exactly one address, the one on record.
//
// [Mux] picks a sender by channel; package mailbox keeps messages in memory for
// tests and development; package sendertest checks a sender of your own.
package sender
