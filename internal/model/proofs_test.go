package model_test

import (
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// The calls that prove something: codes, sudo, authenticators.

func (r *run) send(s *session, device, kind, to string, target association.Target) func() op {
	return func() op {
		var sl *slot
		var epoch int
		var sent association.Sent
		in := s
		if s != nil {
			device = s.device
			if s.anonymous {
				in = nil
			}
		}
		return op{
			name: fmt.Sprintf("send from %s to %s %q", r.named(s, device), to, target), early: true,
			read: func() {
				purpose, asker := sender.SignIn, device
				if in != nil {
					epoch = in.account.epoch
					if x := in.account.methods[kind]; x != nil && x.value == to {
						purpose, asker = sender.Sudo, in.account.id
					} else if target != association.TargetUser {
						purpose, asker = sender.Bind, in.account.id
					}
				}
				key := fmt.Sprint(purpose, " ", asker, " ", kind, " ", to)
				if sl = r.slots[key]; sl == nil {
					sl = &slot{purpose: purpose, kind: kind, to: to, device: device}
					r.slots[key] = sl
				}
			},
			judge: func() (string, bool) {
				if in != nil {
					if no := r.acts(in); no != "" {
						return no, false
					}
				}
				if target == association.TargetCurrentUser && (in == nil || sl.purpose != sender.Sudo) {
					return "rule: not an address of the caller's", false
				}
				return r.mayAsk(sl), false
			},
			call: func(request string) (err error) {
				sent, err = r.svc.Send(r.ctx, r.caller(s, device, request), association.SendRequest{Kind: kind, To: to, Target: target})
				return err
			},
			done: func(_ *frame, told bool) {
				by := in
				if sl.purpose == sender.SignIn {
					by = nil
				}
				r.asked(sl, by, epoch)
				if told {
					_, nonce, _ := strings.Cut(sent.ID, ".")
					r.codes = keep(r.codes, &code{sl, sl.gen, sent.ID, r.outbox[nonce]})
				}
			},
		}
	}
}

func (r *run) named(s *session, device string) string {
	if s == nil {
		return device
	}
	return s.account.id + " on " + s.device
}

// guessing is what bounds the guesses at the codes of a slot.
func (s *slot) guessing() budget {
	if s.purpose == sender.SignIn {
		return budget{"code to ", s.kind + s.to, codesPerTarget, day}
	}
	return budget{"code of ", s.session.account.id, codesPerAccount, time.Hour}
}

func (r *run) verify(c *code, device string, right bool) func() op {
	right = right && c.code != ""
	return func() op {
		var g association.Grant
		judged := ""
		return op{
			name: fmt.Sprintf("verify on %s the code for %s to %s, %t", device, c.slot.purpose, c.slot.to, right), early: true, writes: true,
			read: func() { judged = r.mayGuess(c.slot, c.gen, device) },
			judge: func() (string, bool) {
				if no := r.mayGuess(c.slot, c.gen, device); no != "" {
					return no, false
				}
				if !right {
					return "rule: the code is wrong", false
				}
				return r.within(c.slot.guessing())
			},
			call: func(request string) (err error) {
				typed := "0000000000"
				if c.code != "" {
					typed = c.code
				}
				if !right {
					typed = wrong(typed)
				}
				g, err = r.svc.Verify(r.ctx, r.caller(nil, device, request), c.id, typed)
				return err
			},
			done: func(_ *frame, told bool) {
				if r.mayGuess(c.slot, c.gen, device) == "" {
					r.guessed(c.slot, true)
				}
				if told {
					r.tokens = keep(r.tokens, &token{c.slot, c.gen, g.Token})
					if !slices.Contains(r.secrets[c.id], g.Token.Reveal()) {
						r.secrets[c.id] = append(r.secrets[c.id], g.Token.Reveal())
					}
				}
			},
			missed: func(f *frame) {
				if judged != "" {
					return
				}
				charged := len(f.applied) > 0
				if charged {
					r.guessed(c.slot, false)
				}
				if !right {
					r.missed(c.slot.guessing(), charged)
				}
				if !right && f.died { // its repeat may have been counted as well
					r.missed(c.slot.guessing(), false)
				}
			},
		}
	}
}

// wrong is a code that is not this one.
func wrong(code string) string {
	if code[0] == '0' {
		return "1" + code[1:]
	}
	return "0" + code[1:]
}

// proof is what a sudo rests on: the first that there is of a token, a code of an app and
// a password; or a recent sign-in.
type proof struct {
	token    *token
	app      *bool // right
	password string
}

func (r *run) sudo(s *session, p proof) func() op {
	return func() op {
		var epoch int
		var factor *method
		var g association.Grant
		a := s.account
		app := budget{"app ", a.id, appCodesWrong, day}
		pass := budget{"password ", a.id, passwordsWrong, 15 * time.Minute}
		step := r.now.Unix() / 30
		wrongly := false // judged, and wrong
		judge := func() (no string, doubt bool) {
			wrongly = false
			if no := r.acts(s); no != "" {
				return no, false
			}
			switch {
			case p.token != nil:
				if no := r.mayRedeem(p.token.slot, p.token.gen, sender.Sudo, s, s.device); no != "" {
					return no, false
				}
				if x := a.methods[p.token.slot.kind]; x == nil || x.value != p.token.slot.to {
					return "I7: the address is not the account's any more", false
				}
				factor = a.methods[p.token.slot.kind]
			case p.app != nil:
				x := a.methods["authenticator"]
				if x == nil {
					return "rule: there is no authenticator", false
				}
				if wrongly = !*p.app || x.value == "" || step <= x.step; wrongly {
					return "I5: the code is wrong, or was taken before", false
				}
				factor = x
				return r.within(app)
			case p.password != "":
				x := a.methods["password"]
				if x == nil {
					return "rule: there is no password", false
				}
				if wrongly = x.value != p.password; wrongly {
					return "rule: the password is wrong", false
				}
				factor = x
				return r.within(pass)
			default:
				if len(a.factors("")) > 0 || !r.now.Before(s.opened.Add(5*time.Minute)) {
					return "rule: a sign-in is no proof here, or an old one", false
				}
				factor = &method{id: "sign_in", kind: "sign_in"}
			}
			return "", false
		}
		judgedWrong := false
		return op{
			name: fmt.Sprintf("sudo of %s by %s", r.named(s, ""), p), early: true,
			read: func() {
				epoch = a.epoch
				_, _ = judge()
				judgedWrong = wrongly
			},
			judge: judge,
			call: func(request string) (err error) {
				req := association.SudoRequest{}
				switch {
				case p.token != nil:
					req.VerificationToken = p.token.token
				case p.app != nil:
					req.AuthenticatorCode = r.appCode(a.methods["authenticator"].secret(), *p.app)
				default:
					req.Password = p.password
				}
				g, err = r.svc.Sudo(r.ctx, r.caller(s, "", request), req)
				return err
			},
			done: func(_ *frame, told bool) {
				r.calls++
				s.grant = &grant{gen: r.calls, epoch: epoch, at: r.now, expires: r.now.Add(10 * time.Minute), factor: factor}
				switch {
				case p.token != nil:
					p.token.slot.state = "spent"
				case p.app != nil && factor != nil:
					factor.step = step
				}
				if told {
					r.sudos = keep(r.sudos, &sudoToken{s, s.grant.gen, g.Token})
				}
				a.happened[association.EventSudo]++
			},
			missed: func(f *frame) {
				if judgedWrong && p.app != nil {
					r.missed(app, true)
				} else if judgedWrong {
					r.missed(pass, true)
				}
			},
		}
	}
}

func (p proof) String() string {
	switch {
	case p.token != nil:
		return "a code for " + string(p.token.slot.purpose) + " to " + p.token.slot.to
	case p.app != nil:
		return fmt.Sprintf("an app, %t", *p.app)
	case p.password != "":
		return p.password
	}
	return "the sign-in"
}

func (x *method) secret() string {
	if x == nil {
		return ""
	}
	return x.value
}

// appCode is what an app with the secret shows now, or what none does.
func (r *run) appCode(secret string, right bool) string {
	if secret == "" {
		secret = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("twenty bytes of some"))
	}
	shown := map[string]bool{}
	for _, d := range []time.Duration{-60, -30, 0, 30, 60} {
		c, err := totp.GenerateCode(secret, r.now.Add(d*time.Second))
		if err != nil {
			r.rt.Fatal(err)
		}
		if shown[c] = true; d == 0 && right {
			return c
		}
	}
	for i := 0; ; i++ {
		if c := fmt.Sprintf("%06d", i); !shown[c] {
			return c
		}
	}
}

