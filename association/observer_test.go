package association_test

import (
	"context"
	"errors"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// watcher is an Observer that looks whether what it is told of has been done.
type watcher struct {
	l          *lab
	told       []association.Event
	deliveries []association.Delivery
}

func (o *watcher) Observe(ctx context.Context, e association.Event) {
	o.told = append(o.told, e)
	if ctx.Err() != nil {
		o.l.t.Errorf("%s: the observer's context has ended", e.Kind)
	}
	all, err := o.l.spy.Store.Events(ctx, e.Account, "", 1000)
	if err != nil || !slices.ContainsFunc(all, func(s store.Event) bool { return s.ID == e.ID }) {
		o.l.t.Errorf("%s was told before it was done", e.Kind)
	}
}

func (o *watcher) ObserveDelivery(_ context.Context, d association.Delivery) {
	o.deliveries = append(o.deliveries, d)
}

func (o *watcher) kinds() (kinds []association.EventKind) {
	for _, e := range o.told {
		kinds = append(kinds, e.Kind)
	}
	o.told = nil
	return kinds
}

// observed is a lab with an Observer.
func observed(t *testing.T, edits ...func(*association.Config)) (*lab, *watcher) {
	t.Helper()
	o := &watcher{}
	o.l = newLab(t, append(edits, unlimited, func(cfg *association.Config) { cfg.Observer = o })...)
	return o.l, o
}

// eventKinds are those that event.go declares.
func eventKinds(t *testing.T) []association.EventKind {
	t.Helper()
	var kinds []association.EventKind
	_, files := sources(t)
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || spec.Type == nil {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "EventKind" {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					text, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					kinds = append(kinds, association.EventKind(text))
				}
			}
			return true
		})
	}
	return kinds
}

// happening is one change, and the events that it is to write, each of which the
// Observer is told of once.
type happening struct {
	name string
	do   func() error
	want []association.EventKind
}

