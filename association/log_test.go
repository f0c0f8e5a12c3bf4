package association_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/sender"
)

// heard collects what a Service tells to anybody but the person concerned: its
// log, its errors, and its results as somebody might print them.
type heard struct {
	mu  sync.Mutex
	log bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(p)
}

func (h *heard) told(values ...any) {
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			_, _ = fmt.Fprintf(h, verb+"\n", v)
		}
		if text, err := json.Marshal(v); err == nil {
			_, _ = fmt.Fprintf(h, "%s\n", text)
		}
		slog.New(slog.NewJSONHandler(h, &slog.HandlerOptions{Level: slog.LevelDebug})).Debug("told", "value", v)
	}
}

// gossip is a sender that fails and says in its error everything it was handed,
// as an HTTP client does with the URL it could not reach.
type gossip struct {
	sender.Sender
	fail bool
}

func (g *gossip) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if !g.fail {
		return g.Sender.Send(ctx, m)
	}
	_, _ = g.Sender.Send(ctx, m) // so that the test knows the code
	return sender.Receipt{}, &url.Error{Op: "Get", Err: errors.New("refused " + m.To + " with code " + m.Code.Reveal()),
		URL: "https://vendor.example/send?" + url.Values{"to": {m.To}, "code": {m.Code.Reveal()}, "text": {m.Text}}.Encode()}
}

