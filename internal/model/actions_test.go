package model_test

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// What happens: calls drawn at random, most of them with what makes them succeed.

// session draws a session: a live one mostly.
func (r *run) session() *session {
	var live, dead []*session
	for _, s := range slices.Backward(r.sessions) {
		if r.acts(s) == "" {
			live = append(live, s)
		} else if len(dead) < 3 {
			dead = append(dead, s)
		}
	}
	if len(live) > 6 {
		live = live[:6]
	}
	if len(dead) > 0 && (len(live) == 0 || !r.mostly("a live session")) {
		return pick(r, "dead session", dead)
	}
	if len(live) == 0 {
		return nil
	}
	return pick(r, "session", live)
}

func (r *run) device() string { return pick(r, "device", []string{"device a", "device b"}) }

// address draws an address, of the account's own now and then.
func (r *run) address(a *account) (kind, to string) {
	kind = pick(r, "kind", []string{"email", "phone"})
	if a != nil && r.coin("own") && a.methods[kind] != nil {
		return kind, a.methods[kind].value
	}
	return kind, pick(r, "address", addresses[kind])
}

// best draws what will serve, mostly, or else anything.
func best[T any](r *run, label string, all []T, serves func(T) bool) (T, bool) {
	var none T
	good := slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !serves(x) })
	if len(good) > 0 && r.mostly(label+" serves") {
		return pick(r, label, good), true
	}
	if len(all) == 0 {
		return none, false
	}
	return pick(r, "any "+label, all), true
}

func (r *run) aSudo(s *session) *sudoToken {
	t, _ := best(r, "sudo token", r.sudos, func(t *sudoToken) bool { return r.elevated(s, t.session, t.gen) == "" })
	return t
}

func (r *run) aToken(purpose sender.Purpose, s *session, device string) *token {
	t, _ := best(r, "token", r.tokens, func(t *token) bool { return r.mayRedeem(t.slot, t.gen, purpose, s, device) == "" })
	return t
}

// one draws a call, or nil where what it needs is not there.
func (r *run) one(what string) func() op { return r.by(r.session(), what) }

// by is one of this session, where it takes a session.
func (r *run) by(s *session, what string) func() op {
	device := r.device()
	switch what {
	case "send":
		if r.coin("signed out") || s == nil {
			kind, to := r.address(nil)
			return r.send(nil, device, kind, to, "")
		}
		kind, to := r.address(s.account)
		return r.send(s, "", kind, to, pick(r, "target", []association.Target{"", "", association.TargetUser, association.TargetCurrentUser}))
	case "verify":
		c, ok := best(r, "code", r.codes, func(c *code) bool { return r.mayGuess(c.slot, c.gen, c.slot.device) == "" })
		if !ok {
			return nil
		}
		if c.slot.purpose == sender.SignIn && r.mostly("the same device") {
			device = c.slot.device
		}
		return r.verify(c, device, r.mostly("right"))
	case "sign in":
		if r.coin("by password") {
			kind := pick(r, "kind", []string{"email", "phone", "username"})
			password := pick(r, "password", passwords)
			for _, a := range r.accounts {
				if x := a.methods[kind]; x != nil && a.methods["password"] != nil && r.coin("as "+a.id) {
					if r.coin("right") {
						password = a.methods["password"].value
					}
					return r.signInByPassword(device, kind, x.value, password)
				}
			}
			return r.signInByPassword(device, kind, pick(r, "address", addresses[kind]), password)
		}
		if t := r.aToken(sender.SignIn, nil, device); t != nil {
			return r.signInByToken(t, device)
		}
	case "sign up":
		t := r.aToken(sender.SignIn, nil, device)
		if t == nil {
			return nil
		}
		var guest *session
		if r.coin("as a guest") {
			for _, s := range r.sessions {
				if s.anonymous && (guest == nil || r.live(s) == "") {
					guest = s
				}
			}
		}
		return r.signUpBy(t, device, guest, pick(r, "name", append([]string{"", ""}, addresses["username"]...)), pick(r, "password", []string{"", "", passwords[1]}))
	case "sign in anonymously":
		return r.signInAnonymously(device)
	case "ticket":
		if t, ok := best(r, "ticket", r.tickets, func(t *ticket) bool { return !t.used }); ok && r.coin("an old one") {
			return r.trade(t, device)
		}
		return r.trade(r.issue(r.someone()), device)
	case "refresh":
		if t, ok := best(r, "refresh token", r.refresh, func(t *refreshToken) bool { return r.live(t.session) == "" && t.gen == t.session.gen }); ok {
			return r.refreshes(t)
		}
	case "host":
		what := pick(r, "what", []string{"enable", "disable", "end", "enable", "delete"})
		if what == "delete" && r.mostly("not that") {
			return nil
		}
		return r.byHost(pick(r, "account", r.accounts), what)
	case "upkeep":
		return r.upkeep(pick(r, "what", []string{"deliver", "delete expired"}))
	}
	if s == nil {
		return nil
	}
	t := r.aSudo(s)
	switch what {
	case "sudo":
		return r.sudo(s, r.aProof(s))
	case "confirm":
		return r.confirm(s, r.mostly("right"))
	case "sign out":
		if r.now.Before(s.expires) { // of one that expired nothing may be left to end
			return r.signOut(s)
		}
	case "end device":
		if goes := pick(r, "device", r.sessions); r.now.Before(goes.expires) {
			return r.endDevice(s, goes)
		}
	case "end sessions":
		return r.endSessions(s, r.coin("keep this"))
	case "profile":
		return r.profile(s)
	case "bind":
		return r.aBind(s)
	case "username":
		if r.coin("from session") {
			t = nil
		}
		return r.setUsername(s, t, pick(r, "name", addresses["username"]))
	}
	if t == nil {
		return nil
	}
	switch what {
	case "unbind":
		kinds := []string{"email", "phone", "password", "username", "authenticator"}
		if has := slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return s.account.methods[kind] == nil }); len(has) > 0 {
			kinds = append(has, kinds[r.calls%len(kinds)])
		}
		return r.unbind(s, t, pick(r, "method", kinds))
	case "password":
		return r.setPassword(s, t, pick(r, "password", passwords))
	case "enrol":
		return r.enrol(s, t)
	case "delete":
		if !r.mostly("not that") {
			return r.remove(s, t)
		}
	case "reset":
		if v := r.aToken(sender.SignIn, nil, device); v != nil {
			return r.reset(v, device, pick(r, "password", passwords))
		}
	}
	return nil
}

