// Package gossip holds every sender there is, and what ligature makes of it, to saying
// nothing of a message, while the carrier says everything (R67).
package gossip_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/association/email"
	"github.com/ligature-auth/ligature/association/phone"
	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/failover"
	"github.com/ligature-auth/ligature/sender/mailbox"
	"github.com/ligature-auth/ligature/sender/smtp"
	"github.com/ligature-auth/ligature/sender/tencent"
	"github.com/ligature-auth/ligature/sender/twilio"
	"github.com/ligature-auth/ligature/sender/webhook"
	"github.com/ligature-auth/ligature/store/memstore"
)

// What each sender proves itself with.
const (
	tencentKey   = "tencentsecretkeytencentsecretkey"
	twilioToken  = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
	webhookKey   = "webhooksecretwebhooksecret"
	hex32        = "0123456789abcdef0123456789abcdef"
	emailAddress = "Ada.Lovelace@example.com"
	phoneNumber  = "+8613812345678"
)

// carrier is a vendor that repeats, in whatever it answers, all that it was told.
type carrier struct {
	name    string
	channel string // "email" or "phone"
	start   func(t *testing.T) sender.Sender
}

// answer is what an HTTP carrier says: a status and a body, in which all is everything
// that it was told, as a JSON string.
type answer struct {
	name   string
	status int
	body   func(all string) string
	drops  bool // halfway
}

// overHTTP makes a carrier for each answer.
func overHTTP(name string, answers []answer, connect func(t *testing.T, base string) (sender.Sender, error)) (all []carrier) {
	for _, a := range answers {
		all = append(all, carrier{name: name + ": " + a.name, channel: "phone", start: func(t *testing.T) sender.Sender {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				told, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				words := string(told)
				if form, err := url.ParseQuery(words); err == nil {
					words += fmt.Sprint(form)
				}
				text, err := json.Marshal(r.Method + " " + r.URL.String() + " " + fmt.Sprint(r.Header) + " " + words)
				if err != nil {
					t.Error(err)
				}
				body := a.body(string(text))
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				if user, password, ok := r.BasicAuth(); ok {
					w.Header().Set("X-Told", user+":"+password)
				}
				w.WriteHeader(a.status)
				if a.drops {
					body = body[:len(body)/2]
				}
				_, _ = io.WriteString(w, body) // the client may be gone
			}))
			t.Cleanup(server.Close)
			s, err := connect(t, server.URL)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}})
	}
	return all
}

// inJSON puts everything into the places of a JSON text that are marked $.
func inJSON(text string) func(string) string {
	return func(all string) string { return strings.ReplaceAll(text, "$", all) }
}

func params() []sender.Param { return []sender.Param{sender.ParamCode} }

func tencentTemplates() (all []tencent.Template) {
	for _, t := range sender.Templates() {
		one := tencent.Template{For: t, ID: "1"}
		if t.Purpose() != sender.Notice {
			one.Params = params()
		}
		all = append(all, one)
	}
	return all
}

