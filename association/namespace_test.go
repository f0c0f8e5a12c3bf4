package association_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// sloppy is a store that takes for equal what looks alike to it, as a database
// does whose collation was not thought about: "1" is "i", and case counts not.
type sloppy struct {
	store.Store
	like map[string]string // what is stored, by how it is asked for
}

func (s sloppy) alike(v string) string {
	if stored, ok := s.like[v]; ok {
		return stored
	}
	return v
}

func (s sloppy) AccountByIdentifier(ctx context.Context, kind string, value []byte) (*store.Account, error) {
	return s.Store.AccountByIdentifier(ctx, kind, []byte(s.alike(string(value))))
}

func (s sloppy) Account(ctx context.Context, id string) (*store.Account, error) {
	return s.Store.Account(ctx, s.alike(id))
}

// Proof joins the account by its own idea of an equal ID.
func (s sloppy) Proof(ctx context.Context, id string) (*store.Proof, *store.Account, error) {
	p, a, err := s.Store.Proof(ctx, s.alike(id))
	if p != nil && s.alike(p.Account) != p.Account {
		a, err = s.Store.Account(ctx, s.alike(p.Account))
	}
	return p, a, err
}

// Apply refuses what is like something stored.
func (s sloppy) Apply(ctx context.Context, change store.Change) error {
	for _, l := range change.Link {
		if like := s.alike(string(l.Value)); like != string(l.Value) {
			if _, err := s.Store.AccountByIdentifier(ctx, l.Kind, []byte(like)); err == nil {
				return store.ErrTaken
			}
		}
	}
	return s.Store.Apply(ctx, change)
}

func TestR46_AStoreThatFoldsLookAlikesGivesNobodyAway(t *testing.T) {
	w, _ := watchedWorld(t, func(c *association.Config) {
		c.Store = sloppy{c.Store, map[string]string{
			"vict1m@example.com": "victim@example.com", "v1ctim": "victim",
		}}
	})
	id := w.member("victim", "email", "victim@example.com")

	if _, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: "v1ctim", Password: password}); !errors.Is(err, association.ErrInvalidPassword) {
		t.Errorf("sign-in by a look-alike and the right password: %v, want ErrInvalidPassword", err)
	}
	if c, err := w.signInByCode("eve's", "email", "vict1m@example.com"); !errors.Is(err, association.ErrNotRegistered) {
		t.Errorf("sign-in by a code to a look-alike: %+v, %v, want ErrNotRegistered", c.Actor, err)
	}
	if last, _ := w.mail.Last("victim@example.com"); last.Code != "" {
		t.Error("the code went to the victim")
	}
	eve := w.hostCaller("eve", "s")
	if err := w.bind(eve, "email", "vict1m@example.com", w.recentSudo(eve), w.prove(eve, "email", "vict1m@example.com")); !errors.Is(err, association.ErrIdentifierTaken) {
		t.Errorf("bind of a look-alike: %v, want ErrIdentifierTaken", err)
	}
	token := w.prove(device("d"), "email", "vict1m@example.com")
	if s, err := w.svc.SignUp(t.Context(), device("d"), association.SignUpRequest{VerificationToken: token}); err == nil {
		t.Errorf("sign-up with a look-alike made %q", s.Account)
	}
	if got := w.bound(id); len(got) != 2 || got["email"] != "victim@example.com" {
		t.Errorf("the victim has %v", got)
	}
	if got := w.bound("eve"); len(got) != 0 {
		t.Errorf("eve has %v", got)
	}
}

