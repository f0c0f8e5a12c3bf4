// Package twilio sends text and WhatsApp messages by Twilio's Programmable Messaging,
// and lets Twilio Verify make and check codes, through Twilio's own SDK.
//
//	s, err := twilio.New(twilio.Options{
//		Account: twilio.Account{SID: "AC…", AuthToken: sender.NewSecret(token)},
//		Channels: map[sender.Channel]twilio.Channel{
//			sender.SMS: {MessagingServiceSID: "MG…"},
//			sender.WhatsApp: {From: "+14155550100", Templates: []twilio.Template{
//				{For: sender.SignInCode, ContentSID: "HX…", Params: []sender.Param{sender.ParamCode}},
//			}},
//		},
//	})
//
// A text message says Message.Text. On WhatsApp whoever has not written to the
// business within a day can be sent nothing but approved templates; where the channel
// has none for a message, Text goes out all the same, and Twilio refuses it. Voice is
// not here: it is another interface of Twilio's, calls; Verify has it.
//
// Twilio is told how long a code lives, and drops a message that waited in its queue
// for longer.
//
// A message is handed to Twilio once. Twilio knows no key to recognise by that it comes
// twice: after an error that is [sender.Uncertain], sending again may deliver two.
//
// # Verify
//
// [Verify] is a [sender.CodeChecker]: Twilio makes the code, sends it in its own words
// and checks it. A service of Twilio's has one code for a number at a time, whoever
// asked for it, so give each purpose a service of its own: a code that was sent to
// sign in must not be good for a change of the account. Even so two accounts that bind
// the same number at the same time share its code, and its guesses; it is still only
// who holds the phone that reads it. Let codes live for as long as Twilio's do, which
// is 10 minutes unless the service says otherwise, and give them in the policy as many
// digits as the service does. Notices, and codes on other channels, want a Sender beside
// it.
package twilio
