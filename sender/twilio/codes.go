package twilio

import "github.com/ligature-auth/ligature/sender"

// kinds are Twilio's codes, of https://www.twilio.com/docs/api/errors (each has a page
// below that) and https://www.twilio.com/docs/verify/api/error-codes. A code that is
// not here means what the answer's status does.
var kinds = map[int]error{
	// This number, and no other.
	21211: sender.ErrRecipient, // no valid number
	21214: sender.ErrRecipient, // a number that cannot be reached
	21217: sender.ErrRecipient, // no number that is in use
	21219: sender.ErrRecipient, // a trial account, and an unverified number
	21265: sender.ErrRecipient, // a short code
	21266: sender.ErrRecipient, // the sender itself
	21268: sender.ErrRecipient, // a premium number
	21408: sender.ErrRecipient, // a country that the account does not send to
	21608: sender.ErrRecipient, // a trial account, and an unverified number
	21610: sender.ErrRecipient, // opted out
	21612: sender.ErrRecipient, // no way from this sender to this number
	21614: sender.ErrRecipient, // no mobile number
	21635: sender.ErrRecipient, // a landline
	30004: sender.ErrRecipient, // blocked
	30005: sender.ErrRecipient, // the number is unknown to its carrier
	30006: sender.ErrRecipient, // a landline, or a carrier out of reach
	30450: sender.ErrRecipient, // a prefix blocked against pumping
	63003: sender.ErrRecipient, // not on the channel
	63014: sender.ErrRecipient, // the user blocked the sender
	63015: sender.ErrRecipient, // has not joined the sandbox
	63024: sender.ErrRecipient, // no valid recipient
	63031: sender.ErrRecipient, // the sender itself
	63032: sender.ErrRecipient, // WhatsApp does not deliver to this user
	63033: sender.ErrRecipient, // opted out
	63036: sender.ErrRecipient, // not on the channel
	60205: sender.ErrRecipient, // a landline
	60220: sender.ErrRecipient, // China, without its vetting
	60237: sender.ErrRecipient, // a domain that is denied
	60238: sender.ErrRecipient, // the attempt was blocked
	60410: sender.ErrRecipient, // a prefix blocked for fraud
	60412: sender.ErrRecipient, // blocked as a fraudulent sign-up
	60600: sender.ErrRecipient, // out of coverage
	60605: sender.ErrRecipient, // a country that the service does not send to
	60610: sender.ErrRecipient, // out of coverage
	60612: sender.ErrRecipient, // no mobile number
	60625: sender.ErrRecipient, // a number given up

	// Limits.
	14107: sender.ErrQuota, // too fast a sender
	20429: sender.ErrQuota, // too many requests
	21611: sender.ErrQuota, // the sender's queue is full
	30001: sender.ErrQuota, // the queue is full
	30022: sender.ErrQuota, // the carriers' rate
	30023: sender.ErrQuota, // the carriers' daily limit
	63017: sender.ErrQuota, // the account's rate
	63018: sender.ErrQuota, // WhatsApp's limit
	63038: sender.ErrQuota, // the account's daily limit
	60203: sender.ErrQuota, // too many codes sent to the number
	60207: sender.ErrQuota, // the service's rate limits
	60245: sender.ErrQuota, // the account's limits
	60611: sender.ErrQuota, // the look-ups are used up
	60616: sender.ErrQuota, // the look-ups' rate
	60624: sender.ErrQuota, // a trial account's rate

	// Twilio's troubles, and the carriers'.
	20409: sender.ErrTemporary, // a conflict
	20500: sender.ErrTemporary, // Twilio's own error
	20503: sender.ErrTemporary, // Twilio is unavailable
	20504: sender.ErrTemporary, // Twilio timed out
	30003: sender.ErrTemporary, // the phone is off or out of reach
	30008: sender.ErrTemporary, // unknown
	30036: sender.ErrTemporary, // waited in the queue for too long
	30410: sender.ErrTemporary, // the carrier timed out
	30500: sender.ErrTemporary, // Twilio's own error
	63009: sender.ErrTemporary, // the channel's error
	63010: sender.ErrTemporary, // Twilio's own error
	63012: sender.ErrTemporary, // the channel's own error
	63023: sender.ErrTemporary, // the channel's error
	60212: sender.ErrTemporary, // two requests for the number at a time
	60401: sender.ErrTemporary, // the network
	60402: sender.ErrTemporary, // Twilio's own error
	60403: sender.ErrTemporary, // Twilio's own error
	60608: sender.ErrTemporary, // the look-up failed
	60613: sender.ErrTemporary, // the look-up is degraded

	// For somebody to put right: the account, the sender, the text, the templates.
	20001: sender.ErrPermanent, // an unknown parameter
	20002: sender.ErrPermanent, // a bad name
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
	21605: sender.ErrPermanent, // the text is too long
	21606: sender.ErrPermanent, // the sender is not the account's
	21617: sender.ErrPermanent, // the text is too long
	21619: sender.ErrPermanent, // no text
	21620: sender.ErrPermanent, // bad media
	21624: sender.ErrPermanent, // a bad validity
	21654: sender.ErrPermanent, // no such content template
	21655: sender.ErrPermanent, // a bad content SID
	21656: sender.ErrPermanent, // bad content variables
	21659: sender.ErrPermanent, // the sender is not Twilio's
	21660: sender.ErrPermanent, // the sender is another account's
	21661: sender.ErrPermanent, // the sender cannot send texts
	21701: sender.ErrPermanent, // no such messaging service
	21703: sender.ErrPermanent, // a messaging service without senders
	21704: sender.ErrPermanent, // a bad messaging service
	21705: sender.ErrPermanent, // a bad messaging service
	90007: sender.ErrPermanent, // a bad validity
	30002: sender.ErrPermanent, // the account is suspended
	30007: sender.ErrPermanent, // filtered by the carrier
	30024: sender.ErrPermanent, // the sender is not provisioned
	30032: sender.ErrPermanent, // a toll-free sender that is not verified
	30034: sender.ErrPermanent, // a sender that is not registered
	30038: sender.ErrPermanent, // a code in a text that is filtered for it
	30044: sender.ErrPermanent, // too long for a trial account
	30045: sender.ErrPermanent, // a bad validity
	63001: sender.ErrPermanent, // the channel does not know the account
	63002: sender.ErrPermanent, // no such sender on the channel
	63005: sender.ErrPermanent, // the channel does not take the text
	63006: sender.ErrPermanent, // the text cannot be formatted
	63007: sender.ErrPermanent, // no such sender on the channel
	63008: sender.ErrPermanent, // the channel is set up wrongly
	63013: sender.ErrPermanent, // against the channel's policy
	63016: sender.ErrPermanent, // outside the window, and no template
	63020: sender.ErrPermanent, // the business account
	63021: sender.ErrPermanent, // the channel does not take the text
	63022: sender.ErrPermanent, // the business's name
	63025: sender.ErrPermanent, // media twice
	63027: sender.ErrPermanent, // no template in this language
	63028: sender.ErrPermanent, // another number of variables
	63029: sender.ErrPermanent, // the template cannot be had
	63030: sender.ErrPermanent, // a parameter that the channel has not
	63040: sender.ErrPermanent, // the template is rejected
	63041: sender.ErrPermanent, // the template is paused
	63042: sender.ErrPermanent, // the template is disabled
	63051: sender.ErrPermanent, // the business account is blocked
	63112: sender.ErrPermanent, // the business account is disabled
	60200: sender.ErrPermanent, // a bad parameter; but see aboutTo
	60201: sender.ErrPermanent, // a translation that is not approved
	60202: sender.ErrPermanent, // too many guesses
	60204: sender.ErrPermanent, // the service has not the feature
	60206: sender.ErrPermanent, // the service wants a payment
	60214: sender.ErrPermanent, // no calls with payments
	60217: sender.ErrPermanent, // the service is set up wrongly
	60221: sender.ErrPermanent, // no verification named
	60223: sender.ErrPermanent, // the channel is disabled
	60224: sender.ErrPermanent, // values for the template are missing
	60226: sender.ErrPermanent, // China, and the service has no name
	60227: sender.ErrPermanent, // the template is not for the channel
	60228: sender.ErrPermanent, // no such template
	60229: sender.ErrPermanent, // no such translation
	60240: sender.ErrPermanent, // no templates allowed
	60241: sender.ErrPermanent, // a fixed text wanted
	60242: sender.ErrPermanent, // no template on WhatsApp
	60247: sender.ErrPermanent, // the text is too long
	60248: sender.ErrPermanent, // a word that is not allowed in the name
	60250: sender.ErrPermanent, // not registered for Australia
	60408: sender.ErrPermanent, // the template is not for the channel
	60428: sender.ErrPermanent, // no such channel
}
