// Package model_test holds ligature to a model of itself: whatever the order of calls,
// crashes and days, a Service does what the model says may be done, and nothing else.
package model_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// The model is the plainest account of what may be done and what becomes of it. It
// knows no token, no record and no race. Each of its rules answers with why something
// may not be done, led by the invariant that it would break, or with nothing.
type model struct {
	now      time.Time
	signUp   bool // is open
	maxUses  int  // of a sudo grant; 0 is any number
	accounts []*account
	sessions []*session
	slots    map[string]*slot   // by who asks, what for and the address
	wrong    map[string]*wrongs // by rule, subject and the start of its time
	underway int                // calls that have not written yet, and may have counted
}

const (
	codesPerTarget  = 4 // wrong ones, a day
	codesPerAccount = 7 // an hour
	passwordsWrong  = 3 // 15 minutes
	appCodesWrong   = 3 // a day

	day = 24 * time.Hour
)

func (m *model) owner(kind, value string) *account {
	for _, a := range m.accounts {
		if x := a.methods[kind]; x != nil && x.value == value {
			return a
		}
	}
	return nil
}

func reachable(kind string) bool { return kind == "email" || kind == "phone" }

// factors are what the account proves itself by, without the method of a kind.
func (a *account) factors(without string) (all []*method) {
	for _, kind := range []string{"email", "phone", "password", "authenticator"} {
		if x := a.methods[kind]; x != nil && kind != without {
			all = append(all, x)
		}
	}
	return all
}

// ways is how many methods would let somebody in, without the method of a kind.
func (a *account) ways(without string) (n int) {
	named := false
	for kind := range a.methods {
		named = named || kind != without && (reachable(kind) || kind == "username")
	}
	for _, x := range a.factors(without) {
		if reachable(x.kind) || x.kind == "password" && named {
			n++
		}
	}
	return n
}

func (m *model) active(a *account) string {
	if a.status != "active" {
		return "I6: the account is " + a.status
	}
	return ""
}

func (m *model) live(s *session) string {
	switch {
	case s.host:
		return m.active(s.account)
	case s.ended:
		return "I6: the session has ended"
	case !m.now.Before(s.expires):
		return "I6: the session has expired"
	case s.epoch != s.account.epoch:
		return "I6: the session was revoked"
	}
	return m.active(s.account)
}

// acts is live for whoever changes an account.
func (m *model) acts(s *session) string {
	if no := m.live(s); no != "" || !s.anonymous {
		return no
	}
	return "rule: an anonymous account signs up first"
}

// elevated is acts under the grant of generation gen, made in the session of.
func (m *model) elevated(s, of *session, gen int) string {
	no := m.acts(s)
	switch g := s.grant; {
	case no != "":
		return no
	case s != of:
		return "I7: the grant is another session's"
	case g == nil || g.gen != gen:
		return "I6: the grant is gone"
	case !m.now.Before(g.expires):
		return "I6: the grant has expired"
	case g.epoch != s.account.epoch:
		return "I6: the grant was revoked"
	case g.factor.kind == "sign_in" && g.outgrown(s.account):
		return "rule: a sign-in stands in for a factor where there is none"
	case m.maxUses > 0 && g.uses >= m.maxUses:
		return "I5: the grant is used up"
	}
	return ""
}

// outgrown is whether the account has got a factor that the grant has not set.
func (g *grant) outgrown(a *account) bool {
	return slices.ContainsFunc(a.factors("password"), func(x *method) bool { return !slices.Contains(g.sets, x) })
}

// mayLose is whether the grant vouches for a method to go. What proves does not vouch
// for its own end while something independent is left; in doubt are factors that were
// set within a day.
func (m *model) mayLose(a *account, g *grant, goes *method) (no string, doubt bool) {
	switch {
	case goes == nil:
		return "", false
	case g.factor.kind == "sign_in":
		return "rule: a sign-in vouches for no loss", false
	case g.factor.id != goes.id:
		return "", g.factor.young(g.at)
	}
	for _, other := range a.factors(goes.kind) {
		if !other.young(m.now) {
			return "rule: an address does not vouch for its own end", false
		}
	}
	return "", true
}

func (x *method) young(now time.Time) bool { return x.rooted && now.Before(x.setAt.Add(day)) }

// mayAsk is whether a code may go to the slot.
func (m *model) mayAsk(s *slot) string {
	switch {
	case m.now.Before(s.paused):
		return "rule: too soon"
	case m.now.Before(s.windowEnds) && s.window >= 15:
		return "I3: fifteen wrong guesses of the slot"
	}
	return ""
}