// happenings make everything happen that can, for one account or another.
func happenings(l *lab, issue func(account string) association.Token) []happening {
	t := l.t
	ctx := t.Context()
	var ada, bob, guest association.Caller
	var adaS, guestS association.Session
	var sudo, bobSudo association.Token
	var app totpApp
	kinds := func(k ...association.EventKind) []association.EventKind { return k }
	setUp := func(name string, do func()) happening {
		return happening{name, func() error { do(); return nil }, nil}
	}
	unbind := func(kind string) func() error {
		return func() error {
			return l.svc.Unbind(ctx, ada, association.UnbindRequest{ID: methodOf(l.world, ada, kind), SudoToken: sudo})
		}
	}
	bind := func(kind, to string, proof *association.Token) func() error {
		return func() error {
			_, err := l.svc.Bind(ctx, ada, association.BindRequest{Kind: kind, To: to, SudoToken: sudo, VerificationToken: *proof})
			return err
		}
	}
	var proof association.Token
	prove := func(kind, to string) happening {
		return setUp("a proof", func() { proof = l.token(ada, kind, to) })
	}
	return []happening{
		{"import", func() error { l.imported("ada", testHash(), "email", "ada@example.com"); return nil }, kinds(association.EventImport)},
		{"import another", func() error { l.imported("bob", testHash(), "phone", phoneNumber); return nil }, kinds(association.EventImport)},
		{"sign in", func() error { ada, adaS = l.signIn("ada"); return nil }, kinds(association.EventSignIn)},
		{"sign in, another", func() error { bob, _ = l.signIn("bob"); return nil }, kinds(association.EventSignIn)},
		{"sudo", func() error { sudo = l.sudo(ada); return nil }, kinds(association.EventSudo)},
		{"sudo, another", func() error { bobSudo = l.sudo(bob); return nil }, kinds(association.EventSudo)},
		{"profile", func() error {
			name := "Ada"
			return l.svc.SetProfile(ctx, ada, association.ProfileRequest{Name: &name})
		}, kinds(association.EventSetProfile)},
		{"username", func() error { return l.setUsername(ada, sudo, "lovelace") }, kinds(association.EventSetUsername)},
		{"enrol", func() error { app = l.enrolApp(ada, sudo); return nil }, kinds(association.EventEnrolAuthenticator)},
		{"confirm", func() error { return l.svc.ConfirmAuthenticator(ctx, ada, app.code(l.clock.Now())) }, kinds(association.EventConfirmAuthenticator)},
		prove("phone", phoneNumber),
		{"transfer", func() error {
			_, err := l.svc.Bind(ctx, ada, association.BindRequest{
				Kind: "phone", To: phoneNumber, SudoToken: sudo, VerificationToken: proof,
				Conflict: association.ConflictTransfer, Other: bob, OtherSudoToken: bobSudo,
			})
			return err
		}, kinds(association.EventTransferred, association.EventBind)},
		prove("email", "new@example.com"),
		{"replace", bind("email", "new@example.com", &proof), kinds(association.EventBind)},
		{"set password", func() error {
			return l.svc.SetPassword(ctx, ada, association.PasswordRequest{SudoToken: sudo, Password: password})
		}, kinds(association.EventSetPassword)},
		setUp("a code", func() { l.clock.Advance(time.Second); proof = l.token(device("d"), "email", "new@example.com") }),
		{"reset", func() error { return l.tryReset(device("d"), proof, password) }, kinds(association.EventResetPassword)},
		{"sign in again", func() error { ada, adaS = l.signIn("lovelace"); return nil }, kinds(association.EventSignIn)},
		{"sudo again", func() error { sudo = l.sudo(ada); return nil }, kinds(association.EventSudo)},
		{"remove the authenticator", unbind("authenticator"), kinds(association.EventRemoveAuthenticator)},
		{"unbind", unbind("phone"), kinds(association.EventUnbind)},
		{"remove the password", unbind("password"), kinds(association.EventRemovePassword)},
		{"end sessions", func() error { return l.svc.EndSessions(ctx, ada, association.EndSessionsRequest{KeepCurrent: true}) }, kinds(association.EventEndSessions)},
		setUp("a second", func() { l.clock.Advance(time.Second) }),
		{"ticket", func() error {
			_, err := l.svc.SignInWithTicket(ctx, device("d"), issue(adaS.Account))
			return err
		}, kinds(association.EventSignIn)},
		{"a ticket of somebody new", func() error {
			_, err := l.svc.SignInWithTicket(ctx, device("d"), issue("newcomer"))
			return err
		}, kinds(association.EventSignIn)},
		{"reuse", func() error {
			old := adaS.Refresh
			next, err := l.svc.Refresh(ctx, device("d"), old)
			if err != nil {
				return err
			}
			if _, err := l.svc.Refresh(ctx, device("d"), next.Refresh); err != nil {
				return err
			}
			if _, err := l.svc.Refresh(ctx, device("d"), old); !errors.Is(err, association.ErrInvalidGrant) {
				return errors.New("an old refresh token was taken")
			}
			return nil
		}, kinds(association.EventReuse)},
		{"a guest", func() error { guest, guestS = l.anonymous(device("g")); return nil }, kinds(association.EventSignInAnonymously)},
		setUp("a code", func() { proof = l.token(device("g"), "email", "guest@example.com") }),
		{"upgrade", func() error {
			_, err := l.signUp(device("g"), association.SignUpRequest{VerificationToken: proof, AnonymousToken: guestS.Access})
			return err
		}, kinds(association.EventUpgrade)},
		setUp("a code", func() { proof = l.token(device("h"), "email", "other@example.com") }),
		{"sign-up", func() error {
			s, err := l.signUp(device("h"), association.SignUpRequest{VerificationToken: proof})
			if err == nil {
				guest = l.as(device("h"), s)
			}
			return err
		}, kinds(association.EventSignUp)},
		{"sign out", func() error { return l.svc.SignOut(ctx, guest) }, kinds(association.EventSignOut)},
		{"disable", func() error { return l.svc.Disable(ctx, guest.Actor.Account) }, kinds(association.EventDisable)},
		{"enable", func() error { return l.svc.Enable(ctx, guest.Actor.Account) }, kinds(association.EventEnable)},
		{"end account sessions", func() error { return l.svc.EndAccountSessions(ctx, guest.Actor.Account) }, kinds(association.EventEndSessions)},
		{"delete by the host", func() error { return l.svc.DeleteAccount(ctx, guest.Actor.Account) }, kinds(association.EventDelete)},
		{"sign in, to delete", func() error { bob, _ = l.signIn("bob"); return nil }, kinds(association.EventSignIn)},
		{"sudo, to delete", func() error { bobSudo = l.sudo(bob); return nil }, kinds(association.EventSudo)},
		{"delete", func() error { return l.svc.Delete(ctx, bob, association.DeleteRequest{SudoToken: bobSudo}) }, kinds(association.EventDelete)},
	}
}

