package association_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// vendor is a sender whose vendor makes the codes that go to phones, and checks them.
type vendor struct {
	*outbox // keeps each message with the code that was made for it

	mu      sync.Mutex
	codes   map[string]string // by what the vendor calls them; each is right once
	handed  []sender.Message
	asked   []sender.CodeCheck
	during  func() // a check
	err     error  // of a check
	sendErr error
	unnamed bool // it forgets to say what it calls the code
	yes     bool // it says yes again and again
	n       int
}

func (v *vendor) MakesCode(m sender.Message) bool {
	return m.Channel == sender.SMS && m.Purpose != sender.Notice
}

func (v *vendor) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.handed = append(v.handed, m)
	if v.sendErr != nil {
		return sender.Receipt{}, v.sendErr
	}
	r := sender.Receipt{Vendor: "vendor"}
	if v.MakesCode(m) && !v.unnamed {
		r.MessageID = fmt.Sprint("VE", v.n)
		v.codes[r.MessageID] = fmt.Sprintf("%06d", 700000+v.n)
		v.n++
		m.Code = sender.NewCode(v.codes[r.MessageID])
	}
	_, err := v.outbox.Send(ctx, m)
	return r, err
}

func (v *vendor) CheckCode(_ context.Context, c sender.CodeCheck) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, c)
	if v.during != nil {
		v.during()
	}
	right := v.codes[c.MessageID] == c.Typed.Reveal() && v.err == nil
	if right && !v.yes {
		delete(v.codes, c.MessageID)
	}
	return right, v.err
}

// checks returns the questions since the last time.
func (v *vendor) checks() []sender.CodeCheck {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := v.asked
	v.asked = nil
	return all
}

func newVendorLab(t *testing.T, edits ...func(*association.Config)) (*lab, *vendor) {
	t.Helper()
	v := &vendor{outbox: &outbox{}, codes: map[string]string{}}
	l := newLab(t, append([]func(*association.Config){func(cfg *association.Config) { cfg.Sender = v }}, edits...)...)
	l.out = v.outbox
	return l, v
}

