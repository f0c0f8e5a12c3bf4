package association_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// rootedFor is the default of Policy.FactorRootedFor.
const rootedFor = 24 * time.Hour

// person is somebody with an account, in a session of the host's, who does things by
// naming the factor and the change: p.do("phone", "replace email").
type person struct {
	*world
	c       association.Caller
	address map[string]string // by kind
	app     string            // the authenticator's secret
	pass    string

	last func() // where set, called right before the call that makes a change
}

// people are worlds of persons: nothing is limited, sessions are the host's.
func people(t *testing.T, edits ...func(*association.Config)) *world {
	t.Helper()
	w, _ := watchedWorld(t, edits...)
	return w
}

func strongest(c *association.Config) {
	c.Policy.StrongestAvailable, c.Policy.AllowUsernameChange = true, true
}

// person has these factors, in this order, a second apart: the first rests on a recent
// sign-in, or for a password on an import, each other on the strongest before it. They
// are as old as FactorRootedFor and a second when fresh is false.
func (w *world) person(name string, fresh bool, factors ...string) *person {
	w.t.Helper()
	p := &person{world: w, address: map[string]string{}}
	if len(factors) > 0 && factors[0] == "password" {
		p.c = w.hostCaller(w.member(name), "session of "+name)
		p.pass = password
	} else {
		p.c = w.hostCaller(w.imported(name, ""), "session of "+name)
	}
	for i, f := range factors {
		w.clock.Advance(time.Second)
		if f == "password" && i == 0 {
			continue
		}
		p.c.Actor.AuthenticatedAt = w.clock.Now()
		if err := p.do(p.strongest(), add(f)); err != nil {
			w.t.Fatalf("%s of %v: %v", f, factors, err)
		}
	}
	w.tell()
	if !fresh {
		w.clock.Advance(rootedFor + time.Second)
	}
	return p
}

// tell sends the notices that are owed so far.
func (w *world) tell() {
	w.t.Helper()
	if _, err := w.svc.Deliver(w.t.Context(), 100); err != nil {
		w.t.Fatal(err)
	}
}

func add(f string) string {
	switch f {
	case "password":
		return "set password"
	case "authenticator":
		return "enrol"
	}
	return "bind " + f
}

// strongest is the means that SudoState names first.
func (p *person) strongest() string { return p.means()[0] }

func (p *person) means() (all []string) {
	p.t.Helper()
	state, err := p.svc.SudoState(p.t.Context(), p.c)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range state.Factors {
		all = append(all, f.Kind)
	}
	return all
}

// sudo proves the person by a factor: "password", "authenticator", "sign_in" or a kind.
func (p *person) sudo(by string) (association.Token, error) {
	p.t.Helper()
	var r association.SudoRequest
	switch by {
	case "sign_in":
	case "password":
		r.Password = p.pass
	case "authenticator":
		r.AuthenticatorCode = p.totp()
	default:
		r.VerificationToken = p.prove(p.c, by, p.address[by])
	}
	g, err := p.svc.Sudo(p.t.Context(), p.c, r)
	return g.Token, err
}

// totp is a code that was not shown yet.
func (p *person) totp() string {
	p.t.Helper()
	p.clock.Advance(30 * time.Second)
	code, err := totp.GenerateCode(p.app, p.clock.Now())
	if err != nil {
		p.t.Fatal(err)
	}
	return code
}

// do makes a change under a factor.
func (p *person) do(by, what string) error {
	p.t.Helper()
	sudo, err := p.sudo(by)
	if err != nil {
		return err
	}
	return p.use(sudo, what)
}