func TestR67_NothingSecretIsLoggedOrPrinted(t *testing.T) {
	var h heard
	post := &gossip{}
	w, watch := watchedWorld(t, func(c *association.Config) {
		c.Logger = slog.New(slog.NewJSONHandler(&h, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
		// Long codes, so that none is found by accident.
		c.Policy.CodeDigits = map[sender.Purpose]int{sender.Bind: 10, sender.Sudo: 10, sender.SignIn: 10}
		post.Sender, c.Sender = c.Sender, post
	})
	const chosen, wrongOne = "a chosen password", "a guessed password"
	var tokens []association.Token // since the last look
	messages, made := 0, 0         // looked for so far
	ctx := t.Context()
	named := func(c association.Caller, id string) association.Caller { c.RequestID = id; return c }

	// flow is one of everything, right and wrong. It goes on after any failure.
	flow := func(n int) {
		address, number := fmt.Sprintf("ada.lovelace%d@example.com", n), fmt.Sprintf("+8613%09d", 800000000+n)
		next, name := fmt.Sprintf("next.lovelace%d@example.com", n), fmt.Sprintf("lovelace%d", n)
		code := func(to string) string { m, _ := w.mail.Last(to); return m.Code }
		send := func(c association.Caller, kind, to string) association.Sent {
			sent, err := w.svc.Send(ctx, named(c, fmt.Sprintf("send %d %s", n, kind)), association.SendRequest{Kind: kind, To: to})
			h.told(sent, err)
			return sent
		}
		verify := func(c association.Caller, id, code string) association.Token {
			g, err := w.svc.Verify(ctx, c, id, code)
			h.told(g, err)
			tokens = append(tokens, g.Token)
			return g.Token
		}
		session := func(s association.Session, err error) association.Session {
			h.told(s, err)
			tokens = append(tokens, s.Access, s.Refresh)
			return s
		}
		c := device(fmt.Sprintf("device %d", n))
		c.UserAgent, c.Locale = "Mozilla/5.0", "en"
		sent := send(c, "email", address)
		_ = verify(c, sent.ID, "0000000000")
		proof := verify(c, sent.ID, code(address))
		s := session(w.svc.SignIn(ctx, c, association.SignInRequest{Identifier: address, VerificationToken: proof}))
		s = session(w.svc.SignUp(ctx, named(c, "up"), association.SignUpRequest{
			VerificationToken: proof, Kind: "email", To: address, Username: name, Password: "short", Name: "Ada",
		}))
		s = session(w.svc.SignUp(ctx, named(c, "up"), association.SignUpRequest{VerificationToken: proof, Username: name, Name: "Ada"}))
		if n == 0 { // each costs a hash
			session(w.svc.SignIn(ctx, c, association.SignInRequest{Identifier: address, Password: wrongOne}))
			session(w.svc.SignIn(ctx, c, association.SignInRequest{Identifier: "nobody." + address, Password: wrongOne}))
		}
		actor, err := w.svc.Authenticate(ctx, s.Access)
		h.told(actor, err)
		_, err = w.svc.Authenticate(ctx, s.Refresh)
		h.told(err)
		c.Actor = actor
		sent = send(c, "email", address)
		sudoProof := verify(c, sent.ID, code(address))
		g, err := w.svc.Sudo(ctx, named(c, "sudo"), association.SudoRequest{VerificationToken: sudoProof})
		h.told(g, err)
		tokens = append(tokens, g.Token)
		_, err = w.svc.Sudo(ctx, c, association.SudoRequest{Password: wrongOne})
		h.told(err)
		sent = send(c, "phone", number)
		claim := verify(c, sent.ID, code(number))
		h.told(association.BindRequest{Kind: "phone", To: "x", SudoToken: g.Token, VerificationToken: claim})
		bound, err := w.svc.Bind(ctx, c, association.BindRequest{Kind: "phone", To: next, SudoToken: g.Token, VerificationToken: claim})
		h.told(err, bound.ID)
		bound, err = w.svc.Bind(ctx, c, association.BindRequest{Kind: "phone", To: number, SudoToken: g.Token, VerificationToken: claim})
		h.told(err, bound.ID)
		err = w.svc.SetPassword(ctx, c, association.PasswordRequest{SudoToken: g.Token, Password: "short"})
		h.told(err)
		sent = send(c, "email", next)
		claim = verify(c, sent.ID, code(next))
		bound, err = w.svc.Bind(ctx, c, association.BindRequest{Kind: "email", To: next, SudoToken: g.Token, VerificationToken: claim})
		h.told(err, bound.ID)
		session(w.svc.Refresh(ctx, c, s.Refresh))
		session(w.svc.Refresh(ctx, c, association.NewToken("lgr1_garbage")))
		_, err = w.svc.Import(ctx, association.ImportedAccount{PasswordHash: testHash(), Identifiers: identifiers("email", address)})
		h.told(err)
		_, err = w.svc.Import(ctx, association.ImportedAccount{Password: "short", Identifiers: identifiers("email", "not "+address)})
		h.told(err)
		account, err := w.svc.Account(ctx, actor.Account)
		h.told(err, account.ID)
		h.told(w.svc.SignOut(ctx, c))
	}

	// quiet looks for everything secret since the last time in everything told
	// since, and returns it.
	quiet := func() string {
		h.mu.Lock()
		defer h.mu.Unlock()
		text := h.log.String()
		h.log.Reset()
		absent := func(what string, secrets ...string) {
			for _, secret := range secrets {
				if i := strings.Index(text, secret); secret != "" && i >= 0 {
					t.Errorf("%s was shown: ...%s...", what, text[max(0, i-200):min(len(text), i+len(secret)+80)])
				}
			}
		}
		for _, m := range w.mail.Messages()[messages:] {
			messages++
			absent("an address", m.To, strings.TrimPrefix(m.To, "+"), url.QueryEscape(m.To))
			absent("a code", m.Code)
		}
		for _, token := range tokens {
			if _, tail, ok := strings.Cut(token.Reveal(), "."); ok {
				secret, err := base64.RawURLEncoding.DecodeString(tail)
				if err != nil {
					t.Fatal(err)
				}
				made++
				absent("a token's secret", tail, hex.EncodeToString(secret), base64.RawStdEncoding.EncodeToString(secret))
			}
		}
		tokens = nil
		absent("a password", password, chosen, wrongOne, testHash())
		return text
	}

	flow(0)
	// The password once, for it costs a hash.
	id := w.member("lovelace-p")
	c := w.hostCaller(id, "s")
	sudo := w.sudo(c)
	tokens = append(tokens, sudo)
	h.told(w.svc.SetPassword(ctx, c, association.PasswordRequest{SudoToken: sudo, Password: chosen}))
	all := quiet()
	post.fail = true
	flow(1)
	all += quiet()
	post.fail = false
	// Every call of the store fails once.
	for k := range 100 {
		left := k
		watch.before = func(context.Context, string) error {
			if left--; left == -1 {
				return errors.New("connection reset by peer")
			}
			return nil
		}
		flow(2 + k)
		if all += quiet(); left >= 0 {
			break
		}
	}
	watch.before = nil
	if messages < 100 || made < 200 {
		t.Errorf("only %d messages were sent and %d tokens made", messages, made)
	}
	for _, must := range []string{`"msg":"failed"`, `"msg":"refused"`, `"msg":"done"`, "connection reset by peer", "was not delivered", "[redacted]"} {
		if !strings.Contains(all, must) {
			t.Errorf("the log lacks %s, so it proves nothing", must)
		}
	}
}

// What is not secret is there to be followed: one pseudonym for one address.
func TestTheLogFollowsAnAddressWithoutNamingIt(t *testing.T) {
	var h heard
	w := newWorld(t, unlimited, func(c *association.Config) { c.Logger = slog.New(slog.NewJSONHandler(&h, nil)) })
	_, _ = w.code(device("a"), "email", "ada@example.com")
	_, _ = w.code(device("b"), "email", "ada@example.com")
	_, _ = w.code(device("c"), "email", "bob@example.com")
	var seen []string
	for line := range strings.Lines(h.log.String()) {
		var entry struct{ To string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.To != "" {
			seen = append(seen, entry.To)
		}
	}
	if len(seen) != 3 || seen[0] != seen[1] || seen[0] == seen[2] {
		t.Errorf("the pseudonyms are %q, want one for ada and one for bob", seen)
	}
}
