package association_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store/memstore"
)

// outbox is a sender that finds a code by the verification ID that it goes with.
type outbox struct {
	mu       sync.Mutex
	messages []sender.Message
	receipt  sender.Receipt // what Send answers
	err      error          // what Send fails with
}

func (o *outbox) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return sender.Receipt{}, o.err
	}
	o.messages = append(o.messages, m)
	return o.receipt, nil
}

func (o *outbox) answer(r sender.Receipt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.receipt = r
}

func (o *outbox) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.err = err
}

func (o *outbox) all() []sender.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]sender.Message{}, o.messages...)
}

// code returns the code that went out for a verification ID, or "".
func (o *outbox) code(id string) string {
	for _, m := range o.all() {
		if strings.HasSuffix(id, "."+m.ID) {
			return m.Code.Reveal()
		}
	}
	return ""
}

// lab is a world whose store is watched and whose codes are found by their ID.
type lab struct {
	*world
	spy *watched
	out *outbox
}

func newLab(t *testing.T, edits ...func(*association.Config)) *lab {
	t.Helper()
	l := &lab{spy: &watched{Store: memstore.New(memstore.Limits{})}, out: &outbox{}}
	l.world = newWorld(t, append([]func(*association.Config){func(cfg *association.Config) {
		cfg.Store, cfg.Sender = l.spy, l.out
	}}, edits...)...)
	return l
}

// roomy lifts the limits on sending out of the way; those on guessing stay.
func roomy(cfg *association.Config) {
	much := association.Limit{N: 1_000_000, Per: time.Hour}
	b := &cfg.Policy.Budgets
	b.SendsPerAccount, b.SendsPerIP, b.SendsPerTarget, b.SendsPerTargetLong = much, much, much, much
}

// host is a caller in a session of the host's, freshly signed in. Its account
// may be unknown to the store, and needs no password.
func (l *lab) host(account, session string) association.Caller {
	c := device("device of " + account)
	c.Actor = association.Actor{Account: account, Session: session, HostSession: true, AuthenticatedAt: l.clock.Now()}
	return c
}

// own imports an account with an address and no password.
func (l *lab) own(kind, to string) (account string) {
	l.t.Helper()
	account, err := l.svc.Import(l.t.Context(), association.ImportedAccount{
		Identifiers: []association.ImportedIdentifier{{Kind: kind, Value: to}},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return account
}

// ask asks for a code by email and returns its ID and the code itself.
func (l *lab) ask(c association.Caller, to string) (id, code string) {
	l.t.Helper()
	return l.askBy(c, "email", to)
}

func (l *lab) askBy(c association.Caller, kind, to string) (id, code string) {
	l.t.Helper()
	sent, err := l.svc.Send(l.t.Context(), c, association.SendRequest{Kind: kind, To: to})
	if err != nil {
		l.t.Fatal(err)
	}
	if code = l.out.code(sent.ID); code == "" {
		l.t.Fatal("no message was sent")
	}
	return sent.ID, code
}

// token asks for a code and verifies it.
func (l *lab) token(c association.Caller, kind, to string) association.Token {
	l.t.Helper()
	id, code := l.askBy(c, kind, to)
	g, err := l.svc.Verify(l.t.Context(), c, id, code)
	if err != nil {
		l.t.Fatal(err)
	}
	return g.Token
}

// recent is a sudo token that rests on the caller's recent sign-in.
func (l *lab) recent(c association.Caller) association.Token {
	l.t.Helper()
	g, err := l.svc.Sudo(l.t.Context(), c, association.SudoRequest{})
	if err != nil {
		l.t.Fatal(err)
	}
	return g.Token
}

// guess guesses n times wrong.
func (l *lab) guess(n int, c association.Caller, id, code string) {
	l.t.Helper()
	for range n {
		if _, err := l.svc.Verify(l.t.Context(), c, id, wrong(code)); !errors.Is(err, association.ErrInvalidProof) {
			l.t.Fatalf("a wrong guess: got %v, want %v", err, association.ErrInvalidProof)
		}
	}
}

// record is the part of a verification's record that tests read.
type record struct {
	State                  string
	Guesses, WindowGuesses int
}

func slotOf(id string) string {
	slot, _, _ := strings.Cut(strings.TrimPrefix(id, "lgc1_"), ".")
	return slot
}

// record reads the record behind a verification ID.
func (l *lab) record(id string) record {
	l.t.Helper()
	p, _, err := l.spy.Store.Proof(l.t.Context(), slotOf(id))
	if err != nil {
		l.t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(p.Data, &r); err != nil {
		l.t.Fatal(err)
	}
	return r
}

// events are the kinds of everything that happened to the account.
func (l *lab) events(account string) map[string]int {
	l.t.Helper()
	all, err := l.spy.Store.Events(l.t.Context(), account, "", math.MaxInt)
	if err != nil {
		l.t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range all {
		var v struct{ Kind string }
		if err := json.Unmarshal(e.Data, &v); err != nil {
			l.t.Fatal(err)
		}
		kinds[v.Kind]++
	}
	return kinds
}

// together runs f n times at once and waits for all.
func together(n int, f func(i int)) {
	dbproof.Together(n, func(i int) error {
		f(i)
		return nil
	})
}

// named gives the call a name, so that its repeat is known.
func named(c association.Caller, request string) association.Caller {
	c.RequestID = request
	return c
}