// The whole of it, with codes of the vendor's: nothing of them is here.
func TestAVendorsCodesServeLikeOurs(t *testing.T) {
	l, v := newVendorLab(t)
	l.imported("ada", testHash(), "email", "ada@example.com")
	c, _ := l.signIn("ada")
	c.Locale = "fr-CA,en"
	proof := l.token(c, "phone", phoneNumber)
	if _, err := l.svc.Bind(t.Context(), c, association.BindRequest{Kind: "phone", To: phoneNumber, SudoToken: l.sudo(c), VerificationToken: proof}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.svc.Sudo(t.Context(), c, association.SudoRequest{VerificationToken: l.token(c, "phone", phoneNumber)}); err != nil {
		t.Error(err)
	}
	if _, err := l.svc.SignIn(t.Context(), device("d"), association.SignInRequest{VerificationToken: l.token(device("d"), "phone", phoneNumber)}); err != nil {
		t.Error(err)
	}
	for i, want := range []sender.Message{
		{Purpose: sender.Bind, Template: sender.BindCode, Account: "a***", Locale: "fr-CA", Language: "fr"},
		{Purpose: sender.Sudo, Template: sender.SudoCode, Account: "a***", Locale: "fr-CA", Language: "fr"},
		{Purpose: sender.SignIn, Template: sender.SignInCode, Language: "en"},
	} {
		m, asked := v.handed[i], v.asked[i]
		if m.Purpose != want.Purpose || m.Template != want.Template || m.Account != want.Account || m.Locale != want.Locale || m.Language != want.Language ||
			m.To != phoneNumber || !m.Code.IsZero() || m.Text+m.HTML+m.Subject != "" || m.Service != "Acme" || m.Expires.IsZero() || m.Lifetime == 0 {
			t.Errorf("the vendor is handed %#v", []any{m.Purpose, m.Template, m.Account, m.Locale, m.Language, m.To, m.Text, m.Service, m.Expires, m.Lifetime})
		}
		q := asked.Message
		if asked.MessageID != fmt.Sprint("VE", i) || q.ID != m.ID || q.To != m.To || q.Channel != m.Channel || q.Purpose != m.Purpose || q.Locale != m.Locale {
			t.Errorf("the vendor is asked of %q, %q %q %q %q", asked.MessageID, q.ID, q.To, q.Purpose, q.Locale)
		}
	}
	for _, change := range l.spy.applied {
		for _, p := range change.Proofs {
			for code := range maps.Values(v.codes) {
				if bytes.Contains(p.Data, []byte(code)) {
					t.Errorf("a record holds a code: %s", p.Data)
				}
			}
		}
	}
	// Mails have codes of ours, and the vendor is not asked.
	v.checks()
	l.clock.Advance(1e9)
	l.token(c, "email", "new@example.com")
	if n := len(v.checks()); n != 0 {
		t.Errorf("the vendor was asked about %d codes of ours", n)
	}
}

// TestR22_AVendorIsAskedAfterTheGuessIsCounted: five a code, like ours; a vendor that
// does not answer is a refusal, and has cost the guess.
func TestR22_AVendorIsAskedAfterTheGuessIsCounted(t *testing.T) {
	l, v := newVendorLab(t)
	id, code := l.askBy(device("d"), "phone", phoneNumber)
	var counted []int
	v.during = func() { counted = append(counted, l.record(id).Guesses) }
	l.guess(3, device("d"), id, code)
	v.err = sender.ErrTemporary
	if g, err := l.svc.Verify(t.Context(), device("d"), id, code); !errors.Is(err, association.ErrUnavailable) || !g.Token.IsZero() {
		t.Errorf("a vendor that fails: %v", err)
	}
	v.err = nil
	l.guess(1, device("d"), id, code)
	if fmt.Sprint(counted) != "[1 2 3 4 5]" {
		t.Errorf("the guesses were counted %v when the vendor was asked", counted)
	}
	if _, err := l.svc.Verify(t.Context(), device("d"), id, code); !errors.Is(err, association.ErrInvalidProof) || len(counted) != 5 {
		t.Errorf("the sixth: %v, asked %d times", err, len(counted))
	}
	if r := l.record(id); r.State != "pending" || r.WindowGuesses != 5 {
		t.Errorf("the record is %+v", r)
	}
}

// A right guess gives back what it took, and its repeat is told the same.
func TestAVendorsVerdictIsToldOnceMore(t *testing.T) {
	l, v := newVendorLab(t)
	c := named(device("d"), "request")
	id, code := l.askBy(c, "phone", phoneNumber)
	c.RequestID = "verify"
	first, err := l.svc.Verify(t.Context(), c, id, code)
	if err != nil {
		t.Fatal(err)
	}
	again, err := l.svc.Verify(t.Context(), c, id, code)
	if err != nil || first.Token.Reveal() != again.Token.Reveal() || len(v.checks()) != 1 {
		t.Errorf("the repeat: %v", err)
	}
	if r := l.record(id); r.State != "verified" || r.WindowGuesses != 0 {
		t.Errorf("the record is %+v", r)
	}
	if _, err := l.svc.Verify(t.Context(), named(c, "another"), id, code); !errors.Is(err, association.ErrInvalidProof) || len(v.checks()) != 0 {
		t.Errorf("a used code: %v", err)
	}
}

// TestR20_OneTokenOfAVendorsCode: a vendor that says yes to everybody makes one token
// all the same.
func TestR20_OneTokenOfAVendorsCode(t *testing.T) {
	for range repetitions {
		l, v := newVendorLab(t, roomy)
		v.yes = true
		id, code := l.askBy(device("d"), "phone", phoneNumber)
		var mu sync.Mutex
		got := 0
		together(50, func(int) {
			g, err := l.svc.Verify(t.Context(), device("d"), id, code)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && !g.Token.IsZero() {
				got++
			} else if err != nil {
				refusedOrBusy(t, err, association.ErrInvalidProof)
			}
		})
		if got > 1 || got == 0 && l.record(id).State == "verified" {
			t.Errorf("%d tokens of one code", got)
		}
	}
}

// What happened while the vendor was asked counts: the code that it was about may be
// another by then, or its account's epoch.
func TestAVendorsVerdictMayComeTooLate(t *testing.T) {
	for name, meanwhile := range map[string]func(l *lab, c association.Caller){
		"another code": func(l *lab, c association.Caller) {
			l.clock.Advance(2 * 60e9)
			if _, err := l.svc.Send(l.t.Context(), c, association.SendRequest{Kind: "phone", To: phoneNumber}); err != nil {
				l.t.Error(err)
			}
		},
		"another epoch": func(l *lab, c association.Caller) {
			if err := l.svc.SetPassword(l.t.Context(), c, association.PasswordRequest{SudoToken: l.sudo(c), Password: "another password"}); err != nil {
				l.t.Error(err)
			}
			if err := l.svc.Disable(l.t.Context(), c.Actor.Account); err != nil {
				l.t.Error(err)
			}
		},
	} {
		l, v := newVendorLab(t, roomy)
		l.imported("ada", testHash())
		c, _ := l.signIn("ada")
		id, code := l.askBy(c, "phone", phoneNumber)
		v.during = func() {
			v.during = nil
			v.mu.Unlock() // it is asked to send meanwhile
			meanwhile(l, c)
			v.mu.Lock()
		}
		if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestR59_AVendorIsNotAskedAboutADecoy: to the unknown nothing was sent, and nothing is
// right; the guesses are counted as ever.
func TestR59_AVendorIsNotAskedAboutADecoy(t *testing.T) {
	l, v := newVendorLab(t, func(cfg *association.Config) { cfg.Policy.AllowSignUp = false })
	sent, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "phone", To: phoneNumber})
	if err != nil || len(v.handed) != 0 {
		t.Fatalf("%v, and %d messages", err, len(v.handed))
	}
	for range 6 {
		if _, err := l.svc.Verify(t.Context(), device("d"), sent.ID, "700000"); !errors.Is(err, association.ErrInvalidProof) {
			t.Error(err)
		}
	}
	if r := l.record(sent.ID); r.Guesses != 5 || len(v.checks()) != 0 {
		t.Errorf("the record is %+v", r)
	}
}

func TestAVendorThatFailsSendsNoCode(t *testing.T) {
	for name, fail := range map[string]func(v *vendor){
		"refused":            func(v *vendor) { v.sendErr = sender.ErrTemporary },
		"no name for a code": func(v *vendor) { v.unnamed = true },
	} {
		l, v := newVendorLab(t)
		fail(v)
		sent, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "phone", To: phoneNumber})
		if !errors.Is(err, association.ErrUnavailable) || sent != (association.Sent{}) {
			t.Errorf("%s: %+v, %v", name, sent, err)
		}
		v.sendErr, v.unnamed = nil, false
		l.token(device("d"), "phone", phoneNumber) // at once
	}
}

