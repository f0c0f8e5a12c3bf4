package twilio

import "github.com/ligature-auth/ligature/sender"

// kinds are Twilio's codes, checked in November 2026 against stored copies, of 2024 to
// 2026, of https://www.twilio.com/docs/api/errors (each has a page below that; most are also
// in https://github.com/AriaBagheri/twilio-error-rs) and of
// https://www.twilio.com/docs/verify/api/error-codes; of some, no more than the title was
// found. Which of our errors a code is, is read from its words: Twilio does not say so, and
// was not made to answer with them.
//
// A code that is not here means what the answer's status does. So do those of calls,
// e-mail, Lookup and the SDK for phones, those of making services and templates, and
// Twilio's mere warnings.
var kinds = map[int]error{
	// This number, and no other. A country is no reason to rest from the sender that does not
	// serve it; sender.ByPrefix makes the same of one.
	21211: sender.ErrRecipient, // no valid number
	21265: sender.ErrRecipient, // a short code
	21266: sender.ErrRecipient, // the sender itself
	21268: sender.ErrRecipient, // a premium number
	21408: sender.ErrRecipient, // a country that the account does not send to
	21610: sender.ErrRecipient, // opted out
	21612: sender.ErrRecipient, // no way from this sender to this number
	21614: sender.ErrRecipient, // no mobile number
	21635: sender.ErrRecipient, // a landline
	60205: sender.ErrRecipient, // a landline
	60220: sender.ErrRecipient, // China, and an account that is not vetted for it
	60238: sender.ErrRecipient, // a country under embargo, or an account under review
	60410: sender.ErrRecipient, // a prefix blocked for fraud, for some hours
	60412: sender.ErrRecipient, // taken for a fraudulent sign-up
	60605: sender.ErrRecipient, // a country that the service does not send to

	// Limits.
	20429: sender.ErrQuota, // too many requests
	21611: sender.ErrQuota, // the sender's queue is full
	63038: sender.ErrQuota, // the account's daily limit
	60202: sender.ErrQuota, // too many guesses: the number gets no other code until this one expires
	60203: sender.ErrQuota, // too many codes sent to the number
	60212: sender.ErrQuota, // too many verifications of the number at a time

	// Twilio's troubles.
	20409: sender.ErrTemporary, // a conflict
	20500: sender.ErrTemporary, // Twilio's own error
	20503: sender.ErrTemporary, // Twilio is unavailable
	20504: sender.ErrTemporary, // Twilio's own error

	// For somebody to put right: the account, the sender, the text, the templates.
	20001: sender.ErrPermanent, // an unknown parameter
	20003: sender.ErrPermanent, // not authenticated
	20005: sender.ErrPermanent, // the account is not active
	20006: sender.ErrPermanent, // access denied
	20008: sender.ErrPermanent, // test credentials
	20403: sender.ErrPermanent, // forbidden
	20404: sender.ErrPermanent, // not found: a wrong SID
	20422: sender.ErrPermanent, // a bad parameter
	21212: sender.ErrPermanent, // no valid sender
	21267: sender.ErrPermanent, // a sender ID on a trial account
	21601: sender.ErrPermanent, // the sender cannot send
	21602: sender.ErrPermanent, // no text
	21603: sender.ErrPermanent, // no sender
	21604: sender.ErrPermanent, // no recipient
	21606: sender.ErrPermanent, // the sender is not the account's
	21608: sender.ErrPermanent, // a trial account, or one without a compliance profile, and an unverified number
	21617: sender.ErrPermanent, // the text is too long
	21619: sender.ErrPermanent, // no text
	21624: sender.ErrPermanent, // a bad validity
	21654: sender.ErrPermanent, // variables without a content template
	21655: sender.ErrPermanent, // no such content template
	21656: sender.ErrPermanent, // bad content variables
	21659: sender.ErrPermanent, // the sender is not Twilio's
	21660: sender.ErrPermanent, // the sender is another account's
	21661: sender.ErrPermanent, // the sender cannot send texts
	21701: sender.ErrPermanent, // no such messaging service
	21703: sender.ErrPermanent, // a messaging service without a sender for this number
	21704: sender.ErrPermanent, // a messaging service without senders
	21705: sender.ErrPermanent, // a bad SID of a messaging service
	63007: sender.ErrPermanent, // no such sender on the channel
	90007: sender.ErrPermanent, // a bad validity
	60200: sender.ErrPermanent, // a bad parameter; but see aboutTo
	60201: sender.ErrPermanent, // a translation that is not approved
	60204: sender.ErrPermanent, // the service has not the feature
	60206: sender.ErrPermanent, // the service wants a payment
	60214: sender.ErrPermanent, // no calls with payments
	60221: sender.ErrPermanent, // no verification named
	60223: sender.ErrPermanent, // the channel is disabled
	60224: sender.ErrPermanent, // values for the template are missing
	60226: sender.ErrPermanent, // China, and the service has no name
	60227: sender.ErrPermanent, // the template is not for the channel
	60228: sender.ErrPermanent, // no such template
	60229: sender.ErrPermanent, // no such translation
	60242: sender.ErrPermanent, // no template on WhatsApp
	60247: sender.ErrPermanent, // the text is too long
	60250: sender.ErrPermanent, // Australia, and an account that is not registered for it
	60408: sender.ErrPermanent, // the template is not for the channel
	60428: sender.ErrPermanent, // a channel that Verify has not

	// What becomes of a message that Twilio took, and tells a status callback, which we
	// have not. An answer has one of these where Twilio gives a message up at once.
	30004: sender.ErrRecipient, // blocked, opted out, or on a do-not-call list
	30005: sender.ErrRecipient, // the number is unknown to its carrier
	30006: sender.ErrRecipient, // a landline, or a carrier out of reach
	30450: sender.ErrRecipient, // blocked against pumping, for a while
	63003: sender.ErrRecipient, // not on the channel
	63014: sender.ErrRecipient, // the user blocked the sender
	63015: sender.ErrRecipient, // has not joined the sandbox
	63024: sender.ErrRecipient, // no valid recipient
	63031: sender.ErrRecipient, // the sender itself
	63032: sender.ErrRecipient, // WhatsApp does not deliver to this user
	63033: sender.ErrRecipient, // opted out of marketing
	14107: sender.ErrQuota,     // too many to one number in half a minute
	30001: sender.ErrQuota,     // the queue is full
	30022: sender.ErrQuota,     // the carriers' rate
	30023: sender.ErrQuota,     // a carrier's daily limit
	63017: sender.ErrQuota,     // the account's rate
	63018: sender.ErrQuota,     // WhatsApp's limit
	30003: sender.ErrTemporary, // the phone is off or out of reach
	30008: sender.ErrTemporary, // unknown
	30036: sender.ErrTemporary, // waited in the queue for longer than its validity
	30410: sender.ErrTemporary, // the carrier timed out, and may have it
	30500: sender.ErrTemporary, // Twilio's own error
	63009: sender.ErrTemporary, // the channel's error
	63010: sender.ErrTemporary, // Twilio's own error
	63012: sender.ErrTemporary, // the channel's own error
	63023: sender.ErrTemporary, // the channel's error
	63029: sender.ErrTemporary, // the phone could not load the template
	30002: sender.ErrPermanent, // the account is suspended
	30007: sender.ErrPermanent, // filtered by the carrier
	30024: sender.ErrPermanent, // the sender is not provisioned
	30032: sender.ErrPermanent, // a toll-free sender that is not verified
	30034: sender.ErrPermanent, // a sender that is not registered
	30044: sender.ErrPermanent, // too long for a trial account
	63001: sender.ErrPermanent, // the channel does not know the account
	63002: sender.ErrPermanent, // no such sender on the channel
	63005: sender.ErrPermanent, // the channel does not take the content
	63006: sender.ErrPermanent, // the text cannot be formatted
	63008: sender.ErrPermanent, // the channel is set up wrongly
	63013: sender.ErrPermanent, // against the channel's policy
	63016: sender.ErrPermanent, // outside the window, and no template
	63020: sender.ErrPermanent, // the business account, or its billing
	63021: sender.ErrPermanent, // the channel does not take the text
	63022: sender.ErrPermanent, // the business's name has no valid certificate
	63027: sender.ErrPermanent, // no template in this language
	63028: sender.ErrPermanent, // another number of variables
	63030: sender.ErrPermanent, // a parameter that the channel has not
	63051: sender.ErrPermanent, // the business account is blocked
	63112: sender.ErrPermanent, // the business account is disabled, or not verified
}