// TestR65_EveryChangeThereIsWritesItsEvent: each commit that changes an account has an
// event of every account that it changes, the history tells of all of them, and the
// Observer was told of the same, once each, when they were done.
func TestR65_EveryChangeThereIsWritesItsEvent(t *testing.T) {
	public, private := ticketKey(1)
	l, o := observed(t, anonymously, deletable, takesTickets(public), func(cfg *association.Config) {
		cfg.Transfers, cfg.Policy.AllowUsernameChange = grantAll{}, true
	})
	issue := func(account string) association.Token {
		ticket, err := association.NewTicket(private, association.TicketRequest{KeyID: "app", Audience: "acme", Account: account, At: l.clock.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return ticket
	}
	seen := map[association.EventKind]bool{}
	told := map[string]bool{}
	for _, h := range happenings(l, issue) {
		from := len(l.spy.applied)
		if err := h.do(); err != nil {
			t.Fatalf("%s: %v", h.name, err)
		}
		for _, e := range o.told {
			if told[e.ID] {
				t.Errorf("%s: %s was told twice", h.name, e.Kind)
			}
			told[e.ID] = true
		}
		got := o.kinds()
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(h.want))) {
			t.Errorf("%s: the observer was told %v, want %v", h.name, got, h.want)
		}
		for _, kind := range got {
			seen[kind] = true
		}
		for _, change := range l.spy.applied[from:] {
			for _, a := range change.Accounts {
				if !slices.ContainsFunc(change.Events, func(e store.Event) bool { return e.Account == a.ID }) {
					t.Errorf("%s changes an account without an event of it: %+v", h.name, change)
				}
			}
			if len(change.Accounts) == 0 && len(change.Link)+len(change.Unlink) > 0 {
				t.Errorf("%s changes an association and asserts no account", h.name)
			}
			for _, e := range change.Events {
				if parsed, err := association.ParseEvent(e); err != nil || !told[e.ID] || parsed.Account != e.Account || !parsed.At.Equal(l.clock.Now()) {
					t.Errorf("%s: the event is %+v, %v, told %t", h.name, parsed, err, told[e.ID])
				}
			}
		}
	}
	for _, kind := range eventKinds(t) {
		if !seen[kind] {
			t.Errorf("nothing here makes an event %s", kind)
		}
	}
}

// What is not committed has not happened.
func TestTheObserverIsToldOfNothingThatFails(t *testing.T) {
	l, o := observed(t)
	id := l.imported("ada", testHash(), "email", "ada@example.com")
	c, _ := l.signIn("ada")
	sudo := l.sudo(c)
	o.kinds()
	for name, failure := range map[string]error{"the store is broken": errors.New("broken"), "others are faster": store.ErrConflict, "taken": store.ErrTaken} {
		l.spy.before = func(_ context.Context, call string) error {
			if call == "Apply" {
				return failure
			}
			return nil
		}
		for what, err := range map[string]error{
			"username": l.setUsername(c, sudo, "lovelace"), "profile": l.svc.SetProfile(t.Context(), c, association.ProfileRequest{}),
			"disable": l.svc.Disable(t.Context(), id),
		} {
			if err == nil {
				t.Errorf("%s, %s: no error", name, what)
			}
		}
		l.spy.before = nil
	}
	if got := o.kinds(); len(got) != 0 {
		t.Errorf("the observer was told %v", got)
	}
	// A conflict that is overcome is one change, told once.
	l.spy.before = conflicting(1)
	if err := l.svc.Disable(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	l.spy.before = nil
	if got := o.kinds(); !slices.Equal(got, []association.EventKind{association.EventDisable}) {
		t.Errorf("the observer was told %v", got)
	}
	if err := l.svc.Disable(t.Context(), id); err != nil || len(o.kinds()) != 0 {
		t.Errorf("what is so already: %v", err)
	}
}

// What a copy that With made writes is the host's to commit: nobody is told of it here.
func TestNobodyIsToldOfWhatTheHostCommits(t *testing.T) {
	duties := &hostDuties{}
	l, o := observed(t, duties.on)
	inside := l.svc.With(l.spy)
	id := l.imported("ada", testHash(), "email", "ada@example.com")
	o.kinds()
	if _, err := inside.Import(t.Context(), association.ImportedAccount{ID: "new"}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(inside.Disable(t.Context(), id), inside.Enable(t.Context(), id), inside.EndAccountSessions(t.Context(), id), inside.DeleteAccount(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
	if got := o.kinds(); len(got) != 0 {
		t.Errorf("the observer was told %v", got)
	}
	if got := duties.since(); len(got) != 0 {
		t.Errorf("the host was called: %q", got)
	}
	l.settle()
	// Four raised the epoch, and the host knows of the deletion by itself.
	if got := duties.since(); len(got) != 4 || !strings.HasPrefix(got[3], "revoke "+id) {
		t.Errorf("Deliver called the host: %q", got)
	}
}

func TestParseEventRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, data := range []string{"", "null", "{}", `{"v":2,"kind":"bind"}`, `{"v":"1"}`, `[]`, "\x00"} {
		if e, err := association.ParseEvent(store.Event{ID: "x", Data: []byte(data)}); err == nil || e.ID != "" {
			t.Errorf("%q is %+v", data, e)
		}
	}
}