// A code that a vendor made is worth nothing where another sender is here now, and costs
// no guess.
func TestAVendorsCodeNeedsItsVendor(t *testing.T) {
	l, v := newVendorLab(t)
	id, code := l.askBy(device("d"), "phone", phoneNumber)
	after := newLab(t, func(cfg *association.Config) { cfg.Store = l.spy })
	for range 6 {
		if _, err := after.svc.Verify(t.Context(), device("d"), id, code); !errors.Is(err, association.ErrInvalidProof) || len(v.checks()) != 0 {
			t.Errorf("without the vendor: %v", err)
		}
	}
	if r := l.record(id); r.Guesses != 0 {
		t.Errorf("the record is %+v", r)
	}
	if _, err := l.svc.Verify(t.Context(), device("d"), id, code); err != nil {
		t.Errorf("with the vendor: %v", err)
	}
}

// TestR30_AVendorsCodeSurvivesItsStore: each call to the store fails in turn while a
// code of the vendor's is sent and verified. The vendor says once that it is right, and
// that is enough.
func TestR30_AVendorsCodeSurvivesItsStore(t *testing.T) {
	for _, f := range faults {
		calls := 0
		for k := 1; ; k++ {
			l, v := newVendorLab(t)
			n, hit := 0, false
			var cancel context.CancelFunc
			hook := func(ctx context.Context, _ string) error {
				if n++; n != k {
					return nil
				}
				hit = true
				if f.gone {
					cancel()
					return ctx.Err()
				}
				return errors.New("the store is broken")
			}
			if f.after {
				l.spy.after = hook
			} else {
				l.spy.before = hook
			}
			// again makes a call, and once more where it failed.
			again := func(request string, call func(ctx context.Context, c association.Caller) error) {
				var ctx context.Context
				ctx, cancel = context.WithCancel(t.Context())
				err := call(ctx, named(device("d"), request))
				cancel()
				if err == nil {
					return
				}
				if !errors.Is(err, association.ErrUnavailable) && !errors.Is(err, context.Canceled) {
					t.Errorf("%s, call %d: %s: %v", f.name, k, request, err)
				}
				if err := call(t.Context(), named(device("d"), request)); err != nil {
					t.Errorf("%s, call %d: %s, repeated: %v", f.name, k, request, err)
				}
			}
			var sent association.Sent
			again("send", func(ctx context.Context, c association.Caller) (err error) {
				sent, err = l.svc.Send(ctx, c, association.SendRequest{Kind: "phone", To: phoneNumber})
				return err
			})
			code := l.out.code(sent.ID)
			again("verify", func(ctx context.Context, c association.Caller) error {
				g, err := l.svc.Verify(ctx, c, sent.ID, code)
				if err == nil && g.Token.IsZero() {
					t.Errorf("%s, call %d: a success without a token", f.name, k)
				}
				return err
			})
			if r := l.record(sent.ID); r.State != "verified" {
				t.Errorf("%s, call %d: the record is %+v", f.name, k, r)
			}
			if n := len(v.handed); n > 2 {
				t.Errorf("%s, call %d: %d messages for two calls", f.name, k, n)
			}
			if !hit {
				break
			}
			calls++
		}
		if calls < 8 {
			t.Errorf("%s: %d calls to the store: too few to be all", f.name, calls)
		}
	}
}

