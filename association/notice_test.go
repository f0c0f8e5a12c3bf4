package association_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// owing is a lab in which n addresses have been replaced, old0@example.com and so
// on, and none of them has been told.
func owing(t *testing.T, n int, edits ...func(*association.Config)) *lab {
	t.Helper()
	l := newLab(t, append([]func(*association.Config){roomy, func(cfg *association.Config) { cfg.Passwords = freePasswords{} }}, edits...)...)
	for i := range n {
		account := l.own("email", fmt.Sprintf("old%d@example.com", i))
		c, r := l.replacing(account, fmt.Sprintf("new%d@example.com", i))
		if _, err := l.svc.Bind(t.Context(), c, r); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// replacing has both proofs to bind the address to the account, whose password is
// the host's.
func (l *lab) replacing(account, to string) (association.Caller, association.BindRequest) {
	l.t.Helper()
	c := l.host(account, "s")
	return c, association.BindRequest{
		Kind: kindOf(to), To: to, SudoToken: l.sudo(c), VerificationToken: l.token(c, kindOf(to), to),
	}
}

// notices are all that the store has, due or not.
func (l *lab) notices() []store.Notice {
	l.t.Helper()
	all, err := l.spy.Store.Notices(l.t.Context(), math.MaxInt64, math.MaxInt)
	if err != nil {
		l.t.Fatal(err)
	}
	return all
}

// told are the notices that went out.
func (o *outbox) told() []sender.Message {
	var notices []sender.Message
	for _, m := range o.all() {
		if m.Purpose == sender.Notice {
			notices = append(notices, m)
		}
	}
	return notices
}

// TestR65_ANoticeIsInTheCommitItTellsOf and nowhere else: Bind itself sends nothing.
func TestR65_ANoticeIsInTheCommitItTellsOf(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		want           int
	}{
		{"a replaced email address", "old@example.com", "new@example.com", 1},
		{"a replaced phone number", "+8613900000000", phoneNumber, 1},
		{"a first address of its kind", "old@example.com", phoneNumber, 1},
		{"the first address of all", "", phoneNumber, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := owing(t, 0)
			account := "new"
			if tt.old != "" {
				account = l.own(kindOf(tt.old), tt.old)
			}
			c, r := l.replacing(account, tt.new)
			messages := len(l.out.all())
			if _, err := l.svc.Bind(t.Context(), c, r); err != nil {
				t.Fatal(err)
			}
			if more := len(l.out.all()) - messages; more != 0 {
				t.Errorf("Bind sent %d messages", more)
			}
			change := l.spy.applied[len(l.spy.applied)-1]
			if len(change.Link) != 1 || len(change.Events) != 1 || len(change.Notices) != tt.want {
				t.Fatalf("the commit is %+v, want %d notices in it", change, tt.want)
			}
			if tt.want == 0 {
				return
			}
			n, now := change.Notices[0], l.clock.Now()
			if n.Version != 0 || n.Account != account || n.Due != now.UnixMicro() || n.Expires != now.Add(72*time.Hour).UnixMicro() {
				t.Errorf("the notice is %+v, want it due at once and for 72 hours", n)
			}
			if len(n.ID) > 64 { // it is the message's
				t.Errorf("the ID %q is longer than a message's", n.ID)
			}
		})
	}
}

