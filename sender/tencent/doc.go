// Package tencent sends text messages by Tencent Cloud SMS, through Tencent's own SDK.
//
// Tencent sends no free text: the words are templates that were registered with it
// and approved, and a message names one and gives the values for its {1}, {2}, ….
// Options.Templates says which template says what, and in which language:
//
//	s, err := tencent.New(tencent.Options{
//		SecretID:  "AKID…",
//		SecretKey: sender.NewSecret(key),
//		SDKAppID:  "1400006666",
//		SignName:  "Example",
//		Templates: []tencent.Template{
//			{For: sender.SignInCode, ID: "1110", Params: []sender.Param{sender.ParamCode, sender.ParamMinutes}},
//			…
//		},
//	})
//
// Every sender.Template that a message may come with wants an entry, the notices too;
// one without is sender.ErrPermanent when it is needed.
//
// Templates and signatures are either for numbers of mainland China or for all others:
// make two Senders and let the number's prefix pick one. In templates of verification
// codes Tencent takes nothing but up to six digits for a value, and from newer accounts
// at most six characters in any: with longer codes, or with the account's name as a
// value, it refuses each message, as sender.ErrPermanent.
//
// A message is handed to Tencent once. It has no key to recognise a message by that
// comes twice: after an error that is [sender.Uncertain], sending again may deliver
// two. Message.ID travels along as SessionContext. The SDK dates a request by the
// machine's clock, and Tencent refuses one that is more than five minutes off.
package tencent