// What the vendor says once is kept, though the client has gone: its repeat is told.
func TestAVendorsVerdictOutlivesItsCaller(t *testing.T) {
	l, v := newVendorLab(t)
	id, code := l.askBy(device("d"), "phone", phoneNumber)
	ctx, cancel := context.WithCancel(t.Context())
	v.during = cancel
	c := named(device("d"), "verify")
	_, _ = l.svc.Verify(ctx, c, id, code)
	if g, err := l.svc.Verify(t.Context(), c, id, code); err != nil || g.Token.IsZero() || len(v.checks()) != 1 {
		t.Errorf("the repeat: %v", err)
	}
}

// TestR25_AVendorsVerdictIsCountedThoughItsCallerHasGone: hanging up does not save wrong
// guesses from the budget.
func TestR25_AVendorsVerdictIsCountedThoughItsCallerHasGone(t *testing.T) {
	l, v := newVendorLab(t, roomy, func(cfg *association.Config) {
		cfg.Policy.Budgets.WrongCodesPerTarget = association.Limit{N: 3, Per: 24 * time.Hour}
	})
	for range 4 {
		l.clock.Advance(time.Minute)
		id, code := l.askBy(device("d"), "phone", phoneNumber)
		ctx, cancel := context.WithCancel(t.Context())
		v.during = cancel
		_, _ = l.svc.Verify(ctx, device("d"), id, wrong(code))
	}
	v.during = nil
	l.clock.Advance(time.Minute)
	id, code := l.askBy(device("d"), "phone", phoneNumber)
	if _, err := l.svc.Verify(t.Context(), device("d"), id, code); !errors.Is(err, association.ErrInvalidProof) {
		t.Errorf("after 4 wrong ones: %v", err)
	}
}

