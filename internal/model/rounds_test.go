package model_test

import (
	"slices"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// Rounds of calls that get somewhere, each a way to what single calls would seldom reach.

// prove makes the calls that end in a token for an address, if nothing keeps them.
func (r *run) prove(s *session, device, kind, to string, target association.Target) {
	if r.coin("a minute later") {
		r.now = r.now.Add(time.Minute)
	}
	r.step(r.send(s, device, kind, to, target), troubled)
	for _, c := range r.codes {
		if c.slot.kind == kind && c.slot.to == to && r.mayGuess(c.slot, c.gen, c.slot.device) == "" {
			r.brink(c.slot.expires)
			r.step(r.verify(c, c.slot.device, true), troubled)
			return
		}
	}
}

// elevate makes the calls that end in a sudo grant of the session.
func (r *run) elevate(s *session) {
	x := &method{kind: "sign_in"}
	if all := s.account.factors(""); len(all) > 0 {
		x = pick(r, "factor", all)
	}
	r.elevateBy(s, x)
}

func (r *run) elevateBy(s *session, x *method) {
	p, yes := proof{}, true
	switch {
	case reachable(x.kind):
		r.prove(s, "", x.kind, x.value, "")
		for _, t := range r.tokens {
			if r.mayRedeem(t.slot, t.gen, sender.Sudo, s, s.device) == "" {
				p.token = t
			}
		}
	case x.kind == "password":
		p.password = x.value
	case x.kind == "authenticator":
		p.app = &yes
	}
	r.step(r.sudo(s, p), troubled)
}

// someone is one of three accounts of the host's that may sign in, known or not.
func (r *run) someone() string {
	names := []string{"ada", "bob", "cyd", "dan", "eve", "fay", "guy"}
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(r.accounts, func(a *account) bool { return a.id == name && a.status == "deleted" })
	})
	return pick(r, "account", append(names, "ada")[:min(3, len(names)+1)])
}

// change proves who acts, and changes something under that sudo; another session of the
// account may be about to do the like.
func (r *run) change() {
	s := r.session()
	if s == nil || r.acts(s) != "" {
		r.step(r.trade(r.issue(r.someone()), "device 3"), calm)
		return
	}
	what := pick(r, "what", []string{"unbind", "bind", "unbind", "password", "enrol", "username", "delete"})
	if what == "bind" {
		kind, to := r.address(nil)
		r.prove(s, "", kind, to, "")
	}
	r.elevate(s)
	var between func() op
	if r.coin("another as well") {
		for _, other := range r.sessions {
			if other != s && other.account == s.account && r.acts(other) == "" {
				r.elevate(other)
				between = r.by(other, what)
				break
			}
		}
	}
	make := r.by(s, what)
	if make == nil {
		return
	}
	if s.grant != nil {
		r.brink(s.grant.expires)
	}
	if len(r.tokens) > 0 && what == "bind" {
		r.brink(r.tokens[0].slot.tokenUntil)
	}
	r.race(make, between, troubled)
	if what == "enrol" && s.account.enrolled != nil {
		r.step(r.confirm(s, true), troubled)
	}
}

// lose has two sessions of an account each remove, at once, what the other rests on.
func (r *run) lose() {
	for _, a := range r.accounts {
		all := slices.DeleteFunc(a.factors(""), func(x *method) bool { return x.kind == "authenticator" })
		if len(all) < 2 || r.active(a) != "" || a.id == "hal" || !r.coin("of "+a.id) {
			continue
		}
		x, y := all[0], all[len(all)-1]
		if r.coin("the other way round") {
			x, y = y, x
		}
		one, other := r.enterBy(a, x), r.enterBy(a, y)
		if t := r.aSudo(one); t != nil && len(all) > 2 { // the two are to be the last
			r.step(r.unbind(one, t, all[1].kind), calm)
			other = r.enterBy(a, y)
		}
		if t, u := r.aSudo(one), r.aSudo(other); t != nil && u != nil {
			r.race(r.unbind(one, t, y.kind), r.unbind(other, u, x.kind), calm)
		}
		return
	}
}

// enterBy opens a session by the host's word and proves it by the method.
func (r *run) enterBy(a *account, x *method) *session {
	r.now = r.now.Add(time.Minute)
	r.step(r.trade(r.issue(a.id), "device of "+x.kind), calm)
	s := r.sessions[len(r.sessions)-1]
	r.elevateBy(s, x)
	return s
}

// move proves an address that somebody else has, and claims it.
func (r *run) move() {
	s := r.session()
	if s == nil {
		return
	}
	for _, owner := range r.accounts {
		for _, kind := range []string{"email", "phone"} {
			x := owner.methods[kind]
			if owner == s.account || x == nil || !r.coin("this") {
				continue
			}
			r.prove(s, "", kind, x.value, "")
			r.elevate(s)
			b := binding{kind: kind, to: x.value, grants: true, conflict: pick(r, "conflict", []association.Conflict{"", association.ConflictTransfer, association.ConflictDelete})}
			b.sudo, b.proof = r.aSudo(s), r.aToken(sender.Bind, s, s.device)
			if b.sudo == nil || b.proof == nil {
				return
			}
			for _, other := range r.sessions {
				if other.account == owner && r.acts(other) == "" && b.conflict != "" && r.coin("proved") {
					r.elevate(other)
					b.other = r.aSudo(other)
				}
			}
			r.step(r.bind(s, b), troubled)
			return
		}
	}
}

