package association_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/store"
)

// block disables an account as its host would.
func (l *lab) block(account string) {
	l.t.Helper()
	a, err := l.store.Account(l.t.Context(), account)
	if err != nil {
		l.t.Fatal(err)
	}
	a.Status = 2
	if err := l.store.Apply(l.t.Context(), store.Change{Accounts: []store.Account{*a}}); err != nil {
		l.t.Fatal(err)
	}
}

// target is what an address may be to the one who asks for a code to it.
type target struct {
	name    string
	arrange func(l *lab, owner string)
	sent    int // messages, for a caller who is signed out, with closed sign-up
}

func targets() []target {
	const to = "x@example.com"
	return []target{
		{"free", func(*lab, string) {}, 0},
		{"taken", func(l *lab, _ string) { l.own("email", to) }, 1},
		{"own", func(l *lab, owner string) {
			a, err := l.store.Account(l.t.Context(), owner)
			if err != nil {
				l.t.Fatal(err)
			}
			if err := l.store.Apply(l.t.Context(), store.Change{
				Accounts: []store.Account{*a},
				Link:     []store.Association{{ID: "link", Account: owner, Kind: "email", Value: []byte(to), Data: []byte("{}")}},
			}); err != nil {
				l.t.Fatal(err)
			}
		}, 1},
		{"blocked", func(l *lab, _ string) { l.block(l.own("email", to)) }, 1},
		{"over its limit", func(l *lab, owner string) {
			l.own("email", to)
			for i := range 5 {
				c := device(fmt.Sprint("other ", i))
				c.IP = netip.MustParseAddr("203.0.113.1")
				l.ask(c, to)
				l.clock.Advance(time.Minute)
				other := l.host(fmt.Sprint("other ", i), "s")
				other.IP = c.IP
				l.ask(other, to)
			}
		}, 0},
	}
}

// TestR54_R56_TheTargetDoesNotShow: the answer, and the number and kind of calls
// that lead to it, are the same whatever the address is.
func TestR54_R56_TheTargetDoesNotShow(t *testing.T) {
	for _, open := range []bool{true, false} {
		for _, signedIn := range []bool{true, false} {
			var want []string
			for _, target := range targets() {
				name := fmt.Sprintf("%s, sign-up open %t, signed in %t", target.name, open, signedIn)
				l := newLab(t, func(cfg *association.Config) { cfg.Policy.AllowSignUp = true })
				owner := l.own("phone", "+8613800000000")
				target.arrange(l, owner)
				svc := l.again(open)
				c := device("d")
				if signedIn {
					c = l.host(owner, "s")
				}
				messages := len(l.out.all())
				var sent association.Sent
				var err error
				calls := l.spy.during(func() {
					sent, err = svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com"})
				})
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if len(sent.ID) != len("lgc1_.")+2*22 || !sent.Expires.Equal(l.clock.Now().Add(10*time.Minute)) {
					t.Errorf("%s: sent %+v", name, sent)
				}
				if want == nil {
					want = calls
				}
				if !slices.Equal(calls, want) {
					t.Errorf("%s: calls %v, want %v", name, calls, want)
				}
				if r := l.record(sent.ID); r.State != "pending" {
					t.Errorf("%s: the slot is %+v", name, r)
				}
				delivered := 1
				if target.name == "over its limit" || !open && !signedIn {
					delivered = target.sent
				}
				if got := len(l.out.all()) - messages; got != delivered {
					t.Errorf("%s: %d messages went out, want %d", name, got, delivered)
				}
				// Asked again at once, the caller's own pause is all that shows.
				_, err = svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com"})
				limited(t, err, time.Minute)
			}
		}
	}
}

// again is the lab's service once more, with sign-up open or closed.
func (l *lab) again(open bool) *association.Service {
	l.t.Helper()
	return newWorld(l.t, func(cfg *association.Config) {
		cfg.Store, cfg.Sender, cfg.Now, cfg.Policy.AllowSignUp = l.spy, l.out, l.clock.Now, open
	}).svc
}

// TestR55_TheUnknownIsLimitedAsTheKnown: one caller, many codes, to an address
// that exists and to one that does not.
func TestR55_TheUnknownIsLimitedAsTheKnown(t *testing.T) {
	for _, open := range []bool{true, false} {
		answers := map[string][]string{}
		for _, to := range []string{"known@example.com", "unknown@example.com"} {
			l := newLab(t, func(cfg *association.Config) { cfg.Policy.AllowSignUp = open })
			l.own("email", "known@example.com")
			for i := range 30 {
				_, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "email", To: to})
				refusal := &association.Error{}
				errors.As(err, &refusal)
				answers[to] = append(answers[to], fmt.Sprint(err, refusal.RetryAfter))
				l.clock.Advance(time.Duration(i%3) * 30 * time.Second)
			}
		}
		if !slices.Equal(answers["known@example.com"], answers["unknown@example.com"]) {
			t.Errorf("sign-up open %t: told apart by their limits:\n%v", open, answers)
		}
	}
}