// TestR22_ARequestUnderWayIsNotMadeTwice: the client repeats it, the vendor is asked
// once, and the repeat is told to come again.
func TestR22_ARequestUnderWayIsNotMadeTwice(t *testing.T) {
	l, v := newVendorLab(t)
	id, code := l.askBy(device("d"), "phone", phoneNumber)
	c := named(device("d"), "verify")
	var meanwhile error
	v.during = func() {
		v.during = nil
		v.mu.Unlock()
		_, meanwhile = l.svc.Verify(t.Context(), c, id, code)
		v.mu.Lock()
	}
	first, err := l.svc.Verify(t.Context(), c, id, code)
	if err != nil || !errors.Is(meanwhile, association.ErrBusy) {
		t.Errorf("the first is told %v, its repeat meanwhile %v", err, meanwhile)
	}
	again, err := l.svc.Verify(t.Context(), c, id, code)
	if err != nil || again.Token.Reveal() != first.Token.Reveal() || len(v.checks()) != 1 {
		t.Errorf("the repeat: %v", err)
	}

	// A vendor that does not answer leaves nothing under way.
	l.clock.Advance(2 * time.Minute)
	id, code = l.askBy(device("d"), "phone", phoneNumber)
	v.err = sender.ErrTemporary
	if _, err := l.svc.Verify(t.Context(), c, id, code); !errors.Is(err, association.ErrUnavailable) {
		t.Errorf("a vendor that fails: %v", err)
	}
	v.err = nil
	if _, err := l.svc.Verify(t.Context(), c, id, code); err != nil {
		t.Errorf("the repeat: %v", err)
	}
}

// TestR59_AVendorThatFailsTellsNoDecoy: with sign-up closed, a code is as wrong for who is
// known as for who is not; the log knows better.
func TestR59_AVendorThatFailsTellsNoDecoy(t *testing.T) {
	h := &heard{}
	l, v := newVendorLab(t, func(cfg *association.Config) {
		cfg.Policy.AllowSignUp, cfg.Logger = false, slog.New(slog.NewTextHandler(h, nil))
	})
	l.own("phone", phoneNumber)
	v.err = sender.ErrTemporary
	for _, to := range []string{phoneNumber, "+8613900000000"} {
		sent, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "phone", To: to})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.svc.Verify(t.Context(), device("d"), sent.ID, "123456"); !errors.Is(err, association.ErrInvalidProof) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if !strings.Contains(h.log.String(), "did not say") {
		t.Errorf("the log: %s", h.log.String())
	}
	// Nor does one that names no code.
	v.err, v.unnamed = nil, true
	l.clock.Advance(2 * time.Minute)
	if _, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "phone", To: phoneNumber}); err != nil {
		t.Error(err)
	}
	if !strings.Contains(h.log.String(), "cannot be used") {
		t.Errorf("the log: %s", h.log.String())
	}
}

// TestR67_AVendorsErrorIsScrubbed: it repeats the code and the number, and the log does
// not.
func TestR67_AVendorsErrorIsScrubbed(t *testing.T) {
	h := &heard{}
	l, v := newVendorLab(t, func(cfg *association.Config) { cfg.Logger = slog.New(slog.NewTextHandler(h, nil)) })
	id, code := l.askBy(device("d"), "phone", phoneNumber)
	v.err = &sender.Error{Err: sender.ErrPermanent, Detail: "code " + code + " for " + phoneNumber}
	if _, err := l.svc.Verify(t.Context(), device("d"), id, code); !errors.Is(err, association.ErrUnavailable) || strings.Contains(err.Error(), code) {
		t.Errorf("got %v", err)
	}
	if out := h.log.String(); strings.Contains(out, code) || strings.Contains(out, phoneNumber) || !strings.Contains(out, "permanent failure") {
		t.Errorf("the log: %s", out)
	}
}
