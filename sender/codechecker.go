package sender

import "context"

// CodeChecker is a Sender whose vendor makes the codes of some messages, and checks
// them, so that ligature never has them. It is optional: a Sender that is one is used
// as such. [Mux], [ByPrefix], [ByLocale], [Timeout] and [Retry] are CodeCheckers for those
// of their senders that are; package failover is none, and neither is a wrapper that hides
// the methods.
//
// A vendor that keeps one code for a number, and gives each message about it the same
// MessageID, has those who ask for the number at once share the code and its guesses.
type CodeChecker interface {
	Sender

	// MakesCode reports whether the vendor makes the code of such a message. It looks
	// at no more of m than Channel, To, Purpose, Locale and whether it is to have a
	// code, and says the same again while a code lives. Send is then handed m without
	// Code, Subject, Text and HTML, and the MessageID of its Receipt is what CheckCode is
	// asked about. The code has as many digits as the policy says, and lives as long.
	MakesCode(m Message) bool

	// CheckCode asks the vendor whether a code is the right one. The guess has been
	// counted. A code that is dead there, or was guessed at too often, is not right; an
	// error means that the vendor did not say, and fails like that of Send.
	CheckCode(ctx context.Context, c CodeCheck) (right bool, err error)
}

// CodeCheck is a code that somebody typed for a message whose code the vendor made.
type CodeCheck struct {
	// Message is the one that was sent, as far as it is known: ID, Channel, To, Purpose
	// and Locale.
	Message   Message
	MessageID string // of its Receipt
	Typed     Code
}

// makesCode is MakesCode of whatever sender it is.
func makesCode(s Sender, m Message) bool {
	checker, ok := s.(CodeChecker)
	return ok && checker.MakesCode(m)
}

// checkCode is CheckCode of whatever sender it is.
func checkCode(ctx context.Context, s Sender, c CodeCheck) (bool, error) {
	if checker, ok := s.(CodeChecker); ok {
		return checker.CheckCode(ctx, c)
	}
	return false, &Error{Err: ErrPermanent, Detail: "the sender of this message makes no codes"}
}