// TestR59_ADecoyIsNoWayIn: with closed sign-up nothing is sent to an unknown
// address, and its slot takes guesses like any other.
func TestR59_ADecoyIsNoWayIn(t *testing.T) {
	l := newLab(t, func(cfg *association.Config) { cfg.Policy.AllowSignUp = false })
	c := device("d")
	sent, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	l.guess(7, c, sent.ID, "123456")
	if r := l.record(sent.ID); r.Guesses != 5 || len(l.out.all()) != 0 {
		t.Errorf("after 7 guesses at a decoy: %+v and %d messages, want 5 and none", r, len(l.out.all()))
	}
}

// limited fails unless err is the refusal of a caller's own budget.
func limited(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	refusal := &association.Error{}
	if !errors.As(err, &refusal) || *refusal != (association.Error{Op: "send", Err: association.ErrRateLimited, RetryAfter: wait}) {
		t.Errorf("got %#v, want to be told to wait %v", err, wait)
	}
}

// TestR57_OneBudgetAnAddressRange: all of a /64 is one caller, an IPv4 address
// mapped into IPv6 is itself.
func TestR57_OneBudgetAnAddressRange(t *testing.T) {
	prefix := netip.MustParseAddr("2001:db8:1:2::").As16()
	subject := association.IPSubject(netip.AddrFrom16(prefix))
	for i := range 1 << 16 {
		a := prefix
		a[8], a[15] = byte(i>>8), byte(i)
		if got := association.IPSubject(netip.AddrFrom16(a).WithZone("eth0")); got != subject {
			t.Fatalf("%v is counted under %q, not %q", netip.AddrFrom16(a), got, subject)
		}
	}
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"192.0.2.1", "::ffff:192.0.2.1%eth0", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
		{"2001:db8:1:2::1", "2001:db8:1:3::1", false},
	} {
		same := association.IPSubject(netip.MustParseAddr(test.a)) == association.IPSubject(netip.MustParseAddr(test.b))
		if same != test.same {
			t.Errorf("%s and %s share a budget: %t, want %t", test.a, test.b, same, test.same)
		}
	}
	l := newLab(t)
	for i := range 21 {
		c := device(fmt.Sprint(i))
		c.IP = netip.MustParseAddr(fmt.Sprintf("2001:db8:1:2:%x::1", i))
		_, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: fmt.Sprintf("a%d@example.com", i)})
		if i < 20 && err != nil {
			t.Fatal(err)
		}
		if i == 20 {
			limited(t, err, time.Hour)
		}
	}
}

// TestR57_OneBudgetATarget: the spelling of an address makes no new one.
func TestR57_OneBudgetATarget(t *testing.T) {
	l := newLab(t)
	for i, to := range []string{"ada@example.com", "ADA@example.com", "ada@EXAMPLE.com.", " ada@example.com ", "\tAda@Example.Com.", "aDa@example.com", "adA@example.com."} {
		if _, err := l.svc.Send(t.Context(), device(fmt.Sprint(i)), association.SendRequest{Kind: "email", To: to}); err != nil {
			t.Fatal(err)
		}
	}
	for i, to := range []string{"13800000000", "+86 138 0000 0000", "+8613800000000", "008613800000000", "138-0000-0000", "86 13800000000"} {
		c := device(fmt.Sprint(i))
		c.IP = netip.MustParseAddr("198.51.100.1")
		_, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "phone", To: to})
		if err != nil && !errors.Is(err, association.ErrInvalidArgument) {
			t.Fatal(err)
		}
	}
	got := map[string]int{}
	for _, m := range l.out.all() {
		got[m.To]++
	}
	if len(got) != 2 || got["ada@example.com"] != 5 || got["+8613800000000"] > 5 {
		t.Errorf("messages went to %v, want 5 to an address an hour", got)
	}
}

