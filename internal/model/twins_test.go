package model_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/association"
)

// twins are two strangers who do the same at the same times, one about an account that
// is there and one about none. They prove nothing, and are told the same (I11).
type twins struct {
	names [2]string
	ids   [2]string
	codes [2]string
}

func (r *run) newTwins() *twins {
	t := &twins{names: [2]string{"there", "nowhere"}}
	in := association.ImportedAccount{ID: "twin", Identifiers: []association.ImportedIdentifier{
		{Kind: "email", Value: "there@example.com"}, {Kind: "username", Value: "there"},
	}}
	if r.coin("a twin with a password") {
		in.PasswordHash = hashes()[0]
	}
	r.store.within(&frame{}, func() {
		if _, err := r.svc.Import(r.ctx, in); err != nil {
			r.rt.Fatal(err)
		}
	})
	return t
}

// act has both make one call.
func (t *twins) act(r *run) {
	what := pick(r, "what", []string{"send", "verify", "send", "verify", "sign in by token", "reset", "sign up", "sign in by email", "sign in by username"})
	var told [2]string
	for i, name := range t.names {
		c := association.Caller{Device: "twin " + name, IP: netip.MustParseAddr(fmt.Sprint("192.0.2.", 10+i))}
		r.store.within(&frame{}, func() { told[i] = t.call(r, what, i, c, name) })
	}
	r.rt.Logf("twins %s: %s", what, told[0])
	if told[0] != told[1] {
		r.broke("I11: the known are told from the unknown", "%s: %q and %q", what, told[0], told[1])
	}
}

// call makes one call and returns what may be seen of its answer.
func (t *twins) call(r *run, what string, i int, c association.Caller, name string) string {
	bad := association.NewToken("lgv1_" + strings.Repeat("A", 22) + "." + strings.Repeat("A", 43))
	var seen string
	var err error
	switch what {
	case "send":
		var sent association.Sent
		sent, err = r.svc.Send(r.ctx, c, association.SendRequest{Kind: "email", To: name + "@example.com"})
		if seen = fmt.Sprint(len(sent.ID), sent.Expires); err == nil {
			_, nonce, _ := strings.Cut(sent.ID, ".")
			t.ids[i], t.codes[i] = sent.ID, "0000000000"
			if code := r.outbox[nonce]; code != "" {
				t.codes[i] = wrong(code)
			}
		}
	case "verify":
		var g association.Grant
		g, err = r.svc.Verify(r.ctx, c, t.ids[i], t.codes[i])
		seen = fmt.Sprint(len(g.Token.Reveal()))
	case "sign in by email":
		_, err = r.svc.SignIn(r.ctx, c, association.SignInRequest{Identifier: name + "@example.com", Password: "nobody's password"})
	case "sign in by username":
		_, err = r.svc.SignIn(r.ctx, c, association.SignInRequest{Identifier: name, Password: "nobody's password"})
	case "sign in by token":
		_, err = r.svc.SignIn(r.ctx, c, association.SignInRequest{Identifier: name + "@example.com", VerificationToken: bad})
	case "reset":
		err = r.svc.ResetPassword(r.ctx, c, association.ResetRequest{
			VerificationToken: bad, Kind: "email", To: name + "@example.com", Password: passwords[0],
		})
	case "sign up":
		_, err = r.svc.SignUp(r.ctx, c, association.SignUpRequest{VerificationToken: bad, Kind: "email", To: name + "@example.com"})
	}
	var told *association.Error
	if errors.As(err, &told) {
		return fmt.Sprint(seen, err, told.RetryAfter, told.MaxAge.Round(time.Second))
	}
	return fmt.Sprint(seen, err)
}