func carriers() []carrier {
	twilioAccount := twilio.Account{SID: "AC" + hex32, AuthToken: sender.NewSecret(twilioToken)}
	all := []carrier{{"mailbox", "email", func(*testing.T) sender.Sender { return mailbox.New(mailbox.Options{}) }}}
	all = append(all, overHTTP("tencent", []answer{
		{name: "refuses all", status: 200, body: inJSON(`{"Response":{"Error":{"Code":"AuthFailure.SecretIdNotFound","Message":$},"RequestId":$}}`)},
		{name: "refuses the number", status: 200, body: inJSON(`{"Response":{"SendStatusSet":[{"SerialNo":$,"PhoneNumber":$,"Fee":0,"SessionContext":$,"Code":"InvalidParameterValue.IncorrectPhoneNumber","Message":$,"IsoCode":$}],"RequestId":$}}`)},
		{name: "accepts", status: 200, body: inJSON(`{"Response":{"SendStatusSet":[{"SerialNo":$,"PhoneNumber":$,"Fee":1,"SessionContext":$,"Code":"Ok","Message":$,"IsoCode":$}],"RequestId":$}}`)},
		{name: "calls its code all", status: 200, body: inJSON(`{"Response":{"Error":{"Code":$,"Message":$},"RequestId":$}}`)},
		{name: "is broken", status: 502, body: inJSON(`<html>$`)},
		{name: "drops", status: 200, body: inJSON(`{"Response":{"RequestId":$}}`), drops: true},
	}, func(_ *testing.T, base string) (sender.Sender, error) {
		return tencent.New(tencent.Options{
			SecretID: "AKIDexample", SecretKey: sender.NewSecret(tencentKey), SDKAppID: "1400000000", BaseURL: base, Templates: tencentTemplates(),
		})
	})...)
	refusal := []answer{
		{name: "refuses", status: 400, body: inJSON(`{"code":21211,"message":$,"more_info":$,"status":400}`)},
		{name: "accepts", status: 201, body: inJSON(`{"sid":"SM` + hex32 + `","to":$,"body":$,"status":"queued","num_segments":"1","price":$,"price_unit":$,"error_message":$}`)},
		{name: "calls it all", status: 201, body: inJSON(`{"sid":$,"to":$,"body":$,"status":$,"num_segments":$,"price":$,"price_unit":$}`)},
		{name: "is broken", status: 500, body: inJSON(`$`)},
		{name: "drops", status: 201, body: inJSON(`{"sid":$}`), drops: true},
	}
	all = append(all, overHTTP("twilio", refusal, func(_ *testing.T, base string) (sender.Sender, error) {
		return twilio.New(twilio.Options{Account: twilioAccount, BaseURL: base, Channels: map[sender.Channel]twilio.Channel{sender.SMS: {From: "+15005550006"}}})
	})...)
	all = append(all, overHTTP("twilio verify", refusal, func(_ *testing.T, base string) (sender.Sender, error) {
		return twilio.NewVerify(twilio.VerifyOptions{Account: twilioAccount, BaseURL: base, Services: map[sender.Purpose]string{
			sender.Bind: "VA" + hex32, sender.Sudo: "VA1" + hex32[1:], sender.SignIn: "VA2" + hex32[1:],
		}})
	})...)
	all = append(all, overHTTP("webhook", []answer{
		{name: "refuses", status: 400, body: inJSON(`{"error":"recipient","message":$,"detail":$}`)},
		{name: "calls it all", status: 400, body: inJSON(`{"error":$}`)},
		{name: "accepts", status: 200, body: inJSON(`{"message_id":$,"segments":1,"price":$,"currency":$}`)},
		{name: "is broken", status: 503, body: inJSON(`$`)},
		{name: "redirects", status: 307, body: inJSON(`$`)},
		{name: "drops", status: 200, body: inJSON(`{"message_id":$}`), drops: true},
	}, func(_ *testing.T, base string) (sender.Sender, error) {
		return webhook.New(webhook.Options{URL: base, Secret: sender.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte(webhookKey)))})
	})...)
	all = append(all, overHTTP("failover", []answer{{name: "refuses twice", status: 429, body: inJSON(`{"error":"quota","message":$}`)}},
		func(_ *testing.T, base string) (sender.Sender, error) {
			s, err := webhook.New(webhook.Options{URL: base, Secret: sender.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte(webhookKey)))})
			return sender.Retry(sender.Timeout(failover.New(failover.Options{Failures: 1}, s, s), time.Second), sender.RetryOptions{Pause: time.Millisecond}), err
		})...)
	for _, at := range []string{"MAIL", "RCPT", "DATA", ".", ""} {
		all = append(all, carrier{"smtp: refuses at " + at, "email", func(t *testing.T) sender.Sender { return overSMTP(t, at) }})
	}
	return all
}

// overSMTP is a mail server that repeats what it was told, as a refusal of one command, or
// where that is empty when it has taken the message.
func overSMTP(t *testing.T, refuses string) sender.Sender {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { converse(c, refuses) })
		}
	})
	s, err := smtp.New(smtp.Options{
		Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: smtp.UnsafePlaintext, From: mail.Address{Address: "no-reply@example.org"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close()
		_ = l.Close()
		wg.Wait()
	})
	return s
}

