package model_test

import (
	"fmt"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// The calls that change an account.

// under is the judgement of a change under sudo; t nil is the grant of the session.
func (r *run) under(s *session, t *sudoToken, may func(*account) (string, bool)) func() (string, bool) {
	return func() (string, bool) {
		of, gen := s, 0
		if t != nil {
			of, gen = t.session, t.gen
		} else if s.grant != nil {
			gen = s.grant.gen
		}
		no := r.elevated(s, of, gen)
		if t == nil && s.grant == nil && no != "" && r.acts(s) == "" {
			for _, other := range r.sessions {
				if other.account == s.account && other.grant != nil {
					no = "I7: the grant is another session's"
				}
			}
		}
		if no != "" {
			return no, false
		}
		return may(s.account)
	}
}

// used is what every change under sudo leaves.
func (r *run) used(s *session, what association.EventKind) {
	if s.grant != nil {
		s.grant.uses++
	}
	s.account.happened[what]++
	s.account.born = true
}

func (r *run) owe(x *method) {
	if x != nil && reachable(x.kind) {
		r.owes = append(r.owes, x.kind+" "+x.value)
	}
}

// oweAll is what a change owes: every address that was there is told.
func (r *run) oweAll(a *account) {
	for _, x := range a.methods {
		r.owe(x)
	}
}

func (t *sudoToken) reveal() association.Token {
	if t == nil {
		return association.Token{}
	}
	return t.token
}

// linked is the ID of the association that the call made.
func linked(f *frame, kind string) string {
	for _, c := range f.applied {
		for _, l := range c.Link {
			if l.Kind == kind {
				return l.ID
			}
		}
	}
	return ""
}

// binding is a Bind; without tokens it is one from the session.
type binding struct {
	sudo       *sudoToken
	proof      *token
	kind, to   string
	conflict   association.Conflict
	other      *sudoToken // proves the account that has the address
	grants     bool
	endsOthers bool
}

func (r *run) bind(s *session, b binding) func() op {
	slotOf := func() (*slot, int) {
		if b.proof != nil {
			return b.proof.slot, b.proof.gen
		}
		if sl := r.slots[fmt.Sprint(sender.Bind, " ", s.account.id, " ", b.kind, " ", b.to)]; sl != nil {
			return sl, sl.gen
		}
		return nil, 0
	}
	return func() op {
		return op{
			name: fmt.Sprintf("bind %s to %s, from session %t, %q, with proof of the other %t", b.to, r.named(s, ""), b.sudo == nil, b.conflict, b.other != nil),
			judge: r.under(s, b.sudo, func(a *account) (string, bool) {
				sl, gen := slotOf()
				if sl == nil {
					return "I1: nobody proved the address", false
				}
				if no := r.mayRedeem(sl, gen, sender.Bind, s, s.device); no != "" {
					return no, false
				}
				if sl.kind != b.kind || sl.to != b.to {
					return "I7: the token is for another address", false
				}
				no, doubt := r.mayLose(a, s.grant, a.methods[b.kind])
				if no != "" {
					return no, false
				}
				owner := r.owner(b.kind, b.to)
				if owner == nil || owner == a {
					return "", doubt
				}
				no, unsure := r.mayTake(owner, b)
				return no, doubt || unsure
			}),
			call: func(request string) error {
				r.grants = b.grants
				req := association.BindRequest{
					Kind: b.kind, To: b.to, SudoToken: b.sudo.reveal(), FromSession: b.sudo == nil,
					Conflict: b.conflict, EndOtherSessions: b.endsOthers,
				}
				if b.proof != nil {
					req.VerificationToken = b.proof.token
				}
				if b.other != nil {
					req.Other, req.OtherSudoToken = r.caller(b.other.session, "", ""), b.other.token
				}
				_, err := r.svc.Bind(r.ctx, r.caller(s, "", request), req)
				return err
			},
			done: func(f *frame, _ bool) {
				a := s.account
				old, owner := a.methods[b.kind], r.owner(b.kind, b.to)
				if owner != nil && owner != a {
					r.take(owner, b)
				}
				if old == nil || old.value != b.to {
					r.oweAll(a)
				}
				if old != nil || b.endsOthers {
					r.raise(a, s)
				}
				a.methods[b.kind] = &method{id: linked(f, b.kind), kind: b.kind, value: b.to, setAt: r.now, rooted: true}
				if s.grant != nil {
					s.grant.sets = append(s.grant.sets, a.methods[b.kind])
				}
				if sl, _ := slotOf(); sl != nil {
					sl.state, sl.epoch = "spent", a.epoch
				}
				r.used(s, association.EventBind)
			},
		}
	}
}

// mayTake is whether an address goes from its owner to who proved it.
func (r *run) mayTake(owner *account, b binding) (no string, doubt bool) {
	taken := "I2: another account has the address"
	switch {
	case b.conflict == "" || owner.status != "active":
		return taken, false
	case b.other != nil:
		if no := r.elevated(b.other.session, b.other.session, b.other.gen); no != "" {
			return no, false
		}
		if b.other.session.account != owner {
			return "I7: a third account was proved", false
		}
		if no, doubt = r.mayLose(owner, b.other.session.grant, owner.methods[b.kind]); no != "" {
			return no, false
		}
	case len(owner.factors(b.kind)) > 0:
		return taken, false
	default:
		doubt = true // it may have had another factor within a day
	}
	if !b.grants {
		return taken, false
	}
	return "", doubt
}

// take is what becomes of the account that loses the address.
func (r *run) take(from *account, b binding) {
	for kind, x := range from.methods {
		if kind != b.kind {
			r.owe(x)
		}
	}
	from.happened[association.EventTransferred]++
	if b.conflict == association.ConflictDelete {
		r.erase(from)
		return
	}
	delete(from.methods, b.kind)
	r.raise(from, nil)
	if from.ways("") == 0 {
		from.status = "disabled"
		from.happened[association.EventDisable]++
	}
}

func (r *run) unbind(s *session, t *sudoToken, kind string) func() op {
	return func() op {
		a := s.account
		x := a.methods[kind]
		id := "nothing of that ID"
		if x != nil {
			id = x.id
		}
		return op{
			name: fmt.Sprintf("unbind the %s of %s", kind, r.named(s, "")),
			judge: r.under(s, t, func(*account) (string, bool) {
				if now := a.methods[kind]; x == nil || now == nil || now.id != x.id {
					return "rule: there is no such method", false
				}
				var goes *method
				if kind != "password" && kind != "authenticator" {
					goes = x
				}
				no, doubt := r.mayLose(a, s.grant, goes)
				if no == "" && kind != "authenticator" && a.ways(kind) == 0 {
					no = "I8: the last way in"
				}
				return no, doubt
			}),
			call: func(request string) error {
				return r.svc.Unbind(r.ctx, r.caller(s, "", request), association.UnbindRequest{ID: id, SudoToken: t.token})
			},
			done: func(*frame, bool) {
				what := map[string]association.EventKind{
					"password": association.EventRemovePassword, "authenticator": association.EventRemoveAuthenticator,
				}[kind]
				if what == "" {
					what = association.EventUnbind
				}
				r.oweAll(a)
				delete(a.methods, kind)
				r.raise(a, s)
				r.used(s, what)
			},
		}
	}
}

func (r *run) setUsername(s *session, t *sudoToken, name string) func() op {
	return func() op {
		judge := r.under(s, t, func(a *account) (string, bool) {
			if owner := r.owner("username", name); owner != nil && owner != a {
				return "I2: another account has the name", false
			}
			return "", false
		})
		return op{
			name: fmt.Sprintf("set the username of %s to %s", r.named(s, ""), name),
			judge: func() (string, bool) {
				if r.acts(s) == "" && r.owner("username", name) == s.account {
					return "", true // no change, unless it was one when it was read
				}
				return judge()
			},
			call: func(request string) error {
				return r.svc.SetUsername(r.ctx, r.caller(s, "", request), association.UsernameRequest{
					Username: name, SudoToken: t.reveal(), FromSession: t == nil,
				})
			},
			done: func(f *frame, _ bool) {
				if len(f.applied) == 0 {
					return
				}
				if s.account.methods["username"] != nil {
					r.raise(s.account, s)
				}
				r.oweAll(s.account)
				s.account.methods["username"] = &method{id: linked(f, "username"), kind: "username", value: name, setAt: r.now}
				r.used(s, association.EventSetUsername)
			},
		}
	}
}

func (r *run) setPassword(s *session, t *sudoToken, password string) func() op {
	return func() op {
		return op{
			name:  "set the password of " + r.named(s, ""),
			judge: r.under(s, t, func(*account) (string, bool) { return "", false }),
			call: func(request string) error {
				r.sets = password
				return r.svc.SetPassword(r.ctx, r.caller(s, "", request), association.PasswordRequest{SudoToken: t.token, Password: password})
			},
			done: func(*frame, bool) {
				r.raise(s.account, s)
				r.oweAll(s.account)
				s.account.methods["password"] = &method{id: "password", kind: "password", value: password, setAt: r.now, rooted: true}
				r.used(s, association.EventSetPassword)
			},
		}
	}
}

func (r *run) reset(t *token, device, password string) func() op {
	return func() op {
		owner := func() *account { return r.owner(t.slot.kind, t.slot.to) }
		return op{
			name: "reset the password by " + t.slot.to,
			judge: func() (string, bool) {
				if no := r.mayRedeem(t.slot, t.gen, sender.SignIn, nil, device); no != "" {
					return no, false
				}
				return r.mayEnter(t.slot, owner()), false
			},
			call: func(request string) error {
				r.sets = password
				return r.svc.ResetPassword(r.ctx, r.caller(nil, device, request), association.ResetRequest{VerificationToken: t.token, Password: password})
			},
			done: func(*frame, bool) {
				t.slot.state = "spent"
				if a := owner(); a != nil {
					r.raise(a, nil)
					r.oweAll(a)
					a.methods["password"] = &method{id: "password", kind: "password", value: password, setAt: r.now, rooted: true}
					a.happened[association.EventResetPassword]++
				}
			},
		}
	}
}

func (r *run) remove(s *session, t *sudoToken) func() op {
	return func() op {
		return op{
			name: "delete " + r.named(s, ""), once: true,
			judge: r.under(s, t, func(*account) (string, bool) { return "", false }),
			call: func(request string) error {
				return r.svc.Delete(r.ctx, r.caller(s, "", request), association.DeleteRequest{SudoToken: t.token})
			},
			done: func(*frame, bool) {
				s.ended, s.grant = !s.host, nil
				r.gone(s.account)
			},
		}
	}
}

func (r *run) gone(a *account) {
	r.oweAll(a)
	r.erase(a)
}

func (r *run) profile(s *session) func() op {
	return func() op {
		return op{
			name: "set the profile of " + r.named(s, ""), once: true,
			judge: func() (string, bool) { return r.acts(s), false },
			call: func(request string) error {
				name := "a name"
				return r.svc.SetProfile(r.ctx, r.caller(s, "", request), association.ProfileRequest{Name: &name})
			},
			done: func(*frame, bool) { s.account.happened[association.EventSetProfile]++ },
		}
	}
}

// byHost changes an account by the host's word.
func (r *run) byHost(a *account, what string) func() op {
	calls := map[string]struct {
		call    func(id string) error
		status  string
		happens association.EventKind
	}{
		"disable": {func(id string) error { return r.svc.Disable(r.ctx, id) }, "disabled", association.EventDisable},
		"enable":  {func(id string) error { return r.svc.Enable(r.ctx, id) }, "active", association.EventEnable},
		"end":     {func(id string) error { return r.svc.EndAccountSessions(r.ctx, id) }, "", association.EventEndSessions},
		"delete":  {func(id string) error { return r.svc.DeleteAccount(r.ctx, id) }, "deleted", association.EventDelete},
	}
	c := calls[what]
	return func() op {
		return op{
			name: "the host: " + what + " " + a.id, once: what == "end",
			judge: func() (string, bool) {
				return has(a.status != "deleted" || what == "delete", "the account is deleted"), false
			},
			call: func(string) error { return c.call(a.id) },
			done: func(*frame, bool) {
				switch {
				case a.status == c.status:
				case what == "delete":
					r.gone(a)
				default:
					r.raise(a, nil)
					if c.status != "" {
						a.status = c.status
					}
					a.couldIn = a.couldIn && what != "enable" // by the host's word, ways in or none
					a.happened[c.happens]++
				}
			},
		}
	}
}
