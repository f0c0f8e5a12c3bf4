package model_test

import (
	"fmt"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// The calls that open and end sessions, and those that the host makes of itself.

// opened is the session that a call made, as the store was told.
func opened(f *frame) string {
	for _, c := range f.applied {
		for _, p := range c.Proofs {
			if p.Kind == proofSession && p.Version == 0 {
				return p.ID
			}
		}
	}
	return ""
}

// came notes a session that a call opened.
func (r *run) came(f *frame, device string, a *account, epoch int, told *association.Session) *session {
	s := r.open(opened(f), device, a, epoch)
	if told != nil {
		r.holds(s, *told)
	}
	return s
}

func (r *run) holds(s *session, told association.Session) {
	r.refresh = keep(r.refresh, &refreshToken{s, s.gen, told.Refresh, told.Access, told.AccessExpires})
}

func (r *run) toldIf(told bool, s *association.Session) *association.Session {
	if told {
		return s
	}
	return nil
}

func (r *run) signInByPassword(device, kind, value, password string) func() op {
	return func() op {
		var a *account
		var epoch int
		var told association.Session
		judge := func() (string, bool) {
			x := (*method)(nil)
			if a = r.owner(kind, value); a != nil {
				x = a.methods["password"]
			}
			if x == nil || x.value != password {
				return "rule: the password is wrong", false
			}
			no, doubt := r.within(budget{"password ", a.id, passwordsWrong, 15 * time.Minute})
			if no == "" {
				no = r.active(a)
			}
			return no, doubt
		}
		var judged *account
		wrongly := false
		return op{
			name: fmt.Sprintf("sign in on %s as %s by %q", device, value, password), early: true,
			read: func() {
				no, _ := judge()
				if judged, wrongly = a, no == "rule: the password is wrong"; a != nil {
					epoch = a.epoch
				}
			},
			judge: judge,
			call: func(request string) (err error) {
				told, err = r.svc.SignIn(r.ctx, r.caller(nil, device, request), association.SignInRequest{Identifier: value, Password: password})
				return err
			},
			done: func(f *frame, ok bool) {
				if judged != nil {
					r.came(f, device, judged, epoch, r.toldIf(ok, &told))
					judged.happened[association.EventSignIn]++
				}
			},
			missed: func(*frame) {
				if judged != nil && wrongly {
					r.missed(budget{"password ", judged.id, passwordsWrong, 15 * time.Minute}, true)
				}
			},
		}
	}
}

func (r *run) signInByToken(t *token, device string) func() op {
	return func() op {
		var a *account
		var epoch int
		var told association.Session
		return op{
			name: "sign in by a code to " + t.slot.to, early: true,
			read: func() {
				if a = r.owner(t.slot.kind, t.slot.to); a != nil {
					epoch = a.epoch
				}
			},
			judge: func() (string, bool) {
				if no := r.mayRedeem(t.slot, t.gen, sender.SignIn, nil, device); no != "" {
					return no, false
				}
				return r.mayEnter(t.slot, r.owner(t.slot.kind, t.slot.to)), false
			},
			call: func(request string) (err error) {
				told, err = r.svc.SignIn(r.ctx, r.caller(nil, device, request), association.SignInRequest{VerificationToken: t.token})
				return err
			},
			done: func(f *frame, ok bool) {
				t.slot.state = "spent"
				if a != nil {
					r.came(f, device, a, epoch, r.toldIf(ok, &told))
					a.happened[association.EventSignIn]++
				}
			},
		}
	}
}

// signUp signs up by a code, as the guest perhaps, an anonymous session.
func (r *run) signUpBy(t *token, device string, guest *session, username, password string) func() op {
	return func() op {
		var a *account
		var epoch int
		var told association.Session
		if guest != nil {
			device = guest.device
		}
		return op{
			name: fmt.Sprintf("sign up by a code to %s, named %q, %t", t.slot.to, username, guest != nil), early: true,
			read: func() {
				if a = r.owner(t.slot.kind, t.slot.to); a != nil {
					epoch = a.epoch
				}
			},
			judge: func() (string, bool) {
				if no := r.mayRedeem(t.slot, t.gen, sender.SignIn, nil, device); no != "" {
					return no, false
				}
				if guest != nil {
					if no := r.live(guest); no != "" {
						return no, false
					}
					if guest.account.born {
						return "I6: the guest has an account", false
					}
				}
				if owner := r.owner(t.slot.kind, t.slot.to); owner != nil {
					return r.mayEnter(t.slot, owner), false
				}
				if !r.signUp {
					return "rule: sign-up is closed", false
				}
				if username != "" && r.owner("username", username) != nil {
					return "I2: another account has the name", false
				}
				return "", false
			},
			call: func(request string) (err error) {
				r.sets = password
				told, err = r.svc.SignUp(r.ctx, r.caller(guest, device, request), association.SignUpRequest{
					VerificationToken: t.token, Username: username, Password: password,
				})
				return err
			},
			done: func(f *frame, ok bool) {
				t.slot.state = "spent"
				if now := r.owner(t.slot.kind, t.slot.to); a == nil && now != nil {
					a, epoch = now, now.epoch // somebody was faster
				}
				if a != nil {
					r.came(f, device, a, epoch, r.toldIf(ok, &told))
					a.happened[association.EventSignIn]++
					return
				}
				r.signedUp(f, t, device, guest, username, password, r.toldIf(ok, &told))
			},
		}
	}
}

func (r *run) signedUp(f *frame, t *token, device string, guest *session, username, password string, told *association.Session) {
	what, a := association.EventSignUp, (*account)(nil)
	if guest != nil {
		a, what, guest.ended = guest.account, association.EventUpgrade, true
		r.raise(a, nil)
	} else {
		for _, c := range f.applied {
			for _, stored := range c.Accounts {
				a = r.account(stored.ID)
			}
		}
		if a == nil {
			return // the store lies
		}
	}
	a.born = true
	a.happened[what]++
	a.methods[t.slot.kind] = &method{id: linked(f, t.slot.kind), kind: t.slot.kind, value: t.slot.to, setAt: r.now}
	if username != "" {
		a.methods["username"] = &method{id: linked(f, "username"), kind: "username", value: username, setAt: r.now}
	}
	if password != "" {
		a.methods["password"] = &method{id: "password", kind: "password", value: password, setAt: r.now}
	}
	r.came(f, device, a, a.epoch, told)
}

func (r *run) signInAnonymously(device string) func() op {
	return func() op {
		var told association.Session
		return op{
			name:  "sign in anonymously",
			judge: func() (string, bool) { return "", false },
			call: func(request string) (err error) {
				told, err = r.svc.SignInAnonymously(r.ctx, r.caller(nil, device, request))
				return err
			},
			done: func(f *frame, ok bool) {
				for _, c := range f.applied {
					for _, p := range c.Proofs {
						a := r.account(p.Account)
						r.came(f, device, a, 0, r.toldIf(ok, &told)).anonymous = true
						a.happened[association.EventSignInAnonymously]++
					}
				}
			},
		}
	}
}

// issue makes a ticket for the account, which need not be known.
func (r *run) issue(account string) *ticket {
	t, err := association.NewTicket(ticketKey, association.TicketRequest{KeyID: "t", Audience: "acme", Account: account, At: r.now})
	if err != nil {
		r.rt.Fatal(err)
	}
	r.tickets = keep(r.tickets, &ticket{account: account, issued: r.now.Truncate(time.Second), token: t})
	return r.tickets[0]
}

func (r *run) trade(t *ticket, device string) func() op {
	return func() op {
		var epoch int
		var told association.Session
		a := r.account(t.account)
		return op{
			name: "trade a ticket of " + a.id, early: true,
			read: func() { epoch = a.epoch },
			judge: func() (string, bool) {
				switch end := t.issued.Add(5 * time.Minute); {
				case t.used:
					return "I5: the ticket is used", false
				case !r.now.Before(end.Add(time.Second)):
					return "I6: the ticket has expired", false
				case !t.issued.After(a.epochAt) && a.epoch > 0:
					return "I6: the ticket was revoked", false
				default:
					return r.active(a), !r.now.Before(end)
				}
			},
			call: func(request string) (err error) {
				told, err = r.svc.SignInWithTicket(r.ctx, r.caller(nil, device, request), t.token)
				return err
			},
			done: func(f *frame, ok bool) {
				if !a.born {
					a.born, epoch = true, a.epoch
				}
				t.used = true
				r.came(f, device, a, epoch, r.toldIf(ok, &told))
				a.happened[association.EventSignIn]++
			},
		}
	}
}

func (r *run) refreshes(t *refreshToken) func() op {
	return func() op {
		var told association.Session
		s := t.session
		previous := func() bool { return t.gen == s.gen-1 && r.now.Before(s.refreshed.Add(time.Minute)) }
		return op{
			name: fmt.Sprintf("refresh %s, %d generations old", r.named(s, ""), s.gen-t.gen), early: true, writes: true,
			judge: func() (string, bool) {
				no := r.live(s)
				if no == "" && t.gen != s.gen && !previous() {
					no = "I6: an old token"
				}
				return no, false
			},
			call: func(request string) (err error) {
				told, err = r.svc.Refresh(r.ctx, r.caller(nil, s.device, request), t.refresh)
				return err
			},
			done: func(_ *frame, ok bool) {
				if t.gen == s.gen {
					s.gen++
					s.refreshed, s.expires = r.now, r.now.Add(30*day)
				}
				if ok {
					r.holds(s, told)
				}
			},
			missed: func(f *frame) {
				if len(f.applied) > 0 || r.live(s) == "" && !f.dead { // whoever kept it is out
					s.ended, s.grant = true, nil
					s.account.happened[association.EventReuse]++
				}
			},
		}
	}
}

func (r *run) ends(s *session) {
	if !s.ended && !s.host {
		s.ended, s.grant = true, nil
		s.account.happened[association.EventSignOut]++
	}
}

func (r *run) signOut(s *session) func() op {
	return func() op {
		return op{
			name:  "sign out of " + r.named(s, ""),
			judge: func() (string, bool) { return has(!s.host, "the session is the host's to end"), false },
			call:  func(request string) error { return r.svc.SignOut(r.ctx, r.caller(s, "", request)) },
			done:  func(*frame, bool) { r.ends(s) },
		}
	}
}

func (r *run) endDevice(s, goes *session) func() op {
	return func() op {
		listed := false
		return op{
			name: fmt.Sprintf("end %s from %s", r.named(goes, ""), r.named(s, "")), early: true, once: goes == s,
			read:  func() { listed = goes.account == s.account && r.live(goes) == "" },
			judge: func() (string, bool) { return r.acts(s), false },
			call: func(request string) error {
				return r.svc.EndDevice(r.ctx, r.caller(s, "", request), goes.id)
			},
			done: func(*frame, bool) {
				if listed {
					r.ends(goes)
				}
			},
		}
	}
}

func (r *run) endSessions(s *session, keeps bool) func() op {
	return func() op {
		return op{
			name: fmt.Sprintf("end the sessions of %s, but this one %t", r.named(s, ""), keeps), once: true,
			judge: func() (string, bool) { return r.acts(s), false },
			call: func(request string) error {
				return r.svc.EndSessions(r.ctx, r.caller(s, "", request), association.EndSessionsRequest{KeepCurrent: keeps})
			},
			done: func(*frame, bool) {
				if keeps {
					r.raise(s.account, s)
				} else {
					r.raise(s.account, nil)
					s.ended = !s.host
				}
				s.account.happened[association.EventEndSessions]++
			},
		}
	}
}

func (r *run) upkeep(what string) func() op {
	return func() op {
		return op{
			name: what, writes: true,
			judge: func() (string, bool) { return "", false },
			call: func(string) error {
				if what == "deliver" {
					_, err := r.svc.Deliver(r.ctx, 100)
					return err
				}
				_, err := r.svc.DeleteExpired(r.ctx, 1000)
				return err
			},
			done: func(*frame, bool) {},
		}
	}
}
