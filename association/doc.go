// Package association binds every way a person signs in to one account.
//
// A [Service] is the whole of it: each of its methods is one step of a ceremony.
//
//		sign in ──▶ sudo ──▶ send ──▶ verify ──▶ bind ──▶ sign in with either method
//
//	 1. Somebody is signed in: [Service.SignIn], [Service.SignUp], or a session of
//	    the host's own. [Service.Authenticate] turns an access token into an
//	    [Actor].
//	 2. [Service.Sudo]: they prove again who they are, by the password or by a code
//	    sent to an address that is bound already. The result is a sudo token, good
//	    for ten minutes, in this session alone.
//	 3. [Service.Send]: a code goes to the new address.
//	 4. [Service.Verify]: the code is right. The result is a verification token.
//	 5. [Service.Bind]: both tokens, one commit. The address is now a sign-in method.
//	 6. [Service.SignIn] by any bound method.
//
// Every step of the ceremony takes a [Caller] right after the context: who calls,
// from where.
// Who acts always comes from there, and never from anything in the request.
//
// # Living with it
//
// Under sudo, too: [Service.Unbind] removes a method, never the last usable one;
// [Service.SetPassword], [Service.SetUsername]; [Service.EnrolAuthenticator] and
// [Service.ConfirmAuthenticator]; [Service.Delete]. Signed out,
// [Service.ResetPassword] by a code. [Service.Methods] lists what there is and what may
// be done to each, [Service.SudoState] how to prove oneself, [Service.Devices] where
// the account is signed in and [Service.History] what happened to it.
//
// A factor is what sudo rests on. An address does not vouch for its own replacement or
// removal while the account has something independent, and for a day no factor vouches
// for more than the one that set it, see Policy.FactorRootedFor: a code to the mailbox
// resets the password, and that password still does not move the mailbox.
//
// Where another account has an address that somebody has proved, [BindRequest] may ask
// for it, and [Transfers], the application's own policy, decides.
//
// # Inside an application
//
// An account appears when it first does something: its ID is the application's own user
// ID. [PasswordVerifier] judges passwords that the application keeps,
// [SessionRevoker] ends its sessions, [AccountDeleter] deletes what it keeps,
// [Observer] is told what happened, after each commit. [Service.Import] and
// [Service.ImportAll] bring accounts over; [Tickets] hand over somebody whom the
// application has signed in; [Service.Disable], [Service.Enable],
// [Service.EndAccountSessions] and [Service.DeleteAccount] act by the application's
// word; [Service.Find] tells whose an identifier is.
//
// # Setting it up
//
// [New] needs a name, a store, a sender, keys and kinds; none has a default. The zero
// [Policy] is the safe one. A Service starts no goroutine and reads no
// environment. The host runs two of its methods, on any number of instances:
// [Service.Deliver] every few seconds, which sends what changes owe to the addresses
// they concern, and [Service.DeleteExpired] every few minutes.
//
// [Service.With] binds and imports in a transaction of the host's own.
//
// # Errors
//
// A refusal is an [*Error] around one of the sentinels in this package, for
// errors.Is. Whatever is wrong with a code or a verification token is
// [ErrInvalidProof], told from nothing else; nobody is told whether an address is
// known before proving that they hold it. A refused call changes nothing but
// counters, with the two exceptions that the sentinels' comment names.
//
// # What is kept
//
// Codes and tokens are kept as MACs under [Keys], passwords as argon2id hashes or, until
// the next right one, as they were imported, the secrets of authenticators encrypted; all
// of it behind package store's contract. Records are versioned: what a decision
// rests on is asserted in the write that carries it out.
package association