// TestR57_ABurstStaysWithinTheLimits: counting comes before sending, however many
// send at once.
func TestR57_ABurstStaysWithinTheLimits(t *testing.T) {
	l := newLab(t)
	together(100, func(i int) { // many callers, one target
		c := device(fmt.Sprint(i))
		c.IP = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
		if _, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com"}); err != nil {
			t.Error(err)
		}
	})
	if got := len(l.out.all()); got != 5 {
		t.Errorf("%d messages to one address, want 5", got)
	}
	for _, signedIn := range []bool{false, true} { // one caller, many targets
		l := newLab(t)
		want := 20
		if signedIn {
			want = 10
		}
		var accepted atomic.Int32
		together(100, func(i int) {
			c := device(fmt.Sprint(i))
			if signedIn {
				c = l.host("ada", fmt.Sprint(i))
				c.IP = netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})
			}
			_, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: fmt.Sprintf("x%d@example.com", i)})
			if err == nil {
				accepted.Add(1)
			} else {
				limited(t, err, time.Hour)
			}
		})
		if int(accepted.Load()) != want || len(l.out.all()) != want {
			t.Errorf("signed in %t: %d sends and %d messages, want %d", signedIn, accepted.Load(), len(l.out.all()), want)
		}
	}
}

// TestR57_LosersOfASlotBurnNoBudget: of many who ask at once for one slot, the
// one whose code is in it is the one that counts, and gets the message.
func TestR57_LosersOfASlotBurnNoBudget(t *testing.T) {
	const callers = 19 // within what one address may ask for
	l := newLab(t)
	l.spy.meet(callers)
	var accepted atomic.Int32
	together(callers, func(int) {
		if _, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "email", To: "x@example.com"}); err == nil {
			accepted.Add(1)
		} else if !errors.Is(err, association.ErrRateLimited) && !errors.Is(err, association.ErrBusy) {
			t.Error(err)
		}
	})
	if accepted.Load() != 1 || len(l.out.all()) != 1 {
		t.Fatalf("%d sends were accepted and %d messages went out, want one of each", accepted.Load(), len(l.out.all()))
	}
	for i := range 5 {
		c := device(fmt.Sprint(i))
		c.IP = netip.MustParseAddr("203.0.113.7")
		if _, err := l.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "x@example.com"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(l.out.all()); got != 5 {
		t.Errorf("%d messages in all, want the 5 of the budget", got)
	}
}

// TestR60_ARefusedCallerBurnsNoBudget: whoever is over their own limits cannot
// use up those of an address.
func TestR60_ARefusedCallerBurnsNoBudget(t *testing.T) {
	l := newLab(t)
	for i := range 40 {
		to := "victim@example.com"
		if i < 20 {
			to = fmt.Sprintf("x%d@example.com", i)
		}
		_, err := l.svc.Send(t.Context(), device(fmt.Sprint(i)), association.SendRequest{Kind: "email", To: to})
		if i >= 20 {
			limited(t, err, time.Hour)
		}
	}
	for i := range 5 {
		c := device(fmt.Sprint(i))
		c.IP = netip.MustParseAddr("198.51.100.1")
		l.ask(c, "victim@example.com") // fails where no message goes out
	}
}

// TestR59_AClosedSignUpHidesItsSender: with sign-up closed, a vendor that is down
// does not tell known addresses, which get a code, from unknown ones.
func TestR59_AClosedSignUpHidesItsSender(t *testing.T) {
	l := newLab(t, func(c *association.Config) { c.Policy.AllowSignUp = false })
	l.own("email", "known@example.com")
	l.out.fail(errors.New("down"))
	for _, to := range []string{"known@example.com", "unknown@example.com"} {
		sent, err := l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "email", To: to})
		if err != nil || sent.ID == "" {
			t.Errorf("%s: %+v, %v", to, sent, err)
		}
		if _, err = l.svc.Send(t.Context(), device("d"), association.SendRequest{Kind: "email", To: to}); !errors.Is(err, association.ErrRateLimited) {
			t.Errorf("%s, at once again: %v, want ErrRateLimited", to, err)
		}
	}
}

// TestR66_NoAddressOfTheAskersInAStrangersMail: an account's name in a message is
// its username, masked, and never a domain that its owner chose.
func TestR66_NoAddressOfTheAskersInAStrangersMail(t *testing.T) {
	l := newLab(t)
	eve := l.own("email", "x@account-locked.evil.example")
	c := l.host(eve, "s")
	l.ask(c, "victim@example.com")
	sent := l.out.all()
	if m := sent[len(sent)-1]; strings.Contains(m.Text+m.Subject+m.Account, "evil") || m.Account != "" {
		t.Errorf("the message says %q to %s", m.Text, m.To)
	}
}