func (r *run) enrol(s *session, t *sudoToken) func() op {
	return func() op {
		var e association.Enrolment
		return op{
			name:  "enrol an authenticator of " + r.named(s, ""),
			judge: r.under(s, t, func(a *account) (string, bool) { return has(a.methods["authenticator"] == nil, "there is one"), false }),
			call: func(request string) (err error) {
				e, err = r.svc.EnrolAuthenticator(r.ctx, r.caller(s, "", request), association.EnrolRequest{SudoToken: t.token})
				return err
			},
			done: func(_ *frame, told bool) {
				s.account.enrolled = &enrolment{session: s, expires: r.now.Add(10 * time.Minute), by: s.grant}
				if told {
					s.account.enrolled.id, s.account.enrolled.secret = e.ID, e.Secret.Reveal()
				}
				r.used(s, association.EventEnrolAuthenticator)
			},
		}
	}
}

func (r *run) confirm(s *session, right bool) func() op {
	return func() op {
		a := s.account
		b := budget{"app ", a.id, appCodesWrong, day}
		step := r.now.Unix() / 30
		wrongly, judgedWrong := false, false
		var began *enrolment // as it was read
		judge := func() (string, bool) {
			e := a.enrolled
			wrongly = false
			if no := r.acts(s); no != "" {
				return no, false
			}
			if x := a.methods["authenticator"]; x != nil && r.now.Before(x.setAt.Add(time.Minute)) {
				return "", true // it may repeat the call that confirmed it
			}
			switch {
			case e == nil:
				return "rule: nothing is enrolled", false
			case began != nil && e != began:
				return "rule: the code is of another app", false
			case e.session != s:
				return "I7: it was enrolled in another session", false
			case !r.now.Before(e.expires):
				return "I6: the enrolment has expired", false
			}
			if wrongly = !right || e.secret == ""; wrongly {
				return "rule: the code is wrong", false
			}
			return r.within(b)
		}
		return op{
			name: fmt.Sprintf("confirm an authenticator of %s, %t", r.named(s, ""), right),
			read: func() {
				began = a.enrolled
				_, _ = judge()
				judgedWrong = wrongly
			},
			judge: judge,
			call: func(request string) error {
				secret := ""
				if a.enrolled != nil {
					secret = a.enrolled.secret
				} else if x := a.methods["authenticator"]; x != nil {
					secret = x.value
				}
				return r.svc.ConfirmAuthenticator(r.ctx, r.caller(s, "", request), r.appCode(secret, right))
			},
			done: func(f *frame, _ bool) {
				if e := a.enrolled; e != nil && len(f.applied) > 0 {
					a.methods["authenticator"] = &method{id: e.id, kind: "authenticator", value: e.secret, setAt: r.now, rooted: true, step: step}
					if e.by != nil {
						e.by.sets = append(e.by.sets, a.methods["authenticator"])
					}
					a.enrolled = nil
					r.oweAll(a)
					a.happened[association.EventConfirmAuthenticator]++
				}
			},
			missed: func(*frame) {
				if judgedWrong {
					r.missed(b, true)
				}
			},
		}
	}
}

func has(ok bool, no string) string {
	if ok {
		return ""
	}
	return "rule: " + no
}