func (m *model) asked(s *slot, by *session, epoch int) {
	if !m.now.Before(s.windowEnds) {
		s.window, s.windowEnds = 0, m.now.Add(day)
	}
	life := 10 * time.Minute
	if s.kind == "phone" {
		life /= 2
	}
	s.gen++
	s.session, s.epoch, s.state, s.guesses = by, epoch, "pending", 0
	s.requested, s.expires, s.paused = m.now, m.now.Add(life), m.now.Add(time.Minute)
}

// mayGuess is whether a code of the slot's generation gen is judged at all.
func (m *model) mayGuess(s *slot, gen int, device string) string {
	switch {
	case gen != s.gen:
		return "I6: another code took its place"
	case s.purpose == sender.SignIn && device != s.device:
		return "I7: another device asked"
	case s.purpose != sender.SignIn && s.epoch != s.session.account.epoch:
		return "I6: the code was revoked"
	case s.state != "pending":
		return "I4: the code is used"
	case !m.now.Before(s.expires):
		return "I6: the code has expired"
	case s.guesses >= 5 || s.window >= 15:
		return "I3: no guess is left"
	}
	return ""
}

func (m *model) guessed(s *slot, right bool) {
	s.guesses++
	if !right {
		s.window++
		return
	}
	s.state, s.tokenUntil = "verified", m.now.Add(10*time.Minute)
}

// mayRedeem is whether the token of a slot's generation serves this purpose here.
func (m *model) mayRedeem(s *slot, gen int, purpose sender.Purpose, in *session, device string) string {
	switch {
	case s.purpose != purpose:
		return "I7: the token is for something else"
	case purpose == sender.SignIn && s.device != device:
		return "I7: the token is another device's"
	case purpose != sender.SignIn && s.session != in:
		return "I7: the token is another session's"
	case gen != s.gen:
		return "I6: another code took its place"
	case s.state == "spent":
		return "I5: the token is spent"
	case s.state != "verified" || !m.now.Before(s.tokenUntil):
		return "I6: the token has expired"
	case purpose != sender.SignIn && s.epoch != in.account.epoch:
		return "I6: the token was revoked"
	}
	return ""
}

// mayEnter is whether a sign-in code of the slot lets somebody in to the account.
func (m *model) mayEnter(s *slot, a *account) string {
	if a == nil {
		return "rule: nobody has the address"
	}
	if !s.requested.After(a.epochAt) {
		return "I6: the code was revoked"
	}
	if x := a.methods[s.kind]; x != nil && s.requested.Before(x.setAt) {
		return "I6: the code is older than the address"
	}
	return m.active(a)
}

// budget bounds wrong guesses of one sort, about one subject, in a time.
type budget struct {
	rule, subject string
	most          int
	per           time.Duration
}

func (m *model) counted(b budget) *wrongs {
	key := fmt.Sprint(b.rule, b.subject, m.now.Truncate(b.per))
	if m.wrong[key] == nil {
		m.wrong[key] = &wrongs{}
	}
	return m.wrong[key]
}

// within is whether a right guess counts.
func (m *model) within(b budget) (no string, doubt bool) {
	w := m.counted(b)
	if w.least >= b.most {
		return "I3: too many wrong guesses came before", false
	}
	return "", w.most+m.underway >= b.most
}

// missed counts a wrong guess.
func (m *model) missed(b budget, certain bool) {
	w := m.counted(b)
	w.most++
	if certain {
		w.least++
	}
}

// raise kills every proof of the account but for those of one session, and what was
// begun to be one.
func (m *model) raise(a *account, keep *session) {
	a.epoch++
	a.epochAt, a.born, a.enrolled = m.now, true, nil
	if keep == nil {
		return
	}
	keep.epoch = a.epoch
	if g := keep.grant; g != nil && g.epoch == a.epoch-1 {
		g.epoch = a.epoch
	}
}

// open makes a session of the account as it was judged.
func (m *model) open(id, device string, a *account, epoch int) *session {
	s := &session{id: id, device: device, account: a, epoch: epoch, opened: m.now, refreshed: m.now, expires: m.now.Add(30 * day)}
	m.sessions = append(m.sessions, s)
	return s
}

// erase leaves of the account what keeps its ID from being used again.
func (m *model) erase(a *account) {
	m.raise(a, nil)
	a.status, a.methods = "deleted", map[string]*method{}
	a.happened[association.EventDelete]++
}

// invariant is which one a reason names.
func invariant(why string) string {
	name, _, _ := strings.Cut(why, ":")
	return cmp.Or(name, "nothing")
}