// TestR65_ARefusedBindOwesNobody: what is not done is not told of.
func TestR65_ARefusedBindOwesNobody(t *testing.T) {
	l := owing(t, 0)
	account := l.own("email", "old@example.com")
	l.own("email", "taken@example.com")
	c, taken := l.replacing(account, "taken@example.com")
	_, busy := l.replacing(account, "busy@example.com")
	own, err := l.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: l.token(c, "email", "old@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	busy.SudoToken, taken.SudoToken = l.sudo(c), association.Token{}
	for _, tt := range []struct {
		name  string
		r     association.BindRequest
		sudo  association.Token
		apply error
		want  error
	}{
		{"the address is another's", taken, busy.SudoToken, nil, association.ErrIdentifierTaken},
		{"without sudo", busy, own.Token, nil, association.ErrSudoRequired},
		{"the proof is of another address", association.BindRequest{Kind: "email", To: "else@example.com", VerificationToken: busy.VerificationToken}, busy.SudoToken, nil, association.ErrInvalidProof},
		{"others are faster", busy, busy.SudoToken, store.ErrConflict, association.ErrBusy},
		{"the store fails", busy, busy.SudoToken, errors.New("the disk is full"), association.ErrUnavailable},
	} {
		l.spy.before = func(_ context.Context, call string) error {
			if call == "Apply" {
				return tt.apply
			}
			return nil
		}
		tt.r.SudoToken = tt.sudo
		if _, err := l.svc.Bind(t.Context(), c, tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		l.spy.before = nil
		if all := l.notices(); len(all) != 0 {
			t.Errorf("%s: %+v is owed", tt.name, all)
		}
	}
	busy.SudoToken = l.sudo(c)
	if _, err := l.svc.Bind(t.Context(), c, busy); err != nil || len(l.notices()) != 1 {
		t.Errorf("and at last: %v, %d notices, want 1", err, len(l.notices()))
	}
}

// An address that the host's own import was faster to link takes nobody's place.
func TestAnAddressThatReplacesItselfIsToldNothing(t *testing.T) {
	l := owing(t, 0)
	c, r := l.replacing("ada", "ada@example.com")
	_, err := l.svc.Import(t.Context(), association.ImportedAccount{ID: "ada", Identifiers: identifiers("email", "ada@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.svc.Bind(t.Context(), c, r); err != nil || len(l.notices()) != 0 {
		t.Errorf("bound again: %v, owed are %+v", err, l.notices())
	}
}

// TestR67_NoLogNamesTheAddressOfANotice, whatever befalls it.
func TestR67_NoLogNamesTheAddressOfANotice(t *testing.T) {
	var h heard
	post := &gossip{}
	l := owing(t, 2, func(cfg *association.Config) {
		cfg.Logger = slog.New(slog.NewJSONHandler(&h, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
		post.Sender, cfg.Sender = cfg.Sender, post
	})
	for _, befalls := range []func(){
		func() { post.fail = true },
		func() { post.fail = false; l.spy.before = failing("Apply", 2) },
		func() { l.spy.before = failing("Notices", 1) },
		func() {
			l.spy.before = nil
			l.spoil(`{"v":2,"target":"` + base64.StdEncoding.EncodeToString([]byte("old0@example.com")) + `"}`)
		},
		func() { l.spoil(`"old0@example.com"`) },
		func() { l.spoil(`old0@example.com`) },
	} {
		befalls()
		_, err := l.svc.Deliver(t.Context(), 10)
		h.told(err)
		l.clock.Advance(time.Hour)
	}
	for _, address := range []string{"old0@example.com", "old1@example.com"} {
		for form, spelled := range map[string]string{
			"itself": address, "its name": address[:4], "base64": base64.StdEncoding.EncodeToString([]byte(address)), "URL": address[:4] + "%40",
		} {
			if bytes.Contains(h.log.Bytes(), []byte(spelled)) {
				t.Errorf("the log has %s, %s", address, form)
			}
		}
	}
	for _, must := range []string{"was delivered", "was not delivered", "[redacted]", "cannot be settled here", `"op":"deliver"`} {
		if !bytes.Contains(h.log.Bytes(), []byte(must)) {
			t.Errorf("the log lacks %s, so it proves nothing", must)
		}
	}
}

// failing makes the n-th of these calls fail.
func failing(call string, n int) func(context.Context, string) error {
	return func(_ context.Context, made string) error {
		if made == call {
			if n--; n == 0 {
				return errors.New("the store is broken")
			}
		}
		return nil
	}
}

// spoil gives every notice these data, and makes it due.
func (l *lab) spoil(data string) {
	l.t.Helper()
	for _, n := range l.notices() {
		n.Due, n.Data = l.clock.Now().UnixMicro(), []byte(data)
		if err := l.spy.Store.Apply(l.t.Context(), store.Change{Notices: []store.Notice{n}}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// noticeOf reads a notice's data.
func noticeOf(t *testing.T, n store.Notice) (v struct {
	Target   []byte
	Attempts int
}) {
	t.Helper()
	if err := json.Unmarshal(n.Data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestR65_EveryAddressThatWasThereIsTold of one that comes or goes: each once, that which
// goes too, and the new one not.
func TestR65_EveryAddressThatWasThereIsTold(t *testing.T) {
	for _, test := range []struct {
		name string
		has  []string
		do   func(l *lab, c association.Caller) error
		want map[string]sender.Template
	}{
		{"a first address", nil, binds("phone", phoneNumber), nil},
		{"another", []string{"email", "ada@example.com"}, binds("phone", phoneNumber), map[string]sender.Template{"ada@example.com": sender.AddressAdded}},
		{"in the place of one", []string{"email", "ada@example.com", "phone", phoneNumber}, binds("email", "new@example.com"),
			map[string]sender.Template{"ada@example.com": sender.AddressReplaced, phoneNumber: sender.AddressAdded}},
		{"away", []string{"email", "ada@example.com", "phone", phoneNumber}, func(l *lab, c association.Caller) error {
			return l.svc.Unbind(l.t.Context(), c, association.UnbindRequest{ID: methodOf(l.world, c, "phone"), SudoToken: l.sudo(c)})
		}, map[string]sender.Template{phoneNumber: sender.AddressRemoved, "ada@example.com": sender.OtherAddressRemoved}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t, roomy)
			l.imported("ada", testHash(), test.has...)
			c, _ := l.signIn("ada")
			if err := test.do(l, c); err != nil {
				t.Fatal(err)
			}
			l.settle()
			got := map[string]sender.Template{}
			for _, m := range l.out.told() {
				if got[m.To] != "" {
					t.Errorf("%s is told twice", m.To)
				}
				got[m.To] = m.Template
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("told are %v, want %v", got, test.want)
			}
		})
	}
}

// binds binds an address under sudo by the password.
func binds(kind, to string) func(l *lab, c association.Caller) error {
	return func(l *lab, c association.Caller) error {
		r := association.BindRequest{Kind: kind, To: to, SudoToken: l.sudo(c), VerificationToken: l.token(c, kind, to)}
		_, err := l.svc.Bind(l.t.Context(), c, r)
		return err
	}
}
