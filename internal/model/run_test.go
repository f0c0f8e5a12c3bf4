package model_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"pgregory.net/rapid"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/store"
)

// run is one random sequence: the model, a Service, and what its callers hold.
type run struct {
	*model
	ctx    context.Context
	rt     *rapid.T
	plant  plant
	met    tally
	svc    *association.Service
	cfg    association.Config
	store  *journal
	outbox map[string]string // codes by the ID of their message
	keys   []time.Time       // when each was made
	grants bool              // what the policy on transfers says
	calls  int
	depth  int
	sets   string // the password that the call under way sets

	codes   []*code // the newest first, as all of these
	tokens  []*token
	sudos   []*sudoToken
	refresh []*refreshToken
	tickets []*ticket
	secrets map[string][]string // the tokens that a code was traded for (I4)
	owes    []string            // notices of the step, as kind and address
	notices map[string]bool     // those that the store is known to have
	twins   *twins
}

// What callers hold, live or dead, and what the model calls it.
type code struct {
	slot     *slot
	gen      int
	id, code string // the code is empty where nobody saw it
}
type token struct {
	slot  *slot
	gen   int
	token association.Token
}
type sudoToken struct {
	session *session
	gen     int
	token   association.Token
}
type refreshToken struct {
	session         *session
	gen             int
	refresh, access association.Token
	until           time.Time // of the access token
}
type ticket struct {
	account string
	issued  time.Time
	token   association.Token
	used    bool
}

var (
	passwords = []string{"the first password", "the second password"}
	addresses = map[string][]string{
		"email":    {"one@example.com", "two@example.com", "three@example.com", "four@example.com"},
		"phone":    {"+8613800000001", "+8613800000002", "+8613800000003"},
		"username": {"one", "two", "three"},
	}
	hashes = sync.OnceValue(func() (all []string) {
		for _, p := range passwords {
			h, err := argon2id.CreateHash(p, &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
			if err != nil {
				panic(err)
			}
			all = append(all, h)
		}
		return all
	})
	ticketKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte("t"), ed25519.SeedSize))
	phones    = sync.OnceValue(func() association.Kind {
		k, err := phone.New(phone.Options{DefaultRegion: "CN"})
		if err != nil {
			panic(err)
		}
		return k
	})
)

// Send keeps the codes that go out.
func (r *run) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	if m.Purpose != sender.Notice {
		r.outbox[m.ID] = m.Code.Reveal()
	}
	return sender.Receipt{}, nil
}

// MayTransfer grants what the test says.
func (r *run) MayTransfer(context.Context, association.Transfer) (bool, error) { return r.grants, nil }

func newRun(ctx context.Context, rt *rapid.T, st store.Store, p plant, met tally) *run {
	r := &run{
		model: &model{
			now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), slots: map[string]*slot{}, wrong: map[string]*wrongs{},
			signUp: rapid.Bool().Draw(rt, "sign-up is open"), maxUses: rapid.SampledFrom([]int{0, 2}).Draw(rt, "uses"),
		},
		ctx: ctx, rt: rt, plant: p, met: met, outbox: map[string]string{}, secrets: map[string][]string{}, notices: map[string]bool{},
	}
	if p.store != nil {
		st = p.store(st)
	}
	r.store = newJournal(st, r)
	much, b := association.Limit{N: 1_000_000, Per: time.Hour}, association.Budgets{}
	b.SendsPerAccount, b.SendsPerIP, b.SendsPerTarget, b.SendsPerTargetLong, b.PasswordsPerIP, b.AnonymousPerIP, b.EndingOthersPerAccount, b.UsernamesPerIP = much, much, much, much, much, much, much, much
	b.WrongCodesPerTarget = association.Limit{N: codesPerTarget, Per: day}
	b.WrongCodesPerAccount = association.Limit{N: codesPerAccount, Per: time.Hour}
	b.WrongPasswords = association.Limit{N: passwordsWrong, Per: 15 * time.Minute}
	b.WrongAuthenticatorCodes = association.Limit{N: appCodesWrong, Per: day}
	r.cfg = association.Config{
		Name: "Acme", Store: r.store, Sender: r, Transfers: r, Now: func() time.Time { return r.now },
		Kinds:   []association.Kind{email.New(), phones(), username.New()},
		Tickets: association.Tickets{Audience: "acme", Keys: map[string]ed25519.PublicKey{"t": ticketKey.Public().(ed25519.PublicKey)}},
		Keys:    association.Keys{Ring: map[string]association.Key{}, Index: association.NewKey(bytes.Repeat([]byte("index"), 8))},
		Policy: association.Policy{
			AllowSignUp: r.signUp, AllowAnonymous: true, AllowDelete: true, AllowUsernameChange: true, SudoMaxUses: r.maxUses, Budgets: b,
			// A hash made anew is a write of its own, which nobody asked for.
			KeepImportedHashes: true,
			// No guess hits by chance, and no line of a history ends.
			CodeDigits: map[sender.Purpose]int{sender.Bind: 10, sender.Sudo: 10, sender.SignIn: 10}, EventTTL: 36500 * day,
		},
	}
	r.rotate()
	r.begin()
	return r
}

