// Package sender is the contract for whoever delivers ligature's messages: one
// method.
//
//	type pager struct{ w io.Writer }
//
//	func (p pager) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
//		if err := ctx.Err(); err != nil {
//			return sender.Receipt{}, err
//		}
//		if _, err := fmt.Fprintf(p.w, "%s: %s\n", m.To, m.Text); err != nil {
//			return sender.Receipt{}, &sender.Error{Err: sender.ErrTemporary, Detail: "line is down"}
//		}
//		return sender.Receipt{Vendor: "pager", MessageID: m.ID}, nil
//	}
//
// A message comes rendered (Subject, Text) and with its parts (Purpose,
// Code.Reveal(), Expires, Locale) for vendors that want a template and its
// parameters instead.
// It goes to exactly one address, the one on record.
//
// [Mux] picks a sender by channel; package mailbox keeps messages in memory for
// tests and development; package sendertest checks a sender of your own.
package sender