// use makes a change: "bind" or "replace" or "remove" and a factor, "set password",
// "enrol", "name".
func (p *person) use(sudo association.Token, what string) error {
	p.t.Helper()
	verb, factor, _ := strings.Cut(what, " ")
	if verb != "bind" && verb != "replace" && p.last != nil {
		p.last()
	}
	switch {
	case what == "set password":
		err := p.svc.SetPassword(p.t.Context(), p.c, association.PasswordRequest{SudoToken: sudo, Password: "another one"})
		if err == nil {
			p.quicken()
		}
		return err
	case what == "enrol":
		return p.enrol(sudo)
	case what == "name":
		return p.svc.SetUsername(p.t.Context(), p.c, association.UsernameRequest{Username: fresh("n"), SudoToken: sudo})
	case verb == "remove":
		err := p.svc.Unbind(p.t.Context(), p.c, association.UnbindRequest{ID: p.idOf(factor), SudoToken: sudo})
		if err == nil {
			p.forget(factor)
		}
		return err
	}
	to := freshAddress(factor)
	proof := p.prove(p.c, factor, to)
	if p.last != nil {
		p.last()
	}
	err := p.world.bind(p.c, factor, to, sudo, proof)
	if err == nil {
		p.address[factor] = to
	}
	return err
}

func (p *person) forget(factor string) {
	delete(p.address, factor)
	switch factor {
	case "password":
		p.pass = ""
	case "authenticator":
		p.app = ""
	}
}

func (p *person) enrol(sudo association.Token) error {
	p.t.Helper()
	e, err := p.svc.EnrolAuthenticator(p.t.Context(), p.c, association.EnrolRequest{SudoToken: sudo})
	if err != nil {
		return err
	}
	old := p.app
	p.app = e.Secret.Reveal()
	if err = p.svc.ConfirmAuthenticator(p.t.Context(), p.c, p.totp()); err != nil {
		p.app = old
	}
	return err
}

// idOf is the ID of a method by its kind.
func (p *person) idOf(kind string) string {
	p.t.Helper()
	m, ok := p.method(kind)
	if !ok {
		p.t.Fatalf("no method %s", kind)
	}
	return m.ID
}

func (p *person) method(kind string) (association.Method, bool) {
	p.t.Helper()
	all, err := p.svc.Methods(p.t.Context(), p.c)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range all {
		if m.Kind == kind {
			return m, true
		}
	}
	return association.Method{}, false
}

// reset sets a password by a code to one of the addresses, signed out.
func (p *person) reset(kind string) error {
	p.t.Helper()
	p.clock.Advance(time.Microsecond) // a code is dead that was asked for when the epoch rose
	c := device("thief")
	err := p.svc.ResetPassword(p.t.Context(), c, association.ResetRequest{
		VerificationToken: p.prove(c, kind, p.address[kind]), Password: "another one",
	})
	if err == nil {
		p.quicken()
	}
	return err
}

var storedHash = regexp.MustCompile(`"hash":"[^"]*"`)

// quicken puts the test password, quick to judge, in the place of the one that was set.
func (p *person) quicken() {
	p.t.Helper()
	p.pass = password
	a, err := p.store.Account(p.t.Context(), p.c.Actor.Account)
	if err != nil {
		p.t.Fatal(err)
	}
	a.Data = storedHash.ReplaceAllLiteral(a.Data, []byte(`"hash":"`+testHash()+`"`))
	if err := p.store.Apply(p.t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) must(by, what string) {
	p.t.Helper()
	if err := p.do(by, what); err != nil {
		p.t.Fatalf("%s, under %s: %v", what, by, err)
	}
}

func (p *person) mustNot(by, what string) {
	p.t.Helper()
	if err := p.do(by, what); !errors.Is(err, association.ErrSudoRequired) {
		p.t.Errorf("%s, under %s: %v, want ErrSudoRequired", what, by, err)
	}
}

var freshNumber int

// fresh is a name that nobody has.
func fresh(prefix string) string {
	freshNumber++
	return fmt.Sprint(prefix, freshNumber)
}

func freshAddress(kind string) string {
	freshNumber++
	if kind == "phone" {
		return fmt.Sprintf("+86138%08d", freshNumber)
	}
	return fmt.Sprintf("a%d@example.com", freshNumber)
}