func converse(c net.Conn, refuses string) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	in, told := bufio.NewScanner(c), ""
	say := func(code int) {
		text := strings.ReplaceAll(told, "\n", " ")
		_, _ = fmt.Fprintf(c, "%d %s\r\n", code, text[max(0, len(text)-400):])
	}
	say(220)
	inData := false
	for in.Scan() {
		line := in.Text()
		told += line + "\n"
		verb, _, _ := strings.Cut(line, " ")
		switch {
		case inData && line != ".":
			continue
		case refuses != "" && verb == refuses:
			inData = false
			say(550)
		case verb == "DATA":
			inData = true
			say(354)
		case verb == "QUIT":
			say(221)
			return
		default:
			inData = false
			say(250)
		}
	}
}

// told is all that anybody may read.
type told struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (w *told) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.Write(p)
}

func (w *told) print(values ...any) {
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			_, _ = fmt.Fprintf(w, verb+"\n", v)
		}
		text, err := json.Marshal(v)
		_, _ = fmt.Fprintf(w, "%s %v\n", text, err)
	}
}

// Observe and ObserveDelivery print what an application is told.
func (w *told) Observe(_ context.Context, e association.Event) { w.print(e) }

// ObserveDelivery is the other.
func (w *told) ObserveDelivery(_ context.Context, d association.Delivery) {
	w.print(d, d.Err, d.Receipt)
}

// TestR67_NoSenderSaysAnythingOfAMessage: whatever the carrier answers, and whatever the
// application does with what it is told, no code, address or key is in the log, in what is
// printed, in an error or with the observer.
func TestR67_NoSenderSaysAnythingOfAMessage(t *testing.T) {
	for _, c := range carriers() {
		t.Run(c.name, func(t *testing.T) {
			for _, leak := range leaks(t, c.start(t), c.channel) {
				t.Error(leak)
			}
		})
	}
}

// A sender that does say something is found out.
func TestASenderThatSaysSomethingIsHeard(t *testing.T) {
	for name, says := range map[string]func(m sender.Message) error{
		"in the default log": func(m sender.Message) error { slog.Info("sent", "text", m.Text); return nil },
		"in the old log":     func(m sender.Message) error { log.Print(m.Code.Reveal()); return nil },
		"on standard output": func(m sender.Message) error { fmt.Println(m.To); return nil },
		"in an error's parts": func(m sender.Message) error {
			return &sender.Error{Err: sender.ErrPermanent, Detail: hex.EncodeToString([]byte(m.To))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if len(leaks(t, talker(says), "phone")) == 0 {
				t.Error("nothing was heard")
			}
		})
	}
}

// talker is a sender that says something, and sends nothing.
type talker func(m sender.Message) error

func (f talker) Send(_ context.Context, m sender.Message) (sender.Receipt, error) {
	return sender.Receipt{}, f(m)
}

// leaks are what anybody may read of the messages that are sent by s.
func leaks(t *testing.T, s sender.Sender, channel string) (found []string) {
	t.Helper()
	out := &told{}
	printed := capture(t, out)
	heard := &overheard{sender: s}
	out.print(s)
	use(t, out, heard, channel)
	text := printed() + out.all.String()
	if !strings.Contains(text, `"op":"send"`) || len(heard.messages) < 2 {
		t.Fatalf("%d messages were sent, and %d bytes logged, which proves nothing", len(heard.messages), len(text))
	}
	secrets := []string{tencentKey, twilioToken, webhookKey}
	for _, m := range heard.messages {
		secrets = append(secrets, m.Code.Reveal(), m.To, strings.TrimPrefix(m.To, "+"), m.Text)
	}
	slices.Sort(secrets)
	lower := strings.ToLower(text)
	for _, secret := range slices.Compact(secrets) {
		for _, form := range forms(secret) {
			if i := strings.Index(lower, strings.ToLower(form)); i >= 0 {
				found = append(found, fmt.Sprintf("%q is told: …%s…", form, lower[max(0, i-200):min(len(lower), i+len(form)+80)]))
			}
		}
	}
	return found
}

