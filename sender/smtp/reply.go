package smtp

import (
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	"github.com/ligature-auth/ligature/sender"
)

// verdict is what an enhanced status code means when it comes with a reply that is
// transient (4yz), and with one that is permanent (5yz).
type verdict struct{ transient, permanent error }

// verdicts are of the codes whose meaning is not that of their class. They are those of
// RFC 3463, section 3, with the later ones of IANA's registry "SMTP Enhanced Status
// Codes" (RFC 5248).
var verdicts = map[string]verdict{
	// Addressing. X.1.5 is a success; X.1.7 to X.1.9 are about the address of the sender.
	"1.0":  {sender.ErrTemporary, sender.ErrRecipient}, // other address status
	"1.1":  {sender.ErrTemporary, sender.ErrRecipient}, // bad destination mailbox address
	"1.2":  {sender.ErrTemporary, sender.ErrRecipient}, // bad destination system address
	"1.3":  {sender.ErrTemporary, sender.ErrRecipient}, // bad destination mailbox address syntax
	"1.4":  {sender.ErrTemporary, sender.ErrRecipient}, // destination mailbox address ambiguous
	"1.6":  {sender.ErrTemporary, sender.ErrRecipient}, // mailbox has moved
	"1.10": {sender.ErrTemporary, sender.ErrRecipient}, // recipient address has null MX (RFC 7505)
	// The mailbox. X.2.3 and X.2.4 are about the message and about lists.
	"2.0": {sender.ErrTemporary, sender.ErrRecipient}, // other mailbox status
	"2.1": {sender.ErrTemporary, sender.ErrRecipient}, // mailbox disabled
	// RFC 3463 has "mailbox full" for persistent transient failures. A server that makes
	// it permanent all the same does not want the message again.
	"2.2": {sender.ErrTemporary, sender.ErrRecipient},
	// Security and policy. Of X.7.1, "delivery not authorized", it is not told whether
	// it is the recipient's doing or that of the account ("relaying denied"), which
	// somebody has to look at.
	"7.17": {sender.ErrTemporary, sender.ErrRecipient}, // mailbox owner has changed (RFC 7293)
	"7.18": {sender.ErrTemporary, sender.ErrRecipient}, // domain owner has changed (RFC 7293)
	"7.28": {sender.ErrQuota, sender.ErrQuota},         // mail flood detected
}

// meaning returns the sentinel for a reply of 4yz or 5yz.
func meaning(at step, code int, status string) error {
	class, rest, _ := strings.Cut(status, ".")
	v, ok := verdicts[rest]
	if !ok {
		v = verdict{sender.ErrTemporary, sender.ErrPermanent}
		// RFC 5321, section 4.2.3, of the mailbox: unavailable, not local, its name not
		// allowed. Where there is a status that says what else was wrong, it knows better.
		if at == rcptTo && (code == 550 || code == 551 || code == 553) && aboutRecipient(class, rest) {
			v.permanent = sender.ErrRecipient
		}
	}
	if code/100 == 4 {
		return v.transient
	}
	if v.permanent == sender.ErrRecipient && at < rcptTo {
		return sender.ErrPermanent // the server has not heard of a recipient yet
	}
	return v.permanent
}

// aboutRecipient reports whether a status that is no verdict leaves it at the recipient:
// none at all, "other", and the routing to the recipient's host.
func aboutRecipient(class, rest string) bool {
	return class == "" || strings.HasPrefix(rest, "0.") || strings.HasPrefix(rest, "4.")
}

var statusForm = regexp.MustCompile(`^([245])\.(\d{1,3}\.\d{1,3})(?:\s|$)`)

// statusOf returns the enhanced status code of a reply (RFC 2034, section 4), or "". One
// that contradicts the reply's code is none.
func statusOf(reply *textproto.Error) string {
	m := statusForm.FindStringSubmatch(reply.Msg)
	if m == nil || m[1] != strconv.Itoa(reply.Code/100) {
		return ""
	}
	return m[1] + "." + m[2]
}
