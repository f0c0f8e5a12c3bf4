package sender

import (
	"strconv"
	"time"
)

// Template names what a message says: of a code the purpose, of a notice what
// happened. Vendors that keep the words of messages themselves have one for each.
type Template string

// The templates of codes.
const (
	BindCode   = Template(Bind)
	SudoCode   = Template(Sudo)
	SignInCode = Template(SignIn)
)

// The templates of notices.
const (
	AddressAdded         Template = "address_added"    // another address of the account
	AddressReplaced      Template = "address_replaced" // this address; another took its place
	AddressRemoved       Template = "address_removed"  // this address
	OtherAddressRemoved  Template = "other_address_removed"
	AddressTransferred   Template = "address_transferred" // another one of the account went to another account
	AddressRebound       Template = "address_rebound"     // one that the account had is another account's now
	AccountDeleted       Template = "account_deleted"
	PasswordSet          Template = "password_set" // changed or reset, too
	PasswordRemoved      Template = "password_removed"
	AuthenticatorAdded   Template = "authenticator_added"
	AuthenticatorRemoved Template = "authenticator_removed"
	UsernameSet          Template = "username_set" // chosen or changed
	UsernameRemoved      Template = "username_removed"
)

// Param names a value that stands in a message.
type Param string

// The values that stand in messages.
const (
	ParamCode    Param = "code"
	ParamMinutes Param = "minutes" // how long the code is good for, in whole minutes, rounded down, at least 1
	ParamService Param = "service"
	ParamAccount Param = "account" // masked; often empty
	ParamTime    Param = "time"    // of what a notice tells, "2026-11-28 17:05 UTC"
)

// Param returns the value of that name in clear, to be put into a message and
// nowhere else. It is empty where the message has none; ok is false where no message
// has a value of that name.
func (m Message) Param(name Param) (value string, ok bool) {
	switch name {
	case ParamCode:
		return m.Code.Reveal(), true
	case ParamMinutes:
		if m.Lifetime <= 0 {
			return "", true
		}
		return strconv.Itoa(max(1, int(m.Lifetime/time.Minute))), true
	case ParamService:
		return m.Service, true
	case ParamAccount:
		return m.Account, true
	case ParamTime:
		if m.At.IsZero() {
			return "", true
		}
		return m.At.UTC().Format("2006-01-02 15:04 UTC"), true
	}
	return "", false
}

// Templates returns every template: those of codes first.
func Templates() []Template {
	return []Template{
		BindCode, SudoCode, SignInCode,
		AddressAdded, AddressReplaced, AddressRemoved, OtherAddressRemoved, AddressTransferred, AddressRebound, AccountDeleted,
		PasswordSet, PasswordRemoved, AuthenticatorAdded, AuthenticatorRemoved, UsernameSet, UsernameRemoved,
	}
}

// Purpose returns what a message that says this is for.
func (t Template) Purpose() Purpose {
	switch t {
	case BindCode, SudoCode, SignInCode:
		return Purpose(t)
	}
	return Notice
}