// forms are the ways in which a text may stand in others.
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(fmt.Sprintf("%q", secret), `"`), hex.EncodeToString([]byte(secret)),
		base64.RawStdEncoding.EncodeToString([]byte(secret)), strings.Trim(fmt.Sprint([]byte(secret)), "[]"),
	}
}

// overheard is a sender that remembers what it was handed.
type overheard struct {
	sender   sender.Sender
	messages []sender.Message
}

func (o *overheard) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	o.messages = append(o.messages, m)
	return o.sender.Send(ctx, m)
}

func (o *overheard) MakesCode(m sender.Message) bool {
	checker, ok := o.sender.(sender.CodeChecker)
	return ok && checker.MakesCode(m)
}

func (o *overheard) CheckCode(ctx context.Context, c sender.CodeCheck) (bool, error) {
	o.messages = append(o.messages, sender.Message{Code: c.Typed, To: c.Message.To})
	return o.sender.(sender.CodeChecker).CheckCode(ctx, c)
}

// use sends codes and notices by the sender, and types codes.
func use(t *testing.T, out *told, s sender.Sender, kind string) {
	t.Helper()
	phones, err := phone.New(phone.Options{DefaultRegion: "CN"})
	if err != nil {
		t.Fatal(err)
	}
	svc, err := association.New(association.Config{
		Name: "Acme", Store: memstore.New(memstore.Limits{}), Sender: s, Observer: out,
		Kinds: []association.Kind{email.New(), phones},
		Keys: association.Keys{
			Active: "k", Ring: map[string]association.Key{"k": association.NewKey(bytes.Repeat([]byte("ring"), 8))}, Index: association.NewKey(bytes.Repeat([]byte("index"), 8)),
		},
		Policy: association.Policy{
			AllowSignUp: true, SendTimeout: 2 * time.Second,
			CodeDigits: map[sender.Purpose]int{sender.Bind: 10, sender.Sudo: 10, sender.SignIn: 10}, // none is found by accident
		},
		Logger: slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.Level(math.MinInt), AddSource: true})),
	})
	if err != nil {
		t.Fatal(err)
	}
	to := map[string]string{"email": emailAddress, "phone": phoneNumber}[kind]
	ctx := t.Context()
	const password = "correct horse battery"
	id, err := svc.Import(ctx, association.ImportedAccount{Password: password, Identifiers: []association.ImportedIdentifier{{Kind: kind, Value: to}}})
	if err != nil {
		t.Fatal(err)
	}
	c := association.Caller{Device: "d", IP: netip.MustParseAddr("192.0.2.1")}
	own := c
	own.Actor = association.Actor{Account: id, Session: "s", HostSession: true, AuthenticatedAt: time.Now()}
	for _, caller := range []association.Caller{c, own} {
		sent, err := svc.Send(ctx, caller, association.SendRequest{Kind: kind, To: to})
		out.print(sent, err)
		g, err := svc.Verify(ctx, caller, sent.ID, "7350817350")
		out.print(g, err)
	}
	sudo, err := svc.Sudo(ctx, own, association.SudoRequest{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.SetPassword(ctx, own, association.PasswordRequest{SudoToken: sudo.Token, Password: password + "!"}); err != nil {
		t.Fatal(err)
	}
	n, err := svc.Deliver(ctx, 10)
	out.print(n, err)
}

// capture redirects the default loggers and the standard streams until the test ends,
// and returns what reads them.
func capture(t *testing.T, out io.Writer) (printed func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	logger, writer, flags, stdout, stderr := slog.Default(), log.Writer(), log.Flags(), os.Stdout, os.Stderr
	slog.SetDefault(slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.Level(math.MinInt)})))
	log.SetOutput(out)
	os.Stdout, os.Stderr = file, file
	t.Cleanup(func() {
		os.Stdout, os.Stderr = stdout, stderr
		slog.SetDefault(logger)
		log.SetOutput(writer)
		log.SetFlags(flags)
		_ = file.Close()
	})
	return func() string {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
}