// The same of accounts: the host's IDs may differ in case alone.
func TestR46_AStoreThatFoldsAccountIDsActsForNobody(t *testing.T) {
	like := map[string]string{}
	w, watch := watchedWorld(t, func(c *association.Config) { c.Store = sloppy{c.Store, like} })
	if _, err := w.svc.Import(t.Context(), association.ImportedAccount{ID: "Victim", Identifiers: identifiers("username", "victim")}); err != nil {
		t.Fatal(err)
	}
	eve := w.hostCaller("vICTIM", "s")
	sudo, proof := w.recentSudo(eve), w.prove(eve, "email", "eve@example.com")
	like["vICTIM"] = "Victim" // from now on
	before := watch.writes()
	for name, err := range map[string]error{
		"Bind": w.bind(eve, "email", "eve@example.com", sudo, proof),
		"Bind from the session": func() error {
			_, err := w.svc.Bind(t.Context(), eve, association.BindRequest{Kind: "email", To: "eve@example.com", FromSession: true})
			return err
		}(),
		"SetPassword": w.svc.SetPassword(t.Context(), eve, association.PasswordRequest{SudoToken: sudo, Password: "eve's own password"}),
		"Sudo": func() error {
			_, err := w.svc.Sudo(t.Context(), eve, association.SudoRequest{})
			return err
		}(),
		"Send": func() error {
			_, err := w.svc.Send(t.Context(), eve, association.SendRequest{Kind: "email", To: "more@example.com"})
			return err
		}(),
		"Account": func() error {
			_, err := w.svc.Account(t.Context(), "vICTIM")
			return err
		}(),
	} {
		if !errors.Is(err, association.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", name, err)
		}
	}
	if watch.writes() != before {
		t.Error("something changed")
	}
	if got := w.bound("Victim"); len(got) != 1 {
		t.Errorf("the victim has %v", got)
	}
}

func TestR49_KindsAreNamespaces(t *testing.T) {
	// The same text bound under two kinds, which no kind of ours accepts twice, as a
	// host's own kinds might.
	w, _ := watchedWorld(t)
	ada := w.member("ada", "email", "shared@example.com")
	records := w.store.(*watched).Store
	for i, as := range []store.Association{
		{Kind: "username", Value: []byte("shared@example.com")},
		{Kind: "phone", Value: []byte("shared@example.com")},
		{Kind: "email", Value: []byte(phoneNumber)},
		{Kind: "email", Value: []byte("ada")},
	} {
		eve := fmt.Sprintf("eve-%d", i)
		as.ID, as.Account, as.Data = eve, eve, []byte(`{"v":1}`)
		data := []byte(fmt.Sprintf(`{"v":1,"password":{"hash":%q,"setAt":1}}`, quickHash("eve's own")))
		if err := records.Apply(t.Context(), store.Change{
			Accounts: []store.Account{{ID: eve, Status: 1, Data: data}}, Link: []store.Association{as},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, identifier := range []string{"shared@example.com", "ada"} {
		if _, session := w.signIn(identifier); session.Account != ada {
			t.Errorf("%s signs in as %s", identifier, session.Account)
		}
		if s, err := w.svc.SignIn(t.Context(), device("d"), association.SignInRequest{Identifier: identifier, Password: "eve's own"}); !errors.Is(err, association.ErrInvalidPassword) {
			t.Errorf("%s signs in as %q, %v", identifier, s.Account, err)
		}
	}
	if c, err := w.signInByCode("d", "email", "shared@example.com"); err != nil || c.Actor.Account != ada {
		t.Errorf("by code: %q, %v", c.Actor.Account, err)
	}
	if c, err := w.signInByCode("d", "phone", phoneNumber); !errors.Is(err, association.ErrNotRegistered) {
		t.Errorf("a phone that is the text of an email: %q, %v", c.Actor.Account, err)
	}
	// The owner of the phone is not stopped by that text.
	bob := w.hostCaller("bob", "s")
	if err := w.bind(bob, "phone", phoneNumber, w.recentSudo(bob), w.prove(bob, "phone", phoneNumber)); err != nil {
		t.Errorf("bind: %v", err)
	}
}

// Our own kinds are disjoint: what one accepts none of the others does.
func TestR49_NoTextIsOfTwoKinds(t *testing.T) {
	kinds := wholeConfig(t).Kinds
	accepted := map[string]int{}
	for _, typed := range []string{
		"ada", "ada@example.com", phoneNumber, "13800000000", "138-0000-0000", "a1", "1a", "12", "+1", "a.b", "a@b",
		"138.0000.0000", "1380000000a", "0x12345678", "1e10", "(138) 0000 0000", "example.com", "@ada", "+ada", "--", "1-1",
	} {
		var by []string
		for _, k := range kinds {
			if _, err := k.Canonical(typed); err == nil {
				by = append(by, k.Name())
				accepted[k.Name()]++
			}
		}
		if len(by) > 1 {
			t.Errorf("%q is accepted as %s", typed, strings.Join(by, " and "))
		}
	}
	if len(accepted) != len(kinds) {
		t.Errorf("only %v accepted anything", accepted)
	}
}