// rotate makes another key the active one, and drops those that nothing live can rest
// on any more.
func (r *run) rotate() {
	r.keys = append(r.keys, r.now)
	r.cfg.Keys.Active = fmt.Sprint("k", len(r.keys))
	r.cfg.Keys.Ring = map[string]association.Key{}
	for i := range r.keys {
		if i+1 < len(r.keys) && r.now.Sub(r.keys[i+1]) > 31*day {
			continue
		}
		id := fmt.Sprint("k", i+1)
		r.cfg.Keys.Ring[id] = association.NewKey([]byte(strings.Repeat(id+"ring", 16)))
	}
	svc, err := association.New(r.cfg)
	if err != nil {
		r.rt.Fatal(err)
	}
	r.svc = svc
}

// begin makes two accounts with three sessions, and two that the host keeps, one of which
// is of an account that ligature knows nothing of.
func (r *run) begin() {
	for i, name := range []string{"ada", "bob"} {
		a := r.account(name)
		in := association.ImportedAccount{ID: name}
		for _, kind := range []string{"email", "phone", "username", "password"} {
			if !r.coin(name+" has "+kind) && r.coin("really") {
				continue
			}
			if kind == "password" {
				in.PasswordHash = hashes()[0]
				a.methods[kind] = &method{id: kind, kind: kind, value: passwords[0], setAt: r.now}
				continue
			}
			in.Identifiers = append(in.Identifiers, association.ImportedIdentifier{Kind: kind, Value: addresses[kind][i]})
			a.methods[kind] = &method{kind: kind, value: addresses[kind][i], setAt: r.now}
		}
		f := &frame{}
		r.store.within(f, func() {
			if _, err := r.svc.Import(r.ctx, in); err != nil {
				r.rt.Fatal(err)
			}
		})
		for _, l := range f.applied[0].Link {
			a.methods[l.Kind].id = l.ID
		}
		a.born = true
		a.happened[association.EventImport]++
	}
	r.twins = r.newTwins()
	r.now = r.now.Add(time.Second)
	for i, name := range []string{"ada", "ada", "bob"} {
		r.step(r.trade(r.issue(name), fmt.Sprint("device ", i)), calm)
	}
	for _, name := range []string{"ada", "hal"} {
		r.open("of "+name, "device of "+name, r.account(name), 0).host = true
	}
}

func (r *run) account(id string) *account {
	for _, a := range r.accounts {
		if a.id == id {
			return a
		}
	}
	a := &account{id: id, status: "active", methods: map[string]*method{}, happened: map[association.EventKind]int{}}
	r.accounts = append(r.accounts, a)
	return a
}

// op is one call, put together and not made yet.
type op struct {
	name string
	// early says that the call may count as made at its reads: what comes between
	// them and its write may leave what it made dead.
	early  bool
	once   bool // a second call is no repeat of the first
	writes bool // it may write though it refuses
	read   func()
	judge  func() (no string, doubt bool)
	call   func(request string) error
	// done is what becomes of it in the model, and what the caller holds then, if told.
	done func(f *frame, told bool)
	// missed is what becomes of it where it was refused, or where nobody was told.
	missed func(f *frame)
}

const calm, troubled = false, true

// step makes a call, in trouble perhaps: another comes between its reads and its write,
// or the process ends before or after the write, and the call is repeated or not. Then
// the invariants have to hold.
func (r *run) step(make func() op, trouble bool) (done bool) {
	return r.race(make, nil, trouble)
}

