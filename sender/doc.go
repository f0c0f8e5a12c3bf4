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
// A message goes to exactly one address, the one on record. It comes written in its
// reader's language (Subject, Text, HTML), and with its parts (Template, Param, Expires,
// Locale) for vendors that keep the words themselves. Package sendertest checks a sender
// of your own.
//
// The packages below this one send by mail servers (smtp), Tencent Cloud (tencent), Twilio
// (twilio), and by an HTTP endpoint of yours for everything else (webhook). Package
// mailbox keeps messages in memory, for tests and development; package catalog has the
// words.
//
// Senders are made of senders:
//
//	sms := failover.New(failover.Options{}, sender.Timeout(first, 3*time.Second), sender.Timeout(second, 3*time.Second))
//	mail := sender.Retry(smtp, sender.RetryOptions{})
//	all := sender.Mux{sender.Email: mail, sender.SMS: sender.ByPrefix{"+86": china, "": sms}}
//
// [Mux] picks one by channel, [ByPrefix] by country, [ByLocale] by language; [Timeout]
// gives up, [Retry] tries again, and package failover goes on to the next. None of them
// hands a message over twice where the first may have gone out, unless you say so.
package sender