var calls = []string{
	"send", "verify", "sudo", "bind", "unbind", "username", "password", "reset", "enrol", "confirm", "sign in", "sign up",
	"sign in anonymously", "ticket", "refresh", "sign out", "end device", "end sessions", "profile", "host", "upkeep", "delete",
}

func (r *run) any() func() op { return r.one(pick(r, "call", calls)) }

// aProof draws what a sudo is to rest on.
func (r *run) aProof(s *session) proof {
	right := r.mostly("right")
	switch pick(r, "by", []string{"token", "password", "app", "sign-in"}) {
	case "token":
		if t := r.aToken(sender.Sudo, s, s.device); t != nil {
			return proof{token: t}
		}
	case "app":
		return proof{app: &right}
	case "password":
		if x := s.account.methods["password"]; x != nil && right {
			return proof{password: x.value}
		}
		return proof{password: pick(r, "password", passwords)}
	}
	return proof{}
}

// aBind draws a Bind, of what this session has proved mostly.
func (r *run) aBind(s *session) func() op {
	b := binding{grants: r.mostly("granted"), endsOthers: r.coin("end others")}
	b.proof = r.aToken(sender.Bind, s, s.device)
	if b.proof == nil {
		return nil
	}
	b.kind, b.to = b.proof.slot.kind, b.proof.slot.to
	if !r.mostly("the address of the token") {
		b.kind, b.to = r.address(nil)
	}
	if owner := r.owner(b.kind, b.to); owner != nil && owner != s.account {
		b.conflict = pick(r, "conflict", []association.Conflict{"", association.ConflictTransfer, association.ConflictDelete})
		if b.conflict != "" && r.coin("with the other's proof") {
			b.other, _ = best(r, "the other's sudo", r.sudos, func(t *sudoToken) bool {
				return t.session.account == owner && r.elevated(t.session, t.session, t.gen) == ""
			})
		}
	}
	if r.coin("from session") {
		b.proof = nil
	} else {
		b.sudo = r.aSudo(s)
	}
	return r.bind(s, b)
}

// actions are what a sequence is drawn from: each of the calls by itself, and rounds of
// them that get somewhere.
func (r *run) actions() map[string]func(*rapid.T) {
	all := map[string]func(*rapid.T){
		"time":     func(*rapid.T) { r.pass() },
		"rotate":   func(*rapid.T) { r.rotate() },
		"grind":    func(*rapid.T) { r.grind() },
		"twins":    func(*rapid.T) { r.twins.act(r) },
		"enter":    func(*rapid.T) { r.enter() },
		"change a": func(*rapid.T) { r.change() },
		"change b": func(*rapid.T) { r.change() },
		"change c": func(*rapid.T) { r.change() },
		"move":     func(*rapid.T) { r.move() },
		"lose":     func(*rapid.T) { r.lose() },
		"reuse":    func(*rapid.T) { r.reuse() },
	}
	for _, what := range calls {
		all["one "+what] = func(rt *rapid.T) {
			make := r.one(what)
			if make == nil {
				rt.Skip("not now")
			}
			r.step(make, troubled)
		}
	}
	return all
}
