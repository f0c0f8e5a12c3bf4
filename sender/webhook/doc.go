// Package webhook hands messages to an endpoint of one's own, over HTTPS and signed:
// for a vendor that ligature has no sender for, a queue, or a team that owns delivery.
//
//	s, err := webhook.New(webhook.Options{
//		URL:    "https://notify.internal.example/ligature",
//		Secret: sender.NewSecret("whsec_…"),
//	})
//
// # What is sent
//
// A POST of JSON, signed as https://www.standardwebhooks.com says, so that any of its
// libraries verifies it. webhook-id is Message.ID, the same when ligature hands the same
// message over again: take each once. The body is a promise; within version 1 members
// may be added, never changed:
//
//	{
//	  "type": "ligature.message",
//	  "version": 1,
//	  "timestamp": "2026-03-01T12:00:00Z",     // of this request, as webhook-timestamp
//	  "data": {
//	    "id": "…", "channel": "sms", "to": "+8613800000000",
//	    "purpose": "sign_in", "template": "sign_in",
//	    "code": "735081", "expires": "2026-03-01T12:10:00Z", "minutes": 10,
//	    "time": "2026-03-01T12:00:00Z",         // of what a notice tells
//	    "locale": "de-CH", "language": "en", "account": "d***", "service": "Example",
//	    "subject": "…", "text": "…", "html": "…"
//	  }
//	}
//
// Members of data that the message has not are left out: a notice has no code, expires
// and minutes, and what is no mail no subject and html. "minutes" is how long the code is
// good for from its making, rounded down, but at least 1. The body is everything there is
// to a code: an endpoint must not log it, and must deliver to "to" byte for byte and to
// nobody else.
//
// # What to answer
//
// Any 2xx says that the message is taken. It may say more, in JSON, of at most 64 KiB:
//
//	{"message_id": "…", "segments": 1, "price": "0.0075", "currency": "USD"}
//
// Another status says that it is not. 429 is sender.ErrQuota, 408 and 425 are
// sender.ErrTemporary. Other 4xx, 410 apart, and 5xx may say which it is, and that
// nothing was sent:
//
//	{"error": "recipient"}                      // or "temporary", "permanent", "quota"
//	{"error": "quota", "retry_after": 60}       // seconds; or the header Retry-After
//	{"error": "quota", "recipient_limit": true} // the limit is this address's own
//
// A 4xx that does not is sender.ErrPermanent, as redirects are, which are not followed; a
// 5xx is sender.ErrTemporary, but uncertain: the message may have gone out. An answer of
// 429 may have retry_after and recipient_limit as well.
//
// price and retry_after may be numbers or texts. A member that is not as it is here is
// passed over, and the rest is taken.
package webhook
