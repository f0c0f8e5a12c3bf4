package association

import (
	"errors"
	"fmt"
	"time"
)

// What a method refuses with, for errors.Is. Every error of a Service method
// wraps exactly one of these, or a context's error; anything else that goes
// wrong is ErrUnavailable. A refusal changes nothing but counters, save two:
// Refresh ends the session of a token that somebody kept, and a Send that could
// not be delivered has replaced the code before it.
var (
	// ErrInvalidArgument: the input is malformed, or does not fit the account.
	ErrInvalidArgument = errors.New("invalid argument")

	// ErrInvalidProof: the code or the verification token is wrong, expired,
	// used, superseded, exhausted, unknown, or somebody else's. Which of these is
	// told to nobody (R19).
	ErrInvalidProof = errors.New("verification code or token is not valid")

	// ErrInvalidPassword: the password is wrong, or the account is unknown, or
	// too many wrong ones came before.
	ErrInvalidPassword = errors.New("invalid username or password")

	// ErrPasswordNotSet: the signed-in account has no password to judge.
	ErrPasswordNotSet = errors.New("no password is set")

	// ErrInvalidGrant: the refresh token is dead. The person signs in anew.
	ErrInvalidGrant = errors.New("refresh token is not valid")

	// ErrUnauthenticated: nobody is signed in, or the session has ended.
	ErrUnauthenticated = errors.New("sign in first")

	// ErrSudoRequired: the sudo token is missing, dead, too weak or made for
	// something else. Prove who you are with Sudo, then repeat the call.
	ErrSudoRequired = errors.New("prove who you are again first")

	// ErrPermissionDenied: the policy does not allow it.
	ErrPermissionDenied = errors.New("not allowed")

	// ErrBlocked: the account is disabled.
	ErrBlocked = errors.New("account is disabled")

	// ErrNotRegistered: possession of the address is proved, and no account has
	// it. The verification token stays good for SignUp.
	ErrNotRegistered = errors.New("no account has this address")

	// ErrIdentifierTaken: possession of the address is proved, and another
	// account has it. The verification token stays good.
	ErrIdentifierTaken = errors.New("already bound to another account")

	// ErrUsernameTaken: another account has this username.
	ErrUsernameTaken = errors.New("username is taken")

	// ErrAccountExists: an account with this ID is known already.
	ErrAccountExists = errors.New("account exists already")

	// ErrRateLimited: the caller's own budget is used up; see Error.RetryAfter.
	ErrRateLimited = errors.New("too many requests")

	// ErrNoSuchMethod: the acting account has no method with this ID.
	ErrNoSuchMethod = errors.New("the account has no such sign-in method")

	// ErrLastMethod: it is the last method that lets the person sign in, and stays.
	ErrLastMethod = errors.New("this is the last usable sign-in method")

	// ErrAssociationRequired: the account needs an address of some kind for this, and
	// has none that vouches. Bind one, then repeat the call.
	ErrAssociationRequired = errors.New("an address of this kind is needed first")

	// ErrSecondProof: the address was proved too long ago, or is at risk, and does not
	// vouch alone (R53). Sign in with the password, or give it beside the token.
	ErrSecondProof = errors.New("a second proof is needed")

	// ErrUndeliverable: the address takes no messages. Ask for another address.
	ErrUndeliverable = errors.New("no message reaches this address")

	// ErrBusy: others kept changing the same records. Repeat the call; with a copy
	// that With made, roll back first and repeat the whole transaction.
	ErrBusy = errors.New("busy")

	// ErrUnsupported: this Service is not set up for it, or is a copy that With made.
	ErrUnsupported = errors.New("not supported here")

	// ErrUnavailable: the store, the sender or the key ring failed, or more passwords
	// are to be hashed or messages sent than can be, see Error.RetryAfter. Refused, and
	// nothing half done.
	ErrUnavailable = errors.New("unavailable")
)

// Error is what every Service method returns when it refuses.
type Error struct {
	Op         string        // the method, "verify"
	Err        error         // one of the sentinels, or a context's error
	Detail     string        // for people and clients; never holds a secret or an address
	RetryAfter time.Duration // with ErrRateLimited, or ErrUnavailable of a load or a vendor's limit, when to try again; else 0
	MaxAge     time.Duration // with ErrSudoRequired, of CheckFresh; else 0
	cause      error         // for the log: what failed below, secret-free
}

// Error reads "association: op: sentinel: detail", without the op where there is
// none.
func (e *Error) Error() string {
	msg := "association: "
	if e.Op != "" {
		msg += e.Op + ": "
	}
	msg += fmt.Sprint(e.Err)
	if e.Detail != "" {
		msg += ": " + e.Detail
	}
	return msg
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }
