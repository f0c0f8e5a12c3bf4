package association

import (
	"errors"
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// Limit allows N of something in each Per: fixed windows, counted from the Unix
// epoch. N is positive, Per at least a second.
type Limit struct {
	N   int
	Per time.Duration
}

// Policy says how strict a Service is. The zero value of every field is the
// safe default; a value out of bounds is an error of New, never "unlimited".
type Policy struct {
	// CodeDigits is the length of the codes for each purpose, from 6 to 10; a
	// purpose that is not named has 6 (R12).
	CodeDigits map[sender.Purpose]int

	// CodeTTL is how long a code lives on each channel, at most 10 minutes. A
	// channel that is not named has 10 minutes, SMS has 5; the least is a minute
	// (R13).
	CodeTTL map[sender.Channel]time.Duration

	// VerificationTTL is how long a verification token lives: 0 means 10
	// minutes, which is also the most (R36); the least is a minute.
	VerificationTTL time.Duration

	// SudoTTL is how long a sudo token lives, from its making and whatever its
	// use: 0 means 10 minutes; from 1 to 15 (R03).
	SudoTTL time.Duration

	// SudoMaxUses is how many changes one sudo token may make: 0 means any
	// number within SudoTTL.
	SudoMaxUses int

	// RecentSignIn is how young a sign-in must be to count as sudo for an
	// account that has no factor at all: 0 means 5 minutes, which is also the
	// most; the least is a second.
	RecentSignIn time.Duration

	// AccessTTL is how long an access token lives: 0 means 2 hours; at least
	// 31 seconds, since clients count themselves out 30 seconds early, and at
	// most 24 hours. An answer that is had again has up to a minute less.
	AccessTTL time.Duration

	// RefreshTTL is how long a session lives without being refreshed: 0 means
	// 30 days; from an hour to 90 days.
	RefreshTTL time.Duration

	// EventTTL is how long a line of an account's history is kept: 0 means 365
	// days; from a day to 100 years of 365 days. It is settled when the line is
	// written: another TTL is for those to come.
	EventTTL time.Duration

	// StrongestAvailable asks every change for a proof of the strongest factor that the
	// account has: an authenticator before the password before addresses, of which the
	// one that was bound earlier comes first (R02, NIST SP 800-63B-4 section 4.1.2.1).
	// A factor counts as the weakest of those that set it of late. For an address that
	// is replaced or removed the strongest of the others is asked for. False means that
	// any factor will do.
	StrongestAvailable bool

	// FactorRootedFor is how long a factor vouches for no more than the factor that set
	// it: 0 means 24 hours; from an hour to 30 days. A password that was reset by a
	// code to a mailbox cannot replace that mailbox meanwhile.
	FactorRootedFor time.Duration

	// ReproveAfter is, by the name of a kind, how long an address vouches alone after it
	// was last proved: beyond it it is shown as ever, but a code to it neither signs in
	// nor gives sudo without the password beside it, and resets no password (R53). A live
	// sudo by another factor beside it gives sudo too, and where the account has nothing
	// else a recent sign-in. A kind that is not named never asks; the least is a day.
	// Whoever has nothing but such an address, and does not use it for so long, comes in
	// by the host's help alone.
	ReproveAfter map[string]time.Duration

	// Quarantine is for how long an address that was removed is remembered as its last
	// account's: whoever binds it then needs a code that was asked for since, and that
	// account's other addresses are told (R52). 0 means not at all; at most 5 years.
	Quarantine time.Duration

	// AllowUsernameChange lets a username be replaced. False means that it is chosen
	// once.
	AllowUsernameChange bool

	// AllowAnonymous lets anybody open a session of a new account without proving
	// anything.
	AllowAnonymous bool

	// AllowDelete lets people delete their account. False means that the host does, by
	// DeleteAccount.
	AllowDelete bool

	// UnsafeFirstBindWithoutSudo lets an account that has no address bind its first by
	// its session alone: whoever takes over a session then owns the account for good.
	// It is for an application that cannot ask again yet.
	UnsafeFirstBindWithoutSudo bool

	// KeepImportedHashes leaves the hashes that Import brought as they are, for an
	// application that may go back to what it had before. False means that the next
	// right password replaces each by one made here.
	KeepImportedHashes bool

	// AllowSignUp lets strangers make accounts. False means that SignUp is
	// refused, and that a sign-in code for an unknown address goes nowhere,
	// which the caller is not told (R59), but for the time that sending takes.
	AllowSignUp bool

	// SendTimeout bounds the delivery of one message, and each call of Config.Revoker
	// and Config.Deleter: 0 means 10 seconds; from a second to a minute. With a minute
	// more it is the pause before a notice is tried again.
	SendTimeout time.Duration

	// PasswordMinBytes is the shortest password that may be set: 0 means 8,
	// which is also the least. The longest is 256.
	PasswordMinBytes int

	// UnsafePasswordMinBytes, when it is not 0, allows passwords even shorter
	// than 8 bytes. It is for demonstrations.
	UnsafePasswordMinBytes int

	// HashMemory bounds, in MiB, what the process grows by while it hashes passwords,
	// however many at once: 0 means 256, which is three at once of those made here,
	// or one of 64 MiB from elsewhere; from 76, which is one, to 65536. It is counted
	// for each Service by itself, and for a garbage collector that is left as it comes
	// (GOGC=100).
	HashMemory int

	// HashQueueTime is how long a password waits for its turn to be hashed before it
	// is refused with ErrUnavailable: 0 means 2 seconds; from 10 milliseconds to 30
	// seconds.
	HashQueueTime time.Duration

	// Budgets are the limits that the guard holds.
	Budgets Budgets

	// UnsafeNoBudgets switches every budget off and the pause between two codes
	// with it, for load tests. Guesses per code stay limited.
	UnsafeNoBudgets bool
}

// Budgets limit sends and guesses over all codes. A zero Limit is the default
// that its comment names; one that is zero in part is an error, and so is one of
// wrong guesses that allows more than ten times the default in the same time.
type Budgets struct {
	// ResendPause is the least time between two codes of one slot, that is for
	// the same asker, purpose and address: 0 means 60 seconds; from 30 seconds to
	// an hour.
	ResendPause time.Duration

	// SendsPerAccount limits the codes that one signed-in account asks for:
	// 10 an hour.
	SendsPerAccount Limit

	// SendsPerIP limits the codes asked for from one IPv4 address or IPv6 /64:
	// 20 an hour.
	SendsPerIP Limit

	// SendsPerTarget and SendsPerTargetLong limit the messages to one address,
	// each purpose by itself: 5 an hour and 10 a day. Beyond them nothing is
	// sent, and the caller is not told.
	SendsPerTarget, SendsPerTargetLong Limit

	// WrongCodesPerTarget limits the wrong sign-in codes for one address: 15 a
	// day (R25).
	WrongCodesPerTarget Limit

	// WrongCodesPerAccount limits the wrong codes of a signed-in account: 20 an
	// hour (R25).
	WrongCodesPerAccount Limit

	// EndingOthersPerAccount limits how often an account ends every session but the
	// acting one: 5 an hour, where the session has no live sudo. Each time kills the
	// codes that others have asked for, and a session alone is enough to do it.
	EndingOthersPerAccount Limit

	// PasswordsPerIP limits the passwords, right and wrong, that are judged or set
	// for one IPv4 address or IPv6 /64: 300 an hour.
	PasswordsPerIP Limit

	// UsernamesPerIP limits the usernames that are asked for, free and taken, from one
	// IPv4 address or IPv6 /64: 100 an hour.
	UsernamesPerIP Limit

	// WrongAuthenticatorCodes limits the wrong codes of an account's authenticator: 15
	// a day. With three steps that count at a time that is one chance in 22,000 a day.
	WrongAuthenticatorCodes Limit

	// AnonymousPerIP limits the anonymous accounts made from one IPv4 address or IPv6
	// /64: 60 an hour.
	AnonymousPerIP Limit

	// WrongPasswords limits the wrong passwords for one account, or one unknown
	// identifier, over signing in and sudo together: 5 in 15 minutes (R06).
	WrongPasswords Limit
}

// The bounds that no policy moves.
const (
	maxGuessesPerCode = 5
	maxGuessesPerSlot = 15
	slotWindow        = 24 * time.Hour
	repeatWindow      = 60 * time.Second // how long a lost answer can be had again
	maxPasswordBytes  = 256
	mostGenerous      = 10 // times the default Limit of wrong guesses
)

// withDefaults returns the policy with every default filled in, or an error that
// names the field out of bounds. It is the one place where defaults are.
func (p Policy) withDefaults() (Policy, error) {
	var err error
	bad := func(field, why string, args ...any) {
		err = errors.New("Policy." + field + ": " + fmt.Sprintf(why, args...))
	}
	duration := func(field string, d *time.Duration, def, least, most time.Duration) {
		if *d == 0 {
			*d = def
		}
		if *d < least || *d > most {
			bad(field, "%v is not between %v and %v", *d, least, most)
		}
	}
	number := func(field string, n *int, def, least, most int) {
		if *n == 0 {
			*n = def
		}
		if *n < least || *n > most {
			bad(field, "%d is not between %d and %d", *n, least, most)
		}
	}
	limit := func(field string, l *Limit, n int, per time.Duration) {
		if *l == (Limit{}) {
			*l = Limit{n, per}
		}
		if l.N < 1 || l.Per < time.Second {
			bad("Budgets."+field, "needs a positive N and a Per of at least a second")
		}
	}
	guesses := func(field string, l *Limit, n int, per time.Duration) {
		limit(field, l, n, per)
		if float64(l.N)/float64(l.Per) > mostGenerous*float64(n)/float64(per) {
			bad("Budgets."+field, "more than %d times the default", mostGenerous)
		}
	}

	digits := map[sender.Purpose]int{}
	for _, purpose := range []sender.Purpose{sender.Bind, sender.Sudo, sender.SignIn} {
		n := p.CodeDigits[purpose]
		number("CodeDigits["+string(purpose)+"]", &n, 6, 6, 10)
		digits[purpose] = n
	}
	for purpose := range p.CodeDigits {
		if _, ok := digits[purpose]; !ok {
			bad("CodeDigits", "no purpose %q carries a code", purpose)
		}
	}
	p.CodeDigits = digits

	ttls := map[sender.Channel]time.Duration{sender.SMS: 5 * time.Minute}
	for channel, ttl := range p.CodeTTL {
		duration("CodeTTL["+string(channel)+"]", &ttl, Policy{CodeTTL: ttls}.codeTTL(channel), time.Minute, 10*time.Minute)
		ttls[channel] = ttl
	}
	p.CodeTTL = ttls

	duration("VerificationTTL", &p.VerificationTTL, 10*time.Minute, time.Minute, 10*time.Minute)
	duration("SudoTTL", &p.SudoTTL, 10*time.Minute, time.Minute, 15*time.Minute)
	duration("RecentSignIn", &p.RecentSignIn, 5*time.Minute, time.Second, 5*time.Minute)
	duration("FactorRootedFor", &p.FactorRootedFor, 24*time.Hour, time.Hour, 30*24*time.Hour)
	reprove := map[string]time.Duration{}
	for kind, after := range p.ReproveAfter {
		if after < 24*time.Hour {
			bad("ReproveAfter", "%v is less than a day", after)
		}
		reprove[kind] = after
	}
	p.ReproveAfter = reprove
	duration("AccessTTL", &p.AccessTTL, 2*time.Hour, 31*time.Second, 24*time.Hour)
	duration("RefreshTTL", &p.RefreshTTL, 30*24*time.Hour, time.Hour, 90*24*time.Hour)
	const year = 365 * 24 * time.Hour
	duration("EventTTL", &p.EventTTL, year, 24*time.Hour, 100*year)
	duration("Quarantine", &p.Quarantine, 0, 0, 5*year)
	duration("SendTimeout", &p.SendTimeout, 10*time.Second, time.Second, time.Minute)
	if p.SudoMaxUses < 0 {
		bad("SudoMaxUses", "%d is negative", p.SudoMaxUses)
	}
	number("PasswordMinBytes", &p.PasswordMinBytes, 8, 8, maxPasswordBytes)
	if p.UnsafePasswordMinBytes != 0 {
		number("UnsafePasswordMinBytes", &p.UnsafePasswordMinBytes, 0, 1, maxPasswordBytes)
		p.PasswordMinBytes = p.UnsafePasswordMinBytes
	}
	const leastHashMemory = hashRoom * ownMemory / 1024
	number("HashMemory", &p.HashMemory, 256, leastHashMemory, 64*1024)
	duration("HashQueueTime", &p.HashQueueTime, 2*time.Second, 10*time.Millisecond, 30*time.Second)

	b := &p.Budgets
	duration("Budgets.ResendPause", &b.ResendPause, 60*time.Second, 30*time.Second, time.Hour)
	limit("SendsPerAccount", &b.SendsPerAccount, 10, time.Hour)
	limit("SendsPerIP", &b.SendsPerIP, 20, time.Hour)
	limit("SendsPerTarget", &b.SendsPerTarget, 5, time.Hour)
	limit("SendsPerTargetLong", &b.SendsPerTargetLong, 10, 24*time.Hour)
	guesses("WrongCodesPerTarget", &b.WrongCodesPerTarget, 15, 24*time.Hour)
	guesses("WrongCodesPerAccount", &b.WrongCodesPerAccount, 20, time.Hour)
	limit("EndingOthersPerAccount", &b.EndingOthersPerAccount, 5, time.Hour)
	limit("PasswordsPerIP", &b.PasswordsPerIP, 300, time.Hour)
	limit("UsernamesPerIP", &b.UsernamesPerIP, 100, time.Hour)
	guesses("WrongAuthenticatorCodes", &b.WrongAuthenticatorCodes, 15, 24*time.Hour)
	limit("AnonymousPerIP", &b.AnonymousPerIP, 60, time.Hour)
	guesses("WrongPasswords", &b.WrongPasswords, 5, 15*time.Minute)
	if p.UnsafeNoBudgets {
		b.ResendPause = 0
	}
	return p, err
}

// codeTTL is how long a code lives on the channel.
func (p Policy) codeTTL(c sender.Channel) time.Duration {
	if ttl, ok := p.CodeTTL[c]; ok {
		return ttl
	}
	return 10 * time.Minute
}