// race is step with a call that comes between the reads and the write of the first.
func (r *run) race(make, between func() op, trouble bool) (done bool) {
	o, f, repeat := make(), &frame{}, false
	switch {
	case between != nil:
		r.interrupt(f, between)
	case trouble && r.depth == 0:
		repeat = r.trouble(f, make)
	}
	if o.read != nil {
		o.read()
	}
	before, _ := o.judge()
	r.calls++
	request := fmt.Sprint("request ", r.calls)
	var err error
	r.store.within(f, func() {
		r.depth++
		err = o.call(request)
		r.depth--
		if lost := f.dead; lost && repeat && !o.once {
			f.dead, f.crash = false, ""
			err = o.call(request)
		}
	})
	no, doubt := o.judge()
	breaks := no
	if f.interrupted && o.early && before == "" {
		breaks = ""
	}
	r.rt.Logf("%s: %v (%s)", o.name, err, no)
	wrote := len(f.applied) > 0
	r.met.count(o.name, f, err)
	switch {
	case f.dead:
		if done = wrote && (no == "" || !o.writes); done {
			if breaks != "" {
				r.broke(breaks, "%s was done", o.name)
			}
			o.done(f, false)
		} else if o.missed != nil {
			o.missed(f)
		}
	case err == nil:
		if done = true; breaks != "" {
			r.broke(breaks, "%s was done", o.name)
		}
		o.done(f, true)
	default:
		may := no != "" || doubt || f.interrupted && errors.Is(err, association.ErrBusy)
		if !may || errors.Is(err, association.ErrUnavailable) {
			r.broke("rule: what may be done is done", "%s: %v", o.name, err)
		}
		if o.missed != nil {
			o.missed(f)
		}
		r.unchanged(o, f)
	}
	r.hold(f)
	return done
}

// trouble draws what goes wrong.
func (r *run) trouble(f *frame, same func() op) (repeat bool) {
	switch pick(r, "trouble", []string{"", "", "", "", "between", "the same between", "crash", "crash", ""}) {
	case "between":
		if other := r.any(); other != nil {
			r.interrupt(f, other)
		}
	case "the same between":
		r.interrupt(f, same)
	case "crash":
		f.crash = pick(r, "crash", []string{"before", "after"})
		return r.coin("repeated")
	}
	return false
}

func (r *run) interrupt(f *frame, by func() op) {
	f.between = func() {
		defer func(sets string) { r.sets = sets }(r.sets)
		r.underway++
		r.step(by, calm)
		r.underway--
	}
}

// cheap has the store keep a hash of the password that is set which is quick to judge:
// what it costs is not what this is about.
func (r *run) cheap(account []byte) []byte {
	return dearHash.ReplaceAll(account, []byte(strings.ReplaceAll(hashes()[slices.Index(passwords, cmp.Or(r.sets, passwords[0]))], "$", "$$")))
}

var dearHash = regexp.MustCompile(`\$argon2id\$v=19\$m=19456[^"]*`)

func (r *run) broke(why, format string, args ...any) {
	if r.plant.found != "" && invariant(why) != r.plant.found {
		return // it breaks more than the one
	}
	r.rt.Fatalf("%s: %s", why, fmt.Sprintf(format, args...))
}

func pick[T any](r *run, label string, from []T) T {
	return from[rapid.IntRange(0, len(from)-1).Draw(r.rt, label)]
}

func (r *run) coin(label string) bool { return rapid.Bool().Draw(r.rt, label) }

// mostly is true but for one time in eight.
func (r *run) mostly(label string) bool { return rapid.IntRange(0, 7).Draw(r.rt, label) != 7 }

// caller is a call from a session, or from a device where there is none.
func (r *run) caller(s *session, device, request string) association.Caller {
	c := association.Caller{Device: device, IP: netip.MustParseAddr("192.0.2.1"), RequestID: request}
	if s != nil {
		c.Device = s.device
		c.Actor = association.Actor{
			Account: s.account.id, Session: s.id, HostSession: s.host, Anonymous: s.anonymous, AuthenticatedAt: s.opened,
		}
	}
	return c
}

// keep puts the newest first and lets go of the oldest.
func keep[T any](list []T, newest T) []T {
	return slices.Insert(list[:min(len(list), 11)], 0, newest)
}