// enter proves an address signed out, and signs in, up, or resets the password.
func (r *run) enter() {
	device := r.device()
	kind, to := r.address(nil)
	if a := pick(r, "account", r.accounts); a.methods[kind] != nil && r.coin("known") {
		to = a.methods[kind].value
	}
	r.prove(nil, device, kind, to, "")
	t := r.aToken(sender.SignIn, nil, device)
	if t == nil {
		return
	}
	r.brink(t.slot.tokenUntil)
	switch pick(r, "to", []string{"sign in", "sign up", "reset"}) {
	case "sign in":
		r.step(r.signInByToken(t, device), troubled)
	case "reset":
		r.step(r.reset(t, device, pick(r, "password", passwords)), troubled)
	default:
		r.join(t, device)
	}
}

// join signs up, as a guest perhaps, whose session the host may have ended.
func (r *run) join(t *token, device string) {
	var guest *session
	if r.coin("as a guest") {
		r.step(r.signInAnonymously(device), calm)
		guest = r.sessions[len(r.sessions)-1]
		if r.coin("whom the host") {
			r.step(r.byHost(guest.account, pick(r, "what", []string{"end", "disable", "enable"})), calm)
		}
	}
	r.step(r.signUpBy(t, device, guest, pick(r, "name", addresses["username"]), pick(r, "password", []string{"", "", passwords[1]})), troubled)
}

// reuse presents a refresh token twice.
func (r *run) reuse() {
	t, ok := best(r, "refresh token", r.refresh, func(t *refreshToken) bool { return r.live(t.session) == "" && t.gen == t.session.gen })
	if !ok {
		return
	}
	r.step(r.refreshes(t), troubled)
	if r.coin("and its successor") {
		r.step(r.refreshes(r.refresh[0]), calm)
	}
	r.now = r.now.Add(pick(r, "later", []time.Duration{0, time.Second, time.Minute - time.Microsecond, time.Minute}))
	r.step(r.refreshes(t), troubled)
}

// grind guesses wrong some times and then right.
func (r *run) grind() {
	n := pick(r, "guesses", []int{1, 2, 3, 4, 5, 6})
	switch pick(r, "at", []string{"code", "password", "app"}) {
	case "code":
		c, ok := best(r, "code", r.codes, func(c *code) bool { return c.code != "" && r.mayGuess(c.slot, c.gen, c.slot.device) == "" })
		if !ok {
			kind, to := r.address(nil)
			r.step(r.send(nil, r.device(), kind, to, ""), calm)
			return
		}
		for range n {
			r.step(r.verify(c, c.slot.device, false), troubled)
		}
		r.step(r.verify(c, c.slot.device, true), troubled)
	case "password":
		for _, a := range r.accounts {
			x, email := a.methods["password"], a.methods["email"]
			if x == nil || email == nil {
				continue
			}
			for range n {
				r.step(r.signInByPassword("device a", "email", email.value, "no password of anybody's"), troubled)
			}
			r.step(r.signInByPassword("device a", "email", email.value, x.value), troubled)
			return
		}
	case "app":
		for _, s := range r.sessions {
			no, yes := false, true
			if s.account.methods["authenticator"] == nil || r.acts(s) != "" {
				continue
			}
			for range n {
				r.step(r.sudo(s, proof{app: &no}), troubled)
			}
			r.step(r.sudo(s, proof{app: &yes}), troubled)
			return
		}
	}
}

// brink lets time go by, now and then, until something ends or is just about to.
func (r *run) brink(end time.Time) {
	if r.mostly("in time") || !end.After(r.now) {
		return
	}
	if r.now = end; r.coin("just before") {
		r.now = end.Add(-time.Microsecond)
	}
}

// pass lets time go by: a little, or a lot, or to the very end of something.
func (r *run) pass() {
	r.issue(r.someone()) // a ticket that nobody may trade for long
	var ends []time.Time
	for _, s := range r.sessions {
		if ends = append(ends, s.expires); s.grant != nil {
			ends = append(ends, s.grant.expires, s.opened.Add(5*time.Minute))
		}
	}
	for _, c := range r.codes {
		ends = append(ends, c.slot.expires, c.slot.paused, c.slot.windowEnds, c.slot.tokenUntil)
	}
	for _, t := range r.refresh {
		ends = append(ends, t.until, t.session.refreshed.Add(time.Minute))
	}
	ends = slices.DeleteFunc(ends, func(t time.Time) bool { return !t.After(r.now) })
	slices.SortFunc(ends, time.Time.Compare)
	if len(ends) > 0 && r.coin("to an end") {
		if r.now = pick(r, "end", ends[:min(len(ends), 8)]); r.coin("just before") {
			r.now = r.now.Add(-time.Microsecond)
		}
	} else {
		r.now = r.now.Add(pick(r, "by", []time.Duration{
			time.Microsecond, time.Second, time.Minute, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, day, 30 * day,
		}))
	}
	r.rt.Log("it is", r.now)
}
