package association_test

import (
	"encoding/json"
	"log/slog"
	"os/exec"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/association/username"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/store"
	"github.com/ligature-auth/ligature/store/memstore"
)

// wholeConfig is a configuration that lacks nothing.
func wholeConfig(t *testing.T) association.Config {
	t.Helper()
	phones, err := phone.New(phone.Options{DefaultRegion: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	return association.Config{
		Name: "Acme", Store: memstore.New(memstore.Limits{}), Sender: mailbox.New(mailbox.Options{}), Keys: testKeys(),
		Kinds: []association.Kind{email.New(), phones, username.New()},
	}
}

// renamed is a kind by another name.
type renamed struct {
	association.Kind
	name string
}

func (k renamed) Name() string { return k.name }

func TestNewNamesTheFieldThatIsMissing(t *testing.T) {
	for field, edit := range map[string]func(*association.Config){
		"Config.Name":                 func(c *association.Config) { c.Name = "" },
		"Config.Store":                func(c *association.Config) { c.Store = nil },
		"Config.Sender":               func(c *association.Config) { c.Sender = nil },
		"Config.Kinds is missing":     func(c *association.Config) { c.Kinds = nil },
		"Config.Kinds: a kind is nil": func(c *association.Config) { c.Kinds = append(c.Kinds, nil) },
		`Config.Kinds: "password" is the name of another factor`: func(c *association.Config) { c.Kinds = append(c.Kinds, renamed{email.New(), "password"}) },
		`Config.Kinds: "email" stands twice`:                     func(c *association.Config) { c.Kinds = append(c.Kinds, email.New()) },
		"Config.Keys.Active":                                     func(c *association.Config) { c.Keys = association.Keys{} },
		"Config.Policy.SudoTTL":                                  func(c *association.Config) { c.Policy.SudoTTL = 15*time.Minute + 1 },
		"Config.Policy.VerificationTTL":                          func(c *association.Config) { c.Policy.VerificationTTL = 11 * time.Minute },
		"Config.Policy.RecentSignIn":                             func(c *association.Config) { c.Policy.RecentSignIn = 6 * time.Minute },
		"Config.Policy.SudoMaxUses":                              func(c *association.Config) { c.Policy.SudoMaxUses = -1 },
		"Config.Policy.Budgets.WrongPasswords":                   func(c *association.Config) { c.Policy.Budgets.WrongPasswords.N = -1 },
		"Config.Policy.AccessTTL":                                func(c *association.Config) { c.Policy.AccessTTL = 30 * time.Second },
		"Config.Policy.RefreshTTL":                               func(c *association.Config) { c.Policy.RefreshTTL = 91 * 24 * time.Hour },
		"Config.Policy.PasswordMinBytes":                         func(c *association.Config) { c.Policy.PasswordMinBytes = 7 },
		"Config.Policy.UnsafePasswordMinBytes":                   func(c *association.Config) { c.Policy.UnsafePasswordMinBytes = -1 },
		"Config.Policy.CodeDigits[sudo]":                         func(c *association.Config) { c.Policy.CodeDigits = map[sender.Purpose]int{sender.Sudo: 5} },
		"Config.Policy.CodeTTL[email]": func(c *association.Config) {
			c.Policy.CodeTTL = map[sender.Channel]time.Duration{sender.Email: time.Hour}
		},
		"Config.Policy.CodeDigits: no purpose":      func(c *association.Config) { c.Policy.CodeDigits = map[sender.Purpose]int{sender.Notice: 6} },
		"Config.Policy.EventTTL":                    func(c *association.Config) { c.Policy.EventTTL = 24*time.Hour - 1 },
		"Config.Policy.SendTimeout":                 func(c *association.Config) { c.Policy.SendTimeout = -1 },
		"Config.Policy.Budgets.ResendPause":         func(c *association.Config) { c.Policy.Budgets.ResendPause = time.Second },
		"Config.Policy.Budgets.WrongCodesPerTarget": func(c *association.Config) { c.Policy.Budgets.WrongCodesPerTarget.Per = time.Hour },
	} {
		cfg := wholeConfig(t)
		edit(&cfg)
		if svc, err := association.New(cfg); err == nil || svc != nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v, %v, want an error that names it", field, svc, err)
		}
	}
	if _, err := association.New(wholeConfig(t)); err != nil {
		t.Errorf("with everything: %v", err)
	}
}

// noStore and noSender are for whoever must not touch them: every call is a nil
// pointer's.
type (
	noStore  struct{ store.Store }
	noSender struct{ sender.Sender }
)

func TestNewDoesNothingButLook(t *testing.T) {
	cfg := wholeConfig(t)
	cfg.Store, cfg.Sender = noStore{}, noSender{}
	cfg.Now = func() time.Time { t.Error("New asked the time"); return time.Time{} }
	var log strings.Builder
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	before := runtime.NumGoroutine()
	if _, err := association.New(cfg); err != nil {
		t.Fatal(err)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("New started %d goroutines", after-before)
	}
	if log.Len() != 0 {
		t.Errorf("New logged %s", log.String())
	}
}

func TestNewKeepsNoReferenceToItsConfig(t *testing.T) {
	var kept association.Config
	public, private := ticketKey(1)
	w := newWorld(t, unlimited, takesTickets(public), func(c *association.Config) {
		c.Policy.CodeDigits = map[sender.Purpose]int{sender.Bind: 8}
		c.Policy.CodeTTL = map[sender.Channel]time.Duration{sender.Email: time.Minute}
		kept = *c
	})
	w.member("ada")
	c, _ := w.signIn("ada")
	kept.Policy.CodeDigits[sender.Bind] = 2
	kept.Policy.CodeTTL[sender.Email] = time.Hour
	clear(kept.Kinds)
	delete(kept.Keys.Ring, "k1")
	clear(public)
	clear(kept.Tickets.Keys)
	ticket, err := association.NewTicket(private, association.TicketRequest{KeyID: "app", Audience: "acme", Account: "user-7", At: w.clock.Now()})
	if err == nil {
		_, err = w.svc.SignInWithTicket(t.Context(), device("d"), ticket)
	}
	if err != nil {
		t.Errorf("a ticket: %v", err)
	}
	sent, err := w.svc.Send(t.Context(), c, association.SendRequest{Kind: "email", To: "a@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	last, _ := w.mail.Last("a@example.com")
	if len(last.Code) != 8 || !sent.Expires.Equal(w.clock.Now().Add(time.Minute)) {
		t.Errorf("a code of %d digits until %v", len(last.Code), sent.Expires)
	}
	if _, err := w.svc.Verify(t.Context(), c, sent.ID, last.Code); err != nil {
		t.Error(err)
	}
}

// Nothing that an application links can give a code away: the mailbox and the
// test suites are reached by tests alone.
func TestR40_NoPackageReachesTheTestTools(t *testing.T) {
	const module = "github.com/ligature-auth/ligature/"
	tools := []string{
		module + "sender/mailbox", module + "sender/sendertest", module + "store/storetest",
		module + "internal/vendortest", module + "internal/testdb", module + "internal/testdb/bundb", module + "internal/dbproof", module + "internal/bench", module + "internal/adopting/suite",
	}
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		imports[p.ImportPath] = p.Imports
	}
	checked := 0
	for p := range imports {
		rung := strings.Split(strings.TrimPrefix(p, module), "/")[0]
		if slices.Contains(tools, p) || !slices.Contains([]string{"association", "store", "sender", "httpadapter", "internal"}, rung) {
			continue
		}
		checked++
		seen := map[string]bool{}
		var walk func(string, []string)
		walk = func(p string, via []string) {
			for _, imported := range imports[p] {
				if imported == "testing" || strings.HasPrefix(imported, "testing/") || slices.Contains(tools, imported) {
					t.Errorf("%s imports %s by way of %v", p, path.Base(imported), via)
				}
				if !seen[imported] {
					seen[imported] = true
					walk(imported, append(via, imported))
				}
			}
		}
		walk(p, []string{p})
	}
	if checked < 5 {
		t.Errorf("only %d packages were looked at", checked)
	}
}
